"""The pick list: which reserved pieces are to be fetched, which lie ready, which are to be put back.

Two rules about what may live here. A line names nobody and is the same whether its owner is in the store or not, so
the list tells nothing of presence. And only reservations of members who granted `recognise` and `staff`, and who did
not hide them, are on it: staff see no reservation that they could not see on a card.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from edge.core import reservation
from edge.core.shop import Shop, public_item
from wire.cards import PickCard, PickLine
from wire.profile import Profile, Reservation, Step
from wire.receipt import Purpose
from wire.views import Fact

# What one person fetches in a round; a card of more would be longer than the list is useful.
LINES: Final = 40


@dataclass(frozen=True, slots=True)
class _Held:
    """`until`: the consent's end; 0 where the list may not have them."""

    reservations: tuple[Reservation, ...]
    until: float


class Picks:
    """`profile_of` is a member's profile as the store may use it now, with the store's own steps."""

    def __init__(self, profile_of: Callable[[str, float], Profile | None]) -> None:
        self._profile_of = profile_of
        self._held: dict[str, _Held] = {}
        self._owner: dict[str, str] = {}

    def look(self, members: Iterable[str], now: float) -> None:
        """These members may have changed."""
        for member in members:
            self.forget(member)
            profile = self._profile_of(member, now)
            if profile is None or not profile.reservations:
                continue
            self._held[member] = _Held(profile.reservations, listed_until(profile, now))
            self._owner |= dict.fromkeys((held.reservation_id for held in profile.reservations), member)

    def forget(self, member: str) -> None:
        gone = self._held.pop(member, None)
        for held in () if gone is None else gone.reservations:
            self._owner.pop(held.reservation_id, None)

    def listed(self, reservation_id: str, now: float) -> tuple[str, Reservation] | None:
        """Whose piece it is, when it is on the list."""
        member = self._owner.get(reservation_id, "")
        held = self._held.get(member)
        if held is None or held.until <= now:
            return None
        return next(((member, one) for one in held.reservations if one.reservation_id == reservation_id), None)

    def card(self, shop: Shop, now: float) -> PickCard:
        held = (one for each in self._held.values() if each.until > now for one in each.reservations)
        found = [line for one in held if (line := _line(one, shop, now)) is not None]
        found.sort(key=lambda line: (line.held_until > now, line.held_until, line.reservation_id))
        return PickCard(lines=tuple(found[:LINES]), more=max(0, len(found) - LINES))


def listed_until(profile: Profile, now: float) -> float:
    """Until when this member's pieces may be on the list; 0 when they may not."""
    receipt = profile.consent
    if receipt is None or receipt.member_ref != profile.member_ref or _HIDING & profile.hidden:
        return 0.0
    granted = all(receipt.granted(purpose, now) for purpose in (Purpose.RECOGNISE, Purpose.STAFF))
    return receipt.expires_at if granted else 0.0


def _line(held: Reservation, shop: Shop, now: float) -> PickLine | None:
    product = shop.products.get(held.product_id)
    if product is None or not _is_work(held, now):
        return None
    stock = shop.stock.get(held.variant_id)
    return PickLine(
        reservation_id=held.reservation_id,
        item=public_item(shop, product),
        size=held.size,
        shelf="" if stock is None else stock.shelf,
        pieces=0 if stock is None else stock.pieces,
        room=held.room,
        step=held.step,
        held_until=held.held_until,
        moves=_moves(held, now),
    )


def _is_work(held: Reservation, now: float) -> bool:
    """Once the owner goes to try it on, the card says so: a line that changed with the owner would tell on them."""
    if held.held_until <= now:
        return held.step in reservation.TAKEN_STEPS
    return held.step in {"reserved", "picked"}


def _moves(held: Reservation, now: float) -> tuple[Step, ...]:
    """The list fetches and puts back; trying and buying happen on the card."""
    return tuple(step for step in reservation.moves(held, now) if step in {"picked", "returned"})


_HIDING: Final = frozenset({Fact.RESERVATIONS.value, Fact.WAITING.value})
