"""The interactive demo: Anna waits outside, some others are about, and the tour watches what the system shows."""

import asyncio
import json
import threading
import time
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from regulars.demo.air import listen
from regulars.demo.frame import Body, Frame, Shown
from regulars.demo.page import Streams
from regulars.demo.shop import DemoShop
from regulars.demo.tour import Seen, Tour
from regulars.demo.watch import LiveWatch, PhoneWatch

ANNA: Final = "anna"
# Where the tour looks: the screen of the zone in which the coats hang.
TABLET: Final = "tablet-1"
SCREEN: Final = "women-wall"
# The tour's own eyes, in the same rooms: pairing a device again would end the one in the page.
WITNESS_TABLET: Final = "tablet-2"
WITNESS_SCREEN: Final = "women-mirror"
_OUTSIDE: Final = (10.0, -1.5)
# Who is about when the page opens, far from the coats, so that the first arrival at the screen is Anna's.
_ABOUT: Final = {"david": (16.0, 9.0), "greta": (10.0, 7.0), "jonas": (17.0, 4.5)}
# Who walks in when the plug is out, to show that the store does not need head office for it.
_NEWCOMER: Final = "ben"
_NEWCOMERS_WAY: Final = ((10.0, -1.0), (10.0, 2.5), (15.5, 5.0))
# Proving takes the app a second or two; asking it in between would begin it anew.
_PROVE_AGAIN_S: Final = 6.0
_STRANGERS: Final = 60
_STRANGERS_ADVERTS_PER_S: Final = 60.0


