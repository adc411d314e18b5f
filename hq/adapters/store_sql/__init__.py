"""Head office's database: `SqlStore.read` and `SqlStore.change` run one function in one transaction each.

Embedded SQLite first, PostgreSQL when it outgrows one machine: the same statements on both.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection

from hq.adapters.store_sql.accounts import AccountReads, AccountWrites
from hq.adapters.store_sql.audit import AuditReads, AuditWrites
from hq.adapters.store_sql.catalogue import CatalogueReads, CatalogueWrites
from hq.adapters.store_sql.connection import check, erase_traces, migrate, open_engine, read, reading, write
from hq.adapters.store_sql.events import EventReads, EventWrites
from hq.adapters.store_sql.feed import FeedReads, FeedWrites
from hq.adapters.store_sql.held import HeldReads
from hq.adapters.store_sql.members import MemberReads, MemberWrites
from hq.adapters.store_sql.move import move
from hq.adapters.store_sql.nearby import NearbyReads
from hq.adapters.store_sql.once import OnceWrites
from hq.adapters.store_sql.overview import OverviewReads
from hq.adapters.store_sql.phones import PhoneReads, PhoneWrites
from hq.adapters.store_sql.pictures import PictureReads, PictureWrites
from hq.adapters.store_sql.snapshots import SnapshotReads
from hq.adapters.store_sql.stores import StoreReads, StoreWrites

Result = TypeVar("Result")


class View(
    StoreReads, FeedReads, SnapshotReads, MemberReads, EventReads, PhoneReads, AuditReads, AccountReads, OverviewReads,
    HeldReads, PictureReads, NearbyReads, CatalogueReads,
):  # fmt: skip
    """What one reading transaction sees."""

    _writes = False

    def __init__(self, connection: Connection) -> None:
        self._c = connection


class Change(
    StoreWrites,
    FeedWrites,
    MemberWrites,
    CatalogueWrites,
    PictureWrites,
    EventWrites,
    PhoneWrites,
    AuditWrites,
    AccountWrites,
    OnceWrites,
):
    """One writing transaction; it may be run again from its start, so its function must not act outside."""

    _writes = True

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._marks = {}
        self._touched = {}
        self._only_store = None


class SqlStore:
    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    def check(self) -> None:
        """Raises Misconfigured for a damaged file."""
        check(self._engine)

    def migrate(self) -> None:
        migrate(self._engine)

    def read(self, work: Callable[[View], Result]) -> Result:
        return read(self._engine, lambda connection: work(View(connection)))

    @contextmanager
    def reading(self) -> Iterator[View]:
        """For an answer that is sent while it is read; one connection until it ends."""
        with reading(self._engine) as connection:
            yield View(connection)

    def change(self, work: Callable[[Change], Result]) -> Result:
        def settled(connection: Connection) -> Result:
            change = Change(connection)
            result = work(change)
            change.settle()
            return result

        return write(self._engine, settled)

    def move_to(self, url: str) -> Mapping[str, int]:
        """Rows by table: all of this SQLite into the empty PostgreSQL at `url`. Raises Misconfigured."""
        target = open_engine(url)
        try:
            migrate(target)
            return move(self._engine, target)
        finally:
            target.dispose()

    def erase_traces(self) -> None:
        erase_traces(self._engine)

    def close(self) -> None:
        self._engine.dispose()
