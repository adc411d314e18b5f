"""The floor plan as store.toml draws it: zones and scanners, in metres.

Only what the air needs is read here; the service validates the whole file. Zones are tried in file order.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulator.errors import ConfigMistake

OUTSIDE: Final = "outside"

# A scanner without a position hangs in the middle of its zone, at the height of a shelf.
_SHELF_HEIGHT_M: Final = 2.0

Point = tuple[float, float]
Point3 = tuple[float, float, float]
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """An area of the floor; corners in order, either sense."""

    zone_id: str
    name: str
    kind: str
    corners: tuple[Point, ...]

    def holds(self, point: Point) -> bool:
        """Half-open like `rect` in store.toml: the lower and left edge belong to the zone."""
        x, y = point
        inside = False
        for (x0, y0), (x1, y1) in zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                inside = not inside
        return inside

    @property
    def bounds(self) -> Rect:
        """The smallest rectangle around the zone."""
        return around(self.corners)


@dataclass(frozen=True, slots=True)
class ScannerSite:
    """Where a radio of the store hangs."""

    scanner_id: str
    position: Point3


@dataclass(frozen=True, slots=True)
class Floor:
    """One store: its number, its zones and its simulated scanners."""

    store: int
    name: str
    zones: tuple[Zone, ...]
    scanners: tuple[ScannerSite, ...]

    def zone_at(self, point: Point) -> Zone | None:
        """The first zone of the file that holds the point."""
        return next((zone for zone in self.zones if zone.holds(point)), None)

    @property
    def bounds(self) -> Rect:
        """The rectangle around everything that is not outside."""
        corners = [corner for zone in self.zones if zone.kind != OUTSIDE for corner in zone.corners]
        return around(corners)

    def is_indoors(self, point: Point) -> bool:
        """Gaps between zones count as shop floor: a wall of the drawing must not silence a phone."""
        zone = self.zone_at(point)
        if zone is not None:
            return zone.kind != OUTSIDE
        x0, y0, x1, y1 = self.bounds
        return x0 <= point[0] < x1 and y0 <= point[1] < y1

    @property
    def door(self) -> Point:
        """Middle of the entrance, else of the lower wall."""
        entrance = next((zone for zone in self.zones if zone.kind in {"entrance", "vestibule"}), None)
        x0, y0, x1, y1 = entrance.bounds if entrance else self.bounds
        return ((x0 + x1) / 2, (y0 + y1) / 2 if entrance else y0)

    @property
    def pavement(self) -> Rect:
        """Where people pass by: the first outside zone, else a strip before the door."""
        outside = next((zone for zone in self.zones if zone.kind == OUTSIDE), None)
        if outside is not None:
            return outside.bounds
        x0, y0, x1, _ = self.bounds
        return (x0, y0 - 6.0, x1, y0 - 2.0)


def load_floor(path: Path) -> Floor:
    """The floor of a store.toml; raises ConfigMistake with one sentence that names the remedy."""
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}; name the store.toml with --config"
        raise ConfigMistake(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not valid TOML: {error}; correct that line"
        raise ConfigMistake(message) from error
    try:
        return parse_floor(tables)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"{path}: {_reason(error)}; compare it with the store.toml of the demo"
        raise ConfigMistake(message) from error


def parse_floor(tables: Mapping[str, object]) -> Floor:
    """From the tables of a store.toml; raises KeyError, TypeError or ValueError when they do not make a floor."""
    store = _table(tables.get("store"), "[store]")
    zones = tuple(_zone(table) for table in _tables(tables, "zone"))
    if not any(zone.kind != OUTSIDE for zone in zones):
        message = "there is no [[zone]] inside the store"
        raise ValueError(message)
    by_id = {zone.zone_id: zone for zone in zones}
    simulated = [table for table in _tables(tables, "scanner") if table.get("source") == "simulator"]
    if not simulated:
        message = 'no [[scanner]] has source = "simulator"'
        raise ValueError(message)
    scanners = tuple(_site(table, by_id) for table in simulated)
    if len({site.scanner_id for site in scanners}) != len(scanners):
        message = "two [[scanner]] have the same id"
        raise ValueError(message)
    number = store["number"]
    if not isinstance(number, int) or not 0 <= number < 1 << 32:
        message = "[store] number must be 0..4294967295"
        raise ValueError(message)
    return Floor(number, str(store.get("name", "")), zones, scanners)


def _tables(tables: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = tables.get(name, [])
    if not isinstance(found, list):
        message = f"{name} must be written as [[{name}]]"
        raise TypeError(message)
    return [_table(table, f"[[{name}]]") for table in found]


def _table(found: object, name: str) -> Mapping[str, object]:
    if not isinstance(found, dict):
        message = f"{name} is missing or not a table"
        raise TypeError(message)
    return found


def _zone(table: Mapping[str, object]) -> Zone:
    zone_id = str(table["id"])
    if "rect" in table:
        x0, y0, x1, y1 = _numbers(table["rect"], 4, f"rect of zone {zone_id}")
        corners: tuple[Point, ...] = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    else:
        polygon = table["polygon"]
        if not isinstance(polygon, list) or len(polygon) < 3:  # noqa: PLR2004 - a polygon has three corners
            message = f"polygon of zone {zone_id} needs at least three corners"
            raise ValueError(message)
        corners = tuple(_pair(corner, f"a corner of zone {zone_id}") for corner in polygon)
    return Zone(zone_id, str(table.get("name", zone_id)), str(table.get("kind", "floor")), corners)


def _site(table: Mapping[str, object], zones: Mapping[str, Zone]) -> ScannerSite:
    scanner_id = str(table["id"])
    if "position" in table:
        x, y, z = _numbers(table["position"], 3, f"position of scanner {scanner_id}")
        return ScannerSite(scanner_id, (x, y, z))
    zone = zones.get(str(table.get("zone")))
    if zone is None:
        message = f"scanner {scanner_id} has neither a position nor the id of a zone"
        raise ValueError(message)
    x0, y0, x1, y1 = zone.bounds
    return ScannerSite(scanner_id, ((x0 + x1) / 2, (y0 + y1) / 2, _SHELF_HEIGHT_M))


def _numbers(found: object, count: int, name: str) -> list[float]:
    if (
        not isinstance(found, list)
        or len(found) != count
        or not all(isinstance(number, int | float) and math.isfinite(number) for number in found)
    ):
        message = f"{name} must be {count} numbers in metres"
        raise ValueError(message)
    return [float(number) for number in found]


def _pair(found: object, name: str) -> Point:
    x, y = _numbers(found, 2, name)
    return (x, y)


def around(corners: Sequence[Point]) -> Rect:
    """The smallest rectangle around the points."""
    xs = [x for x, _ in corners]
    ys = [y for _, y in corners]
    return (min(xs), min(ys), max(xs), max(ys))


def _reason(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
