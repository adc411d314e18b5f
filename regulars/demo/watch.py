"""Real clients of the shop: a tablet or a screen on Socket.IO, a shopper's phone on head office's event stream.

They only write down what arrives and when; `frame.py` folds it, `judge.py` judges it, `tour.py` looks for its steps.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import socketio
import urllib3

from regulars.demo.air import listen
from regulars.demo.frame import Frame
from regulars.solo.door import PairingRefused

Sink = Callable[[Frame], None]

_TIMEOUT_S: Final = 5.0
_EVENTS: Final = ("snapshot", "replay", "upsert", "patch", "remove")


@dataclass(slots=True)
class LiveWatch:
    """One paired device. `name` is its name in frames."""

    url: str
    token: str
    name: str
    sink: Sink
    client: Any = None
    _epoch: str = ""
    _seq: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """Connects; reconnects by itself from then on."""
        self.client = socketio.Client(reconnection_delay=0.2, reconnection_delay_max=1.0)
        for event in _EVENTS:
            self.client.on(event, self._receiver(event))
        self.client.connect(self.url, auth=self._auth, transports=["websocket"], wait_timeout=_TIMEOUT_S)

    def command(self, body: Mapping[str, object]) -> dict[str, object]:
        """The acknowledgement of one command."""
        return dict(self.client.call("command", dict(body), timeout=_TIMEOUT_S))

    def stop(self) -> None:
        """Disconnects."""
        if self.client is not None:
            self.client.disconnect()

    def _auth(self) -> dict[str, object]:
        return {"token": self.token, "proto": 1, "epoch": self._epoch, "seq": dict(self._seq)}

    def _receiver(self, event: str) -> Callable[[dict[str, object]], None]:
        def received(body: dict[str, object]) -> None:
            at = time.time()
            self._epoch = str(body.get("epoch", self._epoch))
            self._seq[str(body.get("room", ""))] = int(str(body.get("seq", 0)))
            self.sink(Frame(at, self.name, event, body))

        return received


@dataclass(slots=True)
class PhoneWatch:
    """A shopper's page, open all afternoon. `cookie` is its session at head office."""

    url: str
    cookie: str
    name: str
    sink: Sink
    _stopped: bool = False

    def start(self) -> None:
        """Listens in a thread of its own."""
        threading.Thread(target=self._listen, name=self.name, daemon=True).start()

    def stop(self) -> None:
        """The thread ends with its connection's next event."""
        self._stopped = True

    def _listen(self) -> None:
        listen(f"{self.url}/phone/stream", self.cookie, self._heard, lambda: self._stopped)

    def _heard(self, event: str, text: str) -> None:
        if event == "visit":
            self.sink(Frame(time.time(), self.name, "visit", json.loads(text) or {}))


def phone_session(office_url: str, code: str) -> str:
    """The cookie that head office gives for a phone's single-use code."""
    reply = urllib3.request(
        "POST",
        f"{office_url}/phone/session",
        json={"code": code},
        headers={"X-Regulars": "1"},
        timeout=_TIMEOUT_S,
        retries=False,
    )
    cookie = reply.headers.get("Set-Cookie", "")
    if reply.status >= 300 or not cookie:  # noqa: PLR2004 - anything but yes
        raise PairingRefused(f"/phone/session: {reply.status} {reply.data[:200]!r}")
    return cookie.partition(";")[0]
