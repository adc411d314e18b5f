"""Which articles to show a member, in which order, and why: a transparent sum that a salesperson can say aloud.

Takes a profile that went through `consent.redacted`, so no reason can rest on a fact the audience may not see. Hard
filters come first (in stock here in the member's size, no dislike, nothing stale); an article without a reason is not
shown. Every reason can be checked again against the same facts: `holds`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
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
    """One reason and its points."""

    points: float
    reason: Line
    observed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    product: Product
    score: float
    best: Term


def ranked(
    profile: Profile, shop: Shop, now: float, *, count: int, without: frozenset[str] = frozenset()
) -> tuple[Item, ...]:
    """At most `count` articles, best first; `without` are product ids that the view shows elsewhere."""
    mine = wearer(profile, now)
    candidates = (product for product in shop.products.values() if product.product_id not in without)
    scored = [found for product in candidates if (found := _score(product, profile, mine, shop, now)) is not None]
    scored.sort(key=lambda found: (-found.score, found.product.product_id))
    # Variety is chosen among the best; further down nothing would be picked anyway.
    chosen = _varied(scored[: 8 * count], count)
    return tuple(item(shop, one.product, mine, one.best.reason, one.best.observed_at) for one in chosen)


def terms(product: Product, profile: Profile, mine: Wearer, shop: Shop, now: float) -> Iterator[Term]:
    """Every reason that speaks for the article, in the words of the pages."""
    yield from _own_history(product, profile, now)
    yield from _taste(product, profile, now)
    for other in _reserved(profile, shop, now):
        if goes_with(product, other):
            yield Term(GOES_WITH, Line(key="why.goes_with", params={"product": other.product_id}))
    if mine.price_cents_of(product) is not None:
        yield Term(MEMBER_PRICE, Line(key="why.member_price"))
    if is_new(product, now):
        yield Term(NEW, Line(key="why.new"))


def holds(reason: Line, product: Product, profile: Profile, shop: Shop, now: float) -> bool:
    """Whether the reason is (still) true of these facts."""
    return any(term.reason == reason for term in terms(product, profile, wearer(profile, now), shop, now))


def fits(product: Product, profile: Profile, mine: Wearer, shop: Shop, now: float) -> bool:
    """The hard filters: a piece here in the member's size (any size when unknown), and nothing disliked."""
    dislikes = fresh("likes", profile.brands_disliked, now) + fresh("likes", profile.colours_disliked, now)
    if {dislike.value for dislike in dislikes} & {product.brand, product.colour}:
        return False
    return shop.pieces(product, mine.size_of(product)) > 0


def goes_with(product: Product, other: Product) -> bool:
    """Of the same brand, and something else to wear."""
    return product.brand == other.brand and product.category != other.category


def is_new(product: Product, now: float) -> bool:
    try:
        launched = date.fromisoformat(product.launched_on)
    except ValueError:
        return False
    return 0 <= (datetime.fromtimestamp(now, UTC).date() - launched).days <= NEW_DAYS


def _score(product: Product, profile: Profile, mine: Wearer, shop: Shop, now: float) -> Scored | None:
    found = list(terms(product, profile, mine, shop, now))
    if not found or not fits(product, profile, mine, shop, now):
        return None
    return Scored(product, sum(term.points for term in found), max(found, key=lambda term: term.points))


def _own_history(product: Product, profile: Profile, now: float) -> Iterator[Term]:
    seen = _newest(fresh("viewed", profile.viewed, now), product)
    if seen is not None:
        weight = 0.5 ** ((now - seen.observed_at) / VIEWED_HALF_LIFE_S)
        reason = Line(key="why.viewed", params={"when": seen.observed_at})
        yield Term(VIEWED * min(weight, 1.0), reason, seen.observed_at)
    saved = _newest(fresh("wishlist", profile.wishlist, now), product)
    if saved is not None:
        yield Term(SAVED, Line(key="why.saved", params={"when": saved.observed_at}), saved.observed_at)


def _taste(product: Product, profile: Profile, now: float) -> Iterator[Term]:
    for liked in fresh("likes", profile.brands_liked, now):
        if liked.value == product.brand:
            yield Term(BRAND * liked.confidence, Line(key="why.brand", params={"brand": liked.value}))
    for liked in fresh("likes", profile.categories_liked, now):
        if liked.value == product.category:
            yield Term(CATEGORY * liked.confidence, Line(key="why.category", params={"category": liked.value}))
    for liked in fresh("colours", profile.colours, now):
        if liked.value == product.colour:
            yield Term(COLOUR * liked.confidence, Line(key="why.colour", params={"colour": liked.value}))


def _newest(facts: Iterable[Observed[str]], product: Product) -> Observed[str] | None:
    matching = (fact for fact in facts if fact.value == product.product_id)
    return max(matching, key=lambda fact: fact.observed_at, default=None)


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
