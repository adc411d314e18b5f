"""The machine's clocks behind `edge.core.clock`: one trusted time for every thread of the service."""

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.adapters.system import is_synchronised
from edge.core.clock import Anchor, TrustedTime

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """One boot of the machine; elsewhere than on Linux one start of the service."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return str(uuid.uuid4())


def since_boot_s() -> float:
    """Goes on while the machine sleeps, where the system can say that."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Clock:
    """Safe to call from any thread. The arguments are for tests: what the machine would say."""

    def __init__(
        self,
        *,
        boot: str = "",
        monotonic: Callable[[], float] = since_boot_s,
        system: Callable[[], float] = time.time,
        synchronised: Callable[[], bool | None] = is_synchronised,
    ) -> None:
        self._monotonic, self._system, self._synchronised = monotonic, system, synchronised
        self._lock = threading.Lock()
        self._time = TrustedTime(boot or boot_id(), monotonic(), system())

    def now(self) -> float:
        """Trusted time, unix seconds."""
        with self._lock:
            return self._time.now(self._monotonic())

    def system(self) -> float:
        """What the machine itself believes: only to be told, never to be used."""
        return self._system()

    def anchor(self) -> Anchor:
        with self._lock:
            return self._time.anchor(self._monotonic())

    def resume(self, kept: Anchor) -> None:
        with self._lock:
            self._time.resume(kept, self._monotonic())

    def confirm(self, office_s: float, within_s: float = 0.0) -> None:
        with self._lock:
            self._time.confirm(office_s, within_s, self._monotonic())

    def consult(self) -> None:
        """Until head office speaks, a synchronised system clock is the next best."""
        if self._synchronised():
            with self._lock:
                self._time.consult(self._system(), self._monotonic())
