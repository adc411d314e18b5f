"""Where somebody is at an instant: standing, walking along waypoints, or away. No clock: the instant is an argument."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from simulator.floor import Point

# Shoppers stroll at 0.7 m/s between shelves and walk at 1.4 m/s in the open.
WALKING_SPEED_MPS: Final = 1.2


@dataclass(frozen=True, slots=True)
class Pose:
    """A place on the floor and where the bearer looks."""

    point: Point
    heading_rad: float | None = None


class Movement:
    """Base of the three ways to be somewhere."""

    __slots__ = ()

    def pose_at(self, now: float) -> Pose | None:
        """None: not here at all."""
        raise NotImplementedError

    def is_walking_at(self, now: float) -> bool:
        """Whether the place still changes."""
        del now
        return False


@dataclass(frozen=True, slots=True)
class Away(Movement):
    """Not in reach of the shop."""

    def pose_at(self, now: float) -> Pose | None:
        """Nowhere."""
        del now
        return None


@dataclass(frozen=True, slots=True)
class Standing(Movement):
    """At one place until told otherwise."""

    pose: Pose

    def pose_at(self, now: float) -> Pose | None:
        """Always the same."""
        del now
        return self.pose


@dataclass(frozen=True, slots=True)
class Walk(Movement):
    """Along `points` from `started_at` on; at the end standing there, or away."""

    points: tuple[Point, ...]
    started_at: float
    speed_mps: float = WALKING_SPEED_MPS
    leaves: bool = False

    def __post_init__(self) -> None:
        if not self.points or self.speed_mps <= 0:
            message = "a walk needs a point and a speed above 0"
            raise ValueError(message)

    @property
    def ends_at(self) -> float:
        """The instant of the last step."""
        return self.started_at + path_length(self.points) / self.speed_mps

    def is_walking_at(self, now: float) -> bool:
        """Until the last step."""
        return now < self.ends_at

    def pose_at(self, now: float) -> Pose | None:
        """Straight lines between the waypoints."""
        left = max(0.0, now - self.started_at) * self.speed_mps
        heading: float | None = None
        for start, end in pairwise(self.points):
            length = math.dist(start, end)
            if length == 0:
                continue
            heading = math.atan2(end[1] - start[1], end[0] - start[0])
            if left < length:
                share = left / length
                point = (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
                return Pose(point, heading)
            left -= length
        return None if self.leaves else Pose(self.points[-1], heading)


def path_length(points: Sequence[Point]) -> float:
    """Metres along the waypoints."""
    return sum(math.dist(start, end) for start, end in pairwise(points))
