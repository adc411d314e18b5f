"""Eight writers that sometimes roll back, twelve stores that join meanwhile: nothing lost or backwards, no gap.

Also for stores that take everything in pages while the eight go on, and then the feed from the cursor of that moment.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from edge.core.bodies import Kept
from hq.adapters.passwords import Passwords
from hq.adapters.store_sql import Change, SqlStore, View
from hq.adapters.store_sql.tables import PROFILE
from hq.core.changes import Place, ScopeRow, next_place
from hq.core.keys import HubKeys
from hq.core.registry import Device
from hq.service import HeadOffice
from hq.service.office import Office
from tests.core.pages import Table
from tests.core.store import profile
from tests.postgres import emptied
from wire.page import Page

NOW = 1_800_000_000.0
KEYS = HubKeys(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), b"s" * 32)
WRITERS, JOINING, MEMBERS = 8, 12, 200
SECONDS = 60.0 if os.environ.get("LONG") else 8.0
FIRST = ("s-0", "s-1", "s-2")
Result = TypeVar("Result")


class _RolledBack(Exception):
    pass


class Counted(SqlStore):
    """Counts what was committed and had something to say to stores."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.told, self._lock = 0, threading.Lock()

    def change(self, work: Callable[[Change], Result]) -> Result:
        def noted(change: Change) -> tuple[Change, Result]:
            return change, work(change)

        change, result = super().change(noted)
        with self._lock:
            self.told += bool(change._marks or change._touched)
        return result


@dataclass
class Reader:
    """One store that pages through its feed, some rows at a time."""

    store_id: str
    place: Place = field(default_factory=lambda: Place(0))
    rows: dict[str, ScopeRow] = field(default_factory=dict)
    backwards: int = 0

    def pull(self, store: SqlStore, limit: int) -> int:
        def page(view: View) -> tuple[Place, tuple[ScopeRow, ...]]:
            rows = view.scope_after(self.store_id, self.place, limit)
            return next_place(rows, limit, view.counters()["feed"]), rows

        self.place, rows = store.read(page)
        for row in rows:
            before = self.rows.get(row.key)
            self.backwards += before is not None and row.rev <= before.rev
            self.rows[row.key] = row
        return len(rows)

    @property
    def members(self) -> set[str]:
        return {key for key, row in self.rows.items() if not row.gone}


@dataclass
class Newcomer:
    """A store that takes everything, page by page, and then the feed from there; its rows by the store's own rules."""

    device: Device
    table: Table = field(default_factory=Table)
    cursor: str = ""
    told: dict[str, int] = field(default_factory=dict)
    backwards: int = 0

    def take_all(self, office: HeadOffice, pause_s: float) -> None:
        rows, trailer = 0, None
        for page in office.snapshots.pages(self.device, "", "", 0, now=NOW, is_over=lambda: False):
            assert self.cursor in {"", page.header.cursor}
            self.cursor, trailer = page.header.cursor, page.header.trailer
            self._take(page)
            rows += len(page.records)
            time.sleep(pause_s)
        assert trailer is not None
        assert (trailer.count, trailer.digest) == (rows, self.table.total()[1])

    def follow(self, office: HeadOffice, limit: int) -> bool:
        """Whether there was something."""
        page = office.feed.page(self.device, self.cursor, 0, limit, NOW)
        self.cursor = page.header.cursor
        self._take(page)
        return bool(page.records)

    def _take(self, page: Page) -> None:
        """A row is told again only when it is newer: what the snapshot had is what was there at its cursor."""
        for record in page.records:
            self.backwards += record.rev <= self.told.get(record.key, 0)
            self.told[record.key] = record.rev
        self.table.take(page)

    @property
    def held(self) -> dict[str, Kept]:
        return {key: row for (_, key), row in self.table.rows.items() if row.body is not None}


@pytest.fixture
def store(postgres_url: str) -> Iterator[Counted]:
    store = Counted(postgres_url)
    store.migrate()
    store.change(emptied)
    yield store
    store.close()


@pytest.mark.timeout(300)
def test_eight_writers_with_rollbacks_and_twelve_stores_that_join_lose_nothing(store: Counted) -> None:
    office = HeadOffice(Office(store=store, keys=KEYS, random_octets=os.urandom, public_url="http://hq"), Passwords())
    office.registry.open("House", everywhere=True)
    for store_id in FIRST:
        office.registry.add_shop(store_id, store_id, None, "Europe/Berlin", NOW)
    office.registry.set_near("s-0", ["s-1"], NOW)
    readers, until, chance = [Reader(store_id) for store_id in FIRST], time.monotonic() + SECONDS, Random(7)
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        writers = [pool.submit(_write, store, Random(number), until) for number in range(WRITERS)]
        joining = pool.submit(_join, office, readers, until)
        while time.monotonic() < until:
            for reader in list(readers):
                reader.pull(store, chance.randint(1, 9))
        committed = sum(writer.result() for writer in writers)
        joining.result()
    for reader in readers:
        while reader.pull(store, 50):
            pass
    homes = store.read(_homes)
    assert len(readers) == len(FIRST) + JOINING
    assert committed > 0
    assert sum(reader.backwards for reader in readers) == 0
    assert {reader.store_id: reader.members for reader in readers} == {
        reader.store_id: _scope(homes, reader.store_id) for reader in readers
    }
    opened = len(FIRST) + JOINING  # adding a store is a step of the feed by itself
    assert store.read(lambda view: view.counters()["feed"]) == store.told + opened


