"""Events: numbered without a gap, sent in batches, counted once whatever the line does."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.effects import Record
from edge.core.outbox import BATCH_LENGTH, KEPT_S, Acked, GoBack, Renumber, batch, numbered, outlived, settled
from tests.core.store import ANCHOR
from wire.event import BatchAck, Event, EventBatch


def events(first: int, last: int) -> list[Event]:
    return [Event(n=n, type="visit.arrived", at=0, visit_id=f"v{n}") for n in range(first, last + 1)]


class Hub:
    """Head office's side of the bargain, as SYNC.md has it."""

    def __init__(self) -> None:
        self.high: dict[str, int] = {}
        self.kept: list[str] = []

    def take(self, sent: EventBatch) -> BatchAck:
        high = self.high.get(sent.incarnation, 0)
        if sent.first > high + 1:
            return BatchAck(acked=high, gap=True)
        for event in sent.events:
            if event.n > high:
                self.kept.append(event.visit_id)
                high = event.n
        self.high[sent.incarnation] = high
        return BatchAck(acked=high)


def test_an_event_takes_the_number_after_the_highest() -> None:
    assert numbered(Record("visit.help", 1.0, "v1"), 41, ANCHOR).n == 42


def test_a_batch_is_never_longer_than_head_office_takes() -> None:
    sent = batch("i", events(1, BATCH_LENGTH + 1))
    assert sent is not None
    assert (sent.first, len(sent.events)) == (1, BATCH_LENGTH)


def test_nothing_waiting_is_nothing_to_send() -> None:
    assert batch("i", []) is None


def test_what_is_acknowledged_need_not_be_sent_again_and_no_more() -> None:
    sent = EventBatch(incarnation="i", first=5, events=tuple(events(5, 9)))
    assert settled(sent, BatchAck(acked=7), 9) == Acked(7)


def test_head_office_that_lost_events_is_sent_them_again() -> None:
    sent = EventBatch(incarnation="i", first=5, events=tuple(events(5, 9)))
    assert settled(sent, BatchAck(acked=2, gap=True), 9) == GoBack(2)


def test_acknowledged_events_stay_as_long_as_a_backup_may_be_old() -> None:
    kept = [Event(n=n, type="visit.help", at=n * KEPT_S / 2) for n in range(1, 6)]
    assert outlived(kept, kept[-1]) == 2
    assert outlived(kept[:3], kept[2]) == 0


def test_a_store_that_forgot_events_begins_a_new_incarnation() -> None:
    sent = EventBatch(incarnation="i", first=1, events=tuple(events(1, 2)))
    assert settled(sent, BatchAck(acked=90), 2) == Renumber()


@given(st.lists(st.sampled_from(["new", "sent", "lost request", "lost answer", "twice"]), max_size=60))
def test_every_event_reaches_head_office_once_and_in_order(story: list[str]) -> None:
    hub, waiting, made = Hub(), [], 0
    for turn in [*story, "sent"]:
        if turn == "new":
            waiting.append(numbered(Record("visit.arrived", 0.0, f"v{made + 1}"), made, ANCHOR))
            made += 1
            continue
        sent = batch("i", waiting)
        if sent is None or turn == "lost request":
            continue
        ack = hub.take(sent)
        if turn == "twice":
            ack = hub.take(sent)
        if turn != "lost answer":
            answer = settled(sent, ack, made)
            assert isinstance(answer, Acked)
            waiting = [event for event in waiting if event.n > answer.n]
    assert hub.kept == [f"v{n}" for n in range(1, made + 1)]
    assert not waiting
