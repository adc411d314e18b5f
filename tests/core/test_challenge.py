"""The challenge is passed by the right phone, once, in time, on its own connection; by nobody else."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.challenge import Challenges
from edge.core.identity import TokenTable, build_table
from edge.core.inputs import Answered
from wire import rst1

SECRET = bytes(range(32))
NOON = 20_370 * rst1.DAY_S + 12 * rst1.HOUR_S
KEY = rst1.day_key(SECRET, 4711, 20_370)
TABLE = build_table([("anna", 20_370, KEY), ("ben", 20_370, bytes(16))], NOON)
NONCE = bytes.fromhex("a0a1a2a3a4a5a6a7")


@dataclass
class Phone:
    """The app's half of the challenge."""

    key: bytes = KEY
    spoken_at: int = NOON
    flags: int = 0

    def answer(self, chal: bytes | None) -> bytes:
        challenge = rst1.parse_challenge(chal or b"")
        assert challenge
        return rst1.pack_response(self.key, challenge, self.flags, rst1.tag_at(self.key, self.spoken_at))


def asked(connection: str = "c1", now: float = NOON, nonce: bytes = NONCE) -> tuple[Challenges, bytes]:
    challenges = Challenges(4711)
    chal = challenges.issue(connection, now, nonce)
    assert chal
    return challenges, chal


def test_the_right_phone_is_believed_and_the_store_proves_itself() -> None:
    challenges, chal = asked()
    assert challenges.respond("c1", Phone(flags=3).answer(chal), NOON + 1, TABLE) == Answered("anna", 3, NOON + 1)
    assert challenges.ack("c1") == rst1.ack_mac(KEY, NONCE, rst1.tag_at(KEY, NOON))


@pytest.mark.parametrize("away", [-1, 0, 1])
def test_a_phone_whose_clock_is_a_quarter_off_is_believed(away: int) -> None:
    challenges, chal = asked()
    phone = Phone(spoken_at=NOON + away * rst1.QUARTER_S)
    assert challenges.respond("c1", phone.answer(chal), NOON, TABLE)


@pytest.mark.parametrize(
    "phone",
    [
        Phone(key=rst1.day_key(SECRET, 4712, 20_370)),
        Phone(key=rst1.day_key(SECRET, 4711, 20_371)),
        Phone(key=rst1.day_key(SECRET, 4711, 20_370, epoch=1)),
        Phone(spoken_at=NOON - 2 * rst1.QUARTER_S),
        Phone(spoken_at=NOON + 2 * rst1.QUARTER_S),
    ],
    ids=["another store", "another day", "withdrawn", "two quarters late", "two quarters early"],
)
def test_a_phone_of_elsewhere_or_another_time_is_not_believed(phone: Phone) -> None:
    challenges, chal = asked()
    assert challenges.respond("c1", phone.answer(chal), NOON, TABLE) is None
    assert challenges.ack("c1") is None


