"""What both files of a store have in common: how a connection is made, checked, written through and emptied.

What is deleted is overwritten (secure_delete) and leaves the write-ahead log too (`emptied`). Transactions are
`db.atomic()`: `with db.conn:` around sqlite-utils' own writes keeps them after an exception.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from edge.errors import StateDirError


@contextmanager
def _without_numpy() -> Iterator[None]:
    """sqlite-utils loads numpy wherever it is installed: 73 MB that a store has no use for."""
    loaded = sys.modules.get("numpy")
    sys.modules["numpy"] = None  # type: ignore[assignment] # how `import numpy` is made to fail
    try:
        yield
    finally:
        del sys.modules["numpy"]
        if loaded is not None:
            sys.modules["numpy"] = loaded


with _without_numpy():
    from sqlite_utils import Database as Database  # noqa: PLC0414 - the rest of edge takes it from here
    from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined] # whichever module it uses itself

DatabaseError = sqlite3.DatabaseError
# Locked, full, not writable: waiting may help, throwing the file away would not.
OperationalError = sqlite3.OperationalError
# A writer waits this long for the other connection; locks are held for milliseconds.
BUSY_S: Final = 5.0
_BUSY: Final = 5  # SQLITE_BUSY
# Opening needs a journal and its index, some 100 kB together.
_LEAST_FREE_BYTES: Final = 1 << 20


class Damaged(Exception):
    """The file is not what this service wrote; `args[0]` says how that was found."""


def make_state_dir(path: Path) -> None:
    """Only the service's own user may look inside. Raises StateDirError."""
    probe = path / ".writable"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise StateDirError(path, error.strerror or "not writable") from None


def connected(path: Path, synchronous: Literal["FULL", "NORMAL"]) -> Database:
    """A connection that any thread may use, one at a time: the caller holds the lock."""
    connection = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    db = Database(connection)
    for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "secure_delete = ON"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    path.chmod(0o600)
    return db


def opened(path: Path, synchronous: Literal["FULL", "NORMAL"], tables: str, schema: str) -> Database:
    """Raises Damaged when the file is broken or of another schema, StateDirError when only its place is unfit."""
    try:
        db = connected(path, synchronous)
    except DatabaseError as error:
        raise _judged(path, error) from error
    try:
        _prepare(db, tables, schema)
    except BaseException as error:
        db.close()
        if isinstance(error, DatabaseError):
            raise _judged(path, error) from error
        raise
    return db


def _judged(path: Path, error: Exception) -> Damaged | StateDirError:
    """On a full disk SQLite fails in many ways, and a whole file must not be taken for a broken one."""
    if isinstance(error, OperationalError):
        if shutil.disk_usage(path.parent).free < _LEAST_FREE_BYTES:
            return StateDirError(path.parent, "its disk is full: make room")
        if getattr(error, "sqlite_errorcode", 0) == _BUSY:
            return StateDirError(path.parent, "another program holds its files: end that one")
    return Damaged(type(error).__name__)


def _prepare(db: Database, tables: str, schema: str) -> None:
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise Damaged("its pages do not fit together")
    db.conn.executescript(tables)
    if meta(db, "schema", schema) != schema:
        raise Damaged("another version wrote it")
    with db.atomic():
        put_meta(db, schema=schema)


def removed(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def emptied(db: Database) -> None:
    """The write-ahead log goes back to nothing: what was deleted is in neither file."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def meta(db: Database, name: str, default: str) -> str:
    found = db.execute("SELECT v FROM meta WHERE k = ?", [name]).fetchone()
    return str(found[0]) if found else default


def put_meta(db: Database, **values: str) -> None:
    db.table("meta").upsert_all(({"k": name, "v": value} for name, value in values.items()), pk="k")
