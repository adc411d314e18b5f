"""What a calibration walk teaches: how loud each scanner hears a phone at each spot of the store.

Readings in any order, or histograms of them, become spots with one level per scanner. Where the places are known, a
level is the law of distance plus what the neighbourhood differs from it: one spot alone is off by some 2.5 dB, for
reflections change within a step (two recorded fingerprint sets of one floor differ by 3.5 dB at the same places).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Final

from edge.core.zone import Point

# Readings within such a square of one zone make a spot: about as fine as zones need, and a floor of 20 by 20 m stays
# near a hundred spots, which a small Pi works through in a millisecond for each phone.
CELL_M: Final = 1.5
# More spots than this and the squares grow.
MOST_SPOTS: Final = 150
# The neighbourhood that a level is drawn from. From 1.5 to 2.5 m, fingerprints of one day tell walks over those of
# another equally well; with single spots the zone is wrong in a tenth more seconds, beyond 3 m walls are smeared.
_NEIGHBOURHOOD_M: Final = 2.0
# How many spots' worth of belief the law of distance has against the neighbourhood: of what a floor's spots differ from
# the law on one day, less than half is found again on another. From 1 to 5 no route is told better or worse; with more,
# walls and the scanners' own deafness are forgotten, which four scanners miss first.
_LAW_WEIGHT: Final = 3.0
# A line through fewer places, or through places all equally far away, is no law.
_FEWEST_PLACES: Final = 4
# Nearer than a metre the height of the scanner hides the distance.
_NEAREST_M: Final = 1.0
# What a scanner would at most have read where it never did.
UNHEARD_DBM: Final = -100.0


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """`count` readings alike, of a phone that was in `zone`, at `point` where that is known."""

    zone: str
    scanner: str
    rssi_dbm: float
    count: float = 1.0
    point: Point | tuple[()] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """How one scanner hears one spot: mean, deviation, and its readings per reading of the best scanner there, 0..1."""

    rssi_dbm: float
    spread_db: float
    share: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A place within a zone; `point` is None where only the zone is known."""

    zone: str
    point: Point | None
    levels: Mapping[str, Level]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Spots in order of zone and place, so that equal readings make equal files."""

    spots: tuple[Spot, ...]


@dataclass(slots=True)
class _Tally:
    """The readings of one scanner at one spot."""

    count: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def add(self, reading: Reading) -> None:
        self.count += reading.count
        self.total += reading.count * reading.rssi_dbm
        self.squares += reading.count * reading.rssi_dbm**2

    @property
    def mean_dbm(self) -> float:
        return self.total / self.count

    @property
    def variance(self) -> float:
        return max(0.0, self.squares / self.count - self.mean_dbm**2)


@dataclass(slots=True)
class _Place:
    zone: str
    point: Point | None
    tallies: dict[str, _Tally]

    def share(self, scanner: str) -> float:
        most = max(tally.count for tally in self.tallies.values())
        return self.tallies[scanner].count / most if scanner in self.tallies else 0.0


def calibrate(readings: Iterable[Reading], positions: Mapping[str, Point]) -> Calibration:
    """`positions`: where the scanners hang, as far as that is known. The order of the readings does not matter."""
    ordered = sorted(readings)  # sums of floats depend on their order
    places = _places(ordered, CELL_M)
    cell_m = CELL_M
    while len(places) > MOST_SPOTS and any(place.point for place in places):
        cell_m *= 1.25
        places = _places(ordered, cell_m)
    scanners = sorted({scanner for place in places for scanner in place.tallies})
    columns = {scanner: _column(scanner, places, positions.get(scanner)) for scanner in scanners}
    return Calibration(
        tuple(
            Spot(place.zone, place.point, {scanner: columns[scanner][n] for scanner in scanners})
            for n, place in enumerate(places)
        )
    )


def _places(readings: Sequence[Reading], cell_m: float) -> list[_Place]:
    """One for each square of each zone, one for what came without a point in a zone."""
    cells: dict[tuple[str, tuple[int, ...]], list[Reading]] = defaultdict(list)
    for reading in readings:
        cells[reading.zone, tuple(math.floor(metres / cell_m) for metres in reading.point)].append(reading)
    return list(starmap(_place, sorted(cells.items())))


def _place(key: tuple[str, tuple[int, ...]], readings: Sequence[Reading]) -> _Place:
    zone, square = key
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    for reading in readings:
        tallies[reading.scanner].add(reading)
    return _Place(zone, _centre(readings) if square else None, dict(tallies))


def _centre(readings: Sequence[Reading]) -> Point:
    weight = sum(reading.count for reading in readings)
    x, y = (sum(reading.count * reading.point[axis] for reading in readings) / weight for axis in (0, 1))
    return (round(x, 3), round(y, 3))


def _column(scanner: str, places: Sequence[_Place], position: Point | None) -> list[Level]:
    """One scanner's level at every place."""
    law = _law(scanner, places, position)
    return [_level(scanner, place, places, law) for place in places]


@dataclass(frozen=True, slots=True)
class _Law:
    """Mean level against the logarithm of the distance; flat where the scanner's position is not known."""

    position: Point | None
    at_1_m_dbm: float
    per_decade_db: float

    def dbm_at(self, point: Point) -> float:
        return self.at_1_m_dbm + self.per_decade_db * _decades(self.position, point)


def _decades(position: Point | None, point: Point) -> float:
    return math.log10(max(_NEAREST_M, math.dist(position, point))) if position else 0.0


def _law(scanner: str, places: Sequence[_Place], position: Point | None) -> _Law | None:
    """By least squares; never louder with distance."""
    pairs = [
        (_decades(position, place.point), place.tallies[scanner].mean_dbm)
        for place in places
        if place.point is not None and scanner in place.tallies
    ]
    if len(pairs) < _FEWEST_PLACES:
        return None
    mean_x = sum(x for x, _ in pairs) / len(pairs)
    mean_y = sum(y for _, y in pairs) / len(pairs)
    spread = sum((x - mean_x) ** 2 for x, _ in pairs)
    slope = min(0.0, sum((x - mean_x) * (y - mean_y) for x, y in pairs) / spread) if spread > 0 else 0.0
    return _Law(position, mean_y - slope * mean_x, slope)


def _level(scanner: str, place: _Place, places: Sequence[_Place], law: _Law | None) -> Level:
    if place.point is None or law is None:
        return _own_level(scanner, place)
    weight = excess = variance = shares = around = 0.0
    for other in places:
        if other.point is None:
            continue
        nearness = math.exp(-0.5 * (math.dist(place.point, other.point) / _NEIGHBOURHOOD_M) ** 2)
        around += nearness
        shares += nearness * other.share(scanner)
        if scanner in other.tallies:
            tally = other.tallies[scanner]
            weight += nearness
            excess += nearness * (tally.mean_dbm - law.dbm_at(other.point))
            variance += nearness * tally.variance
    mean_dbm = law.dbm_at(place.point) + excess / (weight + _LAW_WEIGHT)
    return _rounded(mean_dbm, variance / weight if weight > 0 else 0.0, shares / around)


def _own_level(scanner: str, place: _Place) -> Level:
    tally = place.tallies.get(scanner)
    if tally is None:
        return Level(UNHEARD_DBM, 0.0, 0.0)
    return _rounded(tally.mean_dbm, tally.variance, place.share(scanner))


def _rounded(mean_dbm: float, variance: float, share: float) -> Level:
    return Level(round(mean_dbm, 2), round(math.sqrt(variance), 2), round(share, 3))
