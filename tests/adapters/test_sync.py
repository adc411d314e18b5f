"""The line to head office, with an office in memory that can be absent, restored, or wrong."""

import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edge.adapters.cache_sqlite import Cache
from edge.adapters.hq_http import HqClient, StartOver
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_sqlite import DatabaseError, OperationalError
from edge.adapters.sync import Sync
from edge.core.effects import Record
from edge.core.inputs import FeedApplied, Input, LineChanged, PullRefused
from edge.core.layout import days_at
from edge.errors import HqRefused, HqUnreachable
from tests.contract.fake_hq import Office
from tests.core import pages
from tests.core.pages import page
from tests.core.store import ANNA, FILE_KEY, NOW, profile, settings
from wire.page import Put
from wire.sync import DayKeys, PhoneViewPost, Revocation

if TYPE_CHECKING:
    from edge.core.identity import TokenTable


class Line:
    """A store's end: files, the sync threads, and what they told."""

    def __init__(self, folder: Path, office: Office) -> None:
        self.office = office
        self.cache, self.box = Cache(folder / "cache.db", FILE_KEY), Outbox(folder / "outbox.db", FILE_KEY)
        self.told: list[Input] = []
        self.tables: list[TokenTable] = []
        client: Any = office  # an HqClient by what it does, but for pictures, which have a thread of their own
        assert {name for name in vars(HqClient) if name[0] != "_"} - {"close", "picture"} <= set(dir(office))
        self.sync = Sync(settings(), client, self.cache, self.box, post=self.told.append, use=self.tables.append)

    def close(self) -> None:
        self.sync.leave()
        with self.office.changed:
            self.office.changed.notify_all()
        self.sync.join(2)
        if self.sync._threads[0].is_alive():
            self.sync._threads[0].join(2)
        self.cache.close()
        self.box.close()

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.told if isinstance(one, kind)]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def line(tmp_path: Path, office: Office) -> Iterator[Line]:
    made = Line(tmp_path, office)
    yield made
    made.close()


def eventually(fact: Callable[[], Any]) -> None:
    end = time.monotonic() + 5
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.01)


def anna(rev: int = 1) -> Put:
    return pages.put(profile(), rev)


def test_a_page_is_in_the_replica_before_the_service_hears_of_it(line: Line, office: Office) -> None:
    office.publish(page(anna()))
    line.sync.start()
    eventually(lambda: line.of(FeedApplied))
    assert line.cache.profile(ANNA) == profile()
    assert line.of(FeedApplied)[0].members == {ANNA}


def test_the_next_request_carries_the_cursor(line: Line, office: Office) -> None:
    office.publish(page(anna(), cursor="e1.7.profile:y"))
    line.sync.start()
    eventually(lambda: ("e1.7.profile:y", 0) in office.cursors)


def test_the_line_is_told_once_down_and_once_up(line: Line, office: Office) -> None:
    office.fault = HqUnreachable("http://hq", "away")
    line.sync.start()
    eventually(lambda: line.of(LineChanged) == [LineChanged(online=False)])
    office.fault = None
    eventually(lambda: line.of(LineChanged)[1:] == [LineChanged(online=True)])


def test_a_torn_page_changes_nothing_and_is_asked_for_again(line: Line, office: Office) -> None:
    office.publish(ValueError("the page is not whole"), page(anna()))
    line.sync.start()
    eventually(lambda: line.cache.profile(ANNA))
    assert office.snapshots[:2] == [("", ""), ("", "")]


def test_a_restored_head_office_is_fetched_from_the_start(line: Line, office: Office) -> None:
    office.publish(page(anna(), cursor="e1.7.profile:y"))
    line.sync.start()
    eventually(lambda: line.cache.profile(ANNA))
    office.epoch = "e2"
    office.rows.clear()  # the backup is older than she is
    office.publish(page(epoch="e2", cursor="e2.1.profile:x"))
    eventually(lambda: line.cache.cursor()[0] == "e2")
    assert line.cache.profile(ANNA) is None


def test_a_cursor_that_head_office_forgot_starts_over(line: Line, office: Office) -> None:
    office.publish(page(anna(), cursor="e1.7.profile:y"), StartOver())
    line.sync.start()
    eventually(lambda: office.snapshots == [("", ""), ("", "")])


