"""Our presence engine as a filter of the recorded walks: the service's own `Presence`, looked at once a second."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from edge.core.calibration import calibrate
from edge.core.presence import Presence
from edge.core.whereabouts import RadioMap
from edge.core.zone import FloorPlan
from edge.settings import PresenceSettings
from tests.recordings.walks import (
    Filter,
    Step,
    fingerprints,
    readings_of_fingerprints,
    readings_of_walk,
    receivers,
)


def radio_map(folder: Path, plan: FloorPlan, sets: Iterable[int], others: Iterable[Step] = ()) -> RadioMap:
    """Calibrated on fingerprint sets, recorded on other days than the walks, and on other walks than the one judged."""
    places = [place for number in sets for place in fingerprints(folder, number)]
    positions = {receiver: position[:2] for receiver, position in receivers(folder).items()}
    known = [*readings_of_fingerprints(places, plan), *readings_of_walk(others, plan)]
    return RadioMap(calibrate(known, positions))


def presence_filter(plan: FloorPlan, learnt: RadioMap | None = None) -> Filter:
    presence = Presence(plan, PresenceSettings(), learnt)

    def decide(fresh: Sequence[Step], now: float) -> str | None:
        for step in fresh:
            presence.hear("walker", step.scanner, step.rssi_dbm, step.at)
        presence.advance(now)
        return presence.zone_of("walker")

    return decide
