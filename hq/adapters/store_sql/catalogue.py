"""Products of a merchant and stock of a store.

A product that comes without a picture keeps the one it has: the system that sends prices rarely knows of pictures.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from hq.adapters.store_sql.rows import CHUNK_ROWS, body_columns, unpacked, upsert
from hq.adapters.store_sql.tables import PRODUCT, STOCK
from hq.core.articles import Place
from wire.product import Product, Stock


class CatalogueReads:
    _c: Connection

    def count_products(self, merchant_id: str, *, pictured: bool) -> int:
        query = select(func.count()).select_from(PRODUCT).where(*_half(merchant_id, pictured=pictured))
        return int(self._c.execute(query).scalar_one())

    def products_from(self, merchant_id: str, place: Place, limit: int) -> tuple[Product, ...]:
        """Behind `place`, of its half of the catalogue only."""
        query = select(PRODUCT.c.body).where(*_half(merchant_id, pictured=place.pictured))
        query = query.where(PRODUCT.c.product_id > place.product_id).order_by(PRODUCT.c.product_id).limit(limit)
        return tuple(Product.model_validate_json(unpacked(row.body)) for row in self._c.execute(query))


class CatalogueWrites:
    _c: Connection

    def save_products(self, merchant_id: str, products: Sequence[Product]) -> dict[str, int]:
        """product_id -> its new revision."""
        before = self._products_before(merchant_id, [product.product_id for product in products])
        new = {one.product_id: before.get(one.product_id, _NEW).rev + 1 for one in products}
        rows = []
        for product in sorted(products, key=lambda product: product.product_id):
            image = product.image or before.get(product.product_id, _NEW).image
            whole = product.model_copy(update={"merchant_id": merchant_id, "image": image or None})
            rows.append(_product_row(whole, new[product.product_id]))
        upsert(self._c, PRODUCT, rows)
        return new

    def set_image(self, merchant_id: str, product_id: str, name: str) -> int | None:
        """The article's new revision; None when there is no such article. An empty name takes the picture away."""
        where = (PRODUCT.c.merchant_id == merchant_id, PRODUCT.c.product_id == product_id)
        row = self._c.execute(select(PRODUCT.c.rev, PRODUCT.c.body).where(*where).with_for_update()).first()
        if row is None:
            return None
        product = Product.model_validate_json(unpacked(row.body))
        upsert(self._c, PRODUCT, [_product_row(product.model_copy(update={"image": name or None}), row.rev + 1)])
        return int(row.rev) + 1

    def save_stock(self, merchant_id: str, stock: Sequence[Stock]) -> dict[tuple[str, str], int]:
        """(store_id, variant_id) -> its new revision."""
        revs = self._stock_revs(stock)
        new = {(s.store_id, s.variant_id): revs.get((s.store_id, s.variant_id), 0) + 1 for s in stock}
        rows = [
            {
                "store_id": line.store_id,
                "variant_id": line.variant_id,
                "merchant_id": merchant_id,
                "rev": new[line.store_id, line.variant_id],
                **body_columns(line.variant_id, line),
            }
            for line in sorted(stock, key=lambda line: (line.store_id, line.variant_id))
        ]
        upsert(self._c, STOCK, rows)
        return new

    def _products_before(self, merchant_id: str, ids: Sequence[str]) -> dict[str, "_Before"]:
        before: dict[str, _Before] = {}
        for start in range(0, len(ids), CHUNK_ROWS):
            query = select(PRODUCT.c.product_id, PRODUCT.c.rev, PRODUCT.c.image).where(
                PRODUCT.c.merchant_id == merchant_id, PRODUCT.c.product_id.in_(ids[start : start + CHUNK_ROWS])
            )
            query = query.order_by(PRODUCT.c.product_id).with_for_update()
            before |= {row.product_id: _Before(row.rev, row.image) for row in self._c.execute(query)}
        return before

    def _stock_revs(self, stock: Sequence[Stock]) -> dict[tuple[str, str], int]:
        revs: dict[tuple[str, str], int] = {}
        for store_id in sorted({line.store_id for line in stock}):
            ids = [line.variant_id for line in stock if line.store_id == store_id]
            for start in range(0, len(ids), CHUNK_ROWS):
                query = select(STOCK.c.variant_id, STOCK.c.rev).where(
                    STOCK.c.store_id == store_id, STOCK.c.variant_id.in_(ids[start : start + CHUNK_ROWS])
                )
                query = query.order_by(STOCK.c.variant_id).with_for_update()
                revs |= {(store_id, row.variant_id): row.rev for row in self._c.execute(query)}
        return revs


class _Before(NamedTuple):
    rev: int
    image: str


_NEW: Final = _Before(0, "")


def _half(merchant_id: str, *, pictured: bool) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PRODUCT.c.merchant_id == merchant_id, PRODUCT.c.image != "" if pictured else PRODUCT.c.image == ""


def _product_row(product: Product, rev: int) -> dict[str, Any]:
    return {
        "merchant_id": product.merchant_id,
        "product_id": product.product_id,
        "rev": rev,
        "image": product.image or "",
        **body_columns(product.product_id, product),
    }
