"""How events are numbered, batched and let go: each counts once at head office, whatever the line does.

Numbers are gap-free within one incarnation (one life of the outbox file). Head office keeps the highest number it
has of each; anything it already has is a repeat and does nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.core.effects import Record
from wire.event import BatchAck, Event, EventBatch

BATCH_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Drop:
    """Head office has everything up to `n`."""

    n: int


@dataclass(frozen=True, slots=True)
class Renumber:
    """Head office and store disagree about what was sent (one of them was restored): begin a new incarnation."""


def numbered(record: Record, high: int) -> Event:
    """The record as the event after number `high`."""
    return Event(
        n=high + 1,
        type=record.type,
        at=record.at,
        visit_id=record.visit_id,
        member_ref=record.member_ref,
        body=record.body,
    )


def batch(incarnation: str, waiting: Sequence[Event]) -> EventBatch | None:
    """The oldest of `waiting` (in order of their numbers); None when there is nothing to send."""
    if not waiting:
        return None
    return EventBatch(incarnation=incarnation, first=waiting[0].n, events=tuple(waiting[:BATCH_LENGTH]))


def settled(sent: EventBatch, ack: BatchAck) -> Drop | Renumber:
    """What the answer to a batch means.

    An acknowledgement below the batch means that head office lost events this store no longer has; one beyond the
    batch, that it has events this store does not remember making.
    """
    last = sent.first + len(sent.events) - 1
    if ack.acked < sent.first - 1 or ack.acked > last:
        return Renumber()
    return Drop(ack.acked)
