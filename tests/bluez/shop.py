"""The air around the test machine: controllers that plug into it, phones that turn over, strangers with names."""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from simulator.agenda import Agenda
from simulator.air import Air, Transmitter
from simulator.attachment import Attachment
from simulator.central import Central
from simulator.controller import RadioController
from simulator.floor import Floor, Point, ScannerSite, Zone
from simulator.movement import Pose, Standing
from simulator.packet import Packet
from simulator.phone import Answer, Habits, Membership, Phone
from simulator.propagation import Propagation, Spot
from wire import rst1

STORE: Final = 4711
SCANNERS: Final = {"s1": "C0:FF:EE:00:00:01", "s2": "C0:FF:EE:00:00:02"}
LAPTOP: Final = "C0:FF:EE:00:00:03"
# 30 phones at this interval, and up to 10 ms that the link layer adds, are 88 advertisements a second.
_INTERVAL_S: Final = 0.336
_WIDTH_M: Final = 20.0
# Little chance: the store is under test here, the fading is tried elsewhere.
_AIR: Final = Propagation(body_db=0.0, shadow_db=0.0, fading_db=1.5, loss=0.0)
_SITES: Final = (ScannerSite("s1", (1.0, 5.0, 2.0)), ScannerSite("s2", (19.0, 5.0, 2.0)))
_ROOM: Final = Zone("room", "Room", "floor", ((0.0, 0.0), (_WIDTH_M, 0.0), (_WIDTH_M, 10.0), (0.0, 10.0)))


@dataclass(slots=True)
class Visitor:
    """A phone and the member_ref that stands for the token it shows now; `near` is the scanner it stands at."""

    phone: Phone
    token: str
    near: str


class Antenna:
    """One scanner's ear. `offered` counts what reached it, heard or not; a radio does not hear itself."""

    def __init__(self, radio: RadioController, mac: str) -> None:
        self.offered = 0
        self._radio = radio
        self._own = bytes.fromhex(mac.replace(":", ""))[::-1]

    def hear(self, packet: Packet, rssi_dbm: int) -> None:
        if packet.address != self._own:
            self.offered += 1
            self._radio.hear(packet, rssi_dbm)


