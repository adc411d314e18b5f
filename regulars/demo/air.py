"""The simulator's remote control, as the demo uses it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import urllib3

_TIMEOUT_S: Final = 5.0
_RECONNECT_S: Final = 0.2
_HTTP_OK: Final = range(200, 300)

Json = dict[str, object]


class AirRefused(Exception):
    """The simulator said no, with its sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Air:
    """`url` is the simulator's control address."""

    url: str

    def floor(self) -> Json:
        """The floor plan as the simulator draws it."""
        return self.send("GET", "/floor")

    def add_phone(self, phone: Mapping[str, object]) -> str:
        """The id of the new phone."""
        return str(self.send("POST", "/phones", phone)["id"])

    def move(self, phone_id: str, x: float | None, y: float | None) -> None:
        """At once; None takes the phone away."""
        self.send("POST", f"/phones/{phone_id}/move", {"x": x, "y": y})

    def walk(self, phone_id: str, path: Sequence[tuple[float, float]], speed_mps: float, *, leave: bool) -> None:
        """At walking pace through the corners of `path`."""
        body = {"path": [list(corner) for corner in path], "speed_mps": speed_mps, "leave": leave}
        self.send("POST", f"/phones/{phone_id}/walk", body)

    def trace(self, phone_id: str) -> None:
        """The recorded walk of a real person."""
        self.send("POST", f"/phones/{phone_id}/trace", {})

    def mode(self, phone_id: str, mode: str) -> None:
        """What the phone's app asks for from now on."""
        self.send("POST", f"/phones/{phone_id}/mode", {"mode": mode})

    def crowd(self, devices: int, adverts_per_s: float) -> None:
        """Strangers' devices."""
        self.send("POST", "/crowd", {"devices": devices, "adverts_per_s": adverts_per_s})

    def foreign(self) -> Json:
        """Everything that strangers' devices sent: advertisements in all, and each address with each payload."""
        return self.send("GET", "/foreign")

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Json:
        """The JSON that the simulator answers. Raises AirRefused."""
        try:
            reply = urllib3.request(method, f"{self.url}{path}", json=body, timeout=_TIMEOUT_S, retries=False)
        except urllib3.exceptions.HTTPError as error:
            raise AirRefused(0, f"The simulator does not answer: {type(error).__name__}.") from None
        found = json.loads(reply.data) if reply.data else {}
        if reply.status not in _HTTP_OK:
            raise AirRefused(reply.status, str(found.get("detail", reply.status)))
        return dict(found)


def listen(url: str, cookie: str, heard: Callable[[str, str], None], stopped: Callable[[], bool]) -> None:
    """Server-sent events of `url` until `stopped`; `heard(event, text)`. Reconnects; blocks its thread."""
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2.0, read=20.0), retries=False)
    headers = {"Accept": "text/event-stream", **({"Cookie": cookie} if cookie else {})}
    while not stopped():
        try:
            reply = pool.request("GET", url, headers=headers, preload_content=False)
            try:
                for event, text in _events(reply.stream(65_536)):
                    heard(event, text)
                    if stopped():
                        return
            finally:
                reply.close()
        except (urllib3.exceptions.HTTPError, OSError):
            time.sleep(_RECONNECT_S)


def _events(chunks: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    rest = b""
    for chunk in chunks:
        *blocks, rest = (rest + chunk).replace(b"\r\n", b"\n").split(b"\n\n")
        for block in blocks:
            lines = block.decode().split("\n")
            event = next((line[6:].strip() for line in lines if line.startswith("event:")), "message")
            text = "\n".join(line[5:].lstrip() for line in lines if line.startswith("data:"))
            if text:
                yield event, text
