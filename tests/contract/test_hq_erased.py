"""Whoever was erased is not written again: by no write of that moment, by no system that still has the member."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import select

from hq.adapters.store_sql import Change
from hq.adapters.store_sql.tables import METADATA
from hq.errors import Conflict, HqError
from hq.service import HeadOffice
from tests.contract.test_hq_scopes import NOW, enrolled, joined, made_office
from wire.event import Event as StoreEvent
from wire.event import EventBatch
from wire.profile import Profile

# Long enough for the other transaction to come to the row that is locked; should it not, nothing is found, and nothing
# fails for it.
MEET_S = 0.3


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HeadOffice]:
    is_postgres = request.param == "postgresql"
    office = made_office(
        request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path / 'hq.sqlite'}"
    )
    office.registry.open("House", everywhere=False)
    office.registry.add_shop("a", "a", None, "Europe/Berlin", NOW)
    yield office
    office.office.store.close()


def loyalty_number(office: HeadOffice, member: str) -> str:
    profile = office.office.store.read(lambda view: view.profile(member))
    assert profile is not None
    return profile.loyalty_number


def meanwhile(office: HeadOffice, first: Callable[[Change], object], second: Callable[[], object]) -> None:
    """`second` begins while `first`, which has done its work, is not committed yet."""
    done = Event()

    def held(change: Change) -> None:
        first(change)
        done.set()
        other.join(MEET_S)

    def begun() -> None:
        done.wait(10)
        with contextlib.suppress(HqError):
            second()

    other = Thread(target=begun)
    other.start()
    office.office.store.change(held)
    other.join(20)
    assert not other.is_alive()


def erase(change: Change, member: str) -> None:
    profile = change.profile(member)
    assert profile is not None
    change.erase_member(member)
    change.gone("house", "profile", member, profile.rev + 1)
    change.revoke("house", member, "erase", NOW)


def naming(office: HeadOffice, member: str) -> set[str]:
    def work(change: Change) -> set[str]:
        tables = [table for table in METADATA.sorted_tables if "member_ref" in table.c]
        there = [table for table in tables if change._c.execute(select(table).filter_by(member_ref=member)).first()]
        return {table.name for table in there} - {"audit"}

    return office.office.store.change(work)


def test_a_withdrawal_by_loyalty_number_does_not_write_again_who_is_being_erased(office: HeadOffice) -> None:
    member = joined(office)
    number = loyalty_number(office, member)
    meanwhile(
        office,
        lambda change: erase(change, member),
        lambda: office.members.withdraw(number, "withdraw", NOW, channel="head-office"),
    )
    assert naming(office, member) == {"revocation"}


def test_a_card_that_is_shown_in_that_moment_leaves_no_reason_behind(office: HeadOffice) -> None:
    member, device = joined(office), enrolled(office, "a")
    number = loyalty_number(office, member)
    meanwhile(office, lambda change: erase(change, member), lambda: office.stores.pull(device, number, NOW))
    assert naming(office, member) == {"revocation"}


def test_an_erasure_finds_the_events_that_are_being_reported(office: HeadOffice) -> None:
    member, device = joined(office), enrolled(office, "a")
    events = (StoreEvent(n=1, type="visit.help", at=NOW, member_ref=member),)

    def report(change: Change) -> None:
        assert change.members_among("house", {member})
        change.save_events(device, "i", events)

    meanwhile(office, report, lambda: office.members.withdraw(member, "erase", NOW, channel="head-office"))
    assert naming(office, member) == {"revocation"}
    late = EventBatch(incarnation="i", first=2, events=(events[0].model_copy(update={"n": 2}),))
    office.stores.events(device, late, NOW)
    assert naming(office, member) == {"revocation"}


def test_a_system_that_still_has_somebody_cannot_bring_her_back(office: HeadOffice) -> None:
    member = joined(office)
    office.members.withdraw(member, "erase", NOW, channel="head-office")
    with pytest.raises(Conflict):
        office.members.put_profile(Profile(member_ref=member, merchant_id="house", alias="Anna"), NOW)
    file = f'{{"profiles": [{{"member_ref": "{member}", "merchant_id": "house", "alias": "Anna"}}]}}'
    report = office.imports.files([("crm.json", file)], NOW, dry_run=False)
    assert [mistake.detail for mistake in report.mistakes] == ["This member was erased, and stays so."]
    assert naming(office, member) == {"revocation"}
