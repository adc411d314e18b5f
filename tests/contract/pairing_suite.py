"""What every pairing store does, whatever it keeps its pairings in. Subclass and give `store`."""

import pytest

from edge.core.pairing import Paired, PairingStore

NOW = 1_790_000_000.0
TILL = Paired("tablet", "till")


class PairingContract:
    @pytest.fixture
    def store(self) -> PairingStore:
        raise NotImplementedError

    def test_a_code_pairs_its_device(self, store: PairingStore) -> None:
        store.create_code("tablet", "till", "c1", NOW + 600)
        assert store.redeem("c1", "t1", NOW) == TILL
        assert store.device_by_token_hash("t1") == TILL

    def test_a_code_is_good_once(self, store: PairingStore) -> None:
        store.create_code("tablet", "till", "c1", NOW + 600)
        store.redeem("c1", "t1", NOW)
        assert store.redeem("c1", "t2", NOW) is None
        assert store.device_by_token_hash("t2") is None

    def test_a_code_runs_out(self, store: PairingStore) -> None:
        store.create_code("tablet", "till", "c1", NOW + 600)
        assert store.redeem("c1", "t1", NOW + 600) is None

    def test_an_unknown_code_and_an_unknown_token_are_nobody(self, store: PairingStore) -> None:
        assert store.redeem("never", "t1", NOW) is None
        assert store.device_by_token_hash("t1") is None

    def test_a_new_code_replaces_the_open_one_of_the_same_device_only(self, store: PairingStore) -> None:
        store.create_code("screen", "till", "screen", NOW + 600)
        store.create_code("tablet", "till", "old", NOW + 600)
        store.create_code("tablet", "till", "new", NOW + 600)
        assert store.redeem("old", "t1", NOW) is None
        assert store.redeem("new", "t1", NOW) == TILL
        assert store.redeem("screen", "t2", NOW) == Paired("screen", "till")

    def test_pairing_again_ends_the_token_before(self, store: PairingStore) -> None:
        store.create_code("tablet", "till", "c1", NOW + 600)
        store.redeem("c1", "t1", NOW)
        store.create_code("tablet", "till", "c2", NOW + 600)
        assert store.device_by_token_hash("t1") == TILL
        store.redeem("c2", "t2", NOW)
        assert store.device_by_token_hash("t1") is None
        assert store.device_by_token_hash("t2") == TILL

    def test_burning_ends_codes_and_no_pairing(self, store: PairingStore) -> None:
        store.create_code("tablet", "till", "c1", NOW + 600)
        store.redeem("c1", "t1", NOW)
        store.create_code("screen", "window", "c2", NOW + 600)
        store.burn_codes()
        assert store.redeem("c2", "t2", NOW) is None
        assert store.device_by_token_hash("t1") == TILL

    def test_a_revoked_device_is_nobody_and_its_open_code_is_gone(self, store: PairingStore) -> None:
        store.create_code("tablet", "till", "c1", NOW + 600)
        store.redeem("c1", "t1", NOW)
        store.create_code("tablet", "till", "c2", NOW + 600)
        store.revoke("tablet", "till")
        assert store.device_by_token_hash("t1") is None
        assert store.redeem("c2", "t2", NOW) is None

    def test_revoking_what_was_never_paired_is_no_error(self, store: PairingStore) -> None:
        store.revoke("screen", "nowhere")
        assert store.device_by_token_hash("t1") is None
