"""One change to many clients: framed once, written by the thread that has it, no thread woken for each.

Engine.IO's own way wakes a writer thread per client, and each frames the same text again; with a hundred tablets that
is most of what a change costs (`make bench-push`). This way is taken message by message, where it can make no
difference to what the client reads; everywhere else the stock way is. Knows packets and sockets; refuses to know cards.

What has to hold, and where it is asked:
- the Engine.IO that was read for this, with its `Socket.send`, `_send_ping` and our queue: `is_supported`;
- a text message: `Shared` (a binary one is an attachment behind another message);
- a plain socket that was upgraded to websocket, nothing queued before, no goodbye said: `Wire.offer`.
"""

import queue
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import Any, Final

from engineio import exceptions as engine_exceptions
from engineio.packet import MESSAGE, PING, Packet
from engineio.socket import Socket

ENGINEIO: Final = "4.15.1"

_TEXT_FRAME: Final = 0x81
_LENGTH_IN_2: Final = 126
_LENGTH_IN_8: Final = 127


def is_supported() -> bool:
    return version("python-engineio") == ENGINEIO


class Shared:
    """One packet for however many receive it; `frame` is None for what must go the stock way."""

    __slots__ = ("frame", "packet")

    def __init__(self, packet: Packet, *, directly: bool = True) -> None:
        self.packet = packet
        is_text = packet.packet_type == MESSAGE and not packet.binary
        self.frame = text_frame(packet.encode()) if directly and is_text else None

    def send(self, engine_socket: Any, offer: Callable[[bytes], bool]) -> None:  # noqa: ANN401 - Engine.IO ships no types
        """What Engine.IO's `Socket.send` does, never waiting; `offer` is its connection's (`websocket.Wire`).

        Nothing happens to a client that is gone.
        """
        try:
            if self.frame is None:
                engine_socket.send(self.packet)
            # Its answer can only be no while a ping is under way or the socket is closed.
            elif engine_socket.check_ping_timeout() and not offer(self.frame):
                engine_socket.queue.put(self.packet)
        except engine_exceptions.SocketIsClosedError:
            return  # its own thread is putting it away


class Pings:
    """Engine.IO's pings, due on one thread: its own way is a new thread per client and ping, which sleeps until then.

    They go through the client's queue: a writer to whom nothing came for two intervals ends the client.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        # All wait equally long, so whoever was put first is due first.
        self._due: queue.SimpleQueue[tuple[float, Any]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pings", daemon=True)

    def adopt(self, engine: Any) -> None:  # noqa: ANN401 - as above
        """From now on `engine` plans its pings here; whatever else it does in the background it does as before."""
        engine.start_background_task = partial(self._begin, engine.start_background_task)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._due.put((0.0, None))

    def _begin(self, others: Callable[..., object], target: Any, *args: object, **kwargs: object) -> object:  # noqa: ANN401
        if getattr(target, "__func__", None) is not Socket._send_ping:  # noqa: SLF001 - what is replaced
            return others(target, *args, **kwargs)
        self._due.put((time.monotonic() + self._interval_s, target.__self__))
        return None

    def _run(self) -> None:
        while not self._stopping.is_set():
            due, engine_socket = self._due.get()
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            if not engine_socket.closing and not engine_socket.closed:
                engine_socket.last_ping = time.time()
                with suppress(engine_exceptions.SocketIsClosedError):
                    engine_socket.send(Packet(PING))


def text_frame(text: str) -> bytes:
    """The whole message in one frame, as a server sends it: not masked, not compressed."""
    octets = text.encode()
    if len(octets) < _LENGTH_IN_2:
        return bytes((_TEXT_FRAME, len(octets))) + octets
    if len(octets) < 1 << 16:
        return struct.pack("!BBH", _TEXT_FRAME, _LENGTH_IN_2, len(octets)) + octets
    return struct.pack("!BBQ", _TEXT_FRAME, _LENGTH_IN_8, len(octets)) + octets
