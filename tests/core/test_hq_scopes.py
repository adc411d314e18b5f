"""Where a member may be held, and what the feed has to say when that changes."""

import pytest

from hq.core.scopes import Held, moves, reserved, scope_of
from tests.core.store import NOW, profile
from wire.profile import Reservation


def test_a_member_is_held_at_home_and_nearby() -> None:
    assert scope_of("a", near=["b"], everywhere=["a", "b", "c"], timed=[]) == {"a", "b"}


def test_a_visit_adds_a_store_and_takes_none_away() -> None:
    assert scope_of("a", near=[], everywhere=[], timed=["c"]) == {"a", "c"}


@pytest.mark.parametrize(("everywhere", "held"), [(["a", "b"], {"a", "b"}), ([], set())])
def test_without_a_home_store_the_merchant_decides(everywhere: list[str], held: set[str]) -> None:
    assert scope_of("", near=["never"], everywhere=everywhere, timed=[]) == held


def test_a_store_that_let_go_is_told_of_a_return_with_a_later_revision() -> None:
    assert moves({"a"}, {"a": Held("a", 5, gone=True)}, 5, changed=False) == [Held("a", 6, gone=False)]


def test_a_store_that_holds_the_member_already_needs_no_word_of_other_stores() -> None:
    assert moves({"a", "b"}, {"a": Held("a", 5, gone=False)}, 5, changed=False) == [Held("b", 5, gone=False)]


def test_a_change_of_the_profile_goes_to_all_who_hold_it() -> None:
    held = {"a": Held("a", 5, gone=False), "b": Held("b", 9, gone=False)}
    assert moves({"a", "b"}, held, 6, changed=True) == [Held("a", 6, gone=False), Held("b", 10, gone=False)]


def test_a_tombstone_goes_to_those_who_held_it_and_only_once() -> None:
    held = {"a": Held("a", 5, gone=False), "b": Held("b", 6, gone=True)}
    assert moves(set(), held, 5, changed=True) == [Held("a", 6, gone=True)]


def test_something_kept_in_a_store_is_a_reason_until_it_is_fetched() -> None:
    def kept(store_id: str, step: str, held_until: float) -> Reservation:
        return Reservation.model_validate(
            {
                "reservation_id": "r", "variant_id": "v", "product_id": "p", "size": "M", "reserved_at": int(NOW),
                "store_id": store_id, "step": step, "held_until": int(held_until),
            }
        )  # fmt: skip

    member = profile(
        reservations=(
            kept("a", "reserved", NOW + 10), kept("a", "reserved", NOW + 20), kept("b", "bought", NOW + 10),
            kept("c", "reserved", NOW - 1), kept("", "reserved", NOW + 10),
        )
    )  # fmt: skip
    assert reserved(member, NOW) == {"a": NOW + 20}
