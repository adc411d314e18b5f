"""Reservations as the store sees them: head office reserves, the store owns the step from then on.

One table says where a piece may go next; `Steps` is the store's memory of where each one is, kept over a restart.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from edge.core.effects import KeepStep
from wire.profile import Profile, Reservation, Step

DAY_S: Final = 86_400
# A piece may hang ready or in a room after its time ran out; a week later somebody has cleared it without a tap.
REMEMBERED_S: Final = 7 * DAY_S

MOVES: Final[Mapping[Step, tuple[Step, ...]]] = {
    "reserved": ("picked",),
    "picked": ("fitting", "bought", "returned"),
    "fitting": ("tried", "bought", "returned"),
    "tried": ("bought", "returned"),
    "bought": (),
    "returned": (),
    "expired": (),
}
# After its time it is only put back: the piece is for everybody again.
OVER: Final[tuple[Step, ...]] = ("returned",)
# Held for somebody who is to try it on; afterwards the step itself says that it is over.
OPEN_STEPS: Final = frozenset({"reserved", "picked", "fitting", "tried"})
# Off its shelf, so somebody must put it back.
TAKEN_STEPS: Final = frozenset({"picked", "fitting", "tried"})
# Why a piece was not taken: the buyers' list of what to change. "late" is nobody's answer, it is the clock's.
REASONS: Final = frozenset({"fit", "colour", "quality", "price", "mind", "late"})


class Steps:
    """Instants are unix seconds."""

    def __init__(self, kept: Iterable[KeepStep] = ()) -> None:
        self._kept = {one.reservation_id: one for one in kept}

    def put(self, held: Reservation, member_ref: str, step: Step) -> KeepStep:
        """The fact to write down."""
        kept = KeepStep(held.reservation_id, member_ref, step, held.held_until + REMEMBERED_S)
        self._kept[held.reservation_id] = kept
        return kept

    def of(self, profile: Profile) -> Profile:
        """The profile with each reservation at the store's own step, where there is one."""
        return at_steps(profile, {one: kept.step for one, kept in self._kept.items()}) if self._kept else profile

    def forget(self, member_ref: str) -> None:
        self._kept = {one: kept for one, kept in self._kept.items() if kept.member_ref != member_ref}

    def forget_old(self, now: float) -> None:
        self._kept = {one: kept for one, kept in self._kept.items() if kept.until > now}


def moves(held: Reservation, now: float) -> tuple[Step, ...]:
    """Where the piece may go next."""
    if held.held_until > now:
        return MOVES[held.step]
    return OVER if held.step in TAKEN_STEPS else ()


def at_steps(profile: Profile, steps: Mapping[str, Step]) -> Profile:
    own = tuple(_at_step(one, steps) for one in profile.reservations)
    return profile if own == profile.reservations else profile.model_copy(update={"reservations": own})


def into_fitting(profile: Profile, now: float) -> tuple[Reservation, ...]:
    """What goes along into the fitting room: what lies ready, and what nobody said was fetched."""
    return tuple(one for one in profile.reservations if one.step in {"reserved", "picked"} and one.held_until > now)


def _at_step(reservation: Reservation, steps: Mapping[str, Step]) -> Reservation:
    step = steps.get(reservation.reservation_id)
    return reservation if step is None else reservation.model_copy(update={"step": step})
