"""The fake pairing store keeps the contract (the one in outbox.db runs the same suite beside its other tests)."""

import pytest

from edge.core.pairing import PairingStore
from tests.contract.fake_pairing import FakePairingStore
from tests.contract.pairing_suite import PairingContract


class TestFakePairingStore(PairingContract):
    @pytest.fixture
    def store(self) -> PairingStore:
        return FakePairingStore()
