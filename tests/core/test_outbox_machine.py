"""A store's outbox and head office as values, each with the rules of its own core: every event arrives exactly once and
in order, whatever is lost, repeated, late, killed or put back to a backup on the way.
"""

import os
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.core.effects import Record
from edge.core.outbox import Acked, GoBack, batch, numbered, settled
from hq.core.outbox import accepted
from tests.core.store import ANCHOR
from wire.event import BatchAck, Event, EventBatch

pytestmark = pytest.mark.timeout(600)
# Short of the real one, so that a few events already travel in several batches.
BATCH = 3


@dataclass
class Hub:
    high: dict[str, int] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    def take(self, sent: EventBatch) -> BatchAck:
        new, ack = accepted(self.high.get(sent.incarnation, 0), sent)
        self.kept += [event.visit_id for event in new]
        if new:
            self.high[sent.incarnation] = new[-1].n
        return ack


@dataclass
class Box:
    """outbox.db: written with synchronous=FULL, so nothing that was acknowledged is ever taken back."""

    incarnation: int = 1
    high: int = 0
    acked: int = 0
    events: list[Event] = field(default_factory=list)

    def write(self, name: str) -> None:
        event = numbered(Record("visit.help", 0.0, name), self.high, ANCHOR)
        self.events.append(event)
        self.high = event.n

    def batch(self) -> EventBatch | None:
        return batch(f"i{self.incarnation}", [event for event in self.events if event.n > self.acked][:BATCH])

    def take(self, sent: EventBatch, ack: BatchAck) -> None:
        answer = settled(sent, ack, self.high)
        assert isinstance(answer, Acked | GoBack)  # nothing here forgets what it made, so numbers never begin anew
        self.acked = answer.n


class Line(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.hub, self.box = Hub(), Box()
        self.backup = deepcopy(self.hub)
        self.made: list[str] = []
        self.sent: list[EventBatch] = []

    @rule(count=st.integers(1, 4))
    def something_happens(self, count: int) -> None:
        for _ in range(count):
            self.made.append(f"v{len(self.made) + 1}")
            self.box.write(self.made[-1])

    @rule(fate=st.sampled_from(["arrives", "request lost", "answer lost", "twice"]))
    def send(self, fate: str) -> None:
        """A kill of either side is one of these: the store begins again with what its disk says."""
        sent = self.box.batch()
        if sent is None:
            return
        self.sent.append(sent)
        if fate == "request lost":
            return
        ack = self.hub.take(sent)
        if fate == "twice":
            ack = self.hub.take(sent)
        if fate != "answer lost":
            self.box.take(sent, ack)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_old_batch_comes_late(self, data: st.DataObject) -> None:
        """A request that a proxy held back; nobody waits for its answer any more."""
        self.hub.take(data.draw(st.sampled_from(self.sent)))

    @rule()
    def back_up(self) -> None:
        self.backup = deepcopy(self.hub)

    @rule()
    def restore(self) -> None:
        self.hub = deepcopy(self.backup)

    @invariant()
    def head_office_has_a_beginning_of_what_happened(self) -> None:
        """In order, nothing twice, nothing left out."""
        assert self.hub.kept == self.made[: len(self.hub.kept)]

    def teardown(self) -> None:
        if not hasattr(self, "hub"):
            return
        self.something_happens(1)  # a restored head office says what it lacks when it is spoken to
        for _ in range(len(self.made) * 2 + 2):
            self.send("arrives")
        assert self.hub.kept == self.made


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=500 if os.environ.get("LONG") else 100, stateful_step_count=40)
