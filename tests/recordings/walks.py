"""The recorded walks (shared data `ble_walks`) as sightings with the place they come from, and how a filter fares.

One carried beacon, twelve receivers of which four are Raspberry Pis, positions known to some centimetres. The floor is
cut into four quadrants; one decision a second is judged.
"""

import ast
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge.core.calibration import Reading
from edge.core.replay import Heard
from edge.core.zone import FloorPlan
from edge.settings import ScannerSettings, ZoneSettings

MIDDLE_X: Final = 10.1
MIDDLE_Y: Final = 8.95
# Left and right, bottom and top; wide enough to hold every wall.
QUADRANTS: Final = {
    "lb": (-50.0, -50.0, MIDDLE_X, MIDDLE_Y),
    "lt": (-50.0, MIDDLE_Y, MIDDLE_X, 50.0),
    "rb": (MIDDLE_X, -50.0, 50.0, MIDDLE_Y),
    "rt": (MIDDLE_X, MIDDLE_Y, 50.0, 50.0),
}
# The Raspberry Foundation's own MAC prefix; the other receivers are dongles with numbered names.
_RASPBERRY: Final = "b827eb"


@dataclass(frozen=True, slots=True)
class Step:
    """One sighting: when, which receiver, how strong, and where the beacon was."""

    at: float
    scanner: str
    rssi_dbm: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Score:
    """`changes` and `crossings` count zone changes of the filter and of the walk; `decisions` are seconds.

    `delays_s`: from each crossing until the filter tells the new zone; a crossing that it never tells has none.
    """

    right: int
    decisions: int
    changes: int
    crossings: int
    delays_s: tuple[int, ...] = ()

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.right + other.right,
            self.decisions + other.decisions,
            self.changes + other.changes,
            self.crossings + other.crossings,
            self.delays_s + other.delays_s,
        )

    @property
    def value(self) -> float:
        """One number to compare by: every change beyond one for each crossing costs three hundredths."""
        return self.accuracy - 0.03 * max(0.0, self.changes_per_crossing - 1)

    @property
    def median_delay_s(self) -> float:
        """A crossing that was never told counts as endless."""
        missed = [math.inf] * (self.crossings - len(self.delays_s))
        return statistics.median([*self.delays_s, *missed])

    @property
    def accuracy(self) -> float:
        return self.right / self.decisions

    @property
    def changes_per_crossing(self) -> float:
        return self.changes / self.crossings


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One place of a fingerprint set: scanner -> share of its readings at -100, -99 ... -21 dBm."""

    x: float
    y: float
    shares: Mapping[str, Sequence[float]]

    @property
    def zone(self) -> str:
        return zone_of(self.x, self.y)


# Given what was heard up to a second, in order, the zone at that second; None before the first decision.
Filter = Callable[[Sequence[Step], float], str | None]


def floor_plan(folder: Path, *, raspberries_only: bool = False) -> FloorPlan:
    """Four quadrants and the receivers of tetam.dev."""
    scanners = [
        ScannerSettings(id=mac, position=position)
        for mac, position in receivers(folder).items()
        if not raspberries_only or mac.startswith(_RASPBERRY)
    ]
    zones = [ZoneSettings(id=quadrant, rect=rect) for quadrant, rect in QUADRANTS.items()]
    return FloorPlan.draw(zones, scanners)


def receivers(folder: Path) -> dict[str, tuple[float, float, float]]:
    """Where they hang: MAC -> x, y, z."""
    line = (folder / "tetam.dev").read_text().splitlines()[0]
    entries: dict[str, list[list[float]]] = ast.literal_eval(line.partition(":")[2].strip())
    return {mac: (place[0][0], place[0][1], place[0][2]) for mac, place in entries.items()}


def walks(folder: Path) -> dict[str, list[Step]]:
    return {path.name[:11]: list(_steps(path)) for path in sorted(folder.glob("straight_*.mbd"))}


def fingerprints(folder: Path, number: int) -> list[Fingerprint]:
    """Set 1 or set 2, recorded on other days than the walks."""
    text = (folder / f"hst_set_{number}.hst").read_text().splitlines()[3]
    places: dict[str, dict[str, dict[str, list[float]]]] = ast.literal_eval(text.partition(":")[2].strip())
    return [_fingerprint(ast.literal_eval(place), by_scanner) for place, by_scanner in places.items()]


def _fingerprint(place: tuple[float, float, float], by_scanner: dict[str, dict[str, list[float]]]) -> Fingerprint:
    shares = {scanner: next(iter(by_beacon.values())) for scanner, by_beacon in by_scanner.items()}
    return Fingerprint(place[0], place[1], shares)


def readings_of_fingerprints(places: Iterable[Fingerprint], plan: FloorPlan) -> list[Reading]:
    """What `calibrate` takes: the histograms say shares, so ten thousand readings of each scanner are made of them."""
    return [
        Reading(place.zone, scanner, -100 + n, 10_000 * share, (place.x, place.y))
        for place in places
        for scanner, shares in place.shares.items()
        if scanner in plan.zone_of_scanner
        for n, share in enumerate(shares)
        if share > 0
    ]


def heard(steps: Iterable[Step], plan: FloorPlan) -> list[Heard]:
    """What `replay` takes."""
    return [
        Heard("walker", step.scanner, step.rssi_dbm, step.at) for step in steps if step.scanner in plan.zone_of_scanner
    ]


def readings_of_walk(steps: Iterable[Step], plan: FloorPlan) -> list[Reading]:
    return [
        Reading(zone_of(step.x, step.y), step.scanner, step.rssi_dbm, 1, (step.x, step.y))
        for step in steps
        if step.scanner in plan.zone_of_scanner
    ]


def fingerprints_of_walks(all_steps: Sequence[Step]) -> list[Fingerprint]:
    """What walks teach a filter that wants fingerprints: a histogram for every square of 1.5 m."""
    scanners = sorted({step.scanner for step in all_steps})
    cells: dict[tuple[int, int, str], list[Step]] = defaultdict(list)
    for step in all_steps:
        cells[math.floor(step.x / 1.5), math.floor(step.y / 1.5), zone_of(step.x, step.y)].append(step)
    return [_fingerprint_of_steps(steps, scanners) for _, steps in sorted(cells.items())]


def _fingerprint_of_steps(steps: Sequence[Step], scanners: Iterable[str]) -> Fingerprint:
    counts = {scanner: [0] * 80 for scanner in scanners}
    for step in steps:
        counts[step.scanner][min(79, max(0, step.rssi_dbm + 100))] += 1
    shares = {scanner: [n / max(1, sum(row)) for n in row] for scanner, row in counts.items()}
    return Fingerprint(statistics.mean(step.x for step in steps), statistics.mean(step.y for step in steps), shares)


def backwards(steps: Sequence[Step]) -> list[Step]:
    """The same walk from its end: another order of crossings, which no setting was looked at with."""
    ends = steps[0].at + steps[-1].at
    return [replace(step, at=ends - step.at) for step in reversed(steps)]


def zone_of(x: float, y: float) -> str:
    return ("l" if x < MIDDLE_X else "r") + ("b" if y < MIDDLE_Y else "t")


def judge(steps: Sequence[Step], decide: Filter) -> Score:
    """One decision at every whole second, from what was heard until then."""
    right = decisions = changes = crossings = heard = 0
    before = truth_before = crossed_at = None
    delays_s: list[int] = []
    fresh: list[Step] = []
    x, y = steps[0].x, steps[0].y
    for second in range(math.ceil(steps[0].at), math.ceil(steps[-1].at) + 1):
        fresh.clear()
        while heard < len(steps) and steps[heard].at <= second:
            fresh.append(steps[heard])
            x, y = steps[heard].x, steps[heard].y
            heard += 1
        zone, truth = decide(fresh, second), zone_of(x, y)
        if truth_before not in {None, truth}:
            crossings += 1
            crossed_at = second
        truth_before = truth
        if zone is None:
            continue
        decisions += 1
        right += zone == truth
        changes += before not in {None, zone}
        before = zone
        if crossed_at is not None and zone == truth:
            delays_s.append(second - crossed_at)
            crossed_at = None
    return Score(right, decisions, changes, crossings, tuple(delays_s))


def _steps(path: Path) -> Iterator[Step]:
    for line in path.read_text().splitlines():
        at, scanner, _, rssi_dbm, x, y, *_ = line.split(",")
        yield Step(float(at), scanner, int(rssi_dbm), float(x), float(y))
