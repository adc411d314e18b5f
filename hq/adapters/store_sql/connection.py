"""How this process reaches the database: pragmas, transactions, retries, migrations.

A writing transaction on SQLite begins IMMEDIATE: one that reads first and writes later would fail, not wait, when
another process wrote in between. On PostgreSQL a reading one is REPEATABLE READ, so that a page and its cursor are of
one moment, and deadlocks and serialisation failures are tried again, as PostgreSQL asks.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, DBAPIError, SQLAlchemyError

from hq.errors import Misconfigured

Result = TypeVar("Result")

_RETRIED: Final = frozenset({"40P01", "40001"})
_TRIES: Final = 5
# Longer than any transaction here takes (an import chunk of 2,000 rows: 0.2 s), shorter than a client's patience.
_BUSY_MS: Final = 10_000
THREADS: Final = 8
_FULL: Final = frozenset({10, 13})  # SQLITE_IOERR and its kinds, SQLITE_FULL
_DAMAGED: Final = frozenset({11, 26})  # SQLITE_CORRUPT, SQLITE_NOTADB
_DISK_FULL: Final = "53100"


def open_engine(url: str) -> Engine:
    """Raises Misconfigured for an address that SQLAlchemy cannot read or a driver that is not installed."""
    try:
        parsed = make_url(url)
        options: dict[str, Any] = {"pool_size": THREADS, "max_overflow": 2, "pool_timeout": 10}
        if parsed.get_backend_name() == "sqlite":
            options["connect_args"] = {"timeout": _BUSY_MS / 1000, "check_same_thread": False}
        engine = create_engine(parsed, hide_parameters=True, **options)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise Misconfigured(
            f"The database address cannot be used ({type(error).__name__}).",
            "Give sqlite:///FILE, or postgresql+psycopg://... with regulars[postgres] installed.",
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def read(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """`work` in one snapshot."""
    with reading(engine) as connection:
        return work(connection)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Everything that is read with this connection is of one moment."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def write(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """`work` in one transaction; called again, from its start, when the database asks for it."""
    for attempt in range(_TRIES):
        try:
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                return work(connection)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _RETRIED or attempt == _TRIES - 1:
                raise
            time.sleep(0.01 * 2**attempt)
    raise AssertionError("the loop returns or raises")


def ailment(error: DBAPIError) -> str:
    """What an operator has to mend, as one sentence with the remedy; empty when it is only busy or away."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in _FULL or getattr(error.orig, "sqlstate", None) == _DISK_FULL:
        return "The disk is full or does not take what is written: make room, or check it."
    if code in _DAMAGED:
        return "The database file is damaged: stop, move it aside and keep it, and put the one of the backup there."
    return ""


def migrate(engine: Engine) -> None:
    """Brings the tables to this version's form. Raises Misconfigured for a file that is no database."""
    with _telling_damage(engine):
        _upgrade(engine)


def check(engine: Engine) -> None:
    """Looks through the whole file, tables against indexes: 1.4 s here for 100,000 members. Raises Misconfigured.

    Plain SQLite has no checksums, and a damaged index answers wrongly without a word. PostgreSQL sees to its own.
    """
    if engine.dialect.name != "sqlite":
        return
    with _telling_damage(engine), engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() != "ok":
            raise _damaged()


@contextmanager
def _telling_damage(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        # Exactly this class: what is merely locked, full or away is one of its children.
        if type(error) is not DatabaseError or engine.dialect.name != "sqlite":
            raise
        raise _damaged() from None


def _damaged() -> Misconfigured:
    return Misconfigured(
        "The database file is damaged.", "Move it aside and keep it, and put the one of the backup there."
    )


def _upgrade(engine: Engine) -> None:
    with as_file(files("hq.adapters") / "migrations") as folder, engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection.execution_options(writes=True)
        command.upgrade(config, "head")


def erase_traces(engine: Engine) -> None:
    """On SQLite nothing deleted stays readable in the file or in its write-ahead log.

    `secure_delete` is not enough: a page that is split keeps a copy of rows that moved to the other half, and no later
    deletion reaches it. So the file is written anew, about a second for every 100 MB, while readers go on.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()  # a transaction, which SQLAlchemy would begin, forbids VACUUM
    try:
        cursor = connection.cursor()
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            cursor.execute(statement)
        cursor.close()
    finally:
        connection.close()


def _sqlite_pragmas(dbapi_connection: DBAPIConnection, _record: object) -> None:
    # sqlite3 would begin transactions by itself, and too late: SQLAlchemy's `begin` event does it here.
    dbapi_connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
