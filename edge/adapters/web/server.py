"""gunicorn with one threaded worker around the store's application.

The worker, not the arbiter, builds the service: no thread, socket or SQLite connection may cross the fork. What the
arbiter does besides (control socket, log lines of its own) is switched off.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from edge.adapters.live_gate import LIVE_PATH

# A socket holds its thread for as long as it lives: 64 tablets and screens (the limit in live_socketio), and some for
# pages. Threads are made as they are needed.
THREADS: Final = 96
# So many of them at once for whatever is not on the live line: pages, pictures, and handshakes until they are through.
# The line has the rest to itself, however many phones ask.
PAGES_AT_ONCE: Final = 24
# Who is so slow to ask or to take an answer holds a thread that others wait for; a proxy asks and takes at once.
ASKED_WITHIN_S: Final = 5.0
ANSWERED_WITHIN_S: Final = 20.0
# Connections besides, that wait for a thread or for their next request.
CONNECTIONS: Final = 416
# A thread that wants to go on asks for it after so long. One change is forty writes, each of which lets go of the
# interpreter: with Python's own 5 ms, forty busy neighbours hold it up for 200 ms, with half a millisecond for 20 ms.
SWITCH_S: Final = 0.0005
# Ctrl-C otherwise waits for every open socket.
GRACE_S: Final = 1


class Running(Protocol):
    """A built service."""

    @property
    def app(self) -> Flask: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


class _Connection(Protocol):
    """gunicorn's, which ships no types."""

    sock: socket.socket


class _Request(Protocol):
    path: str


class Worker(ThreadWorker):
    """gunicorn's threaded worker, in which requests wait for each other and never the live line for them."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)
        self._until: dict[_Connection, float] = {}
        self._waiting: deque[_Connection] = deque()
        self._lock = threading.Lock()

    def enqueue_req(self, conn: _Connection) -> None:
        if len(self._until) < PAGES_AT_ONCE:
            self._bound(conn, ASKED_WITHIN_S)
            super().enqueue_req(conn)
        else:
            self._waiting.append(conn)

    def handle_request(self, req: _Request, conn: _Connection) -> bool:
        if req.path.startswith(LIVE_PATH):
            self._leave(conn)
        else:
            self._bound(conn, ANSWERED_WITHIN_S)
        answered: bool = super().handle_request(req, conn)
        return answered

    def finish_request(self, conn: _Connection, fs: object) -> None:
        self._leave(conn)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Called once a second, where gunicorn ends those who have not asked anything yet."""
        super().murder_pending()
        now = time.monotonic()
        with self._lock:
            late = [conn for conn, until in self._until.items() if until < now]
        for conn in late:
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)

    def _bound(self, conn: _Connection, within_s: float) -> None:
        with self._lock:
            self._until[conn] = time.monotonic() + within_s

    def _leave(self, conn: _Connection) -> None:
        with self._lock:
            held = self._until.pop(conn, None)
        if held is not None:
            self.method_queue.defer(self._next)

    def _next(self) -> None:
        if self._waiting:
            self.enqueue_req(self._waiting.popleft())


class Server(BaseApplication):
    """`build` is called in the worker. `listening` is bound already, so a taken port was told before any fork."""

    def __init__(self, listening: socket.socket, build: Callable[[], Running], threads: int = THREADS) -> None:
        self._listening = listening
        self._threads = threads
        self._build = build
        self._running: Running | None = None
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": f"fd://{self._listening.fileno()}",
            "worker_class": Worker,
            "workers": 1,
            "threads": self._threads,
            "worker_connections": self._threads + CONNECTIONS,
            "graceful_timeout": GRACE_S,
            "timeout": 60,
            "keepalive": 5,
            "control_socket_disable": True,
            "loglevel": "error",
            "post_worker_init": self._started,
            "worker_exit": self._ended,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        self._running = self._build()
        return self._running.app

    def _started(self, worker: Any) -> None:  # noqa: ANN401 - gunicorn ships no types
        running = self._running
        if running is None:
            return
        sys.setswitchinterval(SWITCH_S)
        running.start()

        def leave(number: int, frame: object) -> None:
            """Sockets are cut first: each would keep its thread, and the worker, until the arbiter kills it."""
            running.stop()
            worker.handle_exit(number, frame)

        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the arbiter too, which then sends SIGTERM

    def _ended(self, _arbiter: object, _worker: object) -> None:
        """Everything is on the disk; a parked poll or a slow client must not hold up the process' end."""
        if self._running is not None:
            self._running.stop()
        os._exit(0)
