"""Everybody else: devices whose owners never asked to be recognised, in the shop and passing by outside.

Every address and payload they sent is kept here, so that a test can look for each of them in what the store wrote.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from simulator.agenda import Agenda, Entry
from simulator.air import Air, Transmitter
from simulator.floor import Floor, Point, Rect
from simulator.movement import Walk, path_length
from simulator.packet import Packet
from simulator.payloads import invent_payload
from simulator.phone import random_address
from simulator.propagation import Spot

# One in three never comes in: the street is busier than the shop.
_PASSERS_BY: Final = 3
_STROLL_MPS: Final = (0.3, 1.4)
# Phones turn their address over every quarter of an hour; tags and headsets sooner, or never.
_TURNOVER_S: Final = (60.0, 900.0)
# Beyond this the record would no longer fit a test's patience: devices then keep the identity they have.
_MOST_RECORDED: Final = 500_000


@dataclass(frozen=True, slots=True)
class Throng:
    """How many foreign devices, and how much they say together."""

    devices: int = 200
    adverts_per_s: float = 150.0

    @property
    def interval_s(self) -> float:
        """Mean time between two advertisements of one device."""
        return self.devices / self.adverts_per_s


@dataclass(slots=True)
class Stranger:
    """One foreign device."""

    name: str
    area: Rect
    indoors: bool
    interval_s: float
    walk: Walk
    packet: Packet
    turns_over_at: float
    next: Entry | None = field(default=None)


class Crowd:
    """`payloads` are replayed; without any, payloads are invented. `record` counts (address, payload) as sent."""

    def __init__(self, floor: Floor, air: Air, agenda: Agenda, payloads: Sequence[bytes] = ()) -> None:
        self.record: dict[tuple[bytes, bytes], int] = {}
        self._floor = floor
        self._air = air
        self._agenda = agenda
        self._payloads = payloads
        self._rng = random.Random(f"{air.seed}/crowd")
        self._strangers: list[Stranger] = []

    @property
    def size(self) -> int:
        """Devices at present."""
        return len(self._strangers)

    def start(self, throng: Throng) -> None:
        """Bring them on; whoever was there before goes. The record stays."""
        self.stop()
        for number in range(throng.devices):
            stranger = self._invite(number, throng.interval_s)
            self._strangers.append(stranger)
            self._speak_next(stranger, self._rng.random() * stranger.interval_s)

    def stop(self) -> None:
        """Silence."""
        for stranger in self._strangers:
            if stranger.next is not None:
                stranger.next.cancel()
            self._air.forget(stranger.name)
        self._strangers.clear()

    def positions_at(self, now: float) -> list[Point]:
        """Where they are, for the picture."""
        poses = (stranger.walk.pose_at(now) for stranger in self._strangers)
        return [pose.point for pose in poses if pose is not None]

    def _invite(self, number: int, interval_s: float) -> Stranger:
        indoors = number % _PASSERS_BY != 0
        area = self._floor.bounds if indoors else self._floor.pavement
        return Stranger(
            name=f"stranger{number}",
            area=area,
            indoors=indoors,
            interval_s=interval_s * self._rng.uniform(0.5, 1.5),
            walk=self._stroll(self._place_in(area), area, self._agenda.now),
            packet=self._identity(),
            turns_over_at=self._agenda.now + self._rng.uniform(*_TURNOVER_S),
        )

    def _speak_next(self, stranger: Stranger, after_s: float) -> None:
        stranger.next = self._agenda.at(self._agenda.now + after_s, lambda now: self._speak(stranger, now))

    def _speak(self, stranger: Stranger, now: float) -> None:
        if now >= stranger.turns_over_at and len(self.record) < _MOST_RECORDED:
            stranger.packet = self._identity()
            stranger.turns_over_at = now + self._rng.uniform(*_TURNOVER_S)
        pose = stranger.walk.pose_at(now)
        if pose is not None:
            if not stranger.walk.is_walking_at(now):
                stranger.walk = self._stroll(pose.point, stranger.area, now)
            key = (stranger.packet.address, stranger.packet.data)
            self.record[key] = self.record.get(key, 0) + 1
            spot = Spot(*pose.point, pose.heading_rad, stranger.indoors)
            self._air.transmit(Transmitter(stranger.name, spot), stranger.packet)
        self._speak_next(stranger, stranger.interval_s * self._rng.uniform(0.98, 1.02))

    def _identity(self) -> Packet:
        payload = self._rng.choice(self._payloads) if self._payloads else invent_payload(self._rng)
        return Packet(random_address(self._rng), payload, is_connectable=self._rng.random() < 0.5)  # noqa: PLR2004 - half

    def _stroll(self, start: Point, area: Rect, now: float) -> Walk:
        """To another place, with a pause at a shelf expressed as a slower walk."""
        end = self._place_in(area)
        speed = self._rng.uniform(*_STROLL_MPS)
        return Walk((start, end), now, speed if path_length((start, end)) else 1.0)

    def _place_in(self, area: Rect) -> Point:
        x0, y0, x1, y1 = area
        return (self._rng.uniform(x0, x1), self._rng.uniform(y0, y1))
