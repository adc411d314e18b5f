"""What both files of a store have in common: how a connection is made, checked, written through and emptied.

Both are SQLCipher's: every page is encrypted and carries an HMAC, so a page that changed by itself is an error and
never an answer. What is deleted is overwritten (secure_delete) and leaves the write-ahead log too (`emptied`).
Transactions are `db.atomic()`: `with db.conn:` around sqlite-utils' own writes keeps them after an exception.
"""

import shutil
from pathlib import Path
from typing import Final, Literal

import sqlcipher3

from edge.adapters.absence import absent
from edge.errors import PrerequisiteMissing, StateDirError

# sqlite-utils takes pysqlite3 instead of Python's own where it is there; given a connection of another module, it does
# not know that module's errors. And it loads numpy wherever it is installed: 73 MB that a store has no use for.
with absent("numpy", **{"pysqlite3": sqlcipher3, "pysqlite3.dbapi2": sqlcipher3.dbapi2}):
    from sqlite_utils import Database as Database  # noqa: PLC0414 - the rest of edge takes it from here
    from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined] # whichever module it uses itself

DatabaseError = sqlite3.DatabaseError
# Locked, full, not writable: waiting may help, throwing the file away would not.
OperationalError = sqlite3.OperationalError
SQLITE_VERSION: Final[str] = sqlite3.sqlite_version
# Older ones can corrupt a database whose write-ahead log is reset while another connection reads.
OLDEST_SQLITE: Final = (3, 51, 3)
# Of each connection, in KiB. SQLCipher's own 8 MB would be a quarter of what a Pi Zero's store may take in all.
_PAGES_KIB: Final = 2048
# A writer waits this long for the other connection; locks are held for milliseconds.
BUSY_S: Final = 5.0
_BUSY: Final = 5  # SQLITE_BUSY
_FULL: Final = 13  # SQLITE_FULL
_IO_ERROR: Final = 10  # SQLITE_IOERR and its kinds
_NOT_A_DATABASE: Final = 26  # SQLITE_NOTADB
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


def check_version(version: str = SQLITE_VERSION) -> None:
    """Raises PrerequisiteMissing for an SQLite that may damage its own files."""
    if tuple(map(int, version.split("."))) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise PrerequisiteMissing(
            f"SQLite {oldest} or newer", f"sqlcipher3 brings {version}; install the pins of requirements/base.txt"
        )


def connected(path: Path, key: bytes, synchronous: Literal["FULL", "NORMAL"]) -> Database:
    """A connection that any thread may use, one at a time: the caller holds the lock. `key` has 32 octets."""
    check_version()
    connection = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    db = Database(connection)
    try:
        # The key itself and not a passphrase: nothing to stretch, so a connection costs no quarter of a second.
        for pragma in (
            "cipher_log_level = NONE",  # it would write into our log, which is JSON
            f"key = \"x'{key.hex()}'\"",
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "secure_delete = ON",
            f"cache_size = -{_PAGES_KIB}",
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
        path.chmod(0o600)
    except BaseException:
        db.close()
        raise
    return db


def opened(path: Path, key: bytes, synchronous: Literal["FULL", "NORMAL"], tables: str, schema: str) -> Database:
    """Raises Damaged for a broken file or one of another key or schema, StateDirError when only its place is unfit."""
    try:
        db = connected(path, key, synchronous)
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


def in_memory(tables: str) -> Database:
    """An empty one that nobody keeps."""
    db = Database(sqlite3.connect(":memory:", check_same_thread=False))
    db.conn.executescript(tables)
    return db


def plain(path: Path) -> Database:
    """Without a key, as any SQLite opens it."""
    return Database(sqlite3.connect(path))


def is_full(error: Exception | None, folder: Path) -> bool:
    """Whether there is no room, by what SQLite says or by what the disk does: SQLite fails in many ways then."""
    said = getattr(error, "sqlite_errorcode", 0) == _FULL
    return said or shutil.disk_usage(folder).free < _LEAST_FREE_BYTES


def _judged(path: Path, error: Exception) -> Damaged | StateDirError:
    """On a full disk SQLite fails in many ways, and a whole file must not be taken for a broken one."""
    if isinstance(error, OperationalError):
        if is_full(error, path.parent):
            return StateDirError(path.parent, "its disk is full: make room")
        if getattr(error, "sqlite_errorcode", 0) == _BUSY:
            return StateDirError(path.parent, "another program holds its files: end that one")
    if getattr(error, "sqlite_errorcode", 0) == _NOT_A_DATABASE:
        return Damaged("its key does not fit, or its first page is broken")
    return Damaged(type(error).__name__)


def told(error: Exception) -> str:
    """Why a write failed, for the log: never the error's own text, which may quote a row."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == _FULL or str(error).endswith("disk is full"):
        return "the disk is full: make room"
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == _IO_ERROR or str(error) == "disk I/O error":
        return "the disk does not take what is written: check it, and whether it is full"
    return type(error).__name__


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
    """In its place: REPLACE would be a new row, and a page of the table's index to write besides."""
    upsert = "INSERT INTO meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v"
    db.conn.executemany(upsert, values.items())
