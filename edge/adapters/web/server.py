"""gunicorn with one threaded worker around the store's application.

The worker, not the arbiter, builds the service: no thread, socket or SQLite connection may cross the fork. What the
arbiter does besides (control socket, log lines of its own) is switched off.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, Final, Protocol

from flask import Flask
from gunicorn.app.base import BaseApplication

# A socket holds its thread for as long as it lives: 64 tablets and screens (the limit in live_socketio), and some for
# pages. Threads are made as they are needed.
THREADS: Final = 96
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
            "worker_class": "gthread",
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
