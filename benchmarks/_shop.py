"""A store's service, state thread and live line under gunicorn, with a replica and pairings in memory.

In: lines "arrive MEMBER", "heard MEMBER ...", "mode MEMBER MODE"; out: a line with the port, then for each of them the
instant at which the state thread was handed it. The service's clock is NOW plus the machine's monotonic one, so a
card's `decided_at` can be compared with when it was read.
"""

import socket
import sys
import tempfile
import threading
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from edge.adapters.live_socketio import Live
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.state import State
from edge.adapters.web import Health, Pairing, create_app
from edge.adapters.web.server import Server
from edge.core.inputs import Answered, Device, FeedApplied, Heard
from edge.service import Service
from tests.contract.fake_pairing import FakePairingStore
from tests.core.store import FILE_KEY, NOW, chance, profile, replica, settings
from wire.sync import PhoneCodePost, PhoneCommand, PhoneViewPost, Revocation
from wire.views import Mode

if TYPE_CHECKING:
    from flask import Flask

TABLETS = 50
MEMBERS = [f"{number:032x}" for number in range(1, 13)]


def clock() -> float:
    return NOW + time.monotonic()


class HeadOffice:
    """Takes what it is given."""

    def events_wait(self) -> None: ...
    def pull(self, loyalty: str) -> None: ...
    def confirm(self, revocation: Revocation, applied_at: float) -> None: ...
    def post_phone(self, post: PhoneViewPost | PhoneCodePost) -> None: ...


class Shop:
    def __init__(self, folder: Path) -> None:
        own = settings(tablet=[{"id": f"t{number}"} for number in range(TABLETS)])
        members = replica(*(profile(one, name=f"Member {one[-2:]}", alias=f"M {one[-2:]}") for one in MEMBERS))
        members.confirmed_at = clock()
        service = Service(members, own, chance(), clock())
        self._outbox = Outbox(folder / "outbox.db", FILE_KEY)
        self._state = State(service.step, lambda: service.is_busy, self._outbox, clock=clock)
        self.app: Flask = create_app(
            Pairing(FakePairingStore(), {}, "admin"), lambda: Health(True), CollectorRegistry()
        )
        self._live = Live(self.app, device_of=lambda token: Device(token, "tablet"), post=self._state.post)
        self._state.connect(HeadOffice(), self._live)
        self._numbers = count(1)

    def start(self) -> None:
        self._state.start()
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        self._live.stop()
        self._state.stop()
        self._outbox.close()

    def _run(self) -> None:
        for line in sys.stdin:
            what, *words = line.split()
            at = time.monotonic()
            if what == "arrive":
                self._state.post(Answered(words[0], 0, clock()))
            elif what == "heard":
                for member in words:
                    self._state.post(Heard(member, "s-coats", -55, 0, clock()))
            else:
                self._state.post(FeedApplied(commands=(self._wish(*words),)))
            print(at, flush=True)

    def _wish(self, member: str, mode: str) -> PhoneCommand:
        return PhoneCommand(
            command_id=f"command-{next(self._numbers)}",
            member_ref=member,
            kind="mode",
            mode=Mode(mode),
            at=clock(),
            expires_at=clock() + 120,
        )


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listening.getsockname()[1], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        Server(listening, lambda: Shop(Path(folder))).run()


if __name__ == "__main__":
    main()