@given(st.integers(0, 17 * 8 - 1))
def test_an_answer_with_a_flipped_bit_is_not_believed(bit: int) -> None:
    challenges, chal = asked()
    octets = bytearray(Phone().answer(chal))
    octets[bit // 8] ^= 1 << bit % 8
    assert challenges.respond("c1", bytes(octets), NOON, TABLE) is None
    assert challenges.ack("c1") is None


def test_an_overheard_tag_without_its_key_is_not_believed() -> None:
    challenges, chal = asked()
    challenge = rst1.parse_challenge(chal)
    assert challenge
    forged = rst1.pack_response(bytes(16), challenge, 0, rst1.tag_at(KEY, NOON))
    assert challenges.respond("c1", forged, NOON, TABLE) is None


def test_an_answer_is_good_once() -> None:
    challenges, chal = asked()
    answer = Phone().answer(chal)
    assert challenges.respond("c1", answer, NOON, TABLE)
    assert challenges.respond("c1", answer, NOON, TABLE) is None
    assert challenges.ack("c1") is None


def test_a_wrong_answer_burns_the_nonce() -> None:
    challenges, chal = asked()
    assert challenges.respond("c1", bytes(17), NOON, TABLE) is None
    assert challenges.respond("c1", Phone().answer(chal), NOON, TABLE) is None


@pytest.mark.parametrize("later_s", [-0.1, 10.1, 900])
def test_a_stale_nonce_is_not_believed(later_s: float) -> None:
    challenges, chal = asked()
    assert challenges.respond("c1", Phone().answer(chal), NOON + later_s, TABLE) is None


@pytest.mark.parametrize("took_s", [0.0, 0.05, 0.3])
def test_an_answer_in_the_time_that_the_store_allows_is_believed(took_s: float) -> None:
    challenges = Challenges(4711, "s-coats", within_s=0.3)
    answer = Phone().answer(challenges.issue("c1", 0, NONCE))
    assert challenges.respond("c1", answer, took_s, TABLE) == Answered("anna", 0, took_s, "s-coats")
    assert challenges.longest_s == took_s


@pytest.mark.parametrize("took_s", [0.31, 9.0])
def test_an_answer_that_took_longer_than_the_store_allows_may_be_relayed(took_s: float) -> None:
    challenges = Challenges(4711, within_s=0.3)
    answer = Phone().answer(challenges.issue("c1", 0, NONCE))
    assert challenges.respond("c1", answer, took_s, TABLE) is None
    assert challenges.ack("c1") is None
    assert challenges.late == 1


def test_a_late_answer_is_not_held_against_the_phone() -> None:
    challenges = Challenges(4711, within_s=0.3)
    for second in range(0, 50, 10):
        answer = Phone().answer(challenges.issue("c1", NOON + second, NONCE))
        assert challenges.respond("c1", answer, NOON + second + 5, TABLE) is None
    answer = Phone().answer(challenges.issue("c1", NOON + 60, NONCE))
    assert challenges.respond("c1", answer, NOON + 60.1, TABLE)


def test_no_store_allows_more_than_ten_seconds() -> None:
    challenges = Challenges(4711, within_s=60)
    answer = Phone().answer(challenges.issue("c1", NOON, NONCE))
    assert challenges.respond("c1", answer, NOON + 10.1, TABLE) is None


def test_asking_again_replaces_the_nonce() -> None:
    challenges, chal = asked()
    challenges.issue("c1", NOON, bytes(8))
    assert challenges.respond("c1", Phone().answer(chal), NOON, TABLE) is None


def test_an_answer_recorded_on_one_connection_is_worthless_on_another() -> None:
    challenges, chal = asked("c1")
    challenges.issue("c2", NOON, bytes(8))
    assert challenges.respond("c2", Phone().answer(chal), NOON, TABLE) is None
    assert challenges.respond("c3", Phone().answer(chal), NOON, TABLE) is None


def test_the_answer_of_one_visit_is_worthless_in_the_next() -> None:
    challenges, chal = asked("c1")
    answer = Phone().answer(chal)
    challenges.respond("c1", answer, NOON, TABLE)
    challenges.forget("c1")
    challenges.issue("c1", NOON + 5, bytes(8))
    assert challenges.respond("c1", answer, NOON + 5, TABLE) is None


def test_a_member_who_withdrew_is_not_believed_even_with_an_open_challenge() -> None:
    challenges, chal = asked()
    assert challenges.respond("c1", Phone().answer(chal), NOON, TokenTable(0)) is None


def test_nothing_is_acknowledged_before_an_answer() -> None:
    challenges, _ = asked()
    assert challenges.ack("c1") is None
    assert challenges.ack("stranger") is None


def test_three_wrong_answers_end_the_conversation_until_the_phone_connects_anew() -> None:
    challenges, _ = asked()
    for _ in range(3):
        assert challenges.issue("c1", NOON, NONCE)
        challenges.respond("c1", bytes(17), NOON, TABLE)
    assert challenges.issue("c1", NOON, NONCE) is None
    challenges.forget("c1")
    assert challenges.issue("c1", NOON, NONCE)


def test_open_challenges_are_bounded_and_the_stale_make_room() -> None:
    challenges = Challenges(4711)
    issued = [challenges.issue(f"c{n}", NOON, NONCE) for n in range(1_000)]
    assert len([chal for chal in issued if chal]) == len(challenges) == 16
    assert challenges.issue("late", NOON + 11, NONCE)
    assert len(challenges) == 1


@given(st.binary(max_size=40))
def test_any_octets_are_refused_never_raised(octets: bytes) -> None:
    challenges, _ = asked()
    assert challenges.respond("c1", octets, NOON, TABLE) is None
