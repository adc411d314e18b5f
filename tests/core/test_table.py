"""Only tags of this store and these three quarters are somebody, whichever way the table lies in memory."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.hours import hour_blocks
from edge.core.layout import Spread, build_table, days_at
from edge.core.table import TokenTable
from wire import rst1

SECRET = bytes(range(32))
DAY = 20_370
MIDNIGHT = DAY * rst1.DAY_S
NOON = MIDNIGHT + 12 * rst1.HOUR_S
ANNA, BEN = "a" * 32, "b" * 32
KEYS = [(f"{day:032x}", day, rst1.day_key(SECRET, 4711, day)) for day in (DAY - 1, DAY, DAY + 1)]

Build = Callable[[Iterable[tuple[str, int, bytes]], float], TokenTable]


def packed(keys: Iterable[tuple[str, int, bytes]], now_s: float) -> TokenTable:
    return build_table(keys, now_s, dict_limit=0)


both = pytest.mark.parametrize("build", [build_table, packed])


def tag(at: int, store: int = 4711, epoch: int = 0) -> bytes:
    return rst1.tag_at(rst1.day_key(SECRET, store, at // rst1.DAY_S, epoch), at)


def people(count: int, day: int = DAY) -> list[tuple[str, int, bytes]]:
    return [(f"{number:032x}", day, rst1.day_key(SECRET, number, day)) for number in range(count)]


@both
@given(now=st.integers(MIDNIGHT, MIDNIGHT + rst1.DAY_S - 1), away=st.integers(-4, 4))
def test_the_window_is_the_previous_the_current_and_the_next_quarter(build: Build, now: int, away: int) -> None:
    spoken_at = now + away * rst1.QUARTER_S
    expected = f"{spoken_at // rst1.DAY_S:032x}" if abs(away) <= 1 else None
    assert build(KEYS, now).resolve(tag(spoken_at)) == expected


@both
@pytest.mark.parametrize(("minute", "serves"), [(0, True), (14, True), (15, False), (16, False)])
def test_yesterdays_key_serves_until_a_quarter_past_midnight(build: Build, minute: int, serves: bool) -> None:  # noqa: FBT001
    table = build(KEYS, MIDNIGHT + 60 * minute)
    assert (table.resolve(tag(MIDNIGHT - 1)) == KEYS[0][0]) == serves


@both
def test_a_phone_a_quarter_ahead_of_midnight_is_served_by_tomorrows_key(build: Build) -> None:
    assert build(KEYS, MIDNIGHT + rst1.DAY_S - 60).resolve(tag(MIDNIGHT + rst1.DAY_S)) == KEYS[2][0]


@both
@pytest.mark.parametrize(
    "foreign",
    [
        tag(NOON, store=4712),
        tag(NOON, epoch=1),
        tag(NOON + rst1.DAY_S),
        tag(NOON - rst1.DAY_S),
        bytes(8),
        b"",
        bytes(9),
    ],
    ids=["another store", "withdrawn since", "tomorrow", "yesterday", "guessed", "nothing", "too long"],
)
def test_a_tag_that_is_not_of_this_store_and_time_is_nobody(build: Build, foreign: bytes) -> None:
    assert build(KEYS, NOON).resolve(foreign) is None


@both
@given(bit=st.integers(0, 63))
def test_a_tag_with_a_flipped_bit_is_nobody(build: Build, bit: int) -> None:
    octets = bytearray(tag(NOON))
    octets[bit // 8] ^= 1 << bit % 8
    assert build(KEYS, NOON).resolve(bytes(octets)) is None


@both
def test_a_table_holds_three_tags_a_member_and_is_due_when_the_quarter_turns(build: Build) -> None:
    table = build(people(50), NOON)
    assert len(table) == 150
    assert not table.is_due(NOON + 899.9)
    assert table.is_due(NOON + 900)


@both
@pytest.mark.parametrize("now", [NOON, NOON + 2 * rst1.QUARTER_S, NOON + rst1.HOUR_S - 1, MIDNIGHT, MIDNIGHT - 1])
def test_every_member_is_found_with_the_key_of_the_day(build: Build, now: int) -> None:
    keys = [row for day in (DAY - 1, DAY) for row in people(5_000, day)]
    table = build(iter(keys), now)
    for member_ref, day, key in keys:
        for spoken_at in range(now - rst1.QUARTER_S, now + rst1.QUARTER_S + 1, rst1.QUARTER_S):
            if spoken_at // rst1.DAY_S == day:
                assert table.holder(rst1.tag_at(key, spoken_at)) == (member_ref, key)


@both
def test_a_table_of_nobody_knows_nobody(build: Build) -> None:
    table = build([], NOON)
    assert (len(table), table.resolve(tag(NOON)), table.resolve(bytes(8))) == (0, None, None)


@both
def test_a_key_of_the_wrong_length_shifts_nobody_into_anothers_place(build: Build) -> None:
    (anna, ben) = (rst1.day_key(SECRET, store, DAY) for store in (1, 2))
    table = build([("c" * 32, DAY, b"short"), (ANNA, DAY, anna), (BEN, DAY, ben)], NOON)
    assert table.resolve(rst1.tag_at(anna, NOON)) == ANNA
    assert table.resolve(rst1.tag_at(ben, NOON)) == BEN


@pytest.mark.parametrize("strange", ["m1", "g" * 32, " " * 32, "", "ä" * 16])
def test_a_member_ref_out_of_form_shifts_nobody_into_anothers_place(strange: str) -> None:
    (anna, ben) = (rst1.day_key(SECRET, store, DAY) for store in (1, 2))
    table = packed([(ANNA, DAY, anna), (strange, DAY, bytes(16)), (BEN, DAY, ben)], NOON)
    assert table.resolve(rst1.tag_at(ben, NOON)) == BEN
    assert len(table) == 6


def test_more_rows_than_a_dict_is_good_for_are_packed() -> None:
    def layout(rows: int) -> type:
        return type(build_table(people(rows), NOON, dict_limit=10))

    assert layout(10) is Spread
    assert layout(11) is type(packed(people(1), NOON))


@pytest.mark.parametrize(
    ("now", "days"),
    [(NOON, {DAY}), (MIDNIGHT + 899, {DAY - 1, DAY}), (MIDNIGHT + 900, {DAY}), (MIDNIGHT - 1, {DAY - 1, DAY})],
)
def test_only_the_keys_of_the_days_in_the_window_are_needed(now: int, days: set[int]) -> None:
    assert days_at(now) == days


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=5), st.integers(0, 2**32 - 1))
def test_blocks_hashed_by_hand_are_those_of_hmac(keys: list[bytes], hour: int) -> None:
    assert list(hour_blocks(keys, hour)) == [rst1.hour_block(key, hour) for key in keys]
