"""One public screen: what it shows of the shop, and the soft shift of theme for who stands there.

A theme is a category or a brand that the store has enough of; never a rare article, a size, a personal price, browsing
or a reservation. What makes it safe for several people:

- one person: the own theme; several: what is common to two or more and disliked by none, else neutral;
- whenever somebody leaves, neutral at once and until somebody arrives or all have gone. So a change after a leaving
  is the same whoever left, and tells nothing about those who stay;
- the shift after an arrival comes after a random delay, so that it points at no one entering.

What a theme shows depends on the theme alone, and the general half on neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge.core.consent import Scope, theme_profile
from edge.core.freshness import fresh
from edge.core.shop import Shop, public_item
from wire.cards import PublicItem, ScreenView, Theme
from wire.product import Product
from wire.profile import Profile
from wire.views import Audience, Fact

NEUTRAL: Final = Theme(kind="neutral")
# A longer delay misses who only passes the screen, a shorter one points at who has just come (PRODUCT.md, Faces).
DELAY_S: Final = (2.0, 6.0)
# Fewer articles than this under one theme would come close to naming an article.
THEME_ARTICLES: Final = 3
THEMED_LENGTH: Final = 4
GENERAL_LENGTH: Final = 8
# Coarse before fine: a category says less about a person than a brand.
_BRAND_WEIGHT: Final = 0.9
Choice = tuple[str, str]  # kind and value of a theme


@dataclass(frozen=True, slots=True)
class Shopper:
    """What one person in scope brings: themes with their weight (0..1), and brands that must not come."""

    themes: Mapping[Choice, float]
    dislikes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScreenState:
    """`present` are visit ids; `due_at` is when an arrival may show, None when nothing is waiting."""

    present: frozenset[str] = frozenset()
    theme: Theme = NEUTRAL
    due_at: float | None = None
    changed_at: float = 0.0


def shopper(profile: Profile, scope: Scope, now: float) -> Shopper | None:
    """None when this person may not move a screen."""
    if not scope.allows(Audience.SCREEN, Fact.THEME):
        return None
    seen = theme_profile(profile)
    themes: dict[Choice, float] = {}
    for liked in fresh("likes", seen.categories_liked, now):
        themes["category", liked.value] = liked.confidence
    for liked in fresh("likes", seen.brands_liked, now):
        themes["brand", liked.value] = liked.confidence * _BRAND_WEIGHT
    return Shopper(themes, frozenset(disliked.value for disliked in seen.brands_disliked))


def advance(state: ScreenState, shoppers: Mapping[str, Shopper], shop: Shop, now: float, delay_s: float) -> ScreenState:
    """`shoppers` by visit id are all in scope near this screen now; `delay_s` a fresh random number of `DELAY_S`."""
    here = frozenset(shoppers)
    left, arrived = state.present - here, here - state.present
    due_at = None if left else state.due_at
    if arrived and due_at is None:
        due_at = now + delay_s
    moved = replace(state, present=here, due_at=due_at)
    if left or not _carried(moved.theme, state.present & here, shoppers):
        return _showing(moved, NEUTRAL, now)
    if due_at is not None and now >= due_at:
        return _showing(replace(moved, due_at=None), chosen(shoppers, shop), now)
    return moved


def chosen(shoppers: Mapping[str, Shopper], shop: Shop) -> Theme:
    """The theme for these people together: average without misery, common to two or more."""
    needed = min(2, len(shoppers))
    found = {theme for one in shoppers.values() for theme in one.themes}
    common = [theme for theme in found if sum(theme in one.themes for one in shoppers.values()) >= needed]
    fitting = [theme for theme in common if not _miserable(theme, shoppers) and _offered(theme, shop)]
    if not fitting:
        return NEUTRAL
    kind, value = max(fitting, key=lambda theme: (_mean(theme, shoppers), theme))
    return Theme(kind="category" if kind == "category" else "brand", value=value)


def screen_view(state: ScreenState, screen_id: str, shop: Shop, phone_url: str, now: float) -> ScreenView:
    presentable = _presentable(shop)
    general = _general(presentable)
    shown = {product.product_id for product in general}
    themed = [product for product in _articles(state.theme, presentable) if product.product_id not in shown]
    return ScreenView(
        screen_id=screen_id,
        theme=state.theme,
        themed=_items(shop, themed[: min(THEMED_LENGTH, len(general))]),
        general=_items(shop, general),
        phone_url=phone_url,
        changed_at=state.changed_at,
        decided_at=now,
        offline_since=shop.offline_since,
    )


def _showing(state: ScreenState, theme: Theme, now: float) -> ScreenState:
    if theme == state.theme:
        return state
    return replace(state, theme=theme, changed_at=now)


def _carried(theme: Theme, stayed: frozenset[str], shoppers: Mapping[str, Shopper]) -> bool:
    """Whether somebody who was here when it was chosen still stands for it: a fact may be hidden while they stay."""
    if theme.kind == "neutral":
        return True
    return any((theme.kind, theme.value) in shoppers[visit_id].themes for visit_id in stayed)


def _mean(theme: Choice, shoppers: Mapping[str, Shopper]) -> float:
    return sum(one.themes.get(theme, 0.0) for one in shoppers.values()) / len(shoppers)


def _miserable(theme: Choice, shoppers: Mapping[str, Shopper]) -> bool:
    kind, value = theme
    return kind == "brand" and any(value in one.dislikes for one in shoppers.values())


def _offered(theme: Choice, shop: Shop) -> bool:
    of_theme = (product for product in shop.products.values() if _is_of(product, theme))
    return sum(_is_presentable(product, shop) for product in of_theme) >= THEME_ARTICLES


def _articles(theme: Theme, presentable: list[Product]) -> list[Product]:
    return [product for product in presentable if _is_of(product, (theme.kind, theme.value))]


def _is_of(product: Product, theme: Choice) -> bool:
    kind, value = theme
    return value == (product.category if kind == "category" else product.brand if kind == "brand" else None)


def _general(presentable: list[Product]) -> list[Product]:
    """The shop's own loop: the newest article of each kind in turn, the same whoever stands there."""
    first_of_kind: dict[str, Product] = {}
    for product in presentable:
        first_of_kind.setdefault(product.category, product)
    taken = {product.product_id for product in first_of_kind.values()}
    rest = [product for product in presentable if product.product_id not in taken]
    return [*first_of_kind.values(), *rest][:GENERAL_LENGTH]


def _presentable(shop: Shop) -> list[Product]:
    """In stock here and not rare, newest first."""
    found = [product for product in shop.products.values() if _is_presentable(product, shop)]
    by_id = sorted(found, key=lambda product: product.product_id)
    return sorted(by_id, key=lambda product: product.launched_on, reverse=True)


def _is_presentable(product: Product, shop: Shop) -> bool:
    return not product.rare and shop.pieces(product) > 0


def _items(shop: Shop, products: list[Product]) -> tuple[PublicItem, ...]:
    return tuple(public_item(shop, product) for product in products)
