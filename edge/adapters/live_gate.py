"""Who may come onto the live line at all: how many at once, how often one address may try, and no compression.

Asked before Engine.IO, and so before anybody has said who they are.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.adapters.websocket import Bucket

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LIVE_PATH: Final = "/socket.io/"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many may be on the line, and how often one address may try."""

    # Four threads a client: a department store's 50 tablets and some screens are 250 threads, and the end of it.
    clients: int = 64
    # Of which one address may hold so many: a whole shop behind one access point, and never everything.
    clients_of_one: int = 48
    # A restart brings every tablet back at once; afterwards ten a second is far more than any shop has.
    connects_per_s: float = 10.0
    connects_at_once: float = 80.0
    # All addresses together: whoever is let in costs a handshake and threads, for which those who are in would wait.
    # The burst takes in every client twice, as after a restart.
    all_connects_per_s: float = 20.0
    all_connects_at_once: float = 128.0
    # Addresses that are remembered for this, in memory, while they are connected or lately were.
    addresses: int = 256
    # A client that does not answer within as long again is gone; a tablet's Wi-Fi is away for less when it roams.
    ping_s: int = 10


DEFAULT: Final = Limits()


@dataclass(slots=True)
class _Caller:
    connects: Bucket
    open: int = 0


class Gate:
    """Before Engine.IO: how many may be connected, how often one address may try, and no compression.

    A deflated frame costs twice the CPU, and unpacking somebody's zip bomb costs the memory.
    """

    def __init__(self, inner: "WSGIApplication", limits: Limits) -> None:
        self._inner = inner
        self._limits = limits
        self._lock = threading.Lock()
        self._connects = Bucket(limits.all_connects_per_s, limits.all_connects_at_once)
        self._callers: dict[str, _Caller] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(LIVE_PATH):
            return self._inner(environ, start_response)
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        caller = self._admitted(_address(environ))
        if caller is None:
            return _later(start_response)
        try:
            return self._inner(environ, start_response)
        finally:
            with self._lock:
                caller.open -= 1

    def _admitted(self, address: str) -> _Caller | None:
        limits = self._limits
        with self._lock:
            self._forget_idle()
            caller = self._callers.get(address)
            if caller is None:
                if len(self._callers) >= limits.addresses:
                    return None
                caller = self._callers[address] = _Caller(Bucket(limits.connects_per_s, limits.connects_at_once))
            total = sum(one.open for one in self._callers.values())
            if caller.open >= limits.clients_of_one or total >= limits.clients:
                return None
            if not caller.connects.take() or not self._connects.take():
                return None
            caller.open += 1
            return caller

    def _forget_idle(self) -> None:
        idle = [address for address, one in self._callers.items() if not one.open and one.connects.full]
        for address in idle:
            del self._callers[address]


def _address(environ: "WSGIEnvironment") -> str:
    """The proxy on this machine says whom it speaks for; nobody else is believed about that."""
    direct: str = environ.get("REMOTE_ADDR", "")
    forwarded: str = environ.get("HTTP_X_FORWARDED_FOR", "")
    if forwarded and direct in {"127.0.0.1", "::1", ""}:
        return forwarded.rpartition(",")[2].strip()
    return direct


def _later(start_response: "StartResponse") -> Iterable[bytes]:
    text = b"Too many connections at once: wait a moment and try again.\n"
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(text))), ("Retry-After", "2")]
    start_response("503 Service Unavailable", headers)
    return [text]
