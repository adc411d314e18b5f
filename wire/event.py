"""What a store reports: one event per thing that happened, numbered by the outbox, idempotent at head office.

An event names a member only when the member granted `measure`; everything else carries the visit's own id, which
lives no longer than the visit. No event ever names a member of staff.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

EventType = Literal[
    "visit.arrived",
    "visit.moved",
    "visit.left",
    "visit.mode",
    "visit.checkin",
    "visit.help",
    "visit.state",
    "visit.mistaken",
    "hint.shown",
    "hint.dismissed",
    "note.written",
    "screen.changed",
    "reservation.step",
    "fact.hidden",
    "consent.applied",
    "radio.totals",
]


class Event(BaseModel):
    """`at` is trusted time, unix seconds UTC; `n` is gap-free within (device, incarnation).

    `mono_s` is when it was written down, in seconds since the machine's boot `boot_id` began: between two events of one
    boot that is right even where `at` was corrected in between.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    n: Annotated[int, Field(ge=1)]
    type: EventType
    at: float
    boot_id: Annotated[str, Field(max_length=64)] = ""
    mono_s: float = 0.0
    visit_id: str = ""
    member_ref: str = ""
    body: dict[str, JsonValue] = {}


class EventBatch(BaseModel):
    """`first` is the number of the first event; the rest follow without a gap."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    incarnation: str
    first: Annotated[int, Field(ge=1)]
    events: Annotated[tuple[Event, ...], Field(max_length=500)]


class BatchAck(BaseModel):
    """Everything up to `acked` is head office's now. `gap` asks the store to go back to `acked` + 1."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    acked: int
    gap: bool = False
