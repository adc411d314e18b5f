"""Which stores may hold a member, and what has to travel when that changes.

A standing reason follows from what is written down: the member's home store, the neighbours that were named for it,
or, without a home store, every store where the merchant chose so. A timed one has an end: a visit that was announced
or begun, an article that is kept. Without a reason, or without consent to be recognised, a store has nothing of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from wire.profile import Profile

TimedReason = Literal["visit", "reservation"]
# A visit that was announced in the morning may begin in the evening; what nobody came for is gone by the next day.
VISIT_S: Final = 12 * 3600
LONGEST_VISIT_S: Final = 48 * 3600


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one store holds one member until `until`, beyond the standing reasons."""

    store_id: str
    member_ref: str
    reason: TimedReason
    until: float


@dataclass(frozen=True, slots=True)
class Held:
    """What the feed says of a member to one store. `rev` only grows there, also from a tombstone to a return."""

    store_id: str
    rev: int
    gone: bool


def scope_of(
    home_store: str, *, near: Collection[str], everywhere: Collection[str], timed: Collection[str]
) -> frozenset[str]:
    """The stores of a member with consent. `everywhere` is what the merchant grants to members without a home store."""
    standing = {home_store, *near} if home_store else set(everywhere)
    return frozenset(standing | set(timed))


def moves(wanted: Collection[str], held: Mapping[str, Held], rev: int, *, changed: bool) -> Sequence[Held]:
    """What the feed has to say now: the member's new state where they are wanted, tombstones where they were held.

    Not `changed`: the stores that hold them already need no word. A store that let go knows a tombstone of some
    revision and believes only a later one, hence revisions that grow for each store by themselves.
    """
    told: list[Held] = []
    for store_id in sorted({*wanted, *held}):
        before = held.get(store_id)
        is_there = before is not None and not before.gone
        next_rev = max(rev, before.rev + 1) if before is not None else rev
        if store_id in wanted and (changed or not is_there):
            told.append(Held(store_id, next_rev, gone=False))
        elif store_id not in wanted and is_there:
            told.append(Held(store_id, next_rev, gone=True))
    return told


def reserved(profile: Profile, now: float) -> dict[str, float]:
    """Store -> until when something is kept there for this member; what names no store lies in the home store."""
    ends: dict[str, float] = {}
    for kept in profile.reservations:
        if kept.store_id and kept.held_until > now and kept.step not in {"bought", "returned", "expired"}:
            ends[kept.store_id] = max(float(kept.held_until), ends.get(kept.store_id, 0.0))
    return ends
