"""A beacon near a scanner tells a deaf scanner from an empty shop."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from edge.core.canary import SILENT_AFTER_S, Canary, listeners, mark, mark_in_company, mark_in_payload

UUID_ = UUID("c29ce823-e67a-4e71-bff2-abaa32e77a98")
MARK = UUID_.bytes + b"\x12\x67\x00\x03"
ON_AIR = bytes.fromhex("0201061aff4c000215") + MARK + b"\xc5"


@dataclass(frozen=True)
class Scanner:
    id: str
    zone: str = ""
    position: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Beacon(Scanner):
    uuid: UUID = UUID_
    major: int | None = None
    minor: int = 3


def test_a_beacon_without_a_major_has_the_stores_number() -> None:
    assert mark(Beacon("b"), 4711) == MARK
    assert mark(Beacon("b"), 4711 + 65_536) == MARK


def test_the_mark_is_found_on_air_and_in_what_bleak_gives() -> None:
    assert mark_in_payload(ON_AIR) == MARK
    assert mark_in_company({0x004C: b"\x02\x15" + MARK + b"\xc5"}) == MARK


@pytest.mark.parametrize(
    "payload", [b"", ON_AIR[:-2], ON_AIR[:9], b"\xff", bytes(31), ON_AIR.replace(b"\x4c", b"\x4d")]
)
def test_what_is_no_beacon_has_no_mark(payload: bytes) -> None:
    assert mark_in_payload(payload) == b""


@pytest.mark.parametrize("companies", [{}, {0x004C: b""}, {0x004C: b"\x10\x05abc"}, {1: b"\x02\x15" + MARK + b"\xc5"}])
def test_other_makers_data_has_no_mark(companies: dict[int, bytes]) -> None:
    assert mark_in_company(companies) == b""


def test_a_beacon_belongs_to_the_scanner_that_hangs_nearest() -> None:
    scanners = [Scanner("far", position=(9, 9, 2)), Scanner("near", position=(1, 1, 2))]
    assert listeners(scanners, [Beacon("b", position=(0, 0, 1))], 4711) == {"near": frozenset({MARK})}


def test_a_beacon_without_a_place_belongs_to_the_scanner_of_its_zone() -> None:
    scanners = [Scanner("s1", "coats"), Scanner("s2", "shoes")]
    assert listeners(scanners, [Beacon("b", "shoes")], 4711) == {"s2": frozenset({MARK})}


def test_a_beacon_where_nobody_listens_is_nobodys() -> None:
    assert listeners([Scanner("s1", "coats")], [Beacon("b", "cellar")], 4711) == {}


def test_a_scanner_that_hears_its_beacon_stands_in_an_empty_shop() -> None:
    canary = Canary(frozenset({MARK}))
    canary.begin(0)
    canary.hear(MARK, SILENT_AFTER_S - 1)
    assert not canary.is_silent(SILENT_AFTER_S + 1)


def test_a_beacon_that_is_not_heard_for_a_minute_is_silent() -> None:
    canary = Canary(frozenset({MARK}))
    canary.begin(0)
    canary.hear(b"", 30)
    canary.hear(bytes(20), 40)
    assert not canary.is_silent(SILENT_AFTER_S - 1)
    assert canary.is_silent(SILENT_AFTER_S)


def test_a_scanner_without_a_beacon_misses_none() -> None:
    canary = Canary()
    canary.begin(0)
    assert not canary.is_silent(10_000)


def test_before_it_listens_nothing_is_missed() -> None:
    assert not Canary(frozenset({MARK})).is_silent(10_000)
