"""Many websocket clients in one thread: they connect, answer pings, and hand on each text with the instant it was read.

One for all servers, so that what it costs and how late it reads is the same for each.
"""

import base64
import selectors
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_WITHIN_S: Final = 60.0
# Handshakes under way at once; more would measure the server's listen queue.
AT_ONCE: Final = 16
_KEY: Final = base64.b64encode(bytes(16)).decode()


class Client:
    """One socket. `hello` is sent when Engine.IO says that it is open; None where the server speaks plain websocket."""

    __slots__ = ("_hello", "_read", "_upgraded", "heard", "is_joined", "is_open", "sock")

    def __init__(self, sock: socket.socket, hello: str | None) -> None:
        self.sock = sock
        self._hello = hello
        self._read = bytearray()
        self._upgraded = False
        self.is_joined = False
        self.is_open = True
        self.heard: Callable[[bytes, float], None] = lambda _text, _now: None

    def read(self) -> None:
        try:
            octets = self.sock.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        now = time.monotonic()
        if not octets:
            self.is_open = False
            return
        self._read += octets
        if not self._upgraded:
            head, found, rest = self._read.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head[:20]:
                self.is_open = False
                return
            self._upgraded, self._read = True, rest
        self._frames(now)

    def say(self, body: bytes, first: int = 0x81) -> None:
        length = bytes((0x80 | len(body),)) if len(body) < 126 else struct.pack("!BH", 0xFE, len(body))
        try:
            self.sock.send(bytes((first,)) + length + bytes(4) + body)  # a mask of zeros leaves it as it is
        except OSError:
            self.is_open = False

    def _frames(self, now: float) -> None:
        read, at = self._read, 0
        while len(read) - at >= 2:
            length, head = read[at + 1], 2
            if length == 126:
                length, head = int.from_bytes(read[at + 2 : at + 4]), 4
            elif length == 127:
                length, head = int.from_bytes(read[at + 2 : at + 10]), 10
            if len(read) - at < head + length:
                break
            self._frame(read[at], bytes(read[at + head : at + head + length]), now)
            at += head + length
        del read[:at]

    def _frame(self, first: int, body: bytes, now: float) -> None:
        if self.is_joined and first == 0x81 and body.startswith(b"4"):
            self.heard(body, now)
        elif first == 0x89:
            self.say(body, 0x8A)
        elif body == b"2":
            self.say(b"3")
        elif body.startswith(b'0{"sid"') and self._hello is not None:
            self.say(self._hello.encode())
        elif b'"epoch"' in body or body.startswith((b"40{", b"joined")):
            # Ours has joined with the room's state, which comes after the word that it is connected.
            self.is_joined = self._hello in {None, "40"} or b'"epoch"' in body


class Crowd:
    """Clients of the server at `port`, `hello` as for each; crowds that share a `selector` are read together."""

    def __init__(self, port: int, hello: str | None, selector: selectors.BaseSelector) -> None:
        self._port, self._hello, self._selector = port, hello, selector
        self.clients: list[Client] = []

    def connect(self, count: int, headers: str = "") -> list[Client]:
        """Raises SystemExit when the server does not take them in."""
        made: list[Client] = []
        end = time.monotonic() + CONNECT_WITHIN_S
        while len(made) < count or not all(one.is_joined for one in made):
            if len(made) < count and sum(not one.is_joined for one in made) < AT_ONCE:
                made.append(self.open(headers))
            self.pump(0.0 if len(made) < count else 0.05)
            if time.monotonic() > end or not all(one.is_open for one in made):
                raise SystemExit(f"only {sum(one.is_joined for one in made)} of {count} clients were let in")
        return made

    def open(self, headers: str = "") -> Client:
        sock = socket.create_connection(("127.0.0.1", self._port), 10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        path = "/" if self._hello is None else "/socket.io/?EIO=4&transport=websocket"
        sock.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_KEY}\r\n{headers}\r\n".encode()
        )
        sock.setblocking(False)
        client = Client(sock, self._hello)
        self.clients.append(client)
        self._selector.register(sock, selectors.EVENT_READ, client)
        return client

    def pump(self, within_s: float) -> None:
        """Reads what is there; waits that long when nothing is."""
        for key, _ in self._selector.select(within_s):
            client: Client = key.data
            client.read()
            if not client.is_open:
                self.close(client)

    def close(self, client: Client) -> None:
        client.is_open = False
        if client.sock.fileno() >= 0:
            self._selector.unregister(client.sock)
            client.sock.close()

    def end(self) -> None:
        for client in self.clients:
            self.close(client)
