"""The whole demo as processes: head office, store and simulated air, and the pluggable line between the first two.

Everything happens as in production: members join, the store enrols with a one-time code, devices pair with theirs.
"""

import asyncio
import hmac
import json
import os
import secrets
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from regulars.demo.air import Air
from regulars.demo.opening import NEIGHBOURS, Joined, fill, join, members
from regulars.demo.relay import Relay
from regulars.demo.watch import phone_session
from regulars.solo.child import Child
from regulars.solo.door import StoreDoor
from regulars.solo.errors import ShopUnready
from regulars.solo.office import Office
from regulars.solo.port import free_ports
from regulars.solo.processes import READY_WITHIN_S, Place, admin_token, enrol, head_office, office, store
from simulator.shop import shelf

STORE_ID: Final = "de-0042"
STORE_NUMBER: Final = 4711
STORE_NAME: Final = "Halm & Hede Lübeck"
TIMEZONE: Final = "Europe/Berlin"
# A test puts another module here, which starts the same store without its consent gate, to see the judge notice.
STORE_MODULE: Final = os.environ.get("REGULARS_DEMO_STORE", "regulars.demo.store")


@dataclass(slots=True)
class DemoShop:
    """`origin` is the demo page's, which may frame the others'; empty without a page."""

    place: Place
    origin: str = ""
    walk: Path | None = None  # a recorded one for one shopper
    adverts: Path | None = None  # recorded payloads for the strangers
    phones: dict[str, str] = field(default_factory=dict)  # member's key -> phone id
    joined: dict[str, Joined] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    relay: Relay = field(init=False)
    air: Air = field(init=False)
    office: Office = field(init=False)
    _sessions: dict[str, str] = field(default_factory=dict)
    _children: list[Child] = field(default_factory=list)

    @property
    def store_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['store']}"

    @property
    def door(self) -> StoreDoor:
        """Where devices of the store are paired."""
        return StoreDoor(self.store_url, admin_token(self.place.store))

    async def open(self) -> None:
        """Returns when the store can be walked into. Raises SoloError."""
        self.place.make()
        self.ports = dict(zip(("head office", "store"), free_ports(2), strict=True))
        hub = head_office(self.place, self.ports["head office"])
        air = self._simulator()
        self.relay = Relay(self.ports["head office"])
        line = await self.relay.start()
        self._write_config(line)
        await self._start(hub)
        await self._start(air)
        radios = await self._radios(air)
        self.air = Air(str(radios["control"]))
        await hub.wait_ready(READY_WITHIN_S)
        self.office = await asyncio.to_thread(office, self.place, self.ports["head office"])
        code = await asyncio.to_thread(self._register)
        await enrol(self.place, code)
        shop = store(self.place, self.ports["store"], (STORE_MODULE,), ["--radios", json.dumps(radios)])
        await self._start(shop)
        await asyncio.to_thread(self._join_all)
        await shop.wait_ready(READY_WITHIN_S)

    async def keep_open(self) -> None:
        """Restarts what falls; raises ShopUnready when something falls too often."""
        await asyncio.gather(*(child.keep_running() for child in self._children))

    async def close(self) -> None:
        """Ends all of it, within 3 s."""
        endings = [child.stop() for child in self._children]
        with suppress(AttributeError):  # it did not come to a relay yet
            endings.append(self.relay.stop())
        await asyncio.gather(*endings)

    def add_phone(self, key: str, x: float | None = None, y: float | None = None) -> str:
        """The member's simulated phone, away or at a place; the app has its key from joining."""
        joined = self.joined[key]
        carried = joined.member.phone
        if carried is None:
            raise ValueError(f"{key} carries no phone")
        phone = {
            "member_ref": joined.member_ref,
            "secret": joined.secret,
            "label": joined.member.alias,
            "kind": carried.kind,
            "carrier": carried.carrier,
            "interval_s": 0.25,
            "mode": "invisible" if joined.member.standing_mode == "invisible" else "stored",
            **({"x": x, "y": y} if x is not None else {}),
        }
        self.phones[key] = self.air.add_phone(phone)
        return self.phones[key]

    def phone_code(self, key: str) -> str:
        """A single-use code for the member's phone page, as the app gets one: by proving its key."""
        joined = self.joined[key]
        at = int(time.time())
        mac = hmac.digest(bytes.fromhex(joined.secret), b"RST1 link" + struct.pack(">Q", at), "sha256")[:8].hex()
        body = {"member_ref": joined.member_ref, "at": at, "mac": mac}
        return str(self.office.send("POST", "/v1/phone/link", body)["code"])

    def session(self, key: str) -> str:
        """A cookie for the member's phone page."""
        if key not in self._sessions:
            self._sessions[key] = phone_session(self.office.url, self.phone_code(key))
        return self._sessions[key]

    def tap(self, key: str, kind: str, **fields: str) -> None:
        """A button on the member's phone page."""
        body = {"command_id": secrets.token_hex(8), "kind": kind, "store_id": STORE_ID, **fields}
        self.office.send("POST", "/phone/commands", body, cookie=self.session(key))

    def _simulator(self) -> Child:
        recorded = ["--walk", str(self.walk)] if self.walk else []
        recorded += ["--adverts", str(self.adverts)] if self.adverts else []
        origins = ["--allow-origin", self.origin] if self.origin else []
        return Child(
            name="simulator",
            arguments=["-m", "simulator", "--config", str(self.place.config), *recorded, *origins],
            log=self.place.log("simulator"),
            keep_stdout=True,
            is_replaceable=False,
        )

    async def _start(self, child: Child) -> None:
        self._children.append(child)
        await child.start()

    async def _radios(self, air: Child) -> Mapping[str, object]:
        """The simulator's one line on stdout."""
        assert air.process is not None  # noqa: S101 - started
        assert air.process.stdout is not None  # noqa: S101 - asked for
        try:
            line = await asyncio.wait_for(air.process.stdout.readline(), READY_WITHIN_S)
        except TimeoutError:
            raise ShopUnready("simulator", f"was not ready after {READY_WITHIN_S:.0f} s", air.log) from None
        if not line:
            raise ShopUnready("simulator", "ended while it was starting", air.log)
        radios = json.loads(line)
        return dict(radios)

    def _register(self) -> str:
        self.office.add_store(STORE_ID, STORE_NUMBER, STORE_NAME, TIMEZONE)
        for number, neighbour in enumerate(NEIGHBOURS, start=STORE_NUMBER + 1):
            self.office.add_store(neighbour.store_id, number, neighbour.name, TIMEZONE)
        fill(self.office, STORE_ID, time.time())
        return self.office.enrol_code(STORE_ID)

    def _join_all(self) -> None:
        for member in members():
            self.joined[member.key] = join(self.office, member, time.time())

    def _write_config(self, line: int) -> None:
        """The shipped store.toml and what only this run knows: the line, and who may show the pages."""
        origins = json.dumps([self.origin] if self.origin else [])
        (self.place.head_office / "hq.toml").write_text(f"[web]\norigins = {origins}\n", encoding="utf-8")
        own = f"http://127.0.0.1:{self.ports['head office']}"
        self.place.config.write_text(
            shelf("store.toml").read_text("utf-8")
            + f'\n[hq]\nurl = "http://127.0.0.1:{line}"\nphone_url = "{own}/phone"\n'
            + f"\n[web]\nport = {self.ports['store']}\nframe_ancestors = {origins}\n",
            encoding="utf-8",
        )
