"""Room kept for the day the disk is full: a file that is in the way on purpose, and goes when a removal needs it.

On a full disk SQLite cannot even delete. So whoever withdraws would stay, and no receipt could go out. What adds to the
files is refused while the room is out; what removes from them takes it. It comes back when there is room to spare.
"""

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import structlog

from edge.adapters.store_sqlite import OperationalError, is_full

BALLAST_FILE: Final = "ballast"
# A page of the feed with its withdrawals, both logs and an outbox written anew; nothing to the smallest card sold.
BALLAST_BYTES: Final = 8 << 20
# Taken back only when this much is free beside it, or it would be what fills the disk again.
SPARE_BYTES: Final = 4 * BALLAST_BYTES

Result = TypeVar("Result")
_log = structlog.get_logger("ballast")


class Ballast:
    """One for both files; any thread may write through it."""

    def __init__(self, folder: Path, size: int = BALLAST_BYTES, spare: int = SPARE_BYTES) -> None:
        self._path, self._size, self._spare = folder / BALLAST_FILE, size, spare
        self._lock = threading.Lock()
        self._is_out = False
        if is_full(None, folder):
            self._give()  # or nothing could even be opened
        elif not self._path.exists():
            self._take_back()

    @property
    def is_out(self) -> bool:
        """The disk was full and still is, or nearly: nothing is added to the files."""
        return self._is_out

    def write(self, act: Callable[[], Result], *, removes: bool) -> Result:
        """Raises OperationalError for what adds to a full disk; `act` may be called twice for what `removes`."""
        if self._is_out and not self._take_back() and not removes:
            raise OperationalError("the disk is full")
        try:
            return act()
        except OperationalError as error:
            if not is_full(error, self._path.parent):
                raise
            self._give()
            if not removes:
                raise
            return act()

    def _give(self) -> None:
        with self._lock:
            self._path.unlink(missing_ok=True)
            if not self._is_out:
                _log.warning("disk.full")
            self._is_out = True

    def _take_back(self) -> bool:
        """Whether the room is there again."""
        with self._lock:
            if shutil.disk_usage(self._path.parent).free >= self._size + self._spare:
                with suppress(OSError):
                    self._make()
                    self._is_out = False
            return not self._is_out

    def _make(self) -> None:
        """Allocated, not only named: a file of holes keeps no room."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
        except OSError:
            self._path.unlink()
            raise
        finally:
            os.close(descriptor)
