"""What every replica answers, wherever it keeps head office's state. Subclass and give `replica` and `put`."""

from collections.abc import Callable

import pytest

from edge.core.floor import Replica
from edge.core.names import folded
from tests.core.store import ANNA, BEN, catalogue, profile
from wire.profile import Profile

Put = Callable[[Profile], None]


class ReplicaContract:
    @pytest.fixture
    def replica(self) -> Replica:
        raise NotImplementedError

    @pytest.fixture
    def put(self, replica: Replica) -> Put:
        raise NotImplementedError

    def test_a_profile_comes_back_as_it_went_in(self, replica: Replica, put: Put) -> None:
        put(profile())
        assert replica.profile(ANNA) == profile()

    def test_nobody_is_none(self, replica: Replica) -> None:
        assert replica.profile(BEN) is None
        assert replica.member_by_loyalty("000") is None

    def test_a_loyalty_number_finds_its_member(self, replica: Replica, put: Put) -> None:
        put(profile())
        assert replica.member_by_loyalty(profile().loyalty_number) == ANNA

    def test_a_loyalty_number_that_changed_finds_nobody(self, replica: Replica, put: Put) -> None:
        put(profile())
        put(profile(loyalty_number="another"))
        assert replica.member_by_loyalty(profile().loyalty_number) is None
        assert replica.member_by_loyalty("another") == ANNA

    def test_who_has_a_reservation_is_known(self, replica: Replica, put: Put) -> None:
        put(profile())
        put(profile(BEN, reservations=()))
        assert replica.reserving() == (ANNA,)
        put(profile(reservations=()))
        assert replica.reserving() == ()

    def test_a_name_is_found_by_the_beginnings_of_its_words(self, replica: Replica, put: Put) -> None:
        put(profile(name="Anna Müller-Weiß"))
        put(profile(BEN, name="Ben 50%_ Ağaoğlu"))
        assert replica.members_named(folded("muell ann"), 5) == (ANNA,)
        assert replica.members_named(folded("AGAOG"), 5) == (BEN,)
        assert replica.members_named(("50%",), 5) == ()
        assert replica.members_named(folded("eiss"), 5) == ()
        assert replica.members_named((), 5) == ()

    def test_a_name_that_changed_is_found_by_the_new_one_only(self, replica: Replica, put: Put) -> None:
        put(profile(name="Anna Alt"))
        put(profile(name="Anna Neu"))
        assert replica.members_named(("alt",), 5) == ()
        assert replica.members_named(("neu",), 5) == (ANNA,)

    def test_articles_and_stock_are_found_by_their_keys(self, replica: Replica) -> None:
        assert replica.products() == catalogue()
        assert {one.variant_id for one in replica.stock().values()} == set(replica.stock())
        assert len(replica.stock()) == len(catalogue())
