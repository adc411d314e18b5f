"""All three carriers are read, everything else is nobody; nothing on air can raise."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.core.advertisement import token_bodies, token_body, token_in_payload
from edge.core.identity import Identity, build_table
from wire import rst1

BODY = rst1.Body(bytes.fromhex("a1a2a3a4a5a6a7a8"), 2, -59)
PACKED = rst1.pack_body(BODY)
SERVICE_16 = "0000fff0-0000-1000-8000-00805f9b34fb"
SERVICE_128 = "6f1d0f2c-9a33-4d1e-8c5b-7a2e1f3d4c5b"

bodies = st.builds(rst1.Body, st.binary(min_size=8, max_size=8), st.integers(0, 15), st.integers(-128, 127))


def foreground(body: rst1.Body) -> str:
    text = (rst1.IOS_PREFIX + rst1.pack_body(body)).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@given(bodies)
def test_each_carrier_as_bleak_reports_it_holds_the_body(body: rst1.Body) -> None:
    packed = rst1.pack_body(body)
    assert token_body({SERVICE_16: packed}, []) == body
    assert token_body({SERVICE_128: packed}, []) == body
    assert token_body({}, [foreground(body)]) == body


@given(bodies)
def test_each_carrier_as_it_is_on_air_holds_the_body(body: rst1.Body) -> None:
    packed = rst1.pack_body(body)
    for carrier in (rst1.service_data_16, rst1.service_data_128, rst1.ios_foreground):
        assert token_in_payload(carrier(packed)) == body


def test_a_scan_response_around_the_body_changes_nothing() -> None:
    name = bytes((5, 0x09)) + b"shop"
    assert token_in_payload(name + rst1.service_data_16(PACKED)[3:] + name) == BODY
    assert token_body({"0000feaa-0000-1000-8000-00805f9b34fb": b"\x10" + bytes(9), SERVICE_16: PACKED}, []) == BODY


def test_of_uuids_that_piled_up_the_newest_comes_first() -> None:
    newer = rst1.Body(bytes(8), 0, -59)
    uuids = ["0000180f-0000-1000-8000-00805f9b34fb", foreground(BODY), foreground(newer)]
    assert list(token_bodies({}, uuids)) == [newer, BODY]


def test_of_modes_that_piled_up_under_one_tag_the_most_closed_counts() -> None:
    open_first = [foreground(rst1.Body(BODY.tag, flags, -59)) for flags in (3, 1, 2, 0)]
    (body,) = token_bodies({}, open_first)
    assert body.mode_bits == 1


def test_a_body_of_the_past_does_not_hide_the_one_on_another_carrier() -> None:
    past = rst1.Body(bytes(8), 0, 0)
    assert list(token_bodies({SERVICE_128: rst1.pack_body(past)}, [foreground(BODY)])) == [past, BODY]


def test_hundreds_of_uuids_cost_no_more_than_the_newest_eight() -> None:
    assert token_body({}, [foreground(BODY)] + ["0000180f-0000-1000-8000-00805f9b34fb"] * 8) is None
    assert len(list(token_bodies({}, [foreground(rst1.Body(bytes((n,)) * 8, 0, 0)) for n in range(200)]))) == 8


@given(
    st.dictionaries(st.sampled_from([SERVICE_16, SERVICE_128, "", "x"]), st.binary(max_size=31)), st.lists(st.text())
)
@example({}, ["52535431-0001-zzzz-zzzz-zzzzzzzzzzzz", "52535431-0001-", "52535431-0001-1"])
def test_whatever_bleak_hands_over_nothing_is_raised(service_data: dict[str, bytes], uuids: list[str]) -> None:
    for body in token_bodies(service_data, uuids):
        assert rst1.pack_body(body) in service_data.values()


@given(st.binary(max_size=64))
@example(b"\x00")
@example(b"\xff")
@example(bytes((27, 0x21)))
def test_any_octets_on_air_are_read_or_dropped_never_raised(payload: bytes) -> None:
    body = token_in_payload(payload)
    assert body is None or len(body.tag) == rst1.TAG_LENGTH


@given(st.binary(max_size=64), st.integers(0, 30))
def test_a_frame_cut_off_inside_the_body_is_nobody(tail: bytes, length: int) -> None:
    frame = rst1.service_data_128(PACKED)
    assert token_in_payload(frame[:length]) is None


@pytest.mark.needs("shared")
def test_none_of_the_recorded_strangers_is_taken_for_a_member(recordings: Path) -> None:
    lines = (recordings / "adverts" / "adverts.jsonl").read_text().splitlines()
    assert len(lines) == 1_903
    assert [line for line in lines if token_in_payload(bytes.fromhex(json.loads(line)["ad"]))] == []


def broken(frame: bytes, chance: random.Random) -> bytes:
    """As radio and bad firmware break it: bits flipped, cut off, octets doubled or lost, another length, two in one."""
    at = chance.randrange(len(frame) + 1)
    match chance.randrange(5):
        case 0:
            flipped = int.from_bytes(frame, "big") ^ chance.getrandbits(3) << chance.randrange(8 * len(frame) + 1)
            return (flipped % (1 << 8 * len(frame))).to_bytes(len(frame), "big")
        case 1:
            return frame[:at]
        case 2:
            return frame[:at] + frame[at + chance.randrange(-3, 4) :]
        case 3:
            return frame[:at] + bytes((chance.randrange(256),)) + frame[at + 1 :]
        case _:
            return frame[:at] + chance.randbytes(chance.randrange(8)) + frame[at:]


@pytest.mark.needs("shared")
def test_a_hundred_thousand_broken_frames_are_read_or_dropped_never_raised(recordings: Path) -> None:
    lines = (recordings / "adverts" / "adverts.jsonl").read_text().splitlines()
    ours = [carrier(PACKED) for carrier in (rst1.service_data_16, rst1.service_data_128, rst1.ios_foreground)]
    frames = [bytes.fromhex(json.loads(line)["ad"]) for line in lines] + 200 * ours
    chance = random.Random(4711)
    identity = Identity(build_table([("anna", 20_370, bytes(16))], 20_370 * rst1.DAY_S))
    read = 0
    for _ in range(100_000):
        body = token_in_payload(broken(chance.choice(frames), chance))
        assert identity.hear("s1", "A", -60, (body,) if body else (), 0.0) == ()
        read += body is not None
    assert identity.foreign == 100_000
    assert 1_000 < read < 50_000
