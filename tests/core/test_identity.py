"""Who is in the table is told with place and mode; of all others nothing is kept."""

import itertools
import json
import sys
from pathlib import Path

import pytest

from edge.core.advertisement import token_in_payload
from edge.core.identity import Identity, build_table
from edge.core.inputs import Contested, Heard
from wire import rst1

SECRET = bytes(range(32))
DAY = 20_370
NOON = DAY * rst1.DAY_S + 12 * rst1.HOUR_S
KEYS = [("m0", DAY, rst1.day_key(SECRET, 4711, DAY))]


def tag(at: int) -> bytes:
    return rst1.tag_at(KEYS[0][2], at)


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


@pytest.mark.needs("shared")
def test_a_million_recorded_strangers_leave_nothing(recordings: Path) -> None:
    lines = (recordings / "adverts" / "adverts.jsonl").read_text().splitlines()
    frames = itertools.cycle([bytes.fromhex(json.loads(line)["ad"]) for line in lines])
    identity = Identity(build_table(KEYS, NOON))
    empty, blocks = remembered(identity), sys.getallocatedblocks()
    for number, frame in enumerate(itertools.islice(frames, 1_000_000)):
        body = token_in_payload(frame)
        identity.hear("s1", f"{number:012x}", -60, (body,) if body else (), NOON + number / 1_000)
    assert identity.foreign == 1_000_000
    assert remembered(identity) == empty
    assert sys.getallocatedblocks() - blocks < 1_000


def remembered(identity: Identity) -> str:
    return repr([vars(part) for part in (identity._contest, identity._digest)])
