"""A recording told as the store would have told it: events as they happen, and where everybody is at whole seconds.

Causal: what is told for a second rests on what was heard until then.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge.core.presence import Change, Estimate, Presence


@dataclass(frozen=True, slots=True)
class Heard:
    """One sighting of a recording."""

    device: str
    scanner: str
    rssi_dbm: int
    at: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a device seems to be at a whole second, arrived or not."""

    device: str
    at: int
    estimate: Estimate


def replayed(heard: Iterable[Heard], presence: Presence, every_s: int) -> Iterator[Change | Placed]:
    """Time runs on after the last sighting until everybody has left. Nothing is held but the sightings of a second."""
    clock: int | None = None
    for one in heard:
        clock = math.ceil(one.at) if clock is None else clock
        while clock < one.at:
            yield from _second(clock, presence, every_s)
            clock += 1
            if not len(presence):
                clock = max(clock, math.ceil(one.at))  # nobody there: nothing can happen meanwhile
        presence.hear(one.device, one.scanner, one.rssi_dbm, one.at)
    while clock is not None and len(presence):
        yield from _second(clock, presence, every_s)
        clock += 1


def _second(now: int, presence: Presence, every_s: int) -> Iterator[Change | Placed]:
    yield from presence.advance(now)
    if now % every_s:
        return
    for device in sorted(presence.members()):
        estimate = presence.estimate(device)
        if estimate is not None:
            yield Placed(device, now, estimate)
