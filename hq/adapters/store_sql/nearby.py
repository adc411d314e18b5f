"""The stock of a store's neighbours, read along the neighbours' own places in the feed."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection, select, tuple_

from hq.adapters.store_sql.tables import NEIGHBOUR, SCOPE, STOCK, STORE
from hq.core.changes import Place
from wire.dictionary import Dictionaries

_DICTIONARIES: Final = Dictionaries()


class StockLine(NamedTuple):
    """What one store has of one variant, and the seq of its last change there."""

    seq: int
    variant_id: str
    pieces: int
    counted_at: int

    @property
    def place(self) -> Place:
        return Place(self.seq, "stock", self.variant_id)


class NearbyReads:
    _c: Connection

    def near_stores(self, merchant_id: str, store_id: str, limit: int) -> tuple[tuple[str, str], ...]:
        """(store_id, name) of its neighbours, of this merchant only, whatever the list of neighbours says."""
        query = select(STORE.c.store_id, STORE.c.name).join(NEIGHBOUR, NEIGHBOUR.c.near_id == STORE.c.store_id)
        query = query.where(NEIGHBOUR.c.store_id == store_id, STORE.c.merchant_id == merchant_id)
        rows = self._c.execute(query.order_by(STORE.c.store_id).limit(limit))
        return tuple((row.store_id, row.name) for row in rows)

    def stock_after(self, merchant_id: str, store_id: str, place: Place, limit: int) -> Sequence[StockLine]:
        is_its_row = (STOCK.c.store_id == SCOPE.c.store_id) & (STOCK.c.variant_id == SCOPE.c.key)
        query = select(SCOPE.c.seq, SCOPE.c.key, SCOPE.c.gone, STOCK.c.body).join(STOCK, is_its_row)
        query = query.where(SCOPE.c.store_id == store_id, SCOPE.c.kind == "stock", STOCK.c.merchant_id == merchant_id)
        if place.whole:
            query = query.where(SCOPE.c.seq > place.seq)
        else:
            here = tuple_(SCOPE.c.seq, SCOPE.c.kind, SCOPE.c.key)
            query = query.where(here > tuple_(place.seq, place.kind, place.key))
        rows = self._c.execute(query.order_by(SCOPE.c.seq, SCOPE.c.kind, SCOPE.c.key).limit(limit)).all()
        bodies = _DICTIONARIES.all_unpacked([row[3] for row in rows])
        return [_line(row[0], row[1], body, gone=row[2]) for row, body in zip(rows, bodies, strict=True)]


def _line(seq: int, key: str, body: bytes | memoryview, *, gone: bool) -> StockLine:
    held = orjson.loads(body)  # ours, and checked when it came: pydantic would take five times as long
    return StockLine(seq, key, 0 if gone else held["pieces"], held["counted_at"])
