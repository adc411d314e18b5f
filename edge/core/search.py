"""Articles by words and size, from the store's own copy: works while head office is away.

Every term must be found, in any of the ways in which it may be written; the page adds the other language's words. A
search runs between two readings of the radio, so what an article's text is has been learnt before, a few at a time.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from edge.core.shop import Shop, Wearer, item
from wire.cards import Item, Line
from wire.product import Product

# A screenful and a half on a tablet: who has not found it among these types another word.
LENGTH: Final = 24
# Of so many hits those that hang here come first; who types one letter gets them in the order of the brands.
SORTED: Final = 400
# 250 texts are 3 ms here: a tick may take that, and 20,000 articles are known twenty seconds after the start.
LEARNT_AT_ONCE: Final = 250


class Catalogue:
    """Remembers what was learnt of each article for as long as it stays the same."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[Product, str]] = {}
        self._products: Mapping[str, Product] = {}
        self._ordered: list[Product] = []
        self._unlearnt: list[Product] = []
        self._known: list[tuple[str, Product]] = []

    def learn(self, products: Mapping[str, Product]) -> None:
        """A few more of them; nothing when all are known."""
        self._take(products)
        for product in self._unlearnt[-LEARNT_AT_ONCE:]:
            self._text(product)
        del self._unlearnt[-LEARNT_AT_ONCE:]

    def found(
        self, shop: Shop, mine: Wearer, terms: Sequence[Sequence[str]], *, size: str = "", in_my_size: bool = False
    ) -> tuple[tuple[Item, ...], int]:
        """The first articles and how many there are. `size` asks for a piece here in it, `in_my_size` in `mine`."""
        self._take(shop.products)
        wanted = [ways for term in terms if (ways := [_plain(way) for way in term if way.strip()])]
        rows = self._rows()
        for ways in wanted:
            rows = [row for row in rows if any(way in row[0] for way in ways)]
        hits = [product for _, product in rows]
        if size or in_my_size:
            hits = [one for one in hits if _fits(shop, one, mine.size_of(one) if in_my_size else size)]
        first = sorted(hits[:SORTED], key=lambda one: shop.pieces(one, size or mine.size_of(one)) == 0)
        found = (item(shop, one, mine, Line(key="why.found"), every_size=True) for one in islice(first, LENGTH))
        return tuple(found), len(hits)

    def _take(self, products: Mapping[str, Product]) -> None:
        if products is self._products:
            return
        self._products, self._known = products, []
        self._ordered = sorted(products.values(), key=lambda one: (one.brand, one.product_id))
        self._unlearnt = [one for one in self._ordered if self._texts.get(one.product_id, (None,))[0] is not one]
        for gone in self._texts.keys() - products.keys():
            del self._texts[gone]

    def _rows(self) -> list[tuple[str, Product]]:
        """Text and article in their order; made once when all are known."""
        if self._unlearnt or not self._known:
            self._known = [(self._text(one), one) for one in self._ordered]
            self._unlearnt = []
        return self._known

    def _text(self, product: Product) -> str:
        known = self._texts.get(product.product_id)
        if known is not None and known[0] is product:
            return known[1]
        numbers = (product.product_id, *(variant.gtin for variant in product.variants))
        words = (product.brand, product.category, product.garment, product.colour, *product.name.values(), *numbers)
        text = _plain(" ".join(words))
        self._texts[product.product_id] = (product, text)
        return text


def _fits(shop: Shop, product: Product, size: str) -> bool:
    return bool(size) and shop.pieces(product, size) > 0


def _plain(text: str) -> str:
    return text.casefold().strip()
