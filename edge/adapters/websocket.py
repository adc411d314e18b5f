"""One websocket connection, held to its limits below Engine.IO and so before anybody has said who they are.

What the stack under us does not do by itself (engineio 4.15, simple-websocket 1.1; read again before a new version):
it takes a frame of any size, waits for ever for a client that never reads or never speaks, queues without end, and
lets two threads write to one socket at once. Each is answered here and tested with a real socket. `Wire.offer` is what
`direct` needs: to write without waiting, never out of turn and never half a message.
"""

import queue
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

import simple_websocket
from wsproto import WSConnection
from wsproto.connection import ConnectionState
from wsproto.utilities import LocalProtocolError

from wire.live import INBOUND_LIMIT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Queued for one client before it counts as too slow: a tablet that missed 64 changes is better served by a snapshot.
QUEUED_MESSAGES: Final = 64
QUEUED_OCTETS: Final = 256 * 1024
KERNEL_OCTETS: Final = 128 * 1024
# Somebody who connects shows a token within this time, or makes room for somebody who does.
AUTHENTICATE_WITHIN_S: Final = 5.0
# One write that makes no progress for this long is a client that is gone or does not read: as long as a ping waits.
SEND_TIMEOUT_S: Final = 10
# Messages that arrived and wait for their turn; a page never has more than a few commands under way.
INBOUND_MESSAGES: Final = 32
# A page sends pongs and a command per tap; 20 a second for long is no page.
MESSAGES_PER_S: Final = 20.0
MESSAGES_AT_ONCE: Final = 60.0

_OPEN: Final = ConnectionState.OPEN
_AT_ONCE: Final = int(socket.MSG_DONTWAIT)


class Bucket:
    """A token bucket: `at_once` together, `per_s` in the long run. Not shared between threads."""

    def __init__(self, per_s: float, at_once: float) -> None:
        self._per_s = per_s
        self._at_once = at_once
        self._level = at_once
        self._seen_at = time.monotonic()

    def take(self) -> bool:
        self._fill()
        if self._level < 1:
            return False
        self._level -= 1
        return True

    @property
    def full(self) -> bool:
        """Nothing was taken lately: forgetting it would change nothing."""
        self._fill()
        return self._level >= self._at_once

    def _fill(self) -> None:
        now = time.monotonic()
        self._level = min(self._at_once, self._level + (now - self._seen_at) * self._per_s)
        self._seen_at = now