def test_whoever_disowns_every_cursor_is_not_sent_for_a_snapshot_without_end(line: Line, office: Office) -> None:
    def disown(*_: Any, **__: Any) -> Any:
        raise StartOver

    office.publish(page(anna()))
    office.feed = disown  # type: ignore[method-assign]
    line.sync.start()
    eventually(lambda: len(office.snapshots) >= 2)
    time.sleep(1.0)
    assert len(office.snapshots) <= 5  # without a pause it would be hundreds
    eventually(lambda: line.cache.profile(ANNA) == profile())  # it waits with what is there, and serves on from that


def test_a_disk_that_is_full_when_all_begins_anew_does_not_end_the_line(
    line: Line, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_over, faults = line.cache.start_over, [OperationalError("full")]

    def full_once(epoch: str) -> None:
        if faults:
            raise faults.pop()
        start_over(epoch)

    office.publish(page(anna(), cursor="e1.7.profile:y"))
    line.sync.start()
    eventually(lambda: line.cache.profile(ANNA))
    monkeypatch.setattr(line.cache, "start_over", full_once)
    office.publish(StartOver())
    eventually(lambda: office.snapshots == [("", ""), ("", "")])
    eventually(lambda: line.cache.profile(ANNA))


def test_a_new_key_of_head_office_is_fetched_when_a_receipt_needs_it(line: Line, office: Office) -> None:
    right, office.hub_keys = office.hub_keys, {}
    line.sync.start()
    eventually(lambda: line.of(LineChanged))
    office.hub_keys = right
    office.publish(page(anna()))
    eventually(lambda: line.cache.profile(ANNA))


def test_keys_of_members_whom_head_office_does_not_know_here_are_asked_for_with_all_others(
    line: Line, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = office.day_keys

    def refusing(first_day: int, days: int, members: Collection[str] = (), after: str = "") -> DayKeys:
        if members:
            raise HqRefused("here", 404, "There is no such member here.")
        return whole(first_day, days, after=after)

    known, office.members = office.members, {}
    line.sync.start()
    eventually(lambda: line.tables)
    office.members = known
    monkeypatch.setattr(office, "day_keys", refusing)
    office.publish(page(anna()))
    eventually(lambda: list(line.cache.day_keys(days_at(NOW))))


@pytest.mark.parametrize("at_once", [0, 1, 2, 5])
def test_the_keys_of_all_members_come_some_members_at_a_time(line: Line, office: Office, at_once: int) -> None:
    office.members = {f"{number:032x}": "0b" * 16 for number in range(5)}
    office.key_members = at_once
    line.sync.start()
    eventually(lambda: {member for member, _, _ in line.cache.day_keys(days_at(NOW))} == set(office.members))


def test_a_withdrawn_member_is_out_of_the_table_and_the_receipt_waits_for_the_service(
    line: Line, office: Office
) -> None:
    office.publish(page(anna()))
    line.sync.start()
    eventually(lambda: list(line.cache.day_keys(days_at(NOW))))
    office.members = {}
    revocation = Revocation(seq=3, member_ref=ANNA, kind="withdraw", at=NOW)
    office.publish(page(revoked=(revocation,)))
    eventually(lambda: any(one.revoked for one in line.of(FeedApplied)))
    eventually(lambda: not list(line.cache.day_keys(days_at(NOW))))
    assert office.receipts == []
    line.sync.confirm(revocation, NOW)
    eventually(lambda: office.receipts == [3] and not line.cache.unconfirmed())


def test_a_withdrawal_that_was_applied_before_a_crash_is_finished_after_it(tmp_path: Path, office: Office) -> None:
    revocation = Revocation(seq=3, member_ref=ANNA, kind="withdraw", at=NOW)
    first = Line(tmp_path, office)
    first.sync._feed._apply(page(revoked=(revocation,)), "e1.1.")
    first.close()
    second = Line(tmp_path, office)
    second.sync.start()
    eventually(lambda: any(one.revoked == (revocation,) for one in second.of(FeedApplied)))
    second.close()


def test_events_go_out_and_wait_no_more_when_acknowledged(line: Line, office: Office) -> None:
    line.box.write([Record("visit.help", NOW), Record("visit.help", NOW)])
    line.sync.start()
    line.sync.events_wait()
    eventually(lambda: line.box.waiting() == 0)
    assert office.events_seen == [1, 2]


def test_head_office_that_lost_events_gets_them_again(line: Line, office: Office) -> None:
    line.box.write([Record("visit.help", NOW)] * 3)
    line.sync.start()
    eventually(lambda: line.box.waiting() == 0)
    office.events_seen = [1]
    line.box.write([Record("visit.help", NOW)])
    line.sync.events_wait()
    eventually(lambda: office.events_seen == [1, 2, 3, 4])


def test_a_restored_head_office_hears_of_every_withdrawal_known_here(line: Line, office: Office) -> None:
    line.cache.start_over("e1")
    revocation = Revocation(seq=3, member_ref=ANNA, kind="withdraw", at=NOW)
    line.sync._feed._apply(page(revoked=(revocation,)), "e1.1.")
    line.cache.confirm(revocation)
    office.epoch = "e2"
    line.sync.start()
    eventually(lambda: office.receipts == [0])
    assert not list(line.cache.day_keys(days_at(NOW)))


def test_only_the_newest_view_of_a_visit_goes_out(line: Line, office: Office) -> None:
    for number in range(5):
        line.sync.post_phone(PhoneViewPost(visit_id="v1", member_ref=ANNA, ttl_s=number, view=None))
    line.sync.start()
    eventually(lambda: office.views)
    assert [view.ttl_s for view in office.views] == [4]


def test_a_view_that_head_office_refuses_does_not_hold_up_the_next(line: Line, office: Office) -> None:
    line.sync.start()
    eventually(lambda: line.of(LineChanged))
    seen: list[str] = []

    def refuse(post: PhoneViewPost) -> None:
        seen.append(post.visit_id)
        raise HqRefused("http://hq", 404, "withdrawn")

    office.phone_view = refuse  # type: ignore[method-assign]
    for visit_id in ("v1", "v2"):
        line.sync.post_phone(PhoneViewPost(visit_id=visit_id, member_ref=ANNA, ttl_s=9, view=None))
    eventually(lambda: seen == ["v1", "v2"])


@pytest.mark.parametrize(
    ("fault", "is_rebuilt"), [(DatabaseError("malformed"), True), (OperationalError("full"), False)]
)
def test_a_broken_cache_is_begun_anew_and_a_full_disk_is_waited_for(
    line: Line, office: Office, monkeypatch: pytest.MonkeyPatch, *, fault: Exception, is_rebuilt: bool
) -> None:
    apply, faults = line.cache.apply, [fault]

    def broken_once(*arguments: Any, **more: Any) -> None:
        if faults:
            raise faults.pop()
        apply(*arguments, **more)

    monkeypatch.setattr(line.cache, "apply", broken_once)
    office.publish(page(anna()), page(anna()))
    line.sync.start()
    eventually(lambda: line.cache.profile(ANNA))
    assert line.cache.was_rebuilt is is_rebuilt


def test_a_page_that_changed_by_itself_has_the_replica_fetched_again(line: Line, office: Office) -> None:
    office.publish(page(anna()))
    line.sync.start()
    eventually(lambda: line.cache.profile(ANNA))
    line.cache._is_broken = True
    eventually(lambda: line.cache.was_rebuilt and line.cache.cursor()[0] == "e1")
    office.publish(page(anna()))
    eventually(lambda: line.cache.profile(ANNA))


def test_a_poll_that_was_parked_while_the_replica_was_begun_anew_counts_for_nothing(
    line: Line, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.publish(page(anna()))
    while not line.cache.profile(ANNA):
        line.sync._boot()
        line.sync._poll(0)
    feed = office.feed

    def begun_anew_meanwhile(*asked: Any) -> Any:
        answer = feed(*asked)
        line.cache.rebuild()
        return answer

    monkeypatch.setattr(office, "feed", begun_anew_meanwhile)
    with pytest.raises(StartOver):
        line.sync._poll(0)
    assert line.cache.cursor() == ("", "", 0)


def test_a_card_is_asked_for_and_a_refusal_is_told(line: Line, office: Office) -> None:
    line.sync.start()
    line.sync.pull("L-1")
    eventually(lambda: office.pulled == ["L-1"])
    office.fault = HqRefused("http://hq", 404, "")
    line.sync.pull("L-2")
    eventually(lambda: line.of(PullRefused))
    assert line.of(PullRefused) == [PullRefused("L-2", "error.unknown_loyalty")]
