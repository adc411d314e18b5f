"""What the laptop phone says, and whom it believes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regulars.main import cli
from regulars.phone.member import Member, Mistrust, Wish, turns_at
from wire import rst1

NOON = 20_370 * rst1.DAY_S + 12 * rst1.HOUR_S
SECRET = bytes(range(32))
ANNA = Member(SECRET, 4711)
KEY = rst1.day_key(SECRET, 4711, 20_370)
TOKEN_UUID = "6f1d0f2c-9a33-4d1e-8c5b-7a2e1f3d4c5b"


def challenge(store: int = 4711, at: int = NOON) -> rst1.Challenge:
    return rst1.Challenge(store, at, bytes(8))


def test_it_says_what_the_store_resolves() -> None:
    body = rst1.parse_body(ANNA.wishing(Wish.ADVICE).service_data(NOON)[TOKEN_UUID])
    assert body
    assert (body.tag, body.mode_bits) == (rst1.tag_at(KEY, NOON), 3)


def test_its_advertisement_fits_on_air() -> None:
    (body,) = ANNA.service_data(NOON).values()
    assert len(rst1.service_data_128(body)) == 31


def test_it_answers_so_that_the_store_believes_it() -> None:
    asked = challenge()
    octets, expected = ANNA.wishing(Wish.SCREEN).answer(rst1.pack_challenge(asked), NOON + 20)
    response = rst1.parse_response(octets)
    assert response
    assert rst1.verify_response(KEY, asked, response)
    assert response.flags == 2
    assert expected == rst1.ack_mac(KEY, asked.nonce, response.tag)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (rst1.pack_challenge(challenge(store=4712)), "this is store 4712"),
        (rst1.pack_challenge(challenge(at=NOON - 901)), "more than 15 minutes"),
        (b"\x02" + bytes(16), "does not speak RST1"),
        (b"", "does not speak RST1"),
    ],
)
def test_a_strange_store_gets_no_answer(octets: bytes, why: str) -> None:
    with pytest.raises(Mistrust, match=why):
        ANNA.answer(octets, NOON)


def test_a_bumped_epoch_speaks_with_another_key() -> None:
    assert Member(SECRET, 4711, epoch=1).service_data(NOON) != ANNA.service_data(NOON)


@pytest.mark.parametrize(("now", "turn"), [(0.0, 900.0), (899.9, 900.0), (900.0, 1800.0)])
def test_its_tag_turns_over_on_the_quarter(now: float, turn: float) -> None:
    assert turns_at(now) == turn


def run(tmp_path: Path, content: str, *more: str) -> Result:
    (tmp_path / "secret").write_text(content)
    arguments = ["phone", "--secret-file", str(tmp_path / "secret"), "--store", "4711", "--once", *more]
    return CliRunner(env={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus"}).invoke(cli, arguments)


def test_without_bluetooth_it_says_what_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, SECRET.hex())
    assert (done.exit_code, done.stdout) == (3, "")
    assert "systemctl start bluetooth" in done.stderr


def test_the_reply_of_joining_will_do_as_the_secret_file(tmp_path: Path) -> None:
    assert run(tmp_path, json.dumps({"member_ref": "m1", "secret": SECRET.hex()})).exit_code == 3


@pytest.mark.parametrize("content", ["zz", "00ff", '{"secret": "00"}', "{}", "[]", '{"secret": 7}'])
def test_a_bad_secret_is_described_and_never_repeated(tmp_path: Path, content: str) -> None:
    done = run(tmp_path, content)
    assert done.exit_code == 2
    assert "64" in done.stderr
    assert content not in done.stderr
