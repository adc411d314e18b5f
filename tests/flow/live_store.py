"""A store with nothing in it but one room, a state thread and the real line: pages, pairing and Socket.IO.

Runs in this process (`Running`), under gunicorn as `tests.flow.live_store:application()`, or under the store's own
server as `python -m tests.flow.live_store`, which prints its port.
"""

import os
import queue
import socket
import threading
import time
from typing import TYPE_CHECKING, Self

from flask import Flask
from prometheus_client import CollectorRegistry
from werkzeug.serving import make_server

from edge.adapters.live_gate import Limits
from edge.adapters.live_socketio import Live, LiveInput
from edge.adapters.web import Health, Pairing, create_app
from edge.adapters.web.server import Server
from edge.core.effects import Acknowledge, Reply, Send
from edge.core.inputs import Commanded, Device, Subscribed
from edge.core.live import Room
from edge.core.pairing import Paired, hashed
from tests.contract.fake_pairing import FakePairingStore
from wire.cards import Card, QuietCard
from wire.live import Ack

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "tablet-token"
ADMIN = "admin-token"
LIMITS = Limits()
TABLET = Paired("tablet", "till")
SCREEN = Paired("screen", "window")


class Store:
    """The state thread: the only one that touches the room and runs effects."""

    def __init__(self, queue_length: int = 1000, *, directly: bool = True, limits: Limits = LIMITS) -> None:
        self.inputs: queue.Queue[LiveInput | Callable[[], None] | None] = queue.Queue(queue_length)
        self.seen: list[LiveInput] = []
        self.room = Room("staff", "epoch-1")
        self.pairings = FakePairingStore()
        self.pairings.create_code("tablet", "till", hashed("000000"), time.time() + 600)
        self.pairings.redeem(hashed("000000"), hashed(TOKEN), time.time())
        self.pairing = Pairing(self.pairings, {TABLET: "Till", SCREEN: "Window"}, ADMIN)
        self.app: Flask = create_app(self.pairing, lambda: Health(ready=True), CollectorRegistry())
        self.live = Live(
            self.app,
            device_of=self.device_of,
            post=self.post,
            origins=["https://pages.example"],
            directly=directly,
            limits=limits,
        )
        self.pairing.unpaired = self.live.disconnect
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def device_of(self, token: str) -> Device | None:
        found = self.pairing.device_of(token)
        return None if found is None else Device(found.id, found.kind)

    def post(self, one: LiveInput) -> bool:
        try:
            self.inputs.put_nowait(one)
        except queue.Full:
            return False
        return True

    def put(self, card: Card) -> None:
        def change() -> None:
            message = self.room.put(card, time.time())
            if message is not None:
                self.live.run(Send("staff", message))

        self.inputs.put(change)

    def stop(self) -> None:
        self.inputs.put(None)
        self._thread.join()
        self.live.stop()

    def _run(self) -> None:
        while (one := self.inputs.get()) is not None:
            if callable(one):
                one()
                continue
            self.seen.append(one)
            if isinstance(one, Subscribed):
                seq = one.hello.seq.get("staff", 0)
                self.live.run(Reply(one.client, self.room.subscribe(one.hello.epoch, seq, time.time())))
            elif isinstance(one, Commanded) and one.command.name != "dismiss_hint":  # that one is never answered
                self.live.run(
                    Acknowledge(one.client, Ack(key=one.command.key, ok=True, body={"did": one.command.name}))
                )


class Running:
    """The store behind werkzeug's threaded server, on a free port."""

    def __init__(self, *, directly: bool = True, limits: Limits = LIMITS) -> None:
        self.store = Store(directly=directly, limits=limits)
        self._server = make_server("127.0.0.1", 0, self.store.app, threaded=True)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.store.stop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def application() -> Flask:
    """For gunicorn, which calls this in its worker: threads start after the fork."""
    store = Store()
    store.put(QuietCard(count=int(os.environ.get("REGULARS_TEST_COUNT", "3"))))
    return store.app


class _Shop:
    def __init__(self) -> None:
        self._store = Store()
        self.app = self._store.app

    def start(self) -> None: ...

    def stop(self) -> None:
        self._store.stop()


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listening.getsockname()[1], flush=True)  # noqa: T201
    Server(listening, _Shop).run()
