"""Pairings last the same way in memory and in outbox.db."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.adapters.outbox_sqlite import Outbox
from edge.core.pairing import Paired, PairingStore
from tests.contract.fake_pairing import FakePairingStore
from tests.contract.pairing_suite import NOW, PairingContract
from tests.core.store import FILE_KEY


class TestFakePairingStore(PairingContract):
    @pytest.fixture
    def store(self) -> PairingStore:
        return FakePairingStore()


class TestOutbox(PairingContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[PairingStore]:
        outbox = Outbox(tmp_path / "outbox.db", FILE_KEY)
        yield outbox
        outbox.close()

    def test_a_pairing_outlives_the_service(self, tmp_path: Path) -> None:
        first = Outbox(tmp_path / "kept.db", FILE_KEY)
        first.create_code("tablet", "till", "c1", NOW + 600)
        first.redeem("c1", "t1", NOW)
        first.close()
        again = Outbox(tmp_path / "kept.db", FILE_KEY)
        assert again.device_by_token_hash("t1") == Paired("tablet", "till")
        again.close()
