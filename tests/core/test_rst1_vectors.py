"""The store's side against the app kit's vectors, which were made without our code."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import pytest

from edge.core.challenge import Challenges
from edge.core.identity import EMPTY_TABLE, TokenTable, build_table
from tests.require import ROOT
from wire import rst1

VECTORS: Final = ROOT / "docs" / "app-kit" / "vectors"
NOTHING: Final = "-"
MEMBER: Final = "member"

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    head, *lines = (VECTORS / name).read_text(encoding="utf-8").splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


def octets(digits: str) -> bytes:
    return b"" if digits == NOTHING else bytes.fromhex(digits)


def table(secret: str, store: str, epoch: str, now_s: int) -> TokenTable:
    """As a store holds it: the keys of yesterday, today and tomorrow."""
    days = (now_s // rst1.DAY_S + offset for offset in (-1, 0, 1))
    keys = ((MEMBER, day, rst1.day_key(octets(secret), int(store), day, int(epoch))) for day in days)
    return build_table(keys, now_s)


def test_there_are_a_thousand_and_more_tokens_and_each_is_met() -> None:
    found = rows("tokens.tsv")
    assert len(found) >= 1000
    assert [row for row in found if not meets(row)] == []


def meets(row: Row) -> bool:
    unix_s, flags = int(row["unix"]), int(row["flags"])
    key = rst1.day_key(octets(row["secret"]), int(row["store"]), unix_s // rst1.DAY_S, int(row["epoch"]))
    body = rst1.body_at(key, unix_s, flags, int(row["tx_power_dbm"]))
    asked = rst1.Challenge(int(row["store"]), unix_s, octets(row["nonce"]))
    tag = rst1.tag_at(key, unix_s)
    made = {
        "day_key": key,
        "hour_block": rst1.hour_block(key, unix_s // rst1.HOUR_S),
        "body": body,
        "challenge": rst1.pack_challenge(asked),
        "response": rst1.pack_response(key, asked, flags, tag),
        "ack": rst1.ack_mac(key, asked.nonce, tag),
        "adv_service16": rst1.service_data_16(body),
        "adv_service128": rst1.service_data_128(body),
        "adv_ios_foreground": rst1.ios_foreground(body),
    }
    return all(row[name] in {value.hex(), NOTHING} for name, value in made.items())


def test_the_carriers_are_written_out_for_some_tokens() -> None:
    assert sum(row["adv_service128"] != NOTHING for row in rows("tokens.tsv")) >= 50


@pytest.mark.parametrize("why", sorted({row["why"] for row in rows("air.tsv")}))
def test_a_store_recognises_on_air_whom_it_should_and_nobody_else(why: str) -> None:
    cases = [row for row in rows("air.tsv") if row["why"] == why]
    assert cases
    assert [read(row) for row in cases] == [row["mode"] for row in cases]


def read(row: Row) -> str:
    body = rst1.parse_body(octets(row["body"]))
    known = table(row["secret"], row["store"], row["epoch"], int(row["now"]))
    return str(body.mode_bits) if body and known.resolve(body.tag) == MEMBER else NOTHING


@pytest.mark.parametrize("why", sorted({row["why"] for row in rows("answers.tsv")}))
def test_only_the_right_answer_to_this_challenge_counts(why: str) -> None:
    cases = [row for row in rows("answers.tsv") if row["why"] == why]
    assert cases
    assert [acknowledged(row) for row in cases] == [row["ack"] for row in cases]


def acknowledged(row: Row) -> str:
    key, asked = octets(row["day_key"]), rst1.parse_challenge(octets(row["challenge"]))
    response = rst1.parse_response(octets(row["response"]))
    if asked is None or response is None or not rst1.verify_response(key, asked, response):
        return NOTHING
    return rst1.ack_mac(key, asked.nonce, response.tag).hex()


def test_a_phone_goes_on_only_after_the_right_acknowledgement() -> None:
    cases = rows("acks.tsv")
    assert {row["goes_on"] for row in cases} == {"yes", "no"}
    for row in cases:
        expected = rst1.ack_mac(octets(row["day_key"]), octets(row["nonce"]), octets(row["tag"]))
        assert (expected == octets(row["ack"])) == (row["goes_on"] == "yes"), row["why"]


@pytest.mark.parametrize("why", sorted({row["why"] for row in rows("conversations.tsv")}))
def test_a_nonce_is_good_for_one_answer_on_its_connection_for_ten_seconds(why: str) -> None:
    told = [row for row in rows("conversations.tsv") if row["why"] == why]
    for _, steps in groupby(told, lambda row: row["conversation"]):
        conversation = list(steps)
        assert list(replies(conversation)) == [row["expected"] for row in conversation if row["step"] in REPLIED]


REPLIED: Final = frozenset({"read", "write", "ack"})


def replies(conversation: list[Row]) -> Iterator[str]:
    challenges, known = Challenges(int(conversation[0]["store"])), EMPTY_TABLE
    for row in conversation:
        connection, at_s = row["connection"], int(row["at"])
        match row["step"]:
            case "member":
                known = table(row["value"], row["store"], row["expected"], at_s)
            case "read":
                yield (challenges.issue(connection, at_s, octets(row["value"])) or b"").hex() or NOTHING
            case "write":
                answered = challenges.respond(connection, octets(row["value"]), at_s, known)
                yield str(answered.mode_bits) if answered else NOTHING
            case "ack":
                yield (challenges.ack(connection) or b"").hex() or NOTHING
            case "drop":
                challenges.forget(connection)
            case step:
                pytest.fail(f"unknown step {step}")
