"""Codes and tries: small rules with large numbers behind them."""

from edge.core.pairing import CODES, WRONG_TRIES, Tries, code_of, hashed, is_code


def test_a_code_is_six_digits_whatever_its_number() -> None:
    assert [code_of(number) for number in (0, 42, CODES - 1)] == ["000000", "000042", "999999"]


def test_only_six_digits_are_a_code() -> None:
    assert is_code("123456")
    assert not any(map(is_code, ["12345", "1234567", "12345a", "１２３４５６", "", "123456\n"]))


def test_the_fifth_wrong_try_locks_once() -> None:
    tries = Tries()
    assert [tries.wrong() for _ in range(WRONG_TRIES + 1)] == [False] * 4 + [True, False]
    assert tries.locked


def test_a_right_one_forgives_the_wrong_ones() -> None:
    tries = Tries()
    tries.wrong()
    tries.forgive()
    assert not any(tries.wrong() for _ in range(WRONG_TRIES - 1))


def test_secrets_are_kept_as_hashes() -> None:
    assert hashed("123456") != "123456"
    assert hashed("123456") == hashed("123456")
