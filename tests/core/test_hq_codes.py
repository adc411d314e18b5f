"""Codes, their locks and the loyalty number's check digit."""

from hypothesis import given
from hypothesis import strategies as st

from hq.core.codes import LOCK_S, WRONG_TRIES, Rate, Tries, code_from, code_hash, read_code
from hq.core.loyalty import check_digit, loyalty_number, read_loyalty


@given(st.binary(min_size=8, max_size=10))
def test_a_code_is_read_however_it_is_typed(octets: bytes) -> None:
    code = code_from(octets)
    typed = f" {code[:4]}-{code[4:]} ".lower().replace("0", "o").replace("1", "l")
    assert read_code(typed) == code
    assert code_hash(typed) == code_hash(code)


def test_five_wrong_codes_lock_a_client_and_no_other() -> None:
    tries = Tries()
    for _ in range(WRONG_TRIES):
        assert tries.locked_for_s("a", 100) == 0
        tries.wrong("a", 100)
    assert tries.locked_for_s("a", 100) == LOCK_S
    assert tries.locked_for_s("b", 100) == 0
    assert tries.locked_for_s("a", 100 + LOCK_S) == 0


def test_a_right_code_forgives_the_wrong_ones() -> None:
    tries = Tries()
    for _ in range(WRONG_TRIES - 1):
        tries.wrong("a", 1)
    tries.right("a")
    tries.wrong("a", 2)
    assert tries.locked_for_s("a", 2) == 0


def test_a_flood_of_clients_does_not_fill_the_memory() -> None:
    tries, rate = Tries(capacity=10), Rate(burst=1, per_minute=1, capacity=10)
    for number in range(100):
        tries.wrong(str(number), 1)
        rate.allows(str(number), 1)
    assert len(tries._wrong) == 10
    assert len(rate._buckets) == 10


def test_a_rate_gives_its_burst_and_then_its_pace() -> None:
    rate = Rate(burst=2, per_minute=60)
    assert [rate.allows("a", 0) for _ in range(3)] == [True, True, False]
    assert rate.allows("a", 1)
    assert not rate.allows("a", 1)


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert check_digit("0794") == "5"  # the example of ISO/IEC 7064 for MOD 11,10
    assert check_digit("8609574271") == "9"  # a German tax number used as a specimen: 86095742719


@given(st.binary(min_size=8, max_size=8), st.integers(0, 11), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(octets: bytes, place: int, by: int) -> None:
    number = loyalty_number(octets)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert read_loyalty(f"{number[:4]} {number[4:8]}-{number[8:]}") == number
    assert read_loyalty(wrong) is None
