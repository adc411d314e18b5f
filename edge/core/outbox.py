"""How events are numbered, batched and let go: each counts once at head office, whatever the line does.

Numbers are gap-free within one incarnation (one life of the outbox file). Head office keeps the highest number it
has of each; anything it already has is a repeat and does nothing. What it acknowledged stays here for a while: put back
to a backup, it asks for what it had after that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from edge.core.clock import Anchor
from edge.core.effects import Record
from wire.event import BatchAck, Event, EventBatch

BATCH_LENGTH: Final = 500
# How old a backup head office may be put back to without losing events. Longer, and a stolen store tells more; a store
# with 20,000 events a day has some 50 MB of them.
KEPT_S: Final = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Acked:
    """Head office has everything up to `n`."""

    n: int


@dataclass(frozen=True, slots=True)
class GoBack:
    """Head office has everything up to `n` and no more, although it had: send again from there what is still here."""

    n: int


@dataclass(frozen=True, slots=True)
class Renumber:
    """Head office has what this store does not remember making, or lost what is here no more: a new incarnation."""


def numbered(record: Record, high: int, anchor: Anchor) -> Event:
    """The record as the event after number `high`, written down at `anchor`."""
    return Event(
        n=high + 1,
        type=record.type,
        at=record.at,
        boot_id=anchor.boot_id,
        mono_s=anchor.mono_s,
        visit_id=record.visit_id,
        member_ref=record.member_ref,
        body=record.body,
    )


def batch(incarnation: str, waiting: Sequence[Event]) -> EventBatch | None:
    """The oldest of `waiting` (in order of their numbers); None when there is nothing to send."""
    if not waiting:
        return None
    return EventBatch(incarnation=incarnation, first=waiting[0].n, events=tuple(waiting[:BATCH_LENGTH]))


def settled(sent: EventBatch, ack: BatchAck, high: int) -> Acked | GoBack | Renumber:
    """What the answer to a batch means; `high` is the highest number made here.

    Beyond the batch is no contradiction: to a restored head office an older batch may have come late, by itself.
    """
    if ack.acked > high:
        return Renumber()
    return GoBack(ack.acked) if ack.acked < sent.first - 1 else Acked(ack.acked)


def outlived(oldest: Iterable[Event], newest: Event) -> int:
    """The number up to which acknowledged events have been here long enough; 0 for none. `oldest` come in order."""
    old = takewhile(lambda event: event.at < newest.at - KEPT_S, oldest)
    return max((event.n for event in old), default=0)