class Shop:
    """The air, the controllers by name, and whoever speaks; `bluez` is where another bluetoothd lies."""

    def __init__(self, phones: int, bluez: str = "") -> None:
        self.bluez = bluez
        self.agenda = Agenda(time.time())
        self.air = Air(1, _AIR)
        self.floor = Floor(STORE, "Test", (_ROOM,), _SITES)
        self.radios = {name: RadioController(name, self.air, mac) for name, mac in SCANNERS.items()}
        self.radios["laptop"] = RadioController("laptop", self.air, LAPTOP)
        self.antennas = {name: Antenna(self.radios[name], mac) for name, mac in SCANNERS.items()}
        for site in _SITES:
            self.air.attach_ear(site, self.antennas[site.scanner_id])
        self.air.place_controller(self.radios["s1"], lambda: Spot(1.0, 5.0))
        self.air.place_controller(self.radios["laptop"], lambda: Spot(3.0, 5.0))
        self.attachments = {name: Attachment(radio) for name, radio in self.radios.items()}
        self.visitors = [self._visitor(n, phones) for n in range(phones)]
        self.keys: list[tuple[str, int, str]] = []
        self.tokens: dict[str, str] = {}
        self.strangers: list[str] = []
        self._left: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []
        for visitor in self.visitors:
            self._give_key(visitor)

    async def open(self) -> dict[str, str]:
        """Endpoints by radio."""
        for attachment in self.attachments.values():
            await attachment.open()
        self._tasks.append(asyncio.create_task(self.agenda.follow(time.time)))
        return {name: attachment.endpoint for name, attachment in self.attachments.items()}

    async def close(self) -> None:
        """Everybody leaves."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        for attachment in self.attachments.values():
            await attachment.close()

    def speak(self) -> None:
        """All phones begin to advertise; strangers with a name in their scan response too."""
        for visitor in self.visitors:
            visitor.phone.switch_on()
        for n in range(0 if self.strangers else 6):
            self._tasks.append(asyncio.create_task(self._pass_by(n)))

    def hush(self) -> None:
        """All phones fall silent."""
        for visitor in self.visitors:
            visitor.phone.switch_off()

    def murmur(self) -> None:
        """One phone at each end speaks on: an emulated processor needs its time for what follows."""
        for visitor in (self.visitors[0], self.visitors[-1]):
            visitor.phone.switch_on()

    def addresses(self) -> list[str]:
        """Everybody's address but the store's own."""
        now = time.time()
        own = [visitor.phone.address_at(now) for visitor in self.visitors]
        return [*self.strangers, *(_text(address) for address in own), *self._left]

    def turn_over(self, count: int) -> None:
        """So many phones show a new token from now on; the odd ones keep their address for now, as real ones may."""
        for n in range(count):
            old = self.visitors[n * len(self.visitors) // count]
            self._left.append(_text(old.phone.address_at(time.time())))
            old.phone.switch_off()
            member = old.phone.membership
            name = old.phone.name if n % 2 else f"{old.phone.name}again"
            fresh = self._phone(name, Membership(member.member_ref, member.secret, member.epoch + 1))
            fresh.movement = old.phone.movement
            visitor = Visitor(fresh, f"{old.token}+", old.near)
            self.visitors[self.visitors.index(old)] = visitor
            fresh.switch_on()

    def equip(self, count: int) -> list[Phone]:
        """So many phones, the nearest to the store's radio, answer the challenge from now on."""
        chosen = [visitor.phone for visitor in self.visitors if visitor.near == "s1"][:count]
        for phone in chosen:
            phone.answer = Answer.NONE
            self._tasks.append(asyncio.create_task(Central(phone, self.air, time.time).serve()))
        return chosen

    def _visitor(self, n: int, phones: int) -> Visitor:
        near, side = ("s1", n) if n < phones // 2 else ("s2", n - phones // 2)
        across = 1.5 + 5.0 * side / (phones // 2)
        phone = self._phone(f"p{n}", Membership(f"p{n}", random.Random(n).randbytes(32)))
        phone.movement = Standing(Pose((across if near == "s1" else _WIDTH_M - across, 3.0 + side % 5)))
        return Visitor(phone, f"p{n}", near)

    def _phone(self, name: str, membership: Membership) -> Phone:
        habits = Habits(interval_s=_INTERVAL_S)
        return Phone(name, membership, habits, floor=self.floor, air=self.air, agenda=self.agenda)

    def _give_key(self, visitor: Visitor) -> None:
        """Today's and tomorrow's key of this token and of the one it turns over to, as if of two members."""
        today = int(time.time()) // rst1.DAY_S
        for epoch, token in enumerate((visitor.token, f"{visitor.token}+")):
            self.tokens[token] = visitor.near
            for day in (today, today + 1):
                key = rst1.day_key(visitor.phone.membership.secret, STORE, day, epoch)
                self.keys.append((token, day, key.hex()))

    async def _pass_by(self, n: int) -> None:
        address = bytes((n, 1, 2, 3, 4, 0xC5))
        self.strangers.append(_text(address))
        name = f"Stranger {n}".encode()
        packet = Packet(
            address, bytes((2, 1, 6, 3, 3, 0x0F, 0x18)), is_connectable=True,
            scan_response=bytes((len(name) + 1, 9)) + name,
        )  # fmt: skip
        point: Point = (4.0 + 2.0 * n, 2.0)
        while True:
            self.air.transmit(Transmitter(f"stranger{n}", Spot(*point)), packet)
            await asyncio.sleep(1.0)


def _text(address: bytes) -> str:
    return ":".join(f"{octet:02X}" for octet in address[::-1])


def louder(levels: dict[str, list[int]]) -> str:
    """The scanner that heard it most strongly on average."""
    return max(levels, key=lambda scanner: sum(levels[scanner]) / len(levels[scanner]))


def by_token(heard: dict[str, dict[str, list[int]]]) -> Iterator[tuple[str, dict[str, list[int]]]]:
    """(token, scanner -> levels) for every token heard by more than one scanner."""
    tokens = {token for members in heard.values() for token in members}
    for token in sorted(tokens):
        levels = {scanner: members[token] for scanner, members in heard.items() if token in members}
        if len(levels) > 1:
            yield token, levels
