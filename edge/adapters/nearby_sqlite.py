"""`nearby.db`: what the neighbouring stores have. Disposable like `cache.db`: at any doubt it is fetched again.

A file of its own, because it is larger than the rest of the replica and nothing else depends on it. The thread that
fetches writes, the state thread reads, each on its own connection.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, RLock
from typing import Final

import structlog

from edge.adapters.ballast import Ballast
from edge.adapters.store_sqlite import (
    Damaged,
    DatabaseError,
    OperationalError,
    connected,
    in_memory,
    meta,
    opened,
    put_meta,
    removed,
)
from edge.core.nearby import NearLine
from edge.errors import StateDirError
from wire.nearby import NearbyReply

SCHEMA: Final = "1"
# Cards and searches ask about the same articles again and again.
_REMEMBERED: Final = 2_000
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS store (store_id TEXT PRIMARY KEY, name TEXT NOT NULL, cursor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS line (
    variant_id TEXT, store_id TEXT, pieces INTEGER NOT NULL, counted_at INTEGER NOT NULL,
    PRIMARY KEY (variant_id, store_id)) WITHOUT ROWID;
"""
_NEAR: Final = """
SELECT line.store_id, store.name, line.variant_id, line.pieces, line.counted_at
FROM line JOIN store USING (store_id) WHERE line.variant_id IN (SELECT value FROM json_each(?))
"""
_log = structlog.get_logger("nearby")


class NearbyFile:
    def __init__(self, path: Path, key: bytes, ballast: Ballast) -> None:
        self._path, self._key, self._ballast = path, key, ballast
        self._reading, self._writing = Lock(), RLock()
        self._known: dict[tuple[str, ...], tuple[NearLine, ...]] = {}
        self._is_broken = self._is_closed = False
        self._open()

    # the service reads

    def near(self, variant_ids: Sequence[str]) -> Sequence[NearLine]:
        """Nothing from a damaged file; `mend` begins it anew."""
        asked = tuple(variant_ids)
        with self._reading:
            found = self._known.get(asked)
            if found is None:
                try:
                    rows = self._reader.execute(_NEAR, [json.dumps(asked)]).fetchall()
                except OperationalError:
                    return ()
                except DatabaseError:
                    self._is_broken = True
                    return ()
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                found = self._known[asked] = tuple(NearLine(*row) for row in rows)
        return found

    # the thread that fetches

    def cursors(self) -> Mapping[str, str]:
        with self._writing:
            return {str(row[0]): str(row[1]) for row in self._writer.execute("SELECT store_id, cursor FROM store")}

    def whole_at(self) -> float:
        """When all of it was last fetched from nothing; 0: never."""
        with self._writing:
            return float(meta(self._writer, "whole_at", "0"))

    def begin_anew(self, now: float) -> None:
        """The next answers replace what is here, store by store; until then it stays."""
        with self._writing, self._writer.atomic() as db:
            db.execute("UPDATE store SET cursor = ''")
            put_meta(db, whole_at=str(now))

    def apply(self, reply: NearbyReply) -> bool:
        """One transaction; whether anything changed. Raises OperationalError on a full disk."""
        before = set(self.cursors())
        self._ballast.write(lambda: self._apply(reply), removes=False)
        changed = any(one.lines or one.anew for one in reply.stores) or bool(before - set(reply.near))
        if changed:
            with self._reading:
                self._known = {}
        return changed

    def _apply(self, reply: NearbyReply) -> None:
        near = json.dumps(reply.near)
        with self._writing, self._writer.atomic() as db:
            for table in ("store", "line"):
                db.execute(f"DELETE FROM {table} WHERE store_id NOT IN (SELECT value FROM json_each(?))", [near])  # noqa: S608 - only our own text
            for one in reply.stores:
                if one.anew:
                    db.execute("DELETE FROM line WHERE store_id = ?", [one.store_id])
                db.execute("INSERT OR REPLACE INTO store VALUES (?, ?, ?)", [one.store_id, one.name, one.cursor])
                gone = [(variant_id, one.store_id) for variant_id, pieces, _ in one.lines if pieces <= 0]
                there = [(line[0], one.store_id, *line[1:]) for line in one.lines if line[1] > 0]
                db.conn.executemany("DELETE FROM line WHERE variant_id = ? AND store_id = ?", gone)
                db.conn.executemany("INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?)", there)

    def mend(self) -> None:
        """A file that was found damaged is thrown away; all is fetched again."""
        if self._is_broken:
            _log.warning("nearby.rebuilt", reason="a page changed by itself")
            self.rebuild()

    def rebuild(self) -> None:
        with self._writing, self._reading:
            if self._is_closed:
                return
            self._writer.close()
            self._reader.close()
            removed(self._path)
            self._open()

    def close(self) -> None:
        with self._writing, self._reading:
            self._is_closed = True
            self._writer.close()
            self._reader.close()

    def _open(self) -> None:
        """On a full disk an empty one in memory stands in for it until the next start: nothing depends on it."""
        try:
            self._connect()
        except StateDirError as error:
            _log.warning("nearby.not_opened", reason=str(error))
            self._writer = self._reader = in_memory(_TABLES)
            self._known, self._is_broken = {}, False
        except (Damaged, DatabaseError, ValueError) as error:
            _log.warning("nearby.rebuilt", reason=str(error) or type(error).__name__)
            removed(self._path)
            self._connect()

    def _connect(self) -> None:
        # NORMAL: what a power cut takes is fetched again, its cursor is lost with it.
        self._writer = opened(self._path, self._key, "NORMAL", _TABLES, SCHEMA)
        self._reader = connected(self._path, self._key, "NORMAL")
        self._known, self._is_broken = {}, False
