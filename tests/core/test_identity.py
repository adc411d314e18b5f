"""Only tags of this store and these three quarters are somebody; one tag on two phones is noticed; nobody is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.identity import Identity, build_table
from edge.core.inputs import Contested, Heard
from wire import rst1

SECRET = bytes(range(32))
DAY = 20_370
MIDNIGHT = DAY * rst1.DAY_S
NOON = MIDNIGHT + 12 * rst1.HOUR_S
KEYS = [(f"m{day - DAY}", day, rst1.day_key(SECRET, 4711, day)) for day in (DAY - 1, DAY, DAY + 1)]
KEY = KEYS[1][2]


def tag(at: int, store: int = 4711, epoch: int = 0) -> bytes:
    return rst1.tag_at(rst1.day_key(SECRET, store, at // rst1.DAY_S, epoch), at)


@given(st.integers(MIDNIGHT, MIDNIGHT + rst1.DAY_S - 1), st.integers(-4, 4))
def test_the_window_is_the_previous_the_current_and_the_next_quarter(now: int, away: int) -> None:
    table = build_table(KEYS, now)
    spoken_at = now + away * rst1.QUARTER_S
    expected = f"m{spoken_at // rst1.DAY_S - DAY}" if abs(away) <= 1 else None
    assert table.resolve(tag(spoken_at)) == expected


@pytest.mark.parametrize(("minute", "serves"), [(0, True), (14, True), (15, False), (16, False)])
def test_yesterdays_key_serves_until_a_quarter_past_midnight(minute: int, serves: bool) -> None:  # noqa: FBT001
    table = build_table(KEYS, MIDNIGHT + 60 * minute)
    assert (table.resolve(tag(MIDNIGHT - 1)) == "m-1") == serves


def test_a_phone_a_quarter_ahead_of_midnight_is_served_by_tomorrows_key() -> None:
    assert build_table(KEYS, MIDNIGHT + rst1.DAY_S - 60).resolve(tag(MIDNIGHT + rst1.DAY_S)) == "m1"


@pytest.mark.parametrize(
    "foreign",
    [tag(NOON, store=4712), tag(NOON, epoch=1), tag(NOON + rst1.DAY_S), tag(NOON - rst1.DAY_S), bytes(8), b""],
    ids=["another store", "withdrawn since", "tomorrow", "yesterday", "guessed", "nothing"],
)
def test_a_tag_that_is_not_of_this_store_and_time_is_nobody(foreign: bytes) -> None:
    assert build_table(KEYS, NOON).resolve(foreign) is None


@given(st.integers(0, 63))
def test_a_tag_with_a_flipped_bit_is_nobody(bit: int) -> None:
    octets = bytearray(tag(NOON))
    octets[bit // 8] ^= 1 << bit % 8
    assert build_table(KEYS, NOON).resolve(bytes(octets)) is None


def test_a_table_holds_three_tags_a_member_and_is_due_when_the_quarter_turns() -> None:
    table = build_table([(f"m{n}", DAY, bytes([n]) * 16) for n in range(50)], NOON)
    assert len(table) == 150
    assert not table.is_due(NOON + 899.9)
    assert table.is_due(NOON + 900)


def test_a_member_whose_key_is_gone_is_a_stranger_after_the_swap() -> None:
    identity = Identity(build_table(KEYS, NOON))
    assert hear(identity, NOON)
    identity.use(build_table([], NOON))
    assert hear(identity, NOON + 1) == ()
    assert identity.foreign == 1


def hear(identity: Identity, at: float, address: str = "A", **other: int) -> tuple[Heard | Contested, ...]:
    bodies = [rst1.Body(tag(int(at)), other.get("flags", 0), -59)]
    return identity.hear("s1", address, other.get("rssi_dbm", -60), bodies, at)


def test_a_member_is_told_with_scanner_strength_and_mode() -> None:
    identity = Identity(build_table(KEYS, NOON))
    assert hear(identity, NOON, flags=7) == (Heard("m0", "s1", -60, 3, NOON),)


def test_of_several_bodies_the_first_that_resolves_counts() -> None:
    identity = Identity(build_table(KEYS, NOON))
    stale = rst1.Body(tag(NOON - 2 * rst1.QUARTER_S), 1, 0)
    (heard,) = identity.hear("s1", "A", -60, [stale, rst1.Body(tag(NOON), 2, 0)], NOON)
    assert isinstance(heard, Heard)
    assert heard.mode_bits == 2


def test_strangers_raise_one_number_and_leave_nothing() -> None:
    identity = Identity(build_table(KEYS, NOON))
    empty = remembered(identity)
    for n in range(2_000):
        body = rst1.Body(n.to_bytes(8, "big"), 0, 0)
        assert identity.hear("s1", f"stranger {n}", -60, [body] if n % 2 else [], NOON + n / 100) == ()
    assert identity.foreign == 2_000
    assert remembered(identity) == empty


def remembered(identity: Identity) -> str:
    return repr([vars(part) for part in (identity._contest, identity._digest)])
