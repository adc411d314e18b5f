"""Articles by words and size, from the store's own copy: works while head office is away.

Every term must be found, in any of the ways in which it may be written; the page adds the other language's words.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from edge.core.shop import Shop, Wearer, item
from wire.cards import Item, Line
from wire.product import Product

# A screenful and a half on a tablet: who has not found it among these types another word.
LENGTH: Final = 24


def found(
    shop: Shop, mine: Wearer, terms: Sequence[Sequence[str]], *, size: str = "", in_my_size: bool = False
) -> tuple[tuple[Item, ...], int]:
    """The first articles and how many there are. `size` asks for a piece here in that size, `in_my_size` in `mine`."""
    wanted = [[_plain(way) for way in term if way.strip()] for term in terms]
    hits = [one for one in shop.products.values() if _has(one, wanted) and _fits(shop, one, mine, size, in_my_size)]
    hits.sort(key=lambda one: (not _here(shop, one, mine, size), one.brand, one.product_id))
    return tuple(item(shop, one, mine, Line(key="why.found")) for one in hits[:LENGTH]), len(hits)


def _has(product: Product, terms: Iterable[Sequence[str]]) -> bool:
    text = _plain(" ".join((product.brand, product.category, product.garment, product.colour, *product.name.values())))
    numbers = {product.product_id.casefold()} | {variant.gtin for variant in product.variants}
    return all(any(way in text or way in numbers for way in term) for term in terms if term)


def _fits(shop: Shop, product: Product, mine: Wearer, size: str, in_my_size: bool) -> bool:  # noqa: FBT001 - ours
    if in_my_size:
        own = mine.size_of(product)
        return bool(own) and shop.pieces(product, own) > 0
    return not size or shop.pieces(product, size) > 0


def _here(shop: Shop, product: Product, mine: Wearer, size: str) -> bool:
    return shop.pieces(product, size or mine.size_of(product)) > 0


def _plain(text: str) -> str:
    return text.casefold().strip()
