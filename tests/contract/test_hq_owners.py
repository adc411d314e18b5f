"""Somebody remains owner, also when the last two resign in the same moment."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier

from hq.adapters.store_sql import Change, SqlStore
from hq.core.accounts import Account, Role
from hq.core.audit import Actor
from hq.errors import Conflict
from hq.service import HeadOffice
from tests.contract.test_hq_scopes import NOW, office_of
from tests.postgres import emptied

ROUNDS = 12


def test_two_owners_who_resign_at_once_leave_one(store: SqlStore) -> None:
    office = office_of(store)
    for number in range(ROUNDS):
        store.change(emptied)
        office.registry.open("House")
        owners = (f"a-{number}-1", f"a-{number}-2")
        for each in owners:
            store.change(partial(appoint, account_id=each))
        resign(office, *owners)
        assert store.read(lambda view: view.owners("house")) == 1


def appoint(change: Change, account_id: str) -> None:
    assert change.add_account(Account(account_id, "house", account_id, Role.OWNER, "x", NOW, None))


def resign(office: HeadOffice, *owners: str) -> None:
    together = Barrier(len(owners))

    def one(account_id: str) -> None:
        together.wait(20)
        with suppress(Conflict):
            office.keyring.change_account(account_id, Actor("account", account_id), NOW, role=Role.SUPPORT)

    with ThreadPoolExecutor(len(owners)) as pool:
        list(pool.map(one, owners))
