"""Looking through the catalogue, page by page, those articles first that have no picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from hq.core.articles import LOOKED_THROUGH, Articles, Place, has_words
from hq.service.office import Office
from wire.product import Product

if TYPE_CHECKING:
    from hq.adapters.store_sql import View

# In one question: a page and what a usual word leaves out are there at once, and no more than 250 are unpacked for it.
ASKED_FOR: Final = 250


class CatalogueDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def articles(self, words: Sequence[str], place: Place, limit: int) -> Articles:
        """At most `limit` that have all of `words`, from `place` on; fewer, with a `next`, after a long look."""
        merchant_id = self._office.merchant_id

        def work(view: "View") -> Articles:
            pictured, without = (view.count_products(merchant_id, pictured=each) for each in (True, False))
            found, after = _looked_through(view, merchant_id, words, place, limit)
            return Articles(found, after, without, pictured + without)

        return self._office.store.read(work)


def _looked_through(
    view: "View", merchant_id: str, words: Sequence[str], place: Place, limit: int
) -> tuple[tuple[Product, ...], Place | None]:
    """What was found, and where to go on: None when there is no more."""
    found: list[Product] = []
    seen, at = 0, place
    while seen < LOOKED_THROUGH:
        products = view.products_from(merchant_id, at, ASKED_FOR)
        for product in products:
            if has_words(product, words):
                if len(found) == limit:
                    return tuple(found), _behind(found[-1])
                found.append(product)
        seen += len(products)
        if len(products) == ASKED_FOR:
            at = _behind(products[-1])
        elif at.pictured:
            return tuple(found), None
        else:
            at = Place(pictured=True)
    return tuple(found), at


def _behind(product: Product) -> Place:
    return Place(product.image is not None, product.product_id)
