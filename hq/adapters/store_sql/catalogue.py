"""Products of a merchant and stock of a store."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from hq.adapters.store_sql.rows import CHUNK_ROWS, body_columns, upsert
from hq.adapters.store_sql.tables import PRODUCT, STOCK
from wire.product import Product, Stock


class CatalogueWrites:
    _c: Connection

    def save_products(self, merchant_id: str, products: Sequence[Product]) -> dict[str, int]:
        """product_id -> its new revision."""
        revs = self._product_revs(merchant_id, [product.product_id for product in products])
        new = {product.product_id: revs.get(product.product_id, 0) + 1 for product in products}
        rows = [
            {
                "merchant_id": merchant_id,
                "product_id": product.product_id,
                "rev": new[product.product_id],
                **body_columns(product.product_id, product.model_copy(update={"merchant_id": merchant_id})),
            }
            for product in sorted(products, key=lambda product: product.product_id)
        ]
        upsert(self._c, PRODUCT, rows)
        return new

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

    def _product_revs(self, merchant_id: str, ids: Sequence[str]) -> dict[str, int]:
        revs: dict[str, int] = {}
        for start in range(0, len(ids), CHUNK_ROWS):
            query = select(PRODUCT.c.product_id, PRODUCT.c.rev).where(
                PRODUCT.c.merchant_id == merchant_id, PRODUCT.c.product_id.in_(ids[start : start + CHUNK_ROWS])
            )
            query = query.order_by(PRODUCT.c.product_id).with_for_update()
            revs |= {row.product_id: row.rev for row in self._c.execute(query)}
        return revs

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
