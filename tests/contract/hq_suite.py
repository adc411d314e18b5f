"""What a store may rely on at head office. Subclass and give `office`."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from edge.adapters.hq_http import StartOver, Unchanged
from edge.errors import HqRefused
from wire.dictionary import SHIPPED, Dictionaries
from wire.event import Event, EventBatch
from wire.nearby import NearbyAsk, NearbyReply
from wire.page import Page, Put, digest, place, sum8
from wire.product import Product

Publish = Callable[[Sequence[str]], None]


def batch(first: int, last: int, incarnation: str = "i1") -> EventBatch:
    events = tuple(Event(n=n, type="visit.help", at=0.0) for n in range(first, last + 1))
    return EventBatch(incarnation=incarnation, first=first, events=events)


class HqContract:
    @pytest.fixture
    def office(self) -> Any:
        raise NotImplementedError

    @pytest.fixture
    def publish(self, office: Any) -> Publish:
        """Products of these ids, in one transaction, into the scope of the store."""
        raise NotImplementedError

    def test_it_says_its_epoch_and_its_keys(self, office: Any) -> None:
        reply = office.boot()
        assert reply.epoch
        assert reply.hub_keys

    def test_an_empty_feed_moves_no_data_and_keeps_a_cursor(self, office: Any) -> None:
        answer = self.caught_up(office)
        again = office.feed(answer.cursor, answer.revoke_cursor, 0)
        assert isinstance(again, Unchanged)
        assert again.revoke_cursor == answer.revoke_cursor

    def test_a_batch_is_acknowledged_to_its_last_event(self, office: Any) -> None:
        assert office.events(batch(1, 3)).acked == 3

    def test_a_repeat_counts_once(self, office: Any) -> None:
        office.events(batch(1, 3))
        assert office.events(batch(2, 5)).acked == 5

    def test_a_gap_is_told(self, office: Any) -> None:
        office.events(batch(1, 2))
        reply = office.events(batch(7, 8))
        assert (reply.acked, reply.gap) == (2, True)

    def test_keys_are_of_the_days_that_were_asked_for(self, office: Any) -> None:
        today = int(time.time() // 86_400)
        assert set(office.day_keys(today - 1, 3).days) <= {today - 1, today, today + 1}

    def test_a_store_that_lacks_a_dictionary_is_given_it(self, office: Any) -> None:
        assert set(office.boot().dictionaries) == set(SHIPPED)
        assert office.boot(SHIPPED).dictionaries == {}

    def test_what_changed_after_a_cursor_comes_once(self, office: Any, publish: Publish) -> None:
        answer = self.caught_up(office)
        publish(["feed-b", "feed-a"])
        page = office.feed(answer.cursor, answer.revoke_cursor, 0)
        assert [(put.kind, put.key) for put in page.records] == [("product", "feed-a"), ("product", "feed-b")]
        assert isinstance(office.feed(page.header.cursor, page.header.revoke_cursor, 0), Unchanged)

    def test_a_body_is_readable_under_the_shipped_dictionary(self, office: Any, publish: Publish) -> None:
        answer = self.caught_up(office)
        publish(["body-a"])
        (put,) = office.feed(answer.cursor, answer.revoke_cursor, 0).records
        assert Product.model_validate_json(Dictionaries().unpacked(put.body)).product_id == "body-a"

    def test_a_cursor_of_another_life_starts_over(self, office: Any) -> None:
        with pytest.raises(StartOver):
            office.feed("ffff.1.", 0, 0)

    @pytest.mark.parametrize("length", [-1, 4, 0])
    def test_what_is_left_of_a_broken_cursor_starts_over(self, office: Any, publish: Publish, length: int) -> None:
        publish(["half-a"])
        whole = self.caught_up(office).cursor
        for broken in (whole[:length] or "x", f"{whole}product", f"{whole}product:", f"{whole}nothing:a"):
            with pytest.raises(StartOver):
                office.feed(broken, 0, 0)

    @pytest.mark.parametrize("after", ["product", "prod", "nothing:a"])
    def test_a_snapshot_that_shall_go_on_nowhere_starts_over(self, office: Any, after: str) -> None:
        with pytest.raises(StartOver):
            list(office.snapshot(after, 0))

    def test_a_snapshot_holds_everything_sorted_and_says_how_much(self, office: Any, publish: Publish) -> None:
        publish(["snap-c", "snap-a", "snap-b"])
        records, last = self.snapshot(office)
        assert [place(record) for record in records] == sorted(place(record) for record in records)
        assert {"snap-a", "snap-b", "snap-c"} <= {record.key for record in records}
        trailer = last.header.trailer
        assert trailer is not None
        assert (trailer.count, trailer.after) == (len(records), "")
        assert trailer.digest == digest((put.rev, sum8(put.key, put.body)) for put in records)

    def test_a_snapshot_goes_on_after_any_place(self, office: Any, publish: Publish) -> None:
        publish(["on-a", "on-b", "on-c"])
        whole, _ = self.snapshot(office)
        for at, record in enumerate(whole[:5]):
            assert self.snapshot(office, place(record))[0] == whole[at + 1 :]

    def test_a_snapshot_ends_where_it_is_told_to(self, office: Any, publish: Publish) -> None:
        publish(["upto-a", "upto-b", "upto-c"])
        assert [put.key for put in self.snapshot(office, "product:upto-", "product:upto-b")[0]] == ["upto-a", "upto-b"]
        assert {put.kind for put in self.snapshot(office, "product:", "product:")[0]} == {"product"}

    def test_the_feed_goes_on_where_the_snapshot_was_read(self, office: Any, publish: Publish) -> None:
        publish(["next-a"])
        _, last = self.snapshot(office)
        publish(["next-a", "next-b"])
        page = office.feed(last.header.cursor, last.header.revoke_cursor, 0)
        assert [(put.key, put.rev) for put in page.records] == [("next-a", 2), ("next-b", 1)]

    def test_the_buckets_are_those_of_the_snapshot(self, office: Any, publish: Publish) -> None:
        publish(["sum-a", "sum-b"])
        records, _ = self.snapshot(office)
        products = [put for put in records if put.kind == "product"]
        reply = office.digest()
        buckets = [bucket for bucket in reply.buckets if bucket.kind == "product"]
        assert sum(bucket.count for bucket in buckets) == len(products)
        assert sum(bucket.digest for bucket in buckets) % 2**64 == digest(
            (put.rev, sum8(put.key, put.body)) for put in products
        )
        assert [bucket.upto for bucket in buckets][-1] == ""

    def test_every_kind_has_a_bucket_even_where_there_is_nothing(self, office: Any) -> None:
        assert {bucket.kind for bucket in office.digest().buckets} == {"product", "profile", "stock"}

    def test_a_picture_that_is_not_there_is_refused(self, office: Any) -> None:
        with pytest.raises(HqRefused) as refused:
            office.picture("f" * 64)
        assert refused.value.status == 404

    def test_a_store_without_neighbours_hears_of_none(self, office: Any) -> None:
        assert office.nearby(NearbyAsk(after={"elsewhere": "e.1."})) == NearbyReply(near=())

    def snapshot(self, office: Any, after: str = "", upto: str = "") -> tuple[list[Put], Page]:
        pages = list(office.snapshot(after, 0, upto))
        return [record for page in pages for record in page.records], pages[-1]

    def caught_up(self, office: Any) -> Unchanged:
        cursor, revoked = "", 0
        for _ in range(20):
            answer = office.feed(cursor, revoked, 0)
            if isinstance(answer, Unchanged):
                return answer
            cursor, revoked = answer.header.cursor, answer.header.revoke_cursor
        raise AssertionError("the feed has no end")
