"""Eight octets over each body, so that a store and head office find out where they differ without sending it all."""

import sqlalchemy as sa
from alembic import op

from wire.page import sum8

revision = "0005"
down_revision = "0004"

_KEYS = {
    "profile": ("member_ref",),
    "product": ("product_id", "merchant_id"),
    "stock": ("variant_id", "store_id"),
}
_ROWS = 1_000


def upgrade() -> None:
    for name, keys in _KEYS.items():
        op.add_column(name, sa.Column("sum8", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
        _fill(sa.table(name, *(sa.column(key) for key in keys), sa.column("body"), sa.column("sum8")), keys)


def _fill(table: sa.TableClause, keys: tuple[str, ...]) -> None:
    connection = op.get_bind()
    columns = [table.c[key] for key in keys]
    last: tuple[str, ...] | None = None
    while True:
        query = sa.select(*columns, table.c.body).order_by(*columns).limit(_ROWS)
        if last is not None:
            query = query.where(sa.tuple_(*columns) > sa.tuple_(*last))
        rows = connection.execute(query).all()
        if not rows:
            return
        where = [table.c[key] == sa.bindparam(f"at_{key}") for key in keys]
        change = sa.update(table).where(*where).values(sum8=sa.bindparam("sum"))
        connection.execute(
            change,
            [
                {"sum": sum8(row[0], bytes(row.body))} | {f"at_{key}": row[at] for at, key in enumerate(keys)}
                for row in rows
            ],
        )
        last = tuple(rows[-1][: len(keys)])
