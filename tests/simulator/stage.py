"""A small shop to test in: one room, two scanners, a street, and an air without chance."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from simulator.agenda import Agenda
from simulator.air import Air
from simulator.floor import Floor, ScannerSite, Zone
from simulator.packet import Packet
from simulator.phone import Habits, Membership, Phone
from simulator.propagation import Propagation
from simulator.venue import Chances, Radios, Venue

SECRET: Final = bytes(range(32))
NOON: Final = 1_760_011_200.0  # a quarter of an hour begins here
CALM: Final = Propagation(shadow_db=0.0, fading_db=0.0, loss=0.0, body_db=0.0)
ROOM: Final = Floor(
    store=4711,
    name="Test",
    zones=(
        Zone("room", "Room", "floor", ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))),
        Zone("street", "Street", "outside", ((0.0, -4.0), (10.0, -4.0), (10.0, -1.0), (0.0, -1.0))),
    ),
    scanners=(ScannerSite("s1", (1.0, 1.0, 1.1)), ScannerSite("s2", (9.0, 9.0, 1.1))),
)


class Notebook:
    """An ear that remembers."""

    def __init__(self) -> None:
        self.heard: list[tuple[Packet, int]] = []

    def hear(self, packet: Packet, rssi_dbm: int) -> None:
        self.heard.append((packet, rssi_dbm))

    @property
    def packets(self) -> list[Packet]:
        return [packet for packet, _ in self.heard]


class Stage:
    """A shop in numbers: time is what `run_until` says."""

    def __init__(self, seed: int = 1) -> None:
        self.agenda = Agenda(NOON)
        self.air = Air(seed, CALM)
        self.ears = {site.scanner_id: Notebook() for site in ROOM.scanners}
        for site in ROOM.scanners:
            self.air.attach_ear(site, self.ears[site.scanner_id])

    def phone(self, habits: Habits | None = None, name: str = "anna") -> Phone:
        phone = Phone(name, Membership("m1", SECRET), habits or Habits(), floor=ROOM, air=self.air, agenda=self.agenda)
        phone.switch_on()
        return phone

    def hear_for(self, seconds: float, scanner_id: str = "s1") -> list[Packet]:
        """What that scanner hears from now on."""
        self.ears[scanner_id].heard.clear()
        self.agenda.run_until(self.agenda.now + seconds)
        return self.ears[scanner_id].packets


@asynccontextmanager
async def open_shop() -> AsyncIterator[tuple[Venue, Radios]]:
    """The same shop in real time, with its radios on TCP."""
    venue = Venue(ROOM, time.time, Chances(propagation=CALM))
    radios = await venue.open()
    following = asyncio.create_task(venue.follow())
    try:
        yield venue, radios
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await venue.close()


async def until(is_so: Callable[[], bool], within_s: float = 5.0) -> None:
    """Wait for a fact; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - the fact is somebody else's state, without an event
            await asyncio.sleep(0.01)
