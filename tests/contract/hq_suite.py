"""What a store may rely on at head office. Subclass and give `office`."""

import time
from typing import Any

import pytest

from edge.adapters.hq_http import Unchanged
from wire.event import Event, EventBatch


def batch(first: int, last: int, incarnation: str = "i1") -> EventBatch:
    events = tuple(Event(n=n, type="visit.help", at=0.0) for n in range(first, last + 1))
    return EventBatch(incarnation=incarnation, first=first, events=events)


class HqContract:
    @pytest.fixture
    def office(self) -> Any:
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

    def caught_up(self, office: Any) -> Unchanged:
        cursor, revoked = "", 0
        for _ in range(20):
            answer = office.feed(cursor, revoked, 0)
            cursor, revoked = answer.cursor, answer.revoke_cursor
            if isinstance(answer, Unchanged):
                return answer
        raise AssertionError("the feed has no end")
