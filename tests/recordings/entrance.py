"""The recorded shop entrance (shared data `ble_entrance`): six tags, two receivers, each tag inside, in the vestibule
or outside for twenty minutes.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.core.calibration import Reading, calibrate
from edge.core.presence import Change, Presence
from edge.core.replay import Heard, Placed, replayed
from edge.core.whereabouts import RadioMap, Whereabouts
from edge.core.zone import FloorPlan
from edge.settings import PresenceSettings, ScannerSettings, ZoneSettings

ZONES: Final = {"INSIDE": "inside", "IN_VESTIBULE": "vestibule", "OUTSIDE": "outside"}
_KINDS: Final = {"inside": "floor", "vestibule": "vestibule", "outside": "outside"}
# The first hears the street louder than the second does.
RECEIVERS: Final = {"one": "outside", "two": "inside"}
# A decision may rest on this much of a tag's own past.
PAST_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Row:
    """What both receivers read of a tag at a time, and where it was."""

    at: float
    rssi_dbm: Mapping[str, int]
    zone: str


def floor_plan() -> FloorPlan:
    """No drawing came with the recording: three zones side by side."""
    zones = [
        ZoneSettings.model_validate({"id": zone, "kind": kind, "rect": (n, 0, n + 1, 1)})
        for n, (zone, kind) in enumerate(_KINDS.items())
    ]
    return FloorPlan.draw(zones, [ScannerSettings(id=each, zone=zone) for each, zone in RECEIVERS.items()])


def tags(folder: Path) -> dict[str, list[Row]]:
    """Rows of each tag in order of time."""
    rows: dict[str, list[Row]] = defaultdict(list)
    with (folder / "entrance_rssi.csv").open() as file:
        for line in csv.DictReader(file):
            levels = {"one": int(line["rssiOne"]), "two": int(line["rssiTwo"])}
            rows[line["name"]].append(Row(int(line["timestamp"]) / 1000, levels, ZONES[line["locationStatus"]]))
    return {tag: sorted(each, key=lambda row: row.at) for tag, each in rows.items()}


def readings(rows: Iterable[Row]) -> list[Reading]:
    """What `calibrate` takes."""
    return [Reading(row.zone, receiver, dbm) for row in rows for receiver, dbm in row.rssi_dbm.items()]


def learnt_without(tag: str, all_tags: Mapping[str, Sequence[Row]]) -> RadioMap:
    """Calibrated on the other tags only."""
    others = [row for other, rows in all_tags.items() if other != tag for row in rows]
    return RadioMap(calibrate(readings(others), {}))


def told(tag: str, all_tags: Mapping[str, Sequence[Row]]) -> list[Change]:
    """The events of a store that learnt from the other tags."""
    presence = Presence(floor_plan(), PresenceSettings(), learnt_without(tag, all_tags))
    lines = replayed(sightings(tag, all_tags[tag]), presence, 1)
    return [line for line in lines if not isinstance(line, Placed)]


def shares_inside(tag: str, all_tags: Mapping[str, Sequence[Row]]) -> list[float]:
    """For each row, how probable it is that the tag is inside, by what was heard in the 20 s until then."""
    learnt, rows = learnt_without(tag, all_tags), all_tags[tag]
    return [
        _share_inside(learnt, [one for one in rows[: n + 1] if one.at > row.at - PAST_S]) for n, row in enumerate(rows)
    ]


def _share_inside(learnt: RadioMap, past: Sequence[Row]) -> float:
    tag = Whereabouts(learnt)
    for row in past:
        for receiver, dbm in row.rssi_dbm.items():
            tag.add(receiver, dbm, row.at)
        tag.look(row.at)
    return tag.by_zone["inside"]


def sightings(tag: str, rows: Sequence[Row]) -> list[Heard]:
    return [Heard(tag, receiver, dbm, row.at) for row in rows for receiver, dbm in row.rssi_dbm.items()]
