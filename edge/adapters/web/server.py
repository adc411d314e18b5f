"""gunicorn's threaded worker around the store's application, in this very process.

Its arbiter would start a crashed worker again, which systemd and `regulars solo` do too, and costs a second process:
45 MB that it shares with nobody (docs/decisions/0002).
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
from gunicorn.sock import create_sockets
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

    def is_parent_alive(self) -> bool:
        """Whoever started this process may end without it."""
        return True

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
    """Serves what `build` makes. `listening` is bound already, so a taken port was told before anything was built."""

    def __init__(self, listening: socket.socket, build: Callable[[], Running], threads: int = THREADS) -> None:
        self._listening = listening
        self._threads = threads
        self._build = build
        self._running: Running | None = None
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": f"fd://{self._listening.fileno()}",
            "threads": self._threads,
            "worker_connections": self._threads + CONNECTIONS,
            "graceful_timeout": GRACE_S,
            "keepalive": 5,
            "loglevel": "error",
            "post_worker_init": self._started,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Until a signal ends it; then all is stopped, but threads of slow clients may still be there."""
        log = self.cfg.logger_class(self.cfg)
        worker = Worker(0, os.getppid(), create_sockets(self.cfg, log), self, 0, self.cfg, log)
        worker.pid = os.getpid()
        try:
            with suppress(SystemExit):  # how the worker takes a signal that it would not wait for
                worker.init_process()
        finally:
            if self._running is not None:
                self._running.stop()

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
            """Sockets are cut first: each would keep its thread."""
            running.stop()
            worker.handle_exit(number, frame)

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, leave)
