"""The next best action: ordered rules, at most one, and "nothing" is an outcome too.

The order is the shop's manners: what went wrong, then what was promised, then what was wished for, then what might
please. Nothing stale and nothing the audience may not see gets here: the profile went through `consent.redacted`.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from edge.core.freshness import fresh, is_stale
from edge.core.rank import Reasons, fits
from edge.core.shop import Shop, wearer
from wire.cards import Hint, Item, Line, ReservationLine
from wire.profile import Profile

NOTHING: Final = Hint(kind="none", line=Line(key="hint.none"))


def offers(
    profile: Profile, reservations: Sequence[ReservationLine], looks: Sequence[Item], shop: Shop, now: float
) -> Iterator[Hint]:
    """What could be done, best first; a card shows the first that was not put aside, or `NOTHING`."""
    yield from _complaint(profile, now)
    yield from _reservation_ready(reservations)
    yield from _wish_in_stock(profile, shop, now)
    for look in looks[:1]:
        yield Hint(kind="look", line=Line(key="hint.look", params={"product": look.product_id}), why=look.reason)


def _complaint(profile: Profile, now: float) -> Iterator[Hint]:
    complaint = profile.complaint_open
    if complaint is not None and not is_stale("complaint", complaint, now):
        yield Hint(kind="complaint", line=Line(key="hint.complaint"))


def _reservation_ready(reservations: Sequence[ReservationLine]) -> Iterator[Hint]:
    ready = (held for held in reservations if held.step in {"reserved", "picked"})
    for held in ready:
        line = Line(
            key="hint.reservation",
            params={"product": held.item.product_id, "size": held.size, "room": held.room},
        )
        yield Hint(kind="reservation", line=line)


def _wish_in_stock(profile: Profile, shop: Shop, now: float) -> Iterator[Hint]:
    """Only in a size that is known: a wish that may not fit is a disappointment announced."""
    mine, reasons = wearer(profile, now), Reasons(profile, shop, now)
    for wish in fresh("wishlist", profile.wishlist, now):
        product = shop.products.get(wish.value)
        if product is None or not (size := mine.size_of(product)) or not fits(product, reasons, mine, shop):
            continue
        shelf = next(held.shelf for held in shop.shelves(product) if held.size == size)
        line = Line(key="hint.wish", params={"product": product.product_id, "size": size, "shelf": shelf})
        yield Hint(kind="wish", line=line, why=Line(key="why.saved", params={"when": wish.observed_at}))
