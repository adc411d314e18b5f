"""Our half of `push.py`: pages, pairing and the live line under gunicorn, as in a store, with room for 400 clients.

In: one line with the patch to send, then lines "emit RATE SECONDS"; out: a line with the port, then for each of those
{"emits", "cpu_s", "pid"}. `stock` as an argument: without writing directly; `shop`: with the limits of a shop.
"""

import json
import os
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from edge.adapters.live_gate import Limits
from edge.adapters.web.server import THREADS, Server
from edge.core.effects import Send
from tests.flow.live_store import Store
from wire.live import Patch

if TYPE_CHECKING:
    from flask import Flask

CLIENTS = 400
ROOM = Limits(clients=CLIENTS, clients_of_one=CLIENTS, connects_at_once=CLIENTS, all_connects_at_once=CLIENTS)
IS_SHOP = "shop" in sys.argv


class Shop:
    def __init__(self, patch: dict[str, Any]) -> None:
        self._patch = patch
        self._store = Store(directly="stock" not in sys.argv, limits=Limits() if IS_SHOP else ROOM)
        self.app: Flask = self._store.app

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        self._store.stop()

    def _run(self) -> None:
        for line in sys.stdin:
            _, rate, seconds = line.split()
            self._emit(float(rate), float(seconds))

    def _emit(self, rate: float, seconds: float) -> None:
        began, spent, emits = time.monotonic(), time.process_time(), round(rate * seconds)
        for n in range(emits):
            time.sleep(max(0.0, began + n / rate - time.monotonic()))
            self._store.inputs.put(self._send)
        time.sleep(0.5)
        told = {"emits": emits, "cpu_s": time.process_time() - spent, "pid": os.getpid()}
        print(json.dumps(told), flush=True)

    def _send(self) -> None:
        """On the state thread, as every change."""
        self._patch["seq"] += 1
        self._patch["set"]["t"] = time.monotonic()
        self._store.live.run(Send("staff", Patch(**self._patch)))


def main() -> None:
    told = b""
    while not told.endswith(b"\n"):
        told += os.read(0, 1)  # nothing is read ahead: the rest is for the worker
    patch = json.loads(told)
    listening = socket.create_server(("127.0.0.1", 0), backlog=CLIENTS)
    print(listening.getsockname()[1], flush=True)
    Server(listening, lambda: Shop(patch), threads=THREADS if IS_SHOP else CLIENTS + 32).run()


main()
