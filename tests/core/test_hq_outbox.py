"""Events from a store: each once, in order, whatever is split, repeated or lost on the way."""

from hypothesis import given
from hypothesis import strategies as st

from hq.core.outbox import accepted
from wire.event import BatchAck, Event, EventBatch


def batch(first: int, numbers: list[int]) -> EventBatch:
    events = tuple(Event(n=n, type="visit.arrived", at=1.0) for n in numbers)
    return EventBatch(incarnation="i", first=first, events=events)


def test_a_gap_takes_nothing_and_asks_to_go_back() -> None:
    assert accepted(4, batch(6, [6, 7])) == ((), BatchAck(acked=4, gap=True))


def test_numbers_that_do_not_follow_count_up_to_the_hole() -> None:
    new, ack = accepted(0, batch(1, [1, 2, 4]))
    assert [event.n for event in new] == [1, 2]
    assert ack == BatchAck(acked=2, gap=True)


def test_an_empty_batch_is_answered_with_what_is_here() -> None:
    assert accepted(4, batch(5, [])) == ((), BatchAck(acked=4))


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 6)), max_size=40))
def test_any_resending_keeps_each_event_once_and_in_order(sendings: list[tuple[int, int]]) -> None:
    kept: list[int] = []
    for first, length in sendings:
        new, ack = accepted(len(kept), batch(first, list(range(first, first + length))))
        kept += [event.n for event in new]
        assert ack.acked == len(kept)
    assert kept == list(range(1, len(kept) + 1))
