"""The floor plan: which point and which scanner belong to which zone. Lengths in metres.

Zones are tried in the order of store.toml; where two overlap, the first holds the point.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

Point = tuple[float, float]

# Only where somebody can be a shopper makes an arrival; at the door stand passers-by too.
INSIDE_KINDS: Final = frozenset({"floor", "fitting"})
OUTSIDE_KINDS: Final = frozenset({"outside"})


class ZoneDrawing(Protocol):
    """A [[zone]] of store.toml."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def rect(self) -> tuple[float, float, float, float] | None: ...
    @property
    def polygon(self) -> Sequence[Point] | None: ...


class ScannerDrawing(Protocol):
    """A [[scanner]] of store.toml: `zone` is empty where the position tells it."""

    @property
    def id(self) -> str: ...
    @property
    def position(self) -> tuple[float, float, float] | None: ...
    @property
    def zone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Zone:
    """An area of the floor; corners in order, either sense."""

    zone_id: str
    kind: str
    corners: tuple[Point, ...]

    @property
    def is_inside(self) -> bool:
        """Somebody here has arrived."""
        return self.kind in INSIDE_KINDS

    @property
    def is_outside(self) -> bool:
        """Somebody here has left, in time."""
        return self.kind in OUTSIDE_KINDS

    def holds(self, point: Point) -> bool:
        """Half-open: the lower and left edges belong to the zone, so neighbours share no point."""
        x, y = point
        odd = False
        for (x0, y0), (x1, y1) in zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                odd = not odd
        return odd

    def distance_m(self, point: Point) -> float:
        """To the nearest edge, 0 within."""
        if self.holds(point):
            return 0.0
        edges = zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True)
        return min(_distance_m(point, start, end) for start, end in edges)


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """`zone_of_scanner`: scanner id -> id of the zone that it stands for."""

    zones: Mapping[str, Zone]
    zone_of_scanner: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def draw(cls, zones: Iterable[ZoneDrawing], scanners: Iterable[ScannerDrawing] = ()) -> Self:
        """From the tables of store.toml, already validated: a scanner has a position or a zone that exists."""
        drawn = {zone.id: Zone(zone.id, zone.kind, _corners(zone)) for zone in zones}
        return cls(drawn, {scanner.id: _place(scanner, drawn) for scanner in scanners})

    def zone_at(self, point: Point) -> Zone | None:
        """The first zone that holds the point."""
        return next((zone for zone in self.zones.values() if zone.holds(point)), None)


def _corners(drawing: ZoneDrawing) -> tuple[Point, ...]:
    if drawing.rect is None:
        return tuple(drawing.polygon or ())
    x0, y0, x1, y1 = drawing.rect
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _place(scanner: ScannerDrawing, zones: Mapping[str, Zone]) -> str:
    """A zone that is named wins; a position in a gap between zones counts for the nearest."""
    if scanner.zone or scanner.position is None:
        return scanner.zone
    point = scanner.position[:2]
    around = next((zone for zone in zones.values() if zone.holds(point)), None)
    return (around or min(zones.values(), key=lambda zone: zone.distance_m(point))).zone_id


def _distance_m(point: Point, start: Point, end: Point) -> float:
    (x, y), (x0, y0), (x1, y1) = point, start, end
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length if length else 0.0
    along = min(1.0, max(0.0, along))
    return math.dist(point, (x0 + along * (x1 - x0), y0 + along * (y1 - y0)))
