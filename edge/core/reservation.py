"""Reservations as the store sees them: head office reserves, the store owns the step once the shopper is in."""

from collections.abc import Mapping
from typing import Final

from wire.profile import Profile, Reservation

# Where a reservation can still go into a fitting room with the shopper.
_WAITING: Final = frozenset({"reserved", "picked"})


def at_steps(profile: Profile, steps: Mapping[str, str]) -> Profile:
    """The profile with each reservation at the store's own step, where there is one."""
    own = tuple(_at_step(one, steps) for one in profile.reservations)
    return profile if own == profile.reservations else profile.model_copy(update={"reservations": own})


def into_fitting(profile: Profile, now_s: float) -> dict[str, str]:
    """What goes along into the fitting room: reservation id -> its new step."""
    going = (one for one in profile.reservations if one.step in _WAITING and one.held_until > now_s)
    return {one.reservation_id: "fitting" for one in going}


def _at_step(reservation: Reservation, steps: Mapping[str, str]) -> Reservation:
    step = steps.get(reservation.reservation_id)
    return reservation if step is None else reservation.model_copy(update={"step": step})