class DaemonThread(threading.Thread):
    """A socket's threads never keep the process from ending."""

    def __init__(
        self, target: Callable[..., object], args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(target=target, args=args, kwargs=kwargs, daemon=True)


class _Flush:
    """Stands in the queue for the rest of a message that the kernel took only in part."""

    data = None

    def encode(self) -> Self:
        return self


class SendQueue(queue.Queue[object]):
    """Packets for one client. Full, it calls `overflow`, which ends the client: the producer never waits for a reader.

    `unwritten` are the octets of each message that was put and not written yet, which is more than what is in the
    queue: Engine.IO's writer takes everything at once and then writes one after the other. Empty, whoever writes does
    so in turn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.octets = 0
        self.unwritten: deque[int] = deque()
        self.overflow: Callable[[], None] = lambda: None

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:  # noqa: FBT001, FBT002
        """Never blocks. One message alone may be larger than the limit: a snapshot of a full shop is."""
        with self.mutex:
            waiting = len(self.unwritten)
            full = waiting >= QUEUED_MESSAGES or (waiting > 0 and self.octets + _octets(item) > QUEUED_OCTETS)
        if item is not None and full:
            self.overflow()
            return
        super().put(item, block, timeout)

    def written(self) -> None:
        """The message that was put first of those that were not written yet."""
        with self.mutex:
            self.octets -= self.unwritten.popleft()

    def _put(self, item: object) -> None:
        if item is not None:
            self.unwritten.append(_octets(item))
            self.octets += self.unwritten[-1]
        super()._put(item)


class Connection:
    """What Engine.IO takes for a websocket: `send`, `wait`, `close`; made per request by its threading mode."""

    def __init__(self, run: Callable[["Connection"], object], _server: object) -> None:
        self._run = run
        self._engine_socket: Any = run.__self__  # type: ignore[attr-defined]  # a bound method of its Socket
        self._waiting: SendQueue = self._engine_socket.queue
        self._deadline: float | None = time.monotonic() + AUTHENTICATE_WITHIN_S
        self._inbound = Bucket(MESSAGES_PER_S, MESSAGES_AT_ONCE)
        self._ws: _Websocket | None = None

    def __call__(self, environ: "WSGIEnvironment", _start_response: "StartResponse") -> Iterable[bytes]:
        self._ws = _Websocket(environ, self._waiting)
        self._waiting.overflow = self.abort
        self._engine_socket.connection = self
        try:
            self._run(self)
        except (ValueError, LookupError):
            pass  # a packet that Engine.IO cannot read: its own loop is left without anything put away
        finally:
            self._waiting.put(None)
            self._engine_socket.close(wait=False, abort=True)
            self.abort()
        if self._ws.mode == "gunicorn":
            raise StopIteration  # its way of saying that the socket is no longer HTTP's
        raise ConnectionError

    def authenticated(self) -> None:
        self._deadline = None

    def send(self, message: str | bytes | _Flush) -> None:
        assert self._ws is not None  # noqa: S101 - Engine.IO sends only from within __call__
        try:
            if isinstance(message, _Flush):
                self._ws.wire.flush()
            else:
                self._ws.send(message)
        except simple_websocket.ConnectionClosed:
            raise OSError from None
        finally:
            self._waiting.written()

    @property
    def offer(self) -> Callable[[bytes], bool]:
        """See Wire.offer. Once, for whoever writes often."""
        assert self._ws is not None  # noqa: S101 - as above
        return self._ws.wire.offer

    def wait(self) -> str | None:
        """The next text message; None ends the connection."""
        assert self._ws is not None  # noqa: S101 - as above
        left = None if self._deadline is None else self._deadline - time.monotonic()
        if left is not None and left <= 0:
            return None
        try:
            message = self._ws.receive(timeout=left)
        except simple_websocket.ConnectionClosed:
            return None
        # Nothing here is binary; Socket.IO would collect announced attachments without end.
        if not isinstance(message, str) or not self._inbound.take():
            return None
        return message

    def close(self) -> None:
        assert self._ws is not None  # noqa: S101 - as above
        with suppress(OSError, simple_websocket.ConnectionClosed, LocalProtocolError):
            self._ws.close()  # says goodbye, where somebody is left to hear it
        self.abort()

    def abort(self) -> None:
        """Wakes every thread that reads from or writes to the socket; what the kernel has is still sent."""
        if self._ws is not None:
            self._ws.abort()


class _Websocket(simple_websocket.Server):
    sock: Any
    wire: "Wire"

    def __init__(self, environ: "WSGIEnvironment", waiting: SendQueue) -> None:
        self._waiting = waiting
        super().__init__(environ, max_message_size=INBOUND_LIMIT, thread_class=DaemonThread)

    def handshake(self) -> None:
        self.wire = self.sock = Wire(self.sock, self.ws, self._waiting)
        super().handshake()

    def _handle_events(self) -> bool:
        going_on: bool = super()._handle_events() and len(self.input_buffer) <= INBOUND_MESSAGES
        if not going_on:
            # In this order: a reader that is woken first finds the socket connected and sleeps on.
            self.connected = False
            self.event.set()
        return going_on

    def abort(self) -> None:
        self.wire.abort()


class Wire:
    """A socket on which one thread writes at a time, whole messages, and no write hangs.

    `protocol` knows whether somebody said goodbye; what is `waiting` comes before what is offered.
    """

    __slots__ = ("_acquire", "_is_broken", "_is_plain", "_lock", "_protocol", "_sock", "_unwritten", "_waiting", "rest")

    def __init__(self, sock: socket.socket, protocol: WSConnection, waiting: SendQueue) -> None:
        self._sock = sock
        self._protocol = protocol
        self._waiting = waiting
        self._unwritten = waiting.unwritten
        self._lock = threading.Lock()
        self._acquire = self._lock.acquire
        # TLS has no write that takes a part and leaves the rest to us.
        self._is_plain = type(sock) is socket.socket
        # What the kernel did not take of the last message; it comes before anything else.
        self.rest = b""
        self._is_broken = False
        # A patch of 200 octets is not to wait for the acknowledgement of the one before it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Without this the kernel grows its own queue to megabytes before ours sees that a client does not read.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_OCTETS)
        # struct timeval. Not settimeout(): that would also end every quiet spell of reading.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_TIMEOUT_S, 0))

    def send(self, octets: bytes) -> int:
        with self._lock:
            self._write(octets)
        return len(octets)

    def flush(self) -> None:
        with self._lock:
            self._write(b"")

    def offer(self, octets: bytes) -> bool:
        """Writes a whole websocket frame from the caller's thread, without waiting.

        False: nothing of it was written, because something else comes first, somebody said goodbye, the client does
        not read, or this is no socket to write to so. All in one place: half of what a change costs a client is spent
        here, and a third of that would go into calls (`make bench-push`).
        """
        if self._unwritten or not self._is_plain or not self._acquire(False):
            return False
        try:
            protocol = self._protocol.connection  # None before the handshake
            if self.rest or self._is_broken or protocol is None or protocol.state is not _OPEN:
                return False
            taken = self._sock.send(octets, _AT_ONCE)
            if taken < len(octets):
                self.rest = octets[taken:]
                self._waiting.put(_Flush())
        except OSError:
            return False  # full, or gone: the client's own threads find out which
        finally:
            self._lock.release()
        return True

    def _write(self, octets: bytes) -> None:
        if self._is_broken:
            raise BrokenPipeError
        rest, self.rest = self.rest, b""
        try:
            self._sock.sendall(rest + octets)
        except OSError:
            # Half a message is out: whatever followed, a goodbye too, would be read as its other half.
            self._is_broken = True
            raise

    def recv(self, length: int) -> bytes:
        return self._sock.recv(length)

    def abort(self) -> None:
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # already gone

    def close(self) -> None:
        self._sock.close()


def _octets(item: object) -> int:
    """What a packet will weigh on the wire, near enough: a card's text is mostly ASCII."""
    data = getattr(item, "data", None)
    return len(data) if isinstance(data, str | bytes) else 64