@pytest.mark.timeout(300)
def test_a_snapshot_that_is_read_while_others_write_and_the_feed_behind_it_are_one(
    store: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hq.service.snapshots.PAGE_ROWS", 7)
    office = HeadOffice(Office(store=store, keys=KEYS, random_octets=os.urandom, public_url="http://hq"), Passwords())
    office.registry.open("House", everywhere=True)
    for store_id in FIRST:
        office.registry.add_shop(store_id, store_id, None, "Europe/Berlin", NOW)
    office.registry.set_near("s-0", ["s-1"], NOW)
    newcomers: list[Newcomer] = []
    until, chance = time.monotonic() + SECONDS, Random(7)
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(_write, store, Random(number), until) for number in range(WRITERS)]
        while time.monotonic() < until:
            newcomers.append(_newcomer(store, len(newcomers)))
            newcomers[-1].take_all(office, pause_s=0.02)
            for newcomer in newcomers:
                newcomer.follow(office, chance.randint(1, 9))
        committed = sum(writer.result() for writer in writers)
    for newcomer in newcomers:
        while newcomer.follow(office, 50):
            pass
    late = {store_id: _newcomer(store, 100 + number, store_id) for number, store_id in enumerate(FIRST)}
    for newcomer in late.values():
        newcomer.take_all(office, pause_s=0)
    homes = store.read(_homes)
    assert committed > len(newcomers) > 0
    assert sum(newcomer.backwards for newcomer in newcomers) == 0
    for newcomer in newcomers:
        assert newcomer.held == late[newcomer.device.store_id].held
        compared = office.snapshots.digest(newcomer.device, NOW).buckets
        profiles = [bucket for bucket in compared if bucket.kind == "profile"]
        total = sum(bucket.count for bucket in profiles), sum(bucket.digest for bucket in profiles) % 2**64
        assert newcomer.table.total() == total
        assert newcomer.held.keys() == newcomer.table.members == _scope(homes, newcomer.device.store_id)


def _newcomer(store: SqlStore, number: int, store_id: str = "") -> Newcomer:
    store_id = store_id or FIRST[number % len(FIRST)]
    store.change(lambda change: change.add_device(f"d-{number}", store_id, f"{number:064x}", NOW))
    device = store.read(lambda view: view.device(f"d-{number}"))
    assert device is not None
    return Newcomer(device)


def _write(store: SqlStore, chance: Random, until: float) -> int:
    done = 0
    while time.monotonic() < until:
        try:
            store.change(partial(_some_changes, seed=chance.random()))
            done += 1
        except _RolledBack:
            pass
    return done


def _some_changes(change: Change, seed: float) -> None:
    """A transaction that is run again does the same again."""
    chance = Random(seed)
    refs = sorted(f"{chance.randrange(MEMBERS):032x}" for _ in range(chance.randint(1, 12)))
    known = change.profiles(refs)
    for ref in sorted(set(refs)):
        rev = known[ref].rev + 1 if ref in known else 1
        home = chance.choice(("", *FIRST))
        owned = {"merchant_id": "house", "rev": rev, "loyalty_number": "", "home_store": home}
        member = profile(ref).model_copy(update=owned)
        if chance.random() < 0.2:
            change.save_profile(member.model_copy(update={"consent": None}), NOW)
            change.gone("house", "profile", ref, rev)
        else:
            change.save_profile(member, NOW)
            change.put("house", "profile", ref, rev)
    if chance.random() < 0.3:
        change.settle()
        raise _RolledBack


def _join(office: HeadOffice, readers: list[Reader], until: float) -> None:
    pause_s = SECONDS / (JOINING + 2)
    for number in range(JOINING):
        store_id = f"s-{len(FIRST) + number}"
        office.registry.add_shop(store_id, store_id, None, "Europe/Berlin", NOW)
        readers.append(Reader(store_id))
        time.sleep(max(0.0, min(pause_s, until - time.monotonic())))


def _scope(homes: dict[str, str], store_id: str) -> set[str]:
    """Without a home store everywhere, else there; s-1 also holds those of s-0."""
    return {
        ref for ref, home in homes.items() if home in {"", store_id} or (home, store_id) == ("s-0", "s-1")
    }  # fmt: skip


def _homes(view: View) -> dict[str, str]:
    query = select(PROFILE.c.member_ref, PROFILE.c.home_store).where(PROFILE.c.recognise_until > 0)
    return {row.member_ref: row.home_store for row in view._c.execute(query)}
