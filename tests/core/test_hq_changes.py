"""The feed's order and cursors, without a database: rows in, places out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.replica import is_cursor
from hq.core.changes import Place, ScopeRow, cursor_text, next_place, parse_cursor
from wire.sync import CURSOR_LENGTH, RecordKind

KEYS: st.SearchStrategy[tuple[RecordKind, str]] = st.sampled_from(
    [("profile", "a"), ("profile", "b"), ("product", "a"), ("stock", "v:1"), ("stock", "v.2")]
)
Rows = dict[tuple[RecordKind, str], ScopeRow]
CHANGES = st.lists(st.lists(KEYS, min_size=1, max_size=4, unique=True), max_size=12)


def test_a_cursor_reads_back_as_it_was_written() -> None:
    for place in (Place(0), Place(7), Place(7, "profile", "ab"), Place(7, "stock", "de:1.2:x")):
        assert parse_cursor(cursor_text("0a1b", place)) == ("0a1b", place)


def test_what_is_not_a_cursor_is_none() -> None:
    for text in (
        "",
        "x",
        "x.1",
        ".1.",
        "x.-1.",
        "x.1.profile",
        "x.1.:a",
        "x.1.profile:",
        "x." + "9" * 30 + ".",
        "x.².a",
        "x.1.profil:a",
        "x.1.profile:\0",
        "x.1.profile:" + "a" * CURSOR_LENGTH,
    ):
        assert parse_cursor(text) is None


@pytest.mark.parametrize("place", [Place(120), Place(120, "profile", "ab"), Place(120, "stock", "de:1.2:x")])
def test_a_cursor_that_was_broken_off_is_none_or_leads_no_further(place: Place) -> None:
    """Both sides agree on what is a cursor; one that is cut within a key repeats rows and passes none over.

    Cut before the kind it would pass some over: hence an answer without a page, which may be torn, always ends a seq.
    """
    whole = cursor_text("0a1b", place)
    for length in range(len(whole)):
        parsed = parse_cursor(whole[:length])
        assert is_cursor(whole[:length], "0a1b") == (parsed is not None)
        assert parsed is None or parsed == ("0a1b", Place(120)) or parsed[1] < place
    assert is_cursor(whole, "0a1b")
    assert not is_cursor(whole, "0a1")


def test_a_full_page_stops_at_its_last_row_and_another_goes_to_the_counter() -> None:
    rows = (ScopeRow("profile", "a", 1, 3, gone=False), ScopeRow("profile", "b", 1, 5, gone=False))
    assert next_place(rows, 2, 9) == Place(5, "profile", "b")
    assert next_place(rows, 3, 9) == Place(9)
    assert next_place((), 3, 9) == Place(9)


@given(CHANGES, st.lists(st.integers(1, 3), min_size=1))
def test_any_page_size_between_any_changes_ends_in_the_same_state(
    changes: list[list[tuple[RecordKind, str]]], limits: list[int]
) -> None:
    """A store that reads one page between any two transactions still ends with every row's newest seq."""
    scope: Rows = {}
    replica: Rows = {}
    place = Place(0)
    for seq, keys in enumerate(changes, 1):
        for kind, key in keys:
            scope[kind, key] = ScopeRow(kind, key, seq, seq, gone=False)
        place = read_page(scope, replica, place, limits[seq % len(limits)], seq)
    while place != Place(len(changes)):
        place = read_page(scope, replica, place, limits[0], len(changes))
    assert replica == scope


@given(CHANGES, st.integers(1, 3))
def test_a_page_read_twice_changes_nothing(changes: list[list[tuple[RecordKind, str]]], limit: int) -> None:
    scope: Rows = {
        (k, key): ScopeRow(k, key, seq, seq, gone=False) for seq, keys in enumerate(changes, 1) for k, key in keys
    }
    once: Rows = {}
    place = read_page(scope, once, Place(0), limit, len(changes))
    twice = dict(once)
    assert read_page(scope, twice, Place(0), limit, len(changes)) == place
    assert twice == once


def read_page(
    scope: Rows,
    replica: Rows,
    place: Place,
    limit: int,
    counter_seq: int,
) -> Place:
    """What the database answers: rows behind `place` in (seq, kind, key) order."""
    after = [r for r in scope.values() if (r.seq > place.seq if place.whole else r.place > place)]
    rows = sorted(after, key=lambda row: row.place)[:limit]
    replica.update({(row.kind, row.key): replace(row) for row in rows})
    return next_place(rows, limit, counter_seq)
