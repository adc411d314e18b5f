"""The file of `cache.db`: how it is opened, thrown away, written anew, and reached through one lock.

One connection writes, another reads; each is used by one thread at a time. What the tables mean is for the classes
that are built on this one: `cache_keys`, `cache_withdrawals` and `cache_sqlite`, which joins them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

import structlog

from edge.adapters.ballast import Ballast
from edge.adapters.store_sqlite import (
    Damaged,
    Database,
    DatabaseError,
    OperationalError,
    connected,
    emptied,
    in_memory,
    opened,
    removed,
)

SCHEMA: Final = "5"

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    kind TEXT, key TEXT, rev INTEGER NOT NULL, body BLOB, until REAL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_until ON record (until) WHERE until IS NOT NULL;
CREATE TABLE IF NOT EXISTS found (
    member_ref TEXT PRIMARY KEY, words TEXT NOT NULL, loyalty TEXT, reserving INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS found_loyalty ON found (loyalty) WHERE loyalty IS NOT NULL;
CREATE INDEX IF NOT EXISTS found_reserving ON found (reserving) WHERE reserving IS NOT NULL;
CREATE TABLE IF NOT EXISTS dictionary (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS revoked (
    member_ref TEXT PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL,
    rev INTEGER NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS day_key (
    day INTEGER, member_ref TEXT, key BLOB NOT NULL, PRIMARY KEY (day, member_ref)) WITHOUT ROWID;
"""
_log = structlog.get_logger("cache")


class CacheFile:
    """Without its key the file stays shut and an empty one in memory stands in for it, until `unlock`.

    `was_rebuilt`: the file was thrown away when it was opened, or while running.
    """

    def __init__(self, path: Path, key: bytes | None, ballast: Ballast | None = None) -> None:
        self._path, self._key, self._ballast = path, key or b"", ballast or Ballast(path.parent)
        self._lock = RLock()
        self.was_rebuilt = False
        self._open()

    @property
    def is_locked(self) -> bool:
        return not self._key

    @property
    def is_broken(self) -> bool:
        """Something that was read had changed by itself: nothing is known any more until `rebuild`."""
        return self._is_broken

    def unlock(self, key: bytes) -> None:
        """Head office gave the key; what is in the file is there from now on."""
        with self._lock:
            self.close()
            self._key = key
            self._open()

    def rebuild(self) -> None:
        """Throws the file away and begins an empty one; what the service reads meanwhile is nothing."""
        with self._lock:
            self.close()
            if not self.is_locked:
                removed(self._path)
            self.was_rebuilt = True
            self._connect()

    def close(self) -> None:
        with self._lock:
            self._writer.close()
            self._reader.close()

    def _loaded(self) -> None:
        """What of the file is also held in memory is taken from it: it was opened just now."""

    def _open(self) -> None:
        try:
            self._connect()
        except (Damaged, DatabaseError, ValueError) as error:
            _log.warning("cache.rebuilt", reason=str(error) or type(error).__name__)
            removed(self._path)
            self.was_rebuilt = True
            self._connect()
        if self._read("SELECT 1 FROM revoked WHERE confirmed = 0 LIMIT 1"):
            self._rewrite()  # an earlier run may have ended before it looked for what they left

    def _connect(self) -> None:
        self._is_broken = False
        if self.is_locked:
            self._writer = self._reader = in_memory(_TABLES)
        else:
            # NORMAL: a power cut may lose the newest pages of the feed, whose cursor is lost with them.
            self._writer = opened(self._path, self._key, "NORMAL", _TABLES, SCHEMA)
            self._reader = connected(self._path, self._key, "NORMAL")
        self._loaded()

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with self._lock, self._writer.atomic() as db:
            yield db

    def _read(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            return list(self._reader.execute(query, values).fetchall())

    def _found(self, query: str, values: Sequence[object]) -> list[Any]:
        """For the service, to which a damaged file is one without the member; the sync thread begins it anew."""
        try:
            return self._read(query, values)
        except OperationalError:
            raise
        except DatabaseError:
            self._is_broken = True
            return []

    def _empty(self) -> None:
        with self._lock:
            emptied(self._writer)

    def _rewrite(self) -> None:
        """Live rows only, into a new file that takes this one's place; without room for that, all is fetched again."""
        fresh = self._path.with_suffix(".new")
        removed(fresh)
        with self._lock:
            try:
                self._writer.execute("VACUUM INTO ?", [str(fresh)])
            except DatabaseError:
                removed(fresh)
                self.rebuild()
                return
            self.close()
            removed(self._path)
            fresh.replace(self._path)
            self._connect()
