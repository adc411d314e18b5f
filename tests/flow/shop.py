"""A whole store in this process: real files, real pages and sockets, the real head office in its own process.

Only the radio is missing: phones hand their advertisements, byte for byte, to the recording's reader.
"""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import socketio
from werkzeug.serving import make_server

from edge import main
from edge.adapters.radio_replay import Packet, replayed
from edge.core.identity import Identity
from edge.core.inputs import Answered
from edge.settings import Settings
from edge.settings_file import parse_settings
from regulars.demo.relay import Relay
from tests.core.store import catalogue
from tests.flow.hub import Hub
from tests.stored import readable
from wire import rst1
from wire.product import Stock

WITHIN_S = 5.0
_numbers = itertools.count(4711)


def eventually(fact: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
    """What `fact` says once it is true; fails when it stays false."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        with suppress(KeyError, TypeError):  # a card that is not there yet
            if found := fact():
                return found
        time.sleep(0.02)
    raise AssertionError(f"still not so after {within_s} s")


@dataclass
class Member:
    """Somebody who joined, with the phone in the pocket."""

    ref: str
    secret: bytes
    loyalty: str
    phone_url: str

    def advertisement(self, store: int, at: float, flags: int = 0) -> bytes:
        key = rst1.day_key(self.secret, store, int(at) // rst1.DAY_S)
        return rst1.service_data_128(rst1.body_at(key, int(at), flags))


class Plug:
    """The line to head office, with a plug that can be pulled."""

    def __init__(self, target_port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._relay = Relay(target_port)
        self.port = asyncio.run_coroutine_threadsafe(self._relay.start(), self._loop).result(5)

    def pull(self) -> None:
        self._loop.call_soon_threadsafe(self._relay.pull)

    def put_in(self) -> None:
        self._loop.call_soon_threadsafe(self._relay.plug)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._relay.stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


class Tablet:
    """A paired device: what it was sent, in order, and what it shows after all of it."""

    def __init__(self, url: str, token: str) -> None:
        self.frames: list[tuple[str, dict[str, Any]]] = []
        self.cards: dict[str, dict[str, Any]] = {}
        self._keys = itertools.count(1)
        self.io = socketio.Client(reconnection=False)
        for event in ("snapshot", "replay", "upsert", "patch", "remove"):
            self.io.on(event, self._receive(event))
        self.io.connect(url, auth={"token": token, "proto": 1}, transports=["websocket"])

    def _receive(self, event: str) -> Callable[[dict[str, Any]], None]:
        def keep(message: dict[str, Any]) -> None:
            self.frames.append((event, message))
            self._show(event, message)

        return keep

    def _show(self, event: str, message: dict[str, Any]) -> None:
        if event == "snapshot":
            self.cards = {card["id"]: card for card in message["cards"]}
        elif event == "upsert":
            self.cards[message["card"]["id"]] = message["card"]
        elif event == "patch":
            self.cards[message["id"]] = {**self.cards[message["id"]], **message["set"]}
        elif event == "remove":
            self.cards.pop(message["id"], None)

    def visit(self, alias: str) -> dict[str, Any] | None:
        return next((card for card in self.cards.values() if card.get("alias") == alias), None)

    def say(self, name: str, **fields: Any) -> dict[str, Any]:
        command = {"key": f"key-{next(self._keys):06}", "name": name, **fields}
        answer: dict[str, Any] = self.io.call("command", command, timeout=5)
        return answer


class Shop:
    """One store, enrolled at `hub`; can be stopped and started again over the same files."""

    def __init__(self, hub: Hub, state: Path, plug: Plug, **tables: Any) -> None:
        self.hub, self.state, self.plug = hub, state, plug
        self.number = next(_numbers)
        self.store_id = f"de-{self.number}"
        store = {"number": self.number, "id": self.store_id, "name": "Test"}
        self.settings = _settings(f"http://127.0.0.1:{plug.port}", {"store": store, **tables})
        created = {"store_id": self.store_id, "number": self.number, "name": "Test"}
        hub.admin.post("/v1/stores", json=created).raise_for_status()
        code = hub.admin.post("/v1/enrol-codes", json={"store_id": self.store_id}).json()["code"]
        self.enrolled = main.enrol(self.settings, state, code)
        self.tablets: list[Tablet] = []

    def start(self) -> Self:
        self.edge = main.Edge(self.settings, self.state, self.enrolled, main.Simulated())
        self._server = make_server("127.0.0.1", 0, self.edge.app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.edge.start()
        self._identity = Identity()
        eventually(lambda: httpx.get(f"{self.url}/readyz").status_code == 200)
        return self

    def stop(self) -> None:
        for tablet in self.tablets:
            tablet.io.disconnect()
        self.tablets.clear()
        self.edge.stop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def pair(self, kind: str, device_id: str) -> Tablet:
        admin = {"Authorization": f"Bearer {(self.state / 'admin.token').read_text()}"}
        asked = {"kind": kind, "id": device_id}
        code = httpx.post(f"{self.url}/admin/pairing-codes", json=asked, headers=admin).json()["code"]
        token = httpx.post(f"{self.url}/pair", json={"code": code}).raise_for_status().json()["token"]
        return self.connect(token)

    def connect(self, token: str) -> Tablet:
        self.token = token
        tablet = Tablet(self.url, token)
        self.tablets.append(tablet)
        return tablet

    def join(self, alias: str, mode: str = "advice", **fields: Any) -> Member:
        """Somebody joins and the store has the key: the phone is recognised from now on."""
        every = ["recognise", "staff", "screen", "web_history", "measure"]
        wish = {"alias": alias, "purposes": every, "standing_mode": mode, "categories": ["coat"], **fields}
        joined = self.hub.join(**wish)
        member = Member(
            joined["member_ref"], bytes.fromhex(joined["secret"]), joined["loyalty_number"], joined["phone_url"]
        )
        tag = member.advertisement(self.number, time.time())
        eventually(lambda: list(replayed([_packet("s-coats", tag)], self._fresh_identity())))
        return member

    def stock_articles(self) -> None:
        articles = catalogue().values()
        stock = [
            Stock(store_id=self.store_id, variant_id=variant.variant_id, pieces=2, counted_at=int(time.time()))
            for article in articles
            for variant in article.variants
        ]
        listed = [article.model_dump(mode="json") for article in articles]
        self.hub.admin.put("/v1/products", json={"products": listed}).raise_for_status()
        counted = [one.model_dump(mode="json") for one in stock]
        self.hub.admin.put("/v1/stock", json={"stock": counted}).raise_for_status()

    def _fresh_identity(self) -> Identity:
        return Identity(self.edge.radio.table)

    def hear(self, member: Member, scanner: str = "s-coats", flags: int = 0) -> None:
        self._identity.use(self.edge.radio.table)
        packet = _packet(scanner, member.advertisement(self.number, time.time(), flags))
        for happened in replayed([packet], self._identity):
            self.edge.radio.post(happened)

    def answer(self, member: Member) -> None:
        """The phone proved its key (the challenge itself has its own tests)."""
        self.edge.radio.post(Answered(member.ref, 0, time.time()))

    @contextmanager
    def inside(self, *members: Member, scanner: str = "s-coats") -> Iterator[None]:
        """Their phones speak ten times a second until the block ends."""
        ending = threading.Event()

        def speak() -> None:
            while not ending.wait(0.1):
                for member in members:
                    self.hear(member, scanner)

        speaking = threading.Thread(target=speak)
        speaking.start()
        try:
            yield
        finally:
            ending.set()
            speaking.join()

    def bytes_on_disk(self) -> bytes:
        return readable(self.state)


def _packet(scanner: str, payload: bytes) -> Packet:
    return Packet(time.time(), scanner, "C0:00:00:00:00:01", -55, payload)


def _settings(hq_url: str, tables: dict[str, Any]) -> Settings:
    every: dict[str, Any] = {
        "presence": {"arrive_after_s": 0.5, "left_after_s": 3, "assurance": "heard"},
        "zone": [
            {"id": "door", "kind": "entrance", "rect": [0, 0, 10, 2]},
            {"id": "coats", "name": "Coats", "rect": [0, 2, 10, 10]},
        ],
        "scanner": [
            {"id": "s-door", "zone": "door", "source": "replay"},
            {"id": "s-coats", "zone": "coats", "source": "replay"},
        ],
        "screen": [{"id": "window", "zone": "coats"}],
        "tablet": [{"id": "t1", "name": "Tablet 1"}, {"id": "t2"}],
        "hq": {"url": hq_url, "wait_s": 5, "timeout_s": 2},
    }
    return parse_settings({**every, **tables}, Path("store.toml"))


@contextmanager
def open_shop(hub: Hub, state: Path, **tables: Any) -> Iterator[Shop]:
    plug = Plug(int(hub.url.rpartition(":")[2]))
    try:
        shop = Shop(hub, state, plug, **tables).start()
        try:
            yield shop
        finally:
            shop.stop()
    finally:
        plug.close()
