"""What the audit log promises, on SQLite and on PostgreSQL."""

import time
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import Executable, delete, update
from sqlalchemy.exc import DatabaseError

from hq.adapters.store_sql import Change, SqlStore
from hq.adapters.store_sql.tables import AUDIT
from hq.core.audit import AUDIT_KEPT_S, Actor, Entry, Logged
from hq.core.erasure import RETENTION

NOW = 1_800_000_000.0
OWNER = Actor("account", "a-1", "owner")


@pytest.fixture
def house() -> str:
    """A log of the test's own: a database cannot be emptied of it."""
    return f"house-{uuid4()}"


def test_what_is_noted_is_read_newest_first(store: SqlStore, house: str) -> None:
    entries = [Entry(NOW + at, OWNER, "store.add", f"de-{at}") for at in range(3)]
    for entry in entries:
        note(store, house, entry)
    assert [logged.entry for logged in log(store, house)] == entries[::-1]


def test_the_log_is_read_page_by_page_and_by_what_happened(store: SqlStore, house: str) -> None:
    for action, member_ref in (("member.erase", "c1" * 16), ("member.export", "c2" * 16), ("members.list", "")):
        entry = Entry(NOW, OWNER, action, member_ref=member_ref)
        note(store, house, entry)
    newest, *_ = log(store, house, limit=1)
    assert [each.entry.action for each in log(store, house, before=newest.n)] == ["member.export", "member.erase"]
    assert [each.entry.action for each in log(store, house, action="member")] == ["member.export", "member.erase"]
    assert [each.entry.action for each in log(store, house, member_ref="c1" * 16)] == ["member.erase"]
    assert log(store, house, actor="a-2") == ()


def test_an_entry_of_a_transaction_that_failed_does_not_stand_there(store: SqlStore, house: str) -> None:
    def work(change: Change) -> None:
        change.note(house, Entry(NOW, OWNER, "store.add"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.change(work)
    assert log(store, house) == ()


def test_no_entry_is_changed_or_deleted(store: SqlStore, house: str) -> None:
    store.change(lambda change: change.note(house, Entry(NOW, OWNER, "store.add")))
    for statement in (update(AUDIT).values(actor="a-2"), delete(AUDIT)):
        with pytest.raises(DatabaseError, match="the audit log is"):
            store.change(partial(run, statement))
    assert [logged.entry.actor for logged in log(store, house)] == [OWNER]


def test_an_entry_that_nobody_can_claim_anything_from_may_go(store: SqlStore, house: str) -> None:
    old = Entry(1_000_000.0, OWNER, "store.add")
    assert old.at < NOW - AUDIT_KEPT_S
    store.change(lambda change: change.note(house, old))
    store.change(lambda change: change._c.execute(delete(AUDIT).where(AUDIT.c.merchant_id == house)))
    assert log(store, house) == ()


def test_entries_go_when_three_years_are_over(store: SqlStore, house: str) -> None:
    (rule,) = (rule for rule in RETENTION if rule.table == "audit")
    now = time.time()  # the database asks its own clock whether an entry may go
    for at in (now - rule.keep_s, now - rule.keep_s / 2):
        note(store, house, Entry(at, OWNER, "store.add"))
    store.change(lambda change: change.purge(rule, now, 500))
    assert [logged.entry.at for logged in log(store, house)] == [now - rule.keep_s / 2]


def note(store: SqlStore, house: str, entry: Entry) -> None:
    store.change(lambda change: change.note(house, entry))


def run(statement: Executable, change: Change) -> None:
    change._c.execute(statement)


def log(store: SqlStore, house: str, before: int | None = None, limit: int = 50, **wanted: str) -> tuple[Logged, ...]:
    return store.read(lambda view: view.audit(house, before=before, limit=limit, **wanted))
