"""Head office's state into a real file: all at once, torn, page by page ahead of time, and what was lost unseen."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from edge.adapters.cache_sqlite import Cache
from edge.adapters.feed import COMPARE_EVERY_S, Feed
from edge.adapters.hq_http import StartOver, Unchanged
from tests.contract.fake_hq import Office
from tests.core.newer import NEWER, newer
from tests.core.pages import gone, packed, page, put, withdrawal
from tests.core.store import ANNA, BEN, FILE_KEY, HUB_KEY, NOW, product, profile, receipt
from wire.page import Page, Put
from wire.profile import Profile
from wire.sync import BootReply

if TYPE_CHECKING:
    from edge.core.replica import Plan

REFS = [f"{number:032x}" for number in range(7)]


class Store:
    """A replica in a file and what its service heard."""

    def __init__(self, path: Path, office: Office) -> None:
        self.office = office
        self.cache = Cache(path, FILE_KEY)
        self.told: list[Plan] = []
        client: Any = office  # an HqClient by what it does
        self.feed = Feed(client, self.cache, self.told.append)
        self.feed.boot()

    def catch_up(self) -> None:
        for _ in range(30):
            if self.feed.poll(0):
                return
        raise AssertionError("the feed has no end")

    def shown(self, *members: str) -> list[Profile | None]:
        return [self.cache.profile(member) for member in members]

    def altered(self, statement: str, *values: object) -> None:
        self.cache._writer.execute(statement, values)
        self.cache._writer.conn.commit()


@pytest.fixture
def office() -> Office:
    made = Office()
    made.page_rows = 2
    made.write(*(put(profile(member)) for member in REFS))
    return made


@pytest.fixture
def store(tmp_path: Path, office: Office) -> Iterator[Store]:
    made = Store(tmp_path / "cache.db", office)
    yield made
    made.cache.close()


def test_a_new_store_takes_the_snapshot_and_then_the_feed_from_its_cursor(store: Store, office: Office) -> None:
    store.catch_up()
    assert [one.member_ref for one in store.shown(*REFS) if one] == REFS
    assert office.snapshots == [("", "")]
    assert office.cursors == [("e1.1.", 0)]
    office.write(put(profile(alias="Anna")))
    store.catch_up()
    assert office.snapshots == [("", "")]
    assert store.shown(ANNA) == [profile()]


class Torn:
    """A line that breaks after so many pages of a snapshot."""

    def __init__(self, office: Office, pages: int) -> None:
        self._snapshot, self._left = office.snapshot, pages
        office.snapshot = self.snapshot  # type: ignore[method-assign,assignment]

    def snapshot(self, *arguments: Any) -> Iterator[Any]:
        for each in self._snapshot(*arguments):
            if self._left == 0:
                self._left = -1
                raise ValueError("the page ends inside a record")
            self._left -= 1
            yield each


def test_a_torn_snapshot_goes_on_where_it_was_torn(store: Store, office: Office) -> None:
    Torn(office, 2)
    with pytest.raises(ValueError, match="the page ends"):
        store.feed.poll(0)
    office.write(put(profile(REFS[0], alias="New"), rev=2), gone(REFS[1], 2))
    store.catch_up()
    assert office.snapshots == [("", ""), (f"profile:{REFS[3]}", "")]
    assert store.shown(REFS[0], REFS[1]) == [profile(REFS[0], alias="New"), None]
    assert store.shown(*REFS[2:]) == [profile(member) for member in REFS[2:]]


def test_a_snapshot_that_lost_a_page_is_not_taken_for_whole(store: Store, office: Office) -> None:
    whole = list(office.snapshot("", 0))
    office.snapshot = lambda *_: (page for page in whole[1:])  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="not those that its trailer counts"):
        store.feed.poll(0)
    assert store.cache.snapshot_after()


def test_a_snapshot_in_which_a_row_changed_on_the_way_is_not_taken_for_whole(store: Store, office: Office) -> None:
    whole = list(office.snapshot("", 0))
    first = whole[0].records[0]
    assert isinstance(first, Put)
    other = Put("profile", first.key, first.rev, packed(profile(first.key, alias="Somebody else")))
    changed = [replace(whole[0], records=(other, *whole[0].records[1:])), *whole[1:]]
    office.snapshot = lambda *_: (page for page in changed)  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="not those that its trailer counts"):
        store.feed.poll(0)


def test_a_whole_snapshot_is_compared_from_the_file_as_soon_as_the_line_is_quiet(store: Store, office: Office) -> None:
    store.catch_up()  # it compared just now, and would next do so in a day
    store.cache.start_over("e1")
    store.feed.poll(0)
    store.altered("DELETE FROM record WHERE key = ?", REFS[0])
    store.catch_up()
    assert store.shown(REFS[0]) == [profile(REFS[0])]


def test_a_snapshot_with_kinds_that_only_a_newer_version_knows_is_whole_all_the_same(
    store: Store, office: Office
) -> None:
    *rows, last = office.snapshot("", 0)
    assert last.header.trailer is not None
    trailer = last.header.trailer.model_copy(update={"count": last.header.trailer.count + 3, "digest": 1})
    ending = replace(last, header=last.header.model_copy(update={"trailer": trailer}))
    office.snapshot = lambda *_: (one for one in (*rows, Page(rows[0].header, strange=3), ending))  # type: ignore[method-assign]
    store.catch_up()
    assert store.cache.snapshot_after() == ""
    assert store.shown(REFS[-1]) == [profile(REFS[-1])]


def test_revocations_come_before_the_rows_of_a_snapshot(store: Store, office: Office) -> None:
    office.revocations.append(withdrawal(REFS[0], at=NOW + 5))
    store.catch_up()
    assert store.told[0].revoked.keys() == {REFS[0]}
    assert store.shown(REFS[0]) == [None]


def test_the_next_page_is_on_its_way_while_one_is_applied_and_acknowledges_nothing(
    store: Store, office: Office
) -> None:
    store.catch_up()
    office.cursors.clear()
    for alias in ("one", "two", "three"):
        office.write(*(put(profile(member, alias=alias), rev=len(alias)) for member in REFS[:2]))
    store.catch_up()
    assert office.cursors[0] == ("e1.1.", 0)
    assert office.ahead
    assert set(office.ahead).isdisjoint(office.cursors)
    assert store.shown(REFS[1]) == [profile(REFS[1], alias="three")]


def test_a_page_that_failed_ahead_of_time_is_asked_for_again(store: Store, office: Office) -> None:
    store.catch_up()
    office.write(*(put(profile(member, alias="new"), rev=2) for member in REFS[:4]))
    store.feed.poll(0)
    store.feed._ahead._thread.join()  # type: ignore[union-attr]
    store.feed._ahead._found = ValueError("the page is not whole")  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="not whole"):
        store.feed.poll(0)
    store.catch_up()
    assert store.shown(REFS[3]) == [profile(REFS[3], alias="new")]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM record WHERE key = ?",
        "UPDATE record SET body = NULL WHERE key = ?",
        "UPDATE record SET rev = 900 WHERE key = ?",
        "UPDATE record SET body = x'00' WHERE key = ?",
    ],
)
def test_a_replica_that_silently_lost_or_altered_a_row_heals(store: Store, office: Office, statement: str) -> None:
    store.catch_up()
    store.altered(statement, REFS[2])
    store.feed._compare_at = 0
    store.catch_up()
    assert store.shown(*REFS) == [profile(member) for member in REFS]
    assert office.snapshots[-1] == ("profile:", "profile:")
    office.write(put(profile(REFS[2], alias="later"), rev=2))
    store.catch_up()
    assert store.shown(REFS[2]) == [profile(REFS[2], alias="later")]


def test_what_head_office_does_not_have_goes(store: Store, office: Office) -> None:
    store.catch_up()
    row = "INSERT INTO record (kind, key, rev, body) VALUES ('profile', ?, 1, ?)"
    store.altered(row, BEN, packed(profile(BEN)))
    store.feed._compare_at = 0
    store.catch_up()
    assert store.shown(BEN) == [None]


def test_a_range_that_lost_a_page_on_the_way_takes_nothing_from_the_replica(store: Store, office: Office) -> None:
    store.catch_up()
    store.altered("DELETE FROM record WHERE key = ?", REFS[0])
    store.feed._compare_at = 0
    whole = office.snapshot
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(office, "snapshot", lambda *asked: (page for page in list(whole(*asked))[1:]))
        with pytest.raises(ValueError, match="not those that its trailer counts"):
            store.catch_up()
    assert store.shown(*REFS[1:]) == [profile(member) for member in REFS[1:]]


def test_two_that_are_equal_exchange_no_rows_and_compare_once_a_day(store: Store, office: Office) -> None:
    store.catch_up()
    store.catch_up()
    assert office.snapshots == [("", "")]
    assert store.feed._compare_at == NOW + COMPARE_EVERY_S


def test_a_profile_that_nobody_signed_is_replaced_by_head_offices_own(store: Store, office: Office) -> None:
    store.catch_up()
    forged = receipt(ANNA).model_copy(update={"expires_at": int(NOW) + 10**9})
    store.altered(
        "INSERT INTO record (kind, key, rev, body) VALUES ('profile', ?, 10000, ?)",
        ANNA, packed(profile(ANNA, alias="Forged", consent=forged)),
    )  # fmt: skip
    assert store.shown(ANNA) == [None]
    office.write(put(profile(ANNA)))
    store.catch_up()
    assert store.shown(ANNA) == [profile(ANNA)]
    assert ANNA in store.told[-1].members


def test_a_new_key_of_head_office_is_fetched_when_a_receipt_needs_it(store: Store, office: Office) -> None:
    right, office.hub_keys = office.hub_keys, {"k0": "0b" * 32}
    store.feed.boot()
    office.hub_keys = right
    store.catch_up()
    assert store.shown(REFS[0]) == [profile(REFS[0])]


def test_a_store_learns_a_newer_dictionary_when_a_body_needs_it(store: Store, office: Office) -> None:
    store.catch_up()
    boot = office.boot

    def newer_office(held: Any = (), **more: Any) -> BootReply:
        lacking = {} if NEWER in held else {NEWER: b64encode(newer()).decode()}
        return boot(held, **more).model_copy(update={"dictionaries": lacking})

    office.boot = newer_office  # type: ignore[method-assign,assignment]
    compressor = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(newer()))
    office.write(Put("profile", ANNA, 1, compressor.compress(profile().model_dump_json().encode())))
    store.catch_up()
    assert store.shown(ANNA, REFS[0]) == [profile(), profile(REFS[0])]


def test_another_life_of_head_office_starts_over(store: Store, office: Office) -> None:
    store.catch_up()
    office.epoch = "e2"
    with pytest.raises(StartOver):
        store.feed.poll(0)
    store.feed.boot()
    assert store.cache.cursor() == ("e2", "", 0)
    store.catch_up()
    assert office.snapshots == [("", ""), ("", "")]


def test_a_store_that_kept_half_a_cursor_begins_anew_and_loses_no_withdrawal(store: Store, office: Office) -> None:
    office.revocations.append(withdrawal(REFS[0], at=NOW + 5))
    store.catch_up()
    office.revocations.append(withdrawal(REFS[1], seq=2, at=NOW + 6))
    office.write(gone(REFS[1], 2))
    store.altered("UPDATE meta SET v = 'e1.1' WHERE k = 'cursor'")
    with pytest.raises(StartOver):
        store.feed.poll(0)
    assert office.cursors == [("e1.1.", 1)]  # it was not even asked for
    store.cache.start_over("")
    store.feed.boot()
    store.catch_up()
    assert store.shown(*REFS) == [None, None, *(profile(member) for member in REFS[2:])]
    assert {gone.member_ref for gone in store.cache.unconfirmed()} == set(REFS[:2])


@pytest.mark.parametrize("cursor", ["", "e1", "e1.7", "e1.7.product", "e1.7.product:", "e2.7."])
def test_a_cursor_that_is_none_is_never_kept(store: Store, office: Office, cursor: str) -> None:
    store.catch_up()
    kept = store.cache.cursor()
    for answer in (page(put(profile(ANNA)), cursor=cursor), Unchanged(cursor=cursor, revoke_cursor=0)):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(office, "feed", lambda *_, answer=answer: answer)
            with pytest.raises(ValueError, match="no whole cursor"):
                store.feed.poll(0)
    assert store.cache.cursor() == kept
    assert store.shown(ANNA) == [None]


def test_articles_come_through_a_snapshot_too(store: Store, office: Office) -> None:
    office.write(put(product(1)), put(product(2)))
    store.catch_up()
    assert set(store.cache.products()) == {"coat-1", "coat-2"}
    assert HUB_KEY.public_key().public_bytes_raw().hex() in office.hub_keys.values()
