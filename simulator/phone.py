"""A shopper's phone with the app on it: it owns its secret, speaks only in the shop, and falls silent when told to."""

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from simulator.agenda import Agenda, Entry
from simulator.air import Air, Transmitter
from simulator.floor import Floor, Point
from simulator.movement import Away, Movement, Pose, Standing, Walk
from simulator.packet import Packet
from simulator.propagation import Spot
from wire import rst1

# Android's low-latency and low-power advertising differ by this factor (100 ms and 1 s; ours starts at 250 ms).
_LOCKED_SLOWER: Final = 4.0
# The link layer adds up to 10 ms to every advertising interval, so that two phones do not collide for ever.
_ADVERTISING_DELAY_S: Final = 0.010
SHORTEST_INTERVAL_S: Final = 0.02


class Carrier(StrEnum):
    """How the body travels."""

    SERVICE16 = "service16"
    SERVICE128 = "service128"
    IOS = "ios"


class Mode(StrEnum):
    """What the shopper wishes for this visit; the first four in the order of RST1's mode bits."""

    STORED = "stored"
    PHONE = "phone"
    SCREEN = "screen"
    ADVICE = "advice"
    INVISIBLE = "invisible"

    @property
    def bits(self) -> int:
        """The mode bits on air. Invisible has none: it is silence."""
        return _MODE_BITS[self]


_MODE_BITS: Final = {Mode.STORED: 0, Mode.PHONE: 1, Mode.SCREEN: 2, Mode.ADVICE: 3}


class Answer(StrEnum):
    """How far the challenge went in this visit."""

    NONE = "none"
    TRYING = "trying"
    ANSWERED = "answered"
    FAILED = "failed"
    DISTRUSTS = "distrusts"


@dataclass(frozen=True, slots=True)
class Membership:
    """What opting in left on the phone: a pseudonym, a secret of 32 bytes and the consent epoch."""

    member_ref: str
    secret: bytes
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Habits:
    """How this phone advertises. `address_lag_s`: its address turns over that much after its token."""

    carrier: Carrier = Carrier.SERVICE128
    interval_s: float = 0.25
    address_lag_s: float = 0.0


class Phone:
    """A light phone: no Bluetooth stack of its own, its advertisements go straight on air."""

    def __init__(
        self, name: str, membership: Membership, habits: Habits, *, floor: Floor, air: Air, agenda: Agenda
    ) -> None:
        self.name = name
        self.membership = membership
        self.habits = habits
        self.mode = Mode.STORED
        self.answer = Answer.NONE
        self.is_locked = False
        self.movement: Movement = Away()
        self._floor = floor
        self._air = air
        self._agenda = agenda
        self._rng = random.Random(f"{air.seed}/{name}")
        self._address_turn = -1
        self._address = b""
        self._next: Entry | None = None
        self._is_replayed = False

    @property
    def store(self) -> int:
        """The shop its geofence says it is in."""
        return self._floor.store

    def switch_on(self) -> None:
        """Begin to advertise, at a random point of the first interval."""
        self._next = self._agenda.at(self._agenda.now + self._rng.random() * self.habits.interval_s, self._tick)

    def switch_off(self) -> None:
        """No further packet; the air forgets this phone."""
        if self._next is not None:
            self._next.cancel()
        self._air.forget(self.name)

    def move(self, point: Point | None) -> None:
        """Be there at once; None is away. Coming back is a new visit with a new answer."""
        self.be_at(Away() if point is None else Standing(Pose(point)))

    def be_at(self, movement: Movement, *, replayed: bool = False) -> None:
        """Move in this way from now on. `replayed`: somebody else feeds the air with recorded packets of this phone."""
        was_here = self.spot_at(self._agenda.now) is not None
        self.movement = movement
        self._is_replayed = replayed
        if not was_here:
            self._ask_again()

    def walk(self, points: tuple[Point, ...], speed_mps: float, *, leaves: bool = False) -> Walk:
        """From where it is (if anywhere) along the points."""
        here = self.movement.pose_at(self._agenda.now)
        path = points if here is None else (here.point, *points)
        walk = Walk(path, self._agenda.now, speed_mps, leaves)
        self.be_at(walk)
        return walk

    def set_mode(self, mode: Mode) -> None:
        """A new wish must be answered anew: a more open mode counts only when answered."""
        if mode != self.mode:
            self.mode = mode
            self._ask_again()

    def set_epoch(self, epoch: int) -> None:
        """The app's own withdrawal or renewal: from now on other keys, so other tokens."""
        self.membership = Membership(self.membership.member_ref, self.membership.secret, epoch)
        self._ask_again()

    def spot_at(self, now: float) -> Spot | None:
        """Where it is for the air; None when the app's geofence keeps it silent, for it speaks only in the shop."""
        pose = self.movement.pose_at(now)
        if pose is None:
            return None
        indoors = self._floor.is_indoors(pose.point)
        if not indoors and self._floor.zone_at(pose.point) is None:
            return None
        return Spot(*pose.point, pose.heading_rad, indoors)

    def is_silent(self) -> bool:
        """By its owner's wish, or because the store could not prove itself."""
        return self.mode is Mode.INVISIBLE or self.answer is Answer.DISTRUSTS

    @property
    def is_unheard(self) -> bool:
        """A locked iPhone cannot advertise an identity: it answers the challenge instead."""
        return self.is_locked and self.habits.carrier is Carrier.IOS

    def is_speaking_at(self, now: float) -> bool:
        """Whether advertisements go out."""
        if self.is_silent() or self.is_unheard:
            return False
        return self.spot_at(now) is not None

    def day_key_at(self, now: float) -> bytes:
        """SK for this store and day."""
        return rst1.day_key(self.membership.secret, self._floor.store, int(now) // rst1.DAY_S, self.membership.epoch)

    def packet_at(self, now: float) -> Packet:
        """What it says at that instant."""
        bits = 0 if self.mode is Mode.INVISIBLE else self.mode.bits
        body = rst1.body_at(self.day_key_at(now), int(now), bits)
        return Packet(self.address_at(now), _CARRY[self.habits.carrier](body), scan_response=None)

    def address_at(self, now: float) -> bytes:
        """Random and resolvable-looking, new every quarter of an hour."""
        turn = int(now - self.habits.address_lag_s) // rst1.QUARTER_S
        if turn != self._address_turn:
            self._address_turn = turn
            self._address = random_address(self._rng)
        return self._address

    def speak(self, now: float) -> None:
        """One advertisement, if it speaks at all."""
        spot = self.spot_at(now)
        if spot is not None and self.is_speaking_at(now):
            self._air.transmit(Transmitter(self.name, spot), self.packet_at(now))

    def _tick(self, now: float) -> None:
        if not self._is_replayed:
            self.speak(now)
        interval = self.habits.interval_s * (_LOCKED_SLOWER if self.is_locked else 1.0)
        self._next = self._agenda.at(now + interval + self._rng.random() * _ADVERTISING_DELAY_S, self._tick)

    def _ask_again(self) -> None:
        # A store that lied once today is not asked again.
        if self.answer is not Answer.DISTRUSTS:
            self.answer = Answer.NONE


def random_address(rng: random.Random) -> bytes:
    """Six bytes in HCI order that look like a resolvable private address."""
    octets = rng.randbytes(6)
    return octets[:5] + struct.pack("B", octets[5] & 0x3F | 0x40)


_CARRY: Final[dict[Carrier, Callable[[bytes], bytes]]] = {
    Carrier.SERVICE16: rst1.service_data_16,
    Carrier.SERVICE128: rst1.service_data_128,
    Carrier.IOS: rst1.ios_foreground,
}
