"""What head office need not look up again, and what makes it look."""

from dataclasses import replace

from hq.core.known import DEVICES, KNOWN_S, Known, Token
from hq.core.registry import Device

NOW = 1_800_000_000.0
DEVICE = Device("d1", "de-1", "00" * 32, NOW, None, NOW, "", 0, "house", 1)


def kept(known: Known) -> Known:
    known.keep(DEVICE, NOW, known.turn)
    return known


def test_a_device_is_known_for_a_second() -> None:
    known = kept(Known())
    assert known.device("d1", NOW + KNOWN_S / 2) == DEVICE
    assert known.device("d1", NOW + KNOWN_S) is None
    assert known.device("d2", NOW) is None


def test_a_look_that_found_no_change_makes_the_second_begin_again() -> None:
    known = kept(Known())
    known.confirm(NOW + 10)
    assert known.device("d1", NOW + 10 + KNOWN_S / 2) == DEVICE
    assert known.device("d1", NOW + 10 + KNOWN_S) is None


def test_after_a_change_nothing_is_known() -> None:
    known = kept(Known())
    known.forget()
    known.confirm(NOW)
    assert known.device("d1", NOW) is None


def test_what_was_read_before_a_change_and_arrives_after_it_is_not_believed() -> None:
    known = Known()
    turn = known.turn
    known.forget()
    known.keep(DEVICE, NOW, turn)
    assert known.device("d1", NOW) is None


def test_a_clock_that_went_back_makes_it_look_again() -> None:
    assert kept(Known()).device("d1", NOW - 1) is None


def test_it_is_bounded() -> None:
    known = Known()
    for number in range(DEVICES + 1):
        known.keep(replace(DEVICE, device_id=f"d{number}"), NOW, known.turn)
    assert known.device("d0", NOW) is None
    assert known.device(f"d{DEVICES}", NOW) is not None


def test_what_a_good_token_said_is_remembered() -> None:
    known = Known()
    known.keep_token("abc", Token("d1", "b1", int(NOW)))
    assert known.token("abc") == Token("d1", "b1", int(NOW))
    assert known.token("abd") is None
