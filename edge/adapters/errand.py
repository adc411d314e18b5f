"""A thread for what is nice to have of head office: a little at a time, and nobody ever waits for it."""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from edge.adapters.store_sqlite import DatabaseError, told
from edge.errors import HqUnreachable

# Without head office, or on a full disk.
FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 120.0

_log = structlog.get_logger("errand")


class Errand:
    """`turn` does a piece and says after how many seconds to call again. What it raises costs a growing pause."""

    def __init__(self, name: str, turn: Callable[[], float]) -> None:
        self._name, self._turn = name, turn
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def leave(self) -> None:
        """Begins nothing new; what is under way is left behind, its thread dies with the process."""
        self._stopping.set()

    def _run(self) -> None:
        wait_s, pause_s = 0.0, FIRST_PAUSE_S
        while not self._stopping.wait(wait_s):
            try:
                wait_s, pause_s = self._turn(), FIRST_PAUSE_S
            except Exception as error:  # noqa: BLE001 - the top of a thread: said, and tried again
                if not isinstance(error, HqUnreachable):
                    _log.warning("errand.failed", errand=self._name, reason=_reason(error))
                wait_s, pause_s = pause_s, min(LONGEST_PAUSE_S, 2 * pause_s)


def _reason(error: Exception) -> str:
    """Never a database's own text, which may quote a row."""
    if isinstance(error, DatabaseError):
        return told(error)
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
