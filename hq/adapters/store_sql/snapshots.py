"""What a store may hold, by key: for snapshots and for comparing."""

from typing import Any, Final

from sqlalchemy import Column, Connection, Select, Table, select

from hq.adapters.store_sql.tables import COMMAND, PRODUCT, PROFILE, SCOPE, STOCK
from hq.core.snapshots import Stretch, Total
from wire import dictionary
from wire.page import Put, digest, sum8
from wire.sync import RecordKind

_TABLES: Final[dict[RecordKind, tuple[Table, str]]] = {
    "profile": (PROFILE, "member_ref"),
    "product": (PRODUCT, "product_id"),
    "stock": (STOCK, "variant_id"),
    "command": (COMMAND, "command_id"),
}


class SnapshotReads:
    _c: Connection

    def held(self, store_id: str, merchant_id: str, stretch: Stretch, limit: int) -> tuple[tuple[Put, ...], int]:
        """Sorted by key, bodies as they lie here, and the digest of all of them; tombstones are left out."""
        table, _ = _TABLES[stretch.kind]
        kind = stretch.kind
        if kind == "command":
            found = self._c.execute(_in_scope(store_id, merchant_id, stretch, limit, table.c.body))
            commands = tuple(Put(kind, key, rev, dictionary.packed(body.encode())) for key, rev, body in found)
            return commands, digest((one.rev, sum8(one.key, one.body)) for one in commands)
        rows = self._c.execute(_in_scope(store_id, merchant_id, stretch, limit, table.c.body, table.c.sum8)).all()
        puts = tuple([Put(kind, key, rev, body) for key, rev, body, _ in rows])
        return puts, digest([(rev, octets) for _, rev, _, octets in rows])

    def totals(self, store_id: str, merchant_id: str, stretch: Stretch, limit: int) -> tuple[Total, ...]:
        """Sorted by key; what `held` gives, without the bodies."""
        table, _ = _TABLES[stretch.kind]
        rows = self._c.execute(_in_scope(store_id, merchant_id, stretch, limit, table.c.sum8))
        return tuple(Total(key, rev, sum8) for key, rev, sum8 in rows)


def _in_scope(store_id: str, merchant_id: str, stretch: Stretch, limit: int, *columns: Column[Any]) -> Select[Any]:
    table, key = _TABLES[stretch.kind]
    is_its_row = (table.c[key] == SCOPE.c.key) & (table.c.merchant_id == merchant_id)
    if "store_id" in table.c:
        is_its_row &= table.c.store_id == store_id
    query = select(SCOPE.c.key, SCOPE.c.rev, *columns).join(table, is_its_row)
    query = query.where(SCOPE.c.store_id == store_id, SCOPE.c.kind == stretch.kind, SCOPE.c.gone.is_(False))
    query = query.where(SCOPE.c.key > stretch.after)
    if stretch.upto:
        query = query.where(SCOPE.c.key <= stretch.upto)
    return query.order_by(SCOPE.c.key).limit(limit)
