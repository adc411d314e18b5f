"""What systemd is told: the store is ready, still alive, or waiting for something.

The watchdog is fed only while the state thread gets on: a store whose owner of state hangs shows old cards for as long
as nobody starts it again. Without systemd every call does nothing.
"""

import os
import socket
import threading
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Final

# Three chances within the time systemd waits, so that one late thread on a busy Pi is not a restart.
_PINGS_PER_LIMIT: Final = 3
_LOOK_EVERY_S: Final = 0.1


class Supervisor:
    """Takes systemd's two variables out of the environment, so that nothing this process runs says READY=1 for it."""

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        self._socket = environment.pop("NOTIFY_SOCKET", "")
        limit = environment.pop("WATCHDOG_USEC", "")
        # The time belongs to the unit, not to the one process that WATCHDOG_PID names.
        environment.pop("WATCHDOG_PID", None)
        self._ping_every_s = int(limit) / 1e6 / _PINGS_PER_LIMIT if limit.isdecimal() else 0.0
        self._stopping = threading.Event()

    def ready(self, status: str = "") -> None:
        self._tell(f"READY=1\nSTATUS={status}")

    def ping(self) -> None:
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        self._stopping.set()
        self._tell("STOPPING=1")

    @property
    def ping_every_s(self) -> float:
        """0 when nobody waits for pings."""
        return self._ping_every_s

    def watch(self, progress: Callable[[], int], is_ready: Callable[[], bool]) -> None:
        """In a thread of its own: READY=1 once `is_ready`, then a ping whenever `progress` has counted on."""
        threading.Thread(target=self._watch, args=(progress, is_ready), name="supervisor", daemon=True).start()

    def _watch(self, progress: Callable[[], int], is_ready: Callable[[], bool]) -> None:
        if not self._socket:
            return
        while not is_ready():
            if self._stopping.wait(_LOOK_EVERY_S):
                return
        self.ready("serving")
        counted = -1
        while self._ping_every_s and not self._stopping.wait(self._ping_every_s):
            if (count := progress()) != counted:
                counted = count
                self.ping()

    def _tell(self, message: str) -> None:
        if not self._socket:
            return
        # "@" writes an abstract name, whose first octet is zero.
        address = f"\0{self._socket[1:]}" if self._socket.startswith("@") else self._socket
        # A message that is lost is said again, or its absence is what systemd waits for.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(message.encode(), address)
