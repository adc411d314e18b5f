"""What the feed's last changes say about a store without a look at the database, and when they say nothing."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq.core.changes import Place, ScopeRow
from hq.core.lately import FRESH_S, ROWS, WITHDRAWALS, Lately
from wire.sync import Revocation

NOW = 1_800_000_000.0
Told = Sequence[tuple[str, ScopeRow]]


def row(seq: int, key: str = "a", *, gone: bool = True) -> ScopeRow:
    return ScopeRow("profile", key, seq, seq, gone)


def since(seq: int) -> Lately:
    lately = Lately()
    lately.begin({"feed": seq, "revoke": 0}, NOW)
    return lately


def take(lately: Lately, *rows: tuple[str, ScopeRow], feed: int) -> Lately:
    lately.take(rows, (), {"feed": feed, "revoke": 0}, NOW)
    return lately


def test_before_the_first_look_nothing_is_known() -> None:
    assert Lately().after("de-1", Place(0), 9) is None
    assert not Lately().is_fresh(NOW)


def test_a_store_that_nothing_concerned_has_seen_it_all() -> None:
    lately = take(since(5), ("de-2", row(6)), feed=6)
    assert lately.after("de-1", Place(5), 9) == ()


def test_what_ended_is_told_to_who_stands_before_it() -> None:
    lately = take(since(5), ("de-1", row(6)), feed=7)
    assert lately.after("de-1", Place(5), 9) == (row(6),)
    assert lately.after("de-1", Place(6), 9) == ()


def test_what_is_new_has_to_be_read() -> None:
    lately = take(since(5), ("de-1", row(6, gone=False)), feed=6)
    assert lately.after("de-1", Place(5), 9) is None
    assert lately.after("de-1", Place(6), 9) == ()


@pytest.mark.parametrize("place", [Place(4), Place(7), Place(5, "profile", "a")], ids=["older", "ahead", "within"])
def test_a_place_that_it_does_not_reach_is_the_databases(place: Place) -> None:
    assert take(since(5), feed=6).after("de-1", place, 9) is None


def test_more_than_a_page_is_read() -> None:
    lately = take(since(5), ("de-1", row(6)), ("de-1", row(7, "b")), feed=7)
    assert lately.after("de-1", Place(5), 2) is None


def test_it_is_bounded_and_says_so() -> None:
    rows = [("de-1", row(6 + n, str(n))) for n in range(ROWS + 1)]
    lately = take(since(5), *rows, feed=6 + ROWS)
    assert lately.after("de-1", Place(5), 99) is None
    assert lately.after("de-1", Place(6), 99) == tuple(each for _, each in rows[1:])


def test_too_much_at_once_begins_anew() -> None:
    lately = take(since(5), ("de-1", row(6)), feed=6)
    lately.begin({"feed": 9, "revoke": 0}, NOW)
    assert lately.after("de-1", Place(6), 9) is None
    assert lately.after("de-1", Place(9), 9) == ()


def test_it_grows_old() -> None:
    assert since(5).is_fresh(NOW + FRESH_S / 2)
    assert not since(5).is_fresh(NOW + FRESH_S)


def withdrawn(lately: Lately, *seqs: int) -> Lately:
    said = [("house", Revocation(seq=seq, member_ref="m", kind="erase", at=NOW)) for seq in seqs]
    lately.take((), said, {"feed": 0, "revoke": seqs[-1]}, NOW)
    return lately


def test_a_withdrawal_is_told_to_the_stores_of_its_merchant() -> None:
    lately = withdrawn(since(0), 1, 2)
    assert [each.seq for each in lately.withdrawals("house", 1) or ()] == [2]
    assert lately.withdrawals("house", 2) == lately.withdrawals("other", 0) == ()
    assert lately.withdrawals("house", 3) is None  # ahead of head office


def test_older_withdrawals_than_it_remembers_are_the_databases() -> None:
    lately = withdrawn(since(0), *range(1, WITHDRAWALS + 3))
    assert lately.withdrawals("house", 1) is None
    assert len(lately.withdrawals("house", 2) or ()) == WITHDRAWALS


Change = tuple[str, str, bool]  # store, key, gone
CHANGES = st.lists(st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("abc"), st.booleans()), max_size=3))


@given(CHANGES, st.integers(0, 12), st.integers(0, 12))
def test_it_says_what_the_database_would_or_nothing(changes: list[list[Change]], began: int, stands: int) -> None:
    database: dict[tuple[str, str], ScopeRow] = {}
    lately = Lately()
    lately.begin({"feed": 0, "revoke": 0}, NOW)
    for seq, transaction in enumerate(changes, 1):
        for store, key, gone in transaction:
            database[store, key] = row(seq, key, gone=gone)
        told = [(store, each) for (store, _), each in sorted(database.items()) if each.seq == seq]
        if seq <= began:
            lately.begin({"feed": seq, "revoke": 0}, NOW)
        else:
            lately.take(told, (), {"feed": seq, "revoke": 0}, NOW)
    found = lately.after("x", Place(stands), 100)
    right = {each for (store, _), each in database.items() if store == "x" and each.seq > stands}
    if found is not None:
        assert {each.key: each for each in found} == {each.key: each for each in right}
