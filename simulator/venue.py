"""The whole virtual shop in one object: floor, air, radios, phones and crowd.

Driven by an agenda: `run_until(now)` for tests, in numbers; `open()` and `follow()` for the process, in real time.
"""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from simulator.agenda import Agenda, Clock
from simulator.air import Air
from simulator.attachment import Attachment
from simulator.central import Central
from simulator.controller import RadioController
from simulator.crowd import Crowd
from simulator.errors import PortTaken
from simulator.floor import Floor
from simulator.movement import Away, Pose, Standing
from simulator.phone import Habits, Membership, Phone
from simulator.propagation import Propagation, Spot
from simulator.walk import Reading, RecordedWalk

# A shop full of opted-in shoppers; more would be a load test, which has its own tool.
MOST_PHONES: Final = 500
_PERIPHERAL: Final = "peripheral"


@dataclass(frozen=True, slots=True)
class Radios:
    """Where other processes plug in: host:port each."""

    peripheral: str
    scanners: dict[str, str]


@dataclass(frozen=True, slots=True)
class Chances:
    """What is left to chance, and how."""

    seed: int = 1
    propagation: Propagation = field(default_factory=Propagation)
    payloads: Sequence[bytes] = ()


class Venue:
    """One shop. The clock gives unix seconds and is only read by what runs in real time."""

    def __init__(self, floor: Floor, clock: Clock, chances: Chances | None = None) -> None:
        chances = chances or Chances()
        self.floor = floor
        self.clock = clock
        self.agenda = Agenda(clock())
        self.air = Air(chances.seed, chances.propagation)
        self.crowd = Crowd(floor, self.air, self.agenda, chances.payloads)
        self.phones: dict[str, Phone] = {}
        self._names = itertools.count(1)
        self._attachments: dict[str, Attachment] = {}
        self._centrals: dict[str, asyncio.Task[None]] = {}

    async def open(self, port_base: int = 0) -> Radios:
        """Give every scanner, and the store's peripheral, a radio with a port of its own; raises PortTaken.

        With a base the peripheral has that port and scanners the next ones in store.toml order; 0 takes free ones.
        """
        self._install_radios()
        try:
            for offset, attachment in enumerate(self._attachments.values()):
                await attachment.open(port_base + offset if port_base else 0)
        except (OSError, PortTaken):
            await self.close()
            raise
        endpoints = {name: attachment.endpoint for name, attachment in self._attachments.items()}
        return Radios(endpoints.pop(_PERIPHERAL), endpoints)

    async def follow(self) -> None:
        """Run in real time until cancelled."""
        await self.agenda.follow(self.clock)

    async def close(self) -> None:
        """Everybody leaves, every port closes."""
        self.crowd.stop()
        for name in list(self.phones):
            await self.remove_phone(name)
        for attachment in self._attachments.values():
            await attachment.close()
        self._attachments.clear()

    def add_phone(self, membership: Membership, habits: Habits | None = None, *, name: str | None = None) -> Phone:
        """A light phone, away at first and switched on."""
        if len(self.phones) >= MOST_PHONES:
            message = f"there are {MOST_PHONES} phones already; remove one first"
            raise ValueError(message)
        name = name or f"p{next(self._names)}"
        phone = Phone(name, membership, habits or Habits(), floor=self.floor, air=self.air, agenda=self.agenda)
        self.phones[name] = phone
        phone.switch_on()
        return phone

    def equip(self, phone: Phone) -> None:
        """Make it a full-stack phone: from now on it answers the store's challenge."""
        central = Central(phone, self.air, self.clock)
        self._centrals[phone.name] = asyncio.create_task(central.serve())

    def is_full(self, phone: Phone) -> bool:
        """Whether it has a Bluetooth stack."""
        return phone.name in self._centrals

    async def remove_phone(self, name: str) -> None:
        """Switched off and forgotten."""
        self.phones.pop(name).switch_off()
        central = self._centrals.pop(name, None)
        if central is not None:
            central.cancel()
            with suppress(asyncio.CancelledError):
                await central

    def replay(self, phone: Phone, walk: RecordedWalk) -> None:
        """Let the phone walk a recorded trace: recorded strengths at matching scanners, the dot on the true path."""
        Replay(self, phone, walk).begin()

    def _install_radios(self) -> None:
        store = RadioController(_PERIPHERAL, self.air)
        x, y = self.floor.door
        self.air.place_controller(store, lambda: Spot(x, y))
        self._attachments = {_PERIPHERAL: Attachment(store)}
        for site in self.floor.scanners:
            radio = RadioController(site.scanner_id, self.air)
            self.air.attach_ear(site, radio)
            self._attachments[site.scanner_id] = Attachment(radio)


class Replay:
    """One phone on one recorded walk. Dragging the phone, or sending it elsewhere, ends it."""

    def __init__(self, venue: Venue, phone: Phone, walk: RecordedWalk) -> None:
        self._venue = venue
        self._phone = phone
        walk = walk.fitted_to(venue.floor)
        self._scanners = walk.match_receivers(venue.floor)
        self._readings: Sequence[Reading] = walk.readings
        self._began_at = venue.agenda.now
        self._stand = Standing(Pose(walk.readings[0].point))

    def begin(self) -> None:
        """From now on."""
        self._phone.be_at(self._stand, replayed=True)
        self._next(0)

    def _next(self, index: int) -> None:
        if index == len(self._readings):
            self._phone.be_at(Away())
            return
        self._venue.agenda.at(self._began_at + self._readings[index].at_s, lambda now: self._hear(index, now))

    def _hear(self, index: int, now: float) -> None:
        if self._phone.movement is not self._stand or self._phone.name not in self._venue.phones:
            return
        reading = self._readings[index]
        self._stand = Standing(Pose(reading.point))
        self._phone.be_at(self._stand, replayed=True)
        scanner_id = self._scanners.get(reading.receiver)
        if scanner_id is not None and self._phone.is_speaking_at(now):
            self._venue.air.replay(scanner_id, self._phone.packet_at(now), reading.rssi_dbm)
        self._next(index + 1)
