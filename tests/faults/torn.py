"""A line between a store and head office on which everything happens that can happen to HTTP: requests and answers torn
at any octet, held back, sent twice and later, and an older page of the feed in place of the one that was asked for.
"""

import http.client
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

# Of a hundred requests; the others pass. Enough of each in a minute, and enough that gets through.
FATES: Final = {"torn request": 10, "torn answer": 10, "late": 10, "twice": 10, "stale": 8}
LATEST_S: Final = 0.5
# What this line says itself: an answer that came in chunks goes on whole.
_OWN: Final = frozenset({"connection", "date", "transfer-encoding"})


class Answer:
    """As head office gave it."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def octets(self) -> bytes:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
        lines = [f"HTTP/1.1 {self.status} -", *(f"{name}: {value}" for name, value in kept.items())]
        if self.status != http.client.NO_CONTENT and not any(name.lower() == "content-length" for name in kept):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + self.body


class TornLine:
    """`port` leads to `target_port`; calm, it only passes on. `count` says what happened how often."""

    def __init__(self, target_port: int, chance: random.Random) -> None:
        self.target_port, self.chance = target_port, chance
        self.is_calm = True
        self.count: Counter[str] = Counter()
        self.pages: deque[Answer] = deque(maxlen=20)
        self._later: list[threading.Thread] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Request", (_Request,), {"line": self}))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._later:
            thread.join()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fate(self) -> str:
        if self.is_calm:
            return "passed"
        found = self.chance.choices([*FATES, "passed"], [*FATES.values(), 100 - sum(FATES.values())])[0]
        self.count[found] += 1
        return found

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, torn: bool = False) -> Answer:
        far = http.client.HTTPConnection("127.0.0.1", self.target_port, timeout=40)
        try:
            if torn:
                far.connect()
                far.sock.sendall(_part(method, path, headers, body, self.chance))
                raise ConnectionAbortedError
            far.request(method, path, body or None, dict(headers))
            reply = far.getresponse()
            return Answer(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            far.close()

    def again_later(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Nobody reads this answer: the request was sent once more on the way."""

        def ask() -> None:
            time.sleep(self.chance.uniform(0, LATEST_S))
            with suppress(OSError, http.client.HTTPException):
                self.ask(method, path, headers, body)

        self._later.append(threading.Thread(target=ask))
        self._later[-1].start()


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    line: TornLine

    def do_GET(self) -> None:
        self._carry()

    def do_POST(self) -> None:
        self._carry()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name in the standard library
        """Tests print nothing."""

    def _carry(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        with suppress(OSError, http.client.HTTPException):
            self.wfile.write(self._answered(self.line.fate(), headers, body))

    def _answered(self, fate: str, headers: Mapping[str, str], body: bytes) -> bytes:
        line, asked = self.line, (self.command, self.path, headers, body)
        is_feed = self.path.startswith("/v1/feed")
        if fate == "late":
            time.sleep(line.chance.uniform(0, LATEST_S))
        if fate == "twice" and self.command == "POST":
            line.again_later(*asked)
        answer = line.ask(*asked, torn=fate == "torn request")
        if is_feed and answer.status == http.client.OK:
            line.pages.append(answer)
        if is_feed and fate == "stale" and line.pages:
            answer = line.chance.choice(list(line.pages))
        octets = answer.octets()
        return octets[: line.chance.randrange(len(octets))] if fate == "torn answer" else octets


def _part(method: str, path: str, headers: Mapping[str, str], body: bytes, chance: random.Random) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    whole = "\r\n".join(lines).encode() + body
    return whole[: chance.randrange(len(whole))]
