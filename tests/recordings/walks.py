"""The recorded walks (shared data `ble_walks`) as sightings with the place they come from, and how a filter fares.

One carried beacon, twelve receivers of which four are Raspberry Pis, positions known to some centimetres. The floor is
cut into four quadrants; one decision a second is judged.
"""

import ast
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
    """`changes` and `crossings` count zone changes of the filter and of the walk; `decisions` are seconds."""

    right: int
    decisions: int
    changes: int
    crossings: int

    def __add__(self, other: "Score") -> "Score":
        pairs = zip(self._counts(), other._counts(), strict=True)
        return Score(*(mine + theirs for mine, theirs in pairs))

    @property
    def accuracy(self) -> float:
        return self.right / self.decisions

    @property
    def changes_per_crossing(self) -> float:
        return self.changes / self.crossings

    def _counts(self) -> tuple[int, int, int, int]:
        return (self.right, self.decisions, self.changes, self.crossings)


# Given what was heard up to a second, in order, the zone at that second; None before the first decision.
Filter = Callable[[Sequence[Step], float], str | None]


def floor_plan(folder: Path, *, raspberries_only: bool = False) -> FloorPlan:
    """Four quadrants and the receivers of tetam.dev."""
    line = (folder / "tetam.dev").read_text().splitlines()[0]
    receivers: dict[str, list[list[float]]] = ast.literal_eval(line.partition(":")[2].strip())
    scanners = [
        ScannerSettings(id=mac, position=(place[0][0], place[0][1], place[0][2]))
        for mac, place in receivers.items()
        if not raspberries_only or mac.startswith(_RASPBERRY)
    ]
    zones = [ZoneSettings(id=quadrant, rect=rect) for quadrant, rect in QUADRANTS.items()]
    return FloorPlan.draw(zones, scanners)


def walks(folder: Path) -> dict[str, list[Step]]:
    return {path.name[:11]: list(_steps(path)) for path in sorted(folder.glob("straight_*.mbd"))}


def zone_of(x: float, y: float) -> str:
    return ("l" if x < MIDDLE_X else "r") + ("b" if y < MIDDLE_Y else "t")


def judge(steps: Sequence[Step], decide: Filter) -> Score:
    """One decision at every whole second, from what was heard until then."""
    right = decisions = changes = crossings = heard = 0
    before = truth_before = None
    fresh: list[Step] = []
    x, y = steps[0].x, steps[0].y
    for second in range(math.ceil(steps[0].at), math.ceil(steps[-1].at) + 1):
        fresh.clear()
        while heard < len(steps) and steps[heard].at <= second:
            fresh.append(steps[heard])
            x, y = steps[heard].x, steps[heard].y
            heard += 1
        zone, truth = decide(fresh, second), zone_of(x, y)
        crossings += truth_before not in {None, truth}
        truth_before = truth
        if zone is None:
            continue
        decisions += 1
        right += zone == truth
        changes += before not in {None, zone}
        before = zone
    return Score(right, decisions, changes, crossings)


def _steps(path: Path) -> Iterator[Step]:
    for line in path.read_text().splitlines():
        at, scanner, _, rssi_dbm, x, y, *_ = line.split(",")
        yield Step(float(at), scanner, int(rssi_dbm), float(x), float(y))
