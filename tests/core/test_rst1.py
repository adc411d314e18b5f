"""RST1 against vectors made without our code, its properties, and what it must refuse."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import rst1

SECRET: Final = bytes(range(32))
KEY: Final = rst1.day_key(SECRET, 4711, 20_370)
NOON_S: Final = 20_370 * rst1.DAY_S + 12 * rst1.HOUR_S
CHALLENGE: Final = rst1.Challenge(4711, NOON_S, bytes.fromhex("a0a1a2a3a4a5a6a7"))

stores = st.integers(0, 2**32 - 1)
# Until the hour number would still fit u32 for centuries; the challenge's instant ends first, in 2106.
instants = st.integers(0, 2**32 - 1)
epochs = st.integers(0, 2**16 - 1)
keys = st.binary(min_size=16, max_size=16)
flag_nibbles = st.integers(0, 15)
powers_dbm = st.integers(-128, 127)
tags = st.binary(min_size=8, max_size=8)


@pytest.fixture
def vectors(recordings: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((recordings / "rst1" / "vectors.json").read_text())
    return found


@pytest.mark.needs("shared")
def test_every_shared_vector_is_met(vectors: list[dict[str, Any]]) -> None:
    assert vectors
    for vector in vectors:
        assert computed(vector) == {name: vector[name] for name in computed(vector)}


def computed(vector: dict[str, Any]) -> dict[str, str]:
    store, unix_s, flags = vector["store"], vector["unix"], vector["flags"]
    key = rst1.day_key(bytes.fromhex(vector["customer_secret"]), store, unix_s // rst1.DAY_S, vector["epoch"])
    body = rst1.body_at(key, unix_s, flags)
    tag = rst1.tag_at(key, unix_s)
    nonce = bytes.fromhex(vector["nonce"])
    response = rst1.pack_response(key, rst1.Challenge(store, unix_s, nonce), flags, tag)
    octets = {
        "day_key": key,
        "hour_block": rst1.hour_block(key, unix_s // rst1.HOUR_S),
        "tag": tag,
        "body": body,
        "adv_svc16_fff0": rst1.service_data_16(body),
        "adv_svc128": rst1.service_data_128(body),
        "adv_ios_fg": rst1.ios_foreground(body),
        "rsp_mac": response[9:],
        "ack_mac": rst1.ack_mac(key, nonce, tag),
    }
    return {name: value.hex() for name, value in octets.items()}


# One vector from the specification's own arithmetic, so that a checkout alone still compares with something.
def test_a_known_vector_is_met() -> None:
    key = rst1.day_key(SECRET, 1, 20_370)
    assert key.hex() == "3180c30eb17bcc77e9f764f134fa2551"
    assert rst1.body_at(key, 1_760_000_000).hex() == "10436a191cd4728373c5"


@given(tag=tags, flags=flag_nibbles, tx_power_dbm=powers_dbm)
def test_a_body_survives_the_air(tag: bytes, flags: int, tx_power_dbm: int) -> None:
    body = rst1.Body(tag, flags, tx_power_dbm)
    packed = rst1.pack_body(body)
    assert len(packed) == rst1.BODY_LENGTH
    assert rst1.parse_body(packed) == body


@given(st.binary(max_size=40))
def test_any_foreign_octets_are_parsed_or_dropped_never_raised(octets: bytes) -> None:
    body = rst1.parse_body(octets)
    assert body is None or rst1.pack_body(body) == octets
    assert rst1.parse_challenge(octets) is None or octets[0] == rst1.VERSION
    assert rst1.parse_response(octets) is None or octets[0] >> 4 == rst1.VERSION


@given(key=keys, unix_s=instants)
def test_a_tag_lasts_its_quarter_and_no_longer(key: bytes, unix_s: int) -> None:
    first_s = unix_s // rst1.QUARTER_S * rst1.QUARTER_S
    last_s = first_s + rst1.QUARTER_S - 1
    assert rst1.tag_at(key, first_s) == rst1.tag_at(key, unix_s) == rst1.tag_at(key, last_s)
    assert rst1.tag_at(key, last_s + 1) != rst1.tag_at(key, last_s)


@given(key=keys, hour=st.integers(0, 2**32 // 3600))
def test_an_hour_block_is_the_four_tags_of_its_hour(key: bytes, hour: int) -> None:
    quarters = (hour * rst1.HOUR_S + rst1.QUARTER_S * quarter for quarter in range(4))
    assert rst1.hour_block(key, hour) == b"".join(rst1.tag_at(key, unix_s) for unix_s in quarters)


@given(store=stores, other=stores, day=st.integers(0, 2**32 - 2), epoch=epochs)
def test_store_day_and_epoch_each_change_the_key(store: int, other: int, day: int, epoch: int) -> None:
    key = rst1.day_key(SECRET, store, day, epoch)
    assert (rst1.day_key(SECRET, other, day, epoch) == key) == (other == store)
    assert rst1.day_key(SECRET, store, day + 1, epoch) != key
    assert rst1.day_key(SECRET, store, day, (epoch + 1) % 2**16) != key


@given(key=keys, unix_s=instants, flags=flag_nibbles)
def test_each_carrier_has_its_length_on_air_and_holds_the_body(key: bytes, unix_s: int, flags: int) -> None:
    body = rst1.body_at(key, unix_s, flags)
    assert [len(rst1.service_data_16(body)), len(rst1.service_data_128(body))] == [17, 31]
    assert rst1.service_data_16(body).endswith(body)
    assert rst1.service_data_128(body).endswith(body)
    assert rst1.ios_foreground(body)[::-1][:16] == rst1.IOS_PREFIX + body


@given(key=keys, store=stores, unix_s=instants, nonce=tags, flags=flag_nibbles)
def test_the_right_answer_is_accepted(key: bytes, store: int, unix_s: int, nonce: bytes, flags: int) -> None:
    challenge = rst1.parse_challenge(rst1.pack_challenge(rst1.Challenge(store, unix_s, nonce)))
    assert challenge == rst1.Challenge(store, unix_s, nonce)
    response = rst1.parse_response(rst1.pack_response(key, challenge, flags, rst1.tag_at(key, unix_s)))
    assert response is not None
    assert rst1.verify_response(key, challenge, response)


@pytest.mark.parametrize("bit", range(8 * 17))
def test_an_answer_with_any_bit_flipped_is_refused(bit: int) -> None:
    octets = bytearray(rst1.pack_response(KEY, CHALLENGE, 1, rst1.tag_at(KEY, NOON_S)))
    octets[bit // 8] ^= 1 << bit % 8
    response = rst1.parse_response(bytes(octets))
    assert response is None or not rst1.verify_response(KEY, CHALLENGE, response)


def test_a_wider_mode_cannot_be_written_into_an_answer() -> None:
    response = rst1.parse_response(rst1.pack_response(KEY, CHALLENGE, 1, rst1.tag_at(KEY, NOON_S)))
    assert response is not None
    assert not rst1.verify_response(KEY, CHALLENGE, replace(response, flags=3))


@pytest.mark.parametrize(
    "other",
    [
        replace(CHALLENGE, store=4712),
        replace(CHALLENGE, unix_s=NOON_S + 1),
        replace(CHALLENGE, nonce=bytes(8)),
    ],
    ids=["other store", "other instant", "other nonce"],
)
def test_an_answer_to_another_challenge_is_refused(other: rst1.Challenge) -> None:
    response = rst1.parse_response(rst1.pack_response(KEY, CHALLENGE, 0, rst1.tag_at(KEY, NOON_S)))
    assert response is not None
    assert not rst1.verify_response(KEY, other, response)


def test_another_members_key_does_not_verify() -> None:
    response = rst1.parse_response(rst1.pack_response(KEY, CHALLENGE, 0, rst1.tag_at(KEY, NOON_S)))
    assert response is not None
    assert not rst1.verify_response(rst1.day_key(bytes(32), 4711, 20_370), CHALLENGE, response)


def test_tags_two_quarters_away_are_all_different() -> None:
    around = [rst1.tag_at(KEY, NOON_S + rst1.QUARTER_S * quarter) for quarter in range(-2, 3)]
    assert len(set(around)) == len(around)


def test_a_store_without_the_key_cannot_acknowledge() -> None:
    tag = rst1.tag_at(KEY, NOON_S)
    honest = rst1.ack_mac(KEY, CHALLENGE.nonce, tag)
    assert honest != rst1.ack_mac(rst1.day_key(SECRET, 4712, 20_370), CHALLENGE.nonce, tag)
    assert honest != rst1.ack_mac(KEY, bytes(8), tag)


@pytest.mark.parametrize("octets", [b"", bytes(10), b"\x20" + bytes(9), b"\x10" + bytes(8), b"\x10" + bytes(10)])
def test_a_body_of_another_length_or_version_is_nothing(octets: bytes) -> None:
    assert rst1.parse_body(octets) is None


@pytest.mark.parametrize("flags", [-1, 16])
def test_flags_beyond_their_nibble_are_refused(flags: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.15"):
        rst1.pack_body(rst1.Body(bytes(8), flags, 0))
