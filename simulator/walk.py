"""A recorded walk: what some receivers really heard while somebody carried a beacon along a known path.

Two file forms, one loader. `.mbd` is the form of the Position-Annotated BLE RSSI Dataset (a `.dev` file beside it
tells where the receivers hung); `.jsonl` is ours: a header with the receivers, then one reading a line.
"""

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Final

from simulator.errors import RecordingMistake
from simulator.floor import Floor, Point, Point3, Rect, around

# In that data set the Raspberry Pis carry the maker's prefix; the other eight receivers are antennas on one machine.
_RASPBERRY_PI_PREFIX: Final = "b827eb"
_MBD_FIELDS: Final = 6
# The recorded positions have outliers of some decimetres; they do not make another floor of it.
_OVERHANG_M: Final = 1.0
_WALL_M: Final = 0.1


@dataclass(frozen=True, slots=True)
class Reading:
    """One packet at one receiver; `at_s` counts from the first reading."""

    at_s: float
    receiver: str
    rssi_dbm: int
    point: Point


@dataclass(frozen=True, slots=True)
class RecordedWalk:
    """Readings in time order, and where the receivers were."""

    receivers: Mapping[str, Point3]
    readings: tuple[Reading, ...]

    @property
    def duration_s(self) -> float:
        """Until the last reading."""
        return self.readings[-1].at_s

    def match_receivers(self, floor: Floor) -> dict[str, str]:
        """Receiver -> scanner of this shop: all pairs together as near as they can be, each scanner at most once."""
        names = sorted(self.receivers)[: len(floor.scanners)]
        nearest = min(
            itertools.permutations(floor.scanners, len(names)),
            key=lambda sites: sum(
                math.dist(self.receivers[name], site.position) ** 2 for name, site in zip(names, sites, strict=True)
            ),
        )
        return {name: site.scanner_id for name, site in zip(names, nearest, strict=True)}

    def fitted_to(self, floor: Floor) -> "RecordedWalk":
        """The same walk on this floor: as it is where it fits, else scaled so that the path stays within the walls.

        Strengths stay as recorded, so on a floor of other proportions the dot is only roughly where a store finds it.
        """
        places = [reading.point for reading in self.readings] + [(x, y) for x, y, _ in self.receivers.values()]
        taken, room = around(places), floor.bounds
        if all(room[at] - _OVERHANG_M <= taken[at] and taken[at + 2] <= room[at + 2] + _OVERHANG_M for at in (0, 1)):
            return replace(self, readings=tuple(_moved(reading, room, room) for reading in self.readings))
        receivers = {name: (*_place((x, y), taken, room), height) for name, (x, y, height) in self.receivers.items()}
        return RecordedWalk(receivers, tuple(_moved(reading, taken, room) for reading in self.readings))


def load_walk(path: Path) -> RecordedWalk:
    """Read either form; raises RecordingMistake."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".mbd":
            return _parse_mbd(text, (path.parent / "tetam.dev").read_text(encoding="utf-8"))
        return parse_jsonl(text)
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the recorded walk {path.name}: {error}; leave --walk away to use the shipped one"
        raise RecordingMistake(message) from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        message = f"{path.name} is not a recorded walk ({error}); give a .mbd or .jsonl recording"
        raise RecordingMistake(message) from error


def shipped_walk() -> RecordedWalk:
    """The small recording that comes with the simulator."""
    return parse_jsonl((files("simulator") / "recordings" / "walk.jsonl").read_text(encoding="utf-8"))


def parse_jsonl(text: str) -> RecordedWalk:
    """Our own form."""
    header, *rows = [json.loads(line) for line in text.splitlines()]
    receivers: dict[str, Point3] = {}
    for receiver, (x, y, z) in header["receivers"].items():
        receivers[receiver] = (float(x), float(y), float(z))
    readings = [
        Reading(float(row["t"]), str(row["receiver"]), int(row["rssi_dbm"]), (float(row["x"]), float(row["y"])))
        for row in rows
    ]
    return _checked(receivers, readings)


def format_jsonl(walk: RecordedWalk) -> str:
    """What `parse_jsonl` reads."""
    lines: list[dict[str, object]] = [{"receivers": dict(walk.receivers), "made_by": "simulator"}]
    for reading in walk.readings:
        x, y = reading.point
        lines.append(
            {
                "t": round(reading.at_s, 3),
                "receiver": reading.receiver,
                "rssi_dbm": reading.rssi_dbm,
                "x": round(x, 2),
                "y": round(y, 2),
            }
        )
    return "".join(json.dumps(line) + "\n" for line in lines)


def _moved(reading: Reading, taken: Rect, room: Rect) -> Reading:
    return replace(reading, point=_place(reading.point, taken, room))


def _place(point: Point, taken: Rect, room: Rect) -> Point:
    """From one rectangle into another, a hand's breadth from its walls."""
    x, y = (
        min(
            max(room[at] + (point[at] - taken[at]) / (taken[at + 2] - taken[at]) * (room[at + 2] - room[at]),
                room[at] + _WALL_M),
            room[at + 2] - _WALL_M,
        )
        for at in (0, 1)
    )  # fmt: skip
    return (x, y)


def _parse_mbd(text: str, devices: str) -> RecordedWalk:
    receivers = _raspberry_pis(devices)
    rows = [line.split(",") for line in text.splitlines() if line]
    if any(len(row) < _MBD_FIELDS for row in rows):
        message = "a row has fewer than six fields"
        raise ValueError(message)
    began = float(rows[0][0])
    readings = [
        Reading(float(row[0]) - began, row[1], int(row[3]), (float(row[4]), float(row[5])))
        for row in rows
        if row[1] in receivers
    ]
    return _checked(receivers, readings)


def _raspberry_pis(devices: str) -> dict[str, Point3]:
    """The .dev file is `Dongles:{...}` and `Beacons:{...}`, a JSON object each."""
    line = next(line for line in devices.splitlines() if line.startswith("Dongles:"))
    dongles = json.loads(line.removeprefix("Dongles:"))
    return {
        receiver: (float(x), float(y), float(z))
        for receiver, ((x, y, z), *_) in dongles.items()
        if receiver.startswith(_RASPBERRY_PI_PREFIX)
    }


def _checked(receivers: Mapping[str, Point3], readings: list[Reading]) -> RecordedWalk:
    if not readings:
        message = "there is no reading in it"
        raise ValueError(message)
    if any(reading.receiver not in receivers for reading in readings):
        message = "a reading names a receiver without a position"
        raise ValueError(message)
    # Receivers send their readings over a network: a few rows overtake each other by milliseconds.
    readings.sort(key=lambda reading: reading.at_s)
    return RecordedWalk(receivers, tuple(readings))
