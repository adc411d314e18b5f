"""Which articles to show a member, in which order, and why: a transparent sum that a salesperson can say aloud.

Takes a profile that went through `consent.redacted`, so no reason can rest on a fact the audience may not see. Hard
filters come first (in stock here in the member's size, no dislike, nothing stale); an article without a reason is not
shown. Every reason can be checked again against the same facts: `holds`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from edge.core.freshness import fresh
from edge.core.shop import Shop, Wearer, item, wearer
from wire.cards import Item, Line
from wire.product import Product
from wire.profile import Observed, Profile

# Points of each reason. Only their order and rough distance matter: what the member did to this very article beats
# what the article has in common with the member, and that beats what is true for everybody.
VIEWED: Final = 3.0
SAVED: Final = 3.5
BRAND: Final = 2.0
CATEGORY: Final = 1.5
GOES_WITH: Final = 1.2
COLOUR: Final = 1.0
MEMBER_PRICE: Final = 0.8
NEW: Final = 0.4
# Two weeks: interest in a viewed article halves with every second Saturday.
VIEWED_HALF_LIFE_S: Final = 14 * 86_400
NEW_DAYS: Final = 45
# How much the list leans to variety; 0 repeats one coat four times, 1 forgets what the member likes. At 0.4 a twin of
# what is already there gives way to something half as fitting.
VARIETY: Final = 0.4


@dataclass(frozen=True, slots=True)
class Term:
    """One reason and its points; it becomes a line only for the few articles that are shown."""

    points: float
    key: str
    params: tuple[tuple[str, str | int], ...] = ()
    observed_at: int | None = None

    @property
    def reason(self) -> Line:
        return Line(key=self.key, params=dict(self.params))


@dataclass(frozen=True, slots=True)
class Scored:
    product: Product
    score: float
    best: Term


def ranked(
    profile: Profile, shop: Shop, now: float, *, count: int, without: frozenset[str] = frozenset()
) -> tuple[Item, ...]:
    """At most `count` articles, best first; `without` are product ids that the view shows elsewhere."""
    mine, reasons = wearer(profile, now), Reasons(profile, shop, now)
    found = (_score(one, reasons) for one in shop.products.values() if one.product_id not in without)
    scored = sorted(filter(None, found), key=lambda one: (-one.score, one.product.product_id))
    fitting = (one for one in scored if fits(one.product, reasons, mine, shop))
    # Variety is chosen among the best; further down nothing would be picked anyway.
    chosen = _varied(list(islice(fitting, 8 * count)), count)
    return tuple(item(shop, one.product, mine, one.best.reason, one.best.observed_at) for one in chosen)


class Reasons:
    """What speaks for and against any article, for one member: looked up once, then asked per article."""

    def __init__(self, profile: Profile, shop: Shop, now: float) -> None:
        self._prices = wearer(profile, now)
        today = datetime.fromtimestamp(now, UTC).date()
        self._new_days = ((today - timedelta(days=NEW_DAYS)).isoformat(), today.isoformat())
        self._saved = {fact.value: fact for fact in _oldest_first(fresh("wishlist", profile.wishlist, now))}
        self._viewed = {fact.value: fact for fact in _oldest_first(fresh("viewed", profile.viewed, now))}
        self._brands = {fact.value: fact.confidence for fact in fresh("likes", profile.brands_liked, now)}
        self._categories = {fact.value: fact.confidence for fact in fresh("likes", profile.categories_liked, now)}
        self._colours = {fact.value: fact.confidence for fact in fresh("colours", profile.colours, now)}
        against = fresh("likes", profile.brands_disliked, now) + fresh("likes", profile.colours_disliked, now)
        self._dislikes = frozenset(fact.value for fact in against)
        self._reserved = tuple(_reserved(profile, shop, now))
        self._now = now

    def terms(self, product: Product) -> Iterator[Term]:
        """Every reason that speaks for the article, in the words of the pages."""
        yield from self._history(product.product_id)
        yield from self._taste(product)
        for other in self._reserved:
            if goes_with(product, other):
                yield Term(GOES_WITH, "why.goes_with", (("product", other.product_id),))
        if self._prices.price_cents_of(product) is not None:
            yield Term(MEMBER_PRICE, "why.member_price")
        if is_new(product, self._new_days):
            yield Term(NEW, "why.new")

    def disliked(self, product: Product) -> bool:
        return product.brand in self._dislikes or product.colour in self._dislikes

    def _history(self, product_id: str) -> Iterator[Term]:
        if (seen := self._viewed.get(product_id)) is not None:
            weight = 0.5 ** ((self._now - seen.observed_at) / VIEWED_HALF_LIFE_S)
            when = seen.observed_at
            yield Term(VIEWED * min(weight, 1.0), "why.viewed", (("when", when),), when)
        if (saved := self._saved.get(product_id)) is not None:
            when = saved.observed_at
            yield Term(SAVED, "why.saved", (("when", when),), when)

    def _taste(self, product: Product) -> Iterator[Term]:
        if (sure := self._brands.get(product.brand)) is not None:
            yield Term(BRAND * sure, "why.brand", (("brand", product.brand),))
        if (sure := self._categories.get(product.category)) is not None:
            yield Term(CATEGORY * sure, "why.category", (("category", product.category),))
        if (sure := self._colours.get(product.colour)) is not None:
            yield Term(COLOUR * sure, "why.colour", (("colour", product.colour),))


def holds(reason: Line, product: Product, profile: Profile, shop: Shop, now: float) -> bool:
    """Whether the reason is (still) true of these facts."""
    return any(term.reason == reason for term in Reasons(profile, shop, now).terms(product))


def fits(product: Product, reasons: Reasons, mine: Wearer, shop: Shop) -> bool:
    """The hard filters: nothing disliked, and a piece here in the member's size (any size when unknown)."""
    return not reasons.disliked(product) and shop.pieces(product, mine.size_of(product)) > 0


def goes_with(product: Product, other: Product) -> bool:
    """Of the same brand, and something else to wear."""
    return product.brand == other.brand and product.category != other.category


def is_new(product: Product, days: tuple[str, str]) -> bool:
    """Launched within the first and last of `days`; ISO dates sort as they are written."""
    return days[0] <= product.launched_on <= days[1]


def _score(product: Product, reasons: Reasons) -> Scored | None:
    found = list(reasons.terms(product))
    if not found:
        return None
    return Scored(product, sum(term.points for term in found), max(found, key=lambda term: term.points))


def _oldest_first(facts: tuple[Observed[str], ...]) -> list[Observed[str]]:
    """So that the newest of several wins a place in a dict."""
    return sorted(facts, key=lambda fact: fact.observed_at)


def _reserved(profile: Profile, shop: Shop, now: float) -> Iterator[Product]:
    for reservation in profile.reservations:
        product = shop.products.get(reservation.product_id)
        if product is not None and reservation.held_until > now:
            yield product


def _varied(scored: list[Scored], count: int) -> list[Scored]:
    """Maximal marginal relevance: each next one is good and unlike those already taken."""
    left, taken = list(scored), list[Scored]()
    top = scored[0].score if scored else 1.0
    while left and len(taken) < count:
        best = max(left, key=lambda one: (1 - VARIETY) * one.score / top - VARIETY * _closest(one, taken))
        left.remove(best)
        taken.append(best)
    return taken


def _closest(one: Scored, taken: list[Scored]) -> float:
    return max((_alike(one.product, other.product) for other in taken), default=0.0)


def _alike(one: Product, other: Product) -> float:
    same = 0.5 * (one.category == other.category) + 0.3 * (one.brand == other.brand)
    return same + 0.2 * (one.colour == other.colour)
