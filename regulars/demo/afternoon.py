"""Plays the script in wall time, watches with real clients, and writes down how things really stood."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from regulars.demo.air import listen
from regulars.demo.frame import Frame
from regulars.demo.script import (
    DOOR,
    PACE_MPS,
    STRANGERS,
    STRANGERS_ADVERTS_PER_S,
    STREET,
    Act,
    schedule,
)
from regulars.demo.shop import DemoShop
from regulars.demo.truth import History
from regulars.demo.watch import LiveWatch, PhoneWatch

TABLETS: Final = ("tablet-1", "tablet-2")
SCREENS: Final = {"window": "shoes", "women-wall": "women"}
# The stream tells five times a second how things stand, so each change is this much older than we hear of it.
_STREAM_LAG_S: Final = 0.5
# From the last token to a `left` that every client has: the time-out, and what the store and the wall clock add.
LEAVING_SLACK_S: Final = 4.0


@dataclass(slots=True)
class Afternoon:
    """`left_after_s` is the store's setting; after `play` everything is in the fields."""

    shop: DemoShop
    left_after_s: float
    frames: list[Frame] = field(default_factory=list)
    history: History = field(init=False)
    first_spoke: dict[str, float] = field(default_factory=dict)  # member's key -> unix s
    withdrawals: dict[str, float] = field(default_factory=dict)
    outages: list[tuple[float, float]] = field(default_factory=list)
    checkins: dict[str, str] = field(default_factory=dict)  # member's key -> visit id
    opened_at: float = 0.0
    closed_at: float = 0.0
    faults: list[str] = field(default_factory=list)
    _keys: dict[str, str] = field(default_factory=dict)  # phone id -> member's key
    _where: dict[str, str] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    _watches: list[LiveWatch | PhoneWatch] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _stopped: bool = False

    async def play(self, seconds: float, cut_s: float) -> None:
        """Opens the clients, plays every act at its time, and waits until `seconds` or `cut_s` are over."""
        self.history = History({key: joined.person() for key, joined in self.shop.joined.items()})
        await asyncio.to_thread(self._prepare)
        loop = self._loop = asyncio.get_running_loop()
        following = loop.run_in_executor(None, self._follow)
        self.opened_at = time.time()
        began = loop.time()
        acting = [loop.create_task(self._act(act, began + at)) for at, act in schedule(seconds) if at < cut_s]
        try:
            await asyncio.gather(*acting)
            await asyncio.sleep(max(0.0, began + min(seconds, cut_s) - loop.time()))
        finally:
            self.closed_at = time.time()
            self._stopped = True
            await asyncio.to_thread(self._close)
            with suppress(TimeoutError):
                await asyncio.wait_for(following, 2.0)

    def _prepare(self) -> None:
        for key, joined in self.shop.joined.items():
            member = joined.member
            purposes = frozenset() if member.consent_over else frozenset(one.value for one in member.purposes)
            self.history.note(key, 0.0, mode=member.standing_mode.value, purposes=purposes)
            if member.phone is not None:
                self._keys[self.shop.add_phone(key)] = key
        self._open_clients()
        self.shop.air.crowd(STRANGERS, STRANGERS_ADVERTS_PER_S)

    def _open_clients(self) -> None:
        door, office = self.shop.door, self.shop.office
        for tablet in TABLETS:
            self._watches.append(LiveWatch(door.url, door.pair("tablet", tablet), tablet, self.frames.append))
        for screen in SCREENS:
            self._watches.append(
                LiveWatch(door.url, door.pair("screen", screen), f"screen:{screen}", self.frames.append)
            )
        for key, joined in self.shop.joined.items():
            if not joined.member.consent_over:
                self._watches.append(PhoneWatch(office.url, self.shop.session(key), f"phone:{key}", self.frames.append))
        for watch in self._watches:
            watch.start()

    def _close(self) -> None:
        for watch in self._watches:
            with suppress(Exception):  # the run is over; the store may be first
                watch.stop()

    async def _act(self, act: Act, due_at: float) -> None:
        await asyncio.sleep(max(0.0, due_at - asyncio.get_running_loop().time()))
        does: Mapping[str, Callable[[Act], None]] = {
            "enter": self._enter, "peek": self._peek, "trace": self._trace, "leave": self._leave,
            "app_mode": self._app_mode, "page_mode": self._page_mode, "hide": self._hide, "withdraw": self._withdraw,
            "checkin": self._check_in, "close": self._close_visit, "claim": self._claim,
            "pull": self._pull, "plug": self._plug,
        }  # fmt: skip
        try:
            await asyncio.to_thread(does[act.verb], act)
        except Exception as fault:  # noqa: BLE001 - an act that failed is a finding of the run, not its end
            self.faults.append(f"{act.verb} {act.who}: {fault}")

    def _enter(self, act: Act) -> None:
        phone, (x, y) = self.shop.phones[act.who], _point(act.to)
        self.shop.air.move(phone, *STREET)
        self.shop.air.walk(phone, [STREET, DOOR, (x, max(y, 4.0)), (x, y)], PACE_MPS, leave=False)

    def _peek(self, act: Act) -> None:
        phone = self.shop.phones[act.who]
        self.shop.air.move(phone, *STREET)
        self.shop.air.walk(phone, [STREET, (9.0, 0.6), (11.0, 0.6), STREET], 1.0, leave=True)

    def _trace(self, act: Act) -> None:
        self.shop.air.trace(self.shop.phones[act.who])

    def _leave(self, act: Act) -> None:
        self.shop.air.walk(self.shop.phones[act.who], [DOOR, STREET], PACE_MPS, leave=True)

    def _app_mode(self, act: Act) -> None:
        self._choose(act.who, str(act.to))
        self.shop.air.mode(self.shop.phones[act.who], str(act.to))

    def _page_mode(self, act: Act) -> None:
        self._choose(act.who, str(act.to))
        self.shop.tap(act.who, "mode", mode=str(act.to))

    def _choose(self, key: str, mode: str) -> None:
        self.history.note(key, time.time(), mode=mode)

    def _hide(self, act: Act) -> None:
        self.history.note(act.who, time.time(), hidden=frozenset({str(act.to)}))
        self.shop.tap(act.who, "hide", fact=str(act.to))

    def _withdraw(self, act: Act) -> None:
        at = time.time()
        self.history.note(act.who, at, purposes=frozenset())
        self.withdrawals[act.who] = at
        self.shop.office.withdraw(self.shop.joined[act.who].member_ref)

    def _check_in(self, act: Act) -> None:
        self.history.enter(act.who, time.time())
        self.history.note(act.who, time.time(), answered=True)
        self.first_spoke[act.who] = time.time()
        ack = self._command("checkin", loyalty=self.shop.joined[act.who].loyalty_number)
        self.checkins[act.who] = str(_mapping(ack.get("body")).get("visit_id", ""))

    def _close_visit(self, act: Act) -> None:
        self._command("state", visit_id=self.checkins[act.who], state="left")
        self.history.leave(act.who, time.time())

    def _claim(self, act: Act) -> None:
        self._command("claim", visit_id=self._visit_of(act.who))

    def _pull(self, act: Act) -> None:
        del act
        self.outages.append((time.time(), float("inf")))
        self._loop.call_soon_threadsafe(self.shop.relay.pull)

    def _plug(self, act: Act) -> None:
        del act
        self.shop.relay.plug()
        self.outages[-1] = (self.outages[-1][0], time.time())

    def _command(self, name: str, **fields: str) -> dict[str, object]:
        tablet = next(watch for watch in self._watches if isinstance(watch, LiveWatch))
        ack = tablet.command({"key": secrets.token_hex(8), "name": name, **fields})
        if not ack.get("ok"):
            raise RuntimeError(f"{name} was refused: {ack.get('error')}")
        return ack

    def _visit_of(self, key: str) -> str:
        for frame in reversed(self.frames):
            if frame.client == f"phone:{key}" and frame.body:
                return str(frame.body["visit_id"])
        raise RuntimeError(f"{key} is not here")

    def _follow(self) -> None:
        def heard(event: str, text: str) -> None:
            del event
            scene = json.loads(text)
            for phone in scene["phones"]:
                key = self._keys.get(phone["id"])
                if key is not None:
                    self._see(key, phone, float(scene["at"]))

        listen(f"{self.shop.air.url}/stream", "", heard, lambda: self._stopped)

    def _see(self, key: str, phone: Mapping[str, object], at: float) -> None:
        """Where a phone is and whether its app has proved itself, from the simulator's own mouth."""
        began = at - _STREAM_LAG_S
        zone = str(phone.get("zone") or "") if phone["place"] == "inside" else ""
        was = self._where.get(key)
        if phone["place"] == "inside":
            if was is None:
                self.history.enter(key, began)
            if phone["speaking"]:
                self.first_spoke.setdefault(key, at)
            if phone["answer"] == "answered" and key not in self._answered:
                self._answered.add(key)
                self.history.note(key, began, answered=True)
            if zone != was:
                self._where[key] = zone
                self.history.note(key, began, zone=zone)
        elif was is not None:
            del self._where[key]
            self.history.leave(key, at + self.left_after_s + LEAVING_SLACK_S)


def _point(to: object) -> tuple[float, float]:
    if not isinstance(to, tuple):
        raise TypeError("a place is a pair of metres")
    x, y = to
    return float(x), float(y)


def _mapping(found: object) -> Mapping[str, object]:
    return found if isinstance(found, Mapping) else {}