@dataclass(slots=True)
class DemoStage:
    """`shop` is open already; `prepare` fills it with life."""

    shop: DemoShop
    streams: Streams
    loop: asyncio.AbstractEventLoop
    shown: dict[str, Shown] = field(default_factory=dict)
    _tour: Tour = field(init=False)
    _floor: Mapping[str, object] = field(default_factory=dict)
    _pages: dict[str, str] = field(default_factory=dict)
    _anna_inside: bool = False
    _watches: list[LiveWatch | PhoneWatch] = field(default_factory=list)
    _proved_at: float = 0.0
    _stopped: bool = False

    async def prepare(self) -> None:
        """Phones, clients and pages."""
        anna = self.shop.joined[ANNA].member
        self._tour = Tour(anna.alias, anna.reservations[0].product_id, anna.categories_liked[0])
        await asyncio.to_thread(self._place_everybody)
        await asyncio.to_thread(self._watch)
        threading.Thread(target=self._follow_floor, name="floor", daemon=True).start()

    async def scenery(self) -> Mapping[str, object]:
        """`/demo.json`: a fresh pairing code for each page, because one is good for one opening only."""
        pages = await asyncio.to_thread(self._fresh_pages)
        return {
            **pages,
            "anna": self.shop.phones[ANNA],
            "floor": {**self._floor, "zones": self._zones()},
            "store_name": self._floor.get("name", ""),
            "coats": [3.5, 6.5],
        }

    async def phone(self, phone_id: str, action: str, body: Mapping[str, object]) -> None:
        """A hand on the floor."""
        await asyncio.to_thread(self.shop.air.send, "POST", f"/phones/{phone_id}/{action}", body)

    async def plug(self, *, put_in: bool) -> None:
        """Head office's line; while it is out, somebody walks in."""
        if put_in:
            self.shop.relay.plug()
        else:
            self.shop.relay.pull()
            await asyncio.to_thread(self._somebody_walks_in)
        self._tell_tour()

    async def again(self) -> None:
        """Anna outside, everything as at the start."""
        self.shop.relay.plug()
        await asyncio.to_thread(self._begin_again)
        self._tour.again()
        self._tell_tour()

    def tour(self) -> Mapping[str, object]:
        """For the page."""
        return {"steps": self._tour.steps(), "plugged": self.shop.relay.plugged}

    def close(self) -> None:
        """Ends the clients."""
        self._stopped = True
        for watch in self._watches:
            with suppress(Exception):  # the store may be gone already
                watch.stop()

    def _zones(self) -> object:
        """As store.toml draws them, with names; the simulator only knows corners."""
        return tomllib.loads(self.shop.place.config.read_text("utf-8"))["zone"]

    def _place_everybody(self) -> None:
        air = self.shop.air
        self._floor = air.floor()
        self.shop.add_phone(ANNA, *_OUTSIDE)
        for key, joined in self.shop.joined.items():
            if joined.member.phone is not None and key != ANNA:
                self.shop.add_phone(key, *_ABOUT.get(key, (None, None)))
        air.crowd(_STRANGERS, _STRANGERS_ADVERTS_PER_S)

    def _watch(self) -> None:
        door = self.shop.door
        tablet = LiveWatch(door.url, door.pair("tablet", WITNESS_TABLET), "staff", self._received)
        screen = LiveWatch(door.url, door.pair("screen", WITNESS_SCREEN), "screen", self._received)
        phone = PhoneWatch(self.shop.office.url, self.shop.session(ANNA), "phone", self._received)
        self._watches = [tablet, screen, phone]
        for watch in self._watches:
            watch.start()

    def _fresh_pages(self) -> dict[str, str]:
        door = self.shop.door
        code = self.shop.phone_code(ANNA)
        return {
            "tablet_url": door.page("tablet", TABLET),
            "screen_url": door.page("screen", SCREEN),
            "phone_url": f"{self.shop.office.url}/phone#code={code}",
        }

    def _somebody_walks_in(self) -> None:
        phone = self.shop.phones[_NEWCOMER]
        self.shop.air.move(phone, *_NEWCOMERS_WAY[0])
        self.shop.air.walk(phone, _NEWCOMERS_WAY, 2.0, leave=False)

    def _begin_again(self) -> None:
        air = self.shop.air
        air.move(self.shop.phones[_NEWCOMER], None, None)
        air.move(self.shop.phones[ANNA], None, None)
        air.move(self.shop.phones[ANNA], *_OUTSIDE)
        self.shop.tap(ANNA, "mode", mode=self.shop.joined[ANNA].member.standing_mode.value)

    def _received(self, frame: Frame) -> None:
        """On a client's thread."""
        self.loop.call_soon_threadsafe(self._take, frame)

    def _take(self, frame: Frame) -> None:
        self.shown.setdefault(frame.client, Shown(frame.client)).apply(frame)
        self._look()

    def _follow_floor(self) -> None:
        def heard(event: str, text: str) -> None:
            del event
            self.loop.call_soon_threadsafe(self._see_floor, text)

        listen(f"{self.shop.air.url}/stream?crowd=1", "", heard, lambda: self._stopped)

    def _see_floor(self, text: str) -> None:
        scene = json.loads(text)
        phones = [{**phone, "mode": self._mode(phone)} for phone in scene["phones"]]
        self.streams.tell("floor", json.dumps({**scene, "phones": phones}))
        anna: Mapping[str, object] = next((one for one in scene["phones"] if one["id"] == self.shop.phones[ANNA]), {})
        self._anna_inside = anna.get("place") == "inside"
        self._look()
        self._app_follows(anna)

    def _app_follows(self, anna: Mapping[str, object]) -> None:
        """An app that reads on its page that the store only heard it proves itself again, as a new wish on air."""
        view = self._cards("phone", time.time())
        if not view or view[0].get("assurance") != "heard" or anna.get("answer") != "answered":
            return
        if self.loop.time() - self._proved_at < _PROVE_AGAIN_S:
            return
        self._proved_at = self.loop.time()
        wish = str(view[0].get("mode")) if anna.get("mode") == "stored" else "stored"
        self.loop.run_in_executor(None, self.shop.air.mode, str(anna["id"]), wish)

    def _mode(self, phone: Mapping[str, object]) -> object:
        """What a phone that asks for "as stored" gets, so that the floor can colour it."""
        if phone["mode"] != "stored":
            return phone["mode"]
        key = next((key for key, phone_id in self.shop.phones.items() if phone_id == phone["id"]), "")
        return self.shop.joined[key].member.standing_mode.value if key else "phone"

    def _look(self) -> None:
        now = time.time()
        phone = self._cards("phone", now)
        seen = Seen(
            staff=self._cards("staff", now),
            screen=self._cards("screen", now),
            phone=phone[0] if phone else {},
            anna_inside=self._anna_inside,
            plugged=self.shop.relay.plugged,
        )
        if self._tour.look(seen, now):
            self._tell_tour()

    def _cards(self, client: str, now: float) -> list[Body]:
        shown = self.shown.get(client)
        return list(shown.at(now)) if shown else []

    def _tell_tour(self) -> None:
        self.streams.tell("tour", json.dumps(self.tour()))
