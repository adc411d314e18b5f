"""What the views need of the shop itself: articles, pieces, shelves and zone names, as one read-only picture."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.core.freshness import is_stale
from edge.core.nearby import Nearby, NoNeighbours, elsewhere
from wire.cards import Item, Line, PublicItem, ShelfStock
from wire.product import Product, Stock
from wire.profile import Profile


@dataclass(frozen=True, slots=True)
class Shop:
    """`stock` is this store's, by variant id; `as_of` is when head office last confirmed the replica (unix s).

    `pictures` are the names of those that this store can show: of any other, no page hears.
    """

    store_id: str
    store_name: str
    products: Mapping[str, Product]
    stock: Mapping[str, Stock]
    as_of: float
    zone_names: Mapping[str, str] = field(default_factory=dict)
    offline_since: float | None = None
    pictures: Collection[str] = frozenset()
    nearby: Nearby = field(default_factory=NoNeighbours)

    def shelves(self, product: Product) -> tuple[ShelfStock, ...]:
        """Pieces here by size, in the order of the article's sizes; sizes without a piece are left out."""
        return tuple(
            ShelfStock(size=variant.size, pieces=held.pieces, shelf=held.shelf)
            for variant in product.variants
            if (held := self.stock.get(variant.variant_id)) is not None and held.pieces > 0
        )

    def pieces(self, product: Product, size: str = "") -> int:
        """Pieces here, of one size or of all."""
        wanted = (variant for variant in product.variants if not size or variant.size == size)
        return sum(held.pieces for variant in wanted if (held := self.stock.get(variant.variant_id)) is not None)


@dataclass(frozen=True, slots=True)
class Wearer:
    """What turns an article into this member's article: fresh sizes by category, valid prices by product id."""

    sizes: Mapping[str, str]
    prices_cents: Mapping[str, int]

    def size_of(self, product: Product) -> str:
        """Empty when no size for that kind of article is known, fresh and allowed."""
        return self.sizes.get(product.category, "")

    def price_cents_of(self, product: Product) -> int | None:
        """None unless it is better than the price for everybody."""
        price = self.prices_cents.get(product.product_id)
        return price if price is not None and price < product.price_cents else None


def wearer(profile: Profile, now: float) -> Wearer:
    """From a profile that went through `consent.redacted`."""
    oldest_first = sorted(profile.sizes, key=lambda size: size.observed_at)
    fresh = (size for size in oldest_first if not is_stale("sizes", size, now))
    return Wearer(
        sizes={size.value.category: size.value.size for size in fresh},
        prices_cents={price.product_id: price.price_cents for price in profile.member_prices if price.until > now},
    )


def public_item(shop: Shop, product: Product) -> PublicItem:
    return PublicItem(**_public(shop, product))


def item(
    shop: Shop,
    product: Product,
    wearer: Wearer,
    reason: Line,
    observed_at: int | None = None,
    *,
    every_size: bool = False,
) -> Item:
    """The article for one member, with the reason that it is shown.

    `every_size`: of other stores too. A card has a dozen articles and goes to fifty tablets: it tells what fits.
    """
    shelves = shop.shelves(product)
    size = wearer.size_of(product)
    mine = next((shelf for shelf in shelves if size and shelf.size == size), None)
    return Item(
        **_public(shop, product),
        member_price_cents=wearer.price_cents_of(product),
        my_size=size,
        in_my_size=0 if mine is None else mine.pieces,
        shelf="" if mine is None else mine.shelf,
        stock=shelves,
        elsewhere=elsewhere(product, shop.nearby, size, every_size=every_size),
        reason=reason,
        observed_at=observed_at,
    )


def _public(shop: Shop, product: Product) -> dict[str, Any]:
    # PAngV § 11: a cut may only be announced together with the lowest price of the 30 days before it.
    announced = product.was_cents if product.lowest_30d_cents is not None else None
    return {
        "product_id": product.product_id,
        "name": product.name,
        "brand": product.brand,
        "category": product.category,
        "garment": product.garment,
        "colour": product.colour,
        "colour_hex": product.colour_hex,
        "pattern": product.pattern,
        "price_cents": product.price_cents,
        "was_cents": announced,
        "lowest_30d_cents": None if announced is None else product.lowest_30d_cents,
        "currency": product.currency,
        "image": product.image if product.image in shop.pictures else None,
    }
