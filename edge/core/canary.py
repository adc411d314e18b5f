"""A beacon that stands near a scanner and never leaves: while it is heard, silence is an empty shop.

Pure: what of an advertisement is a beacon's mark, which scanner listens for which, and for how long each was silent.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

# Beacons speak at least once a second. A minute without is no fading: the scanner, or the beacon's battery, is dead.
SILENT_AFTER_S: Final = 60.0
APPLE: Final = 0x004C
_IBEACON: Final = b"\x02\x15"
# Manufacturer data, Apple, iBeacon, as they follow each other on air.
_FIELD: Final = b"\xff" + APPLE.to_bytes(2, "little") + _IBEACON
_MARK_OCTETS: Final = 20
_U16: Final = 0x1_0000

Point = Sequence[float]


class Placed(Protocol):
    """A [[scanner]] or [[beacon]]."""

    @property
    def id(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def position(self) -> tuple[float, float, float] | None: ...


class Beacon(Placed, Protocol):
    """A [[beacon]]; without a major it has the store's number."""

    @property
    def uuid(self) -> UUID: ...
    @property
    def major(self) -> int | None: ...
    @property
    def minor(self) -> int: ...


def mark(beacon: Beacon, store_number: int) -> bytes:
    """UUID, major and minor, as the beacon sends them."""
    major = store_number % _U16 if beacon.major is None else beacon.major
    return beacon.uuid.bytes + major.to_bytes(2, "big") + beacon.minor.to_bytes(2, "big")


def mark_in_payload(payload: bytes) -> bytes:
    """The mark in a whole advertisement; empty when it is no iBeacon's."""
    start = payload.find(_FIELD)
    found = payload[start + len(_FIELD) :][:_MARK_OCTETS] if start >= 0 else b""
    return found if len(found) == _MARK_OCTETS else b""


def mark_in_company(companies: Mapping[int, bytes]) -> bytes:
    """The mark in manufacturer data by company, as bleak gives it; empty when it is no iBeacon's."""
    content = companies.get(APPLE, b"")
    is_mark = content.startswith(_IBEACON) and len(content) > len(_IBEACON) + _MARK_OCTETS
    return content[len(_IBEACON) :][:_MARK_OCTETS] if is_mark else b""


def listeners(scanners: Iterable[Placed], beacons: Iterable[Beacon], store_number: int) -> dict[str, frozenset[bytes]]:
    """Scanner -> the marks it must hear: those of its own zone, or of the beacons to which no other is nearer."""
    placed = list(scanners)
    found: dict[str, set[bytes]] = {}
    for beacon in beacons:
        own = _nearest(beacon, placed)
        if own is not None:
            found.setdefault(own.id, set()).add(mark(beacon, store_number))
    return {scanner: frozenset(marks) for scanner, marks in found.items()}


def _nearest(beacon: Beacon, scanners: Sequence[Placed]) -> Placed | None:
    where = beacon.position
    if where is not None:
        hung = [(math.dist(where, scanner.position), scanner) for scanner in scanners if scanner.position is not None]
        if hung:
            return min(hung, key=lambda pair: pair[0])[1]
    return next((scanner for scanner in scanners if beacon.zone and scanner.zone == beacon.zone), None)


class Canary:
    """One scanner's beacons, and when the last of them was heard. Seconds of any clock that only goes forward."""

    def __init__(self, marks: frozenset[bytes] = frozenset()) -> None:
        self._marks = marks
        self._heard_at: float | None = None

    @property
    def is_set(self) -> bool:
        """A beacon stands near the scanner, so silence has a meaning."""
        return bool(self._marks)

    def begin(self, now: float) -> None:
        """The scanner listens from now on."""
        self._heard_at = now

    def hear(self, heard: bytes, now: float) -> None:
        """Any mark, or none: only those nearby count."""
        if heard in self._marks:
            self._heard_at = now

    def is_silent(self, now: float) -> bool:
        """Too long for a beacon that works, at a scanner that hears."""
        return self.is_set and self._heard_at is not None and now - self._heard_at >= SILENT_AFTER_S
