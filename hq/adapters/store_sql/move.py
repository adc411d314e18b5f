"""All of a SQLite file into an empty PostgreSQL, for a head office that has grown.

Epoch, counters and keys go along, so no store and no member notices.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Engine, delete, exists, func, insert, select, text

from hq.adapters.store_sql.rows import CHUNK_ROWS, copied
from hq.adapters.store_sql.tables import AUDIT, COUNTER, META, METADATA, PICTURE
from hq.errors import Misconfigured

MOVED: Final = "moved"
# A picture is up to a megabyte.
_PICTURES_AT_ONCE: Final = 16


def move(source: Engine, target: Engine) -> Mapping[str, int]:
    """Rows by table. Both are migrated to the same version. Raises Misconfigured when the target holds anything.

    All or nothing: the target in one transaction, and in the source nobody writes meanwhile. Afterwards the source says
    that it was moved, because two that both went on would give one number to different things.
    """
    with source.connect().execution_options(writes=True) as old, old.begin():
        with target.connect() as new, new.begin():
            _check_empty(new)
            new.execute(delete(COUNTER))
            moved = {table.name: _move_table(old, new, table.name) for table in METADATA.sorted_tables}
            if moved[AUDIT.name]:
                last = select(func.max(AUDIT.c.n)).scalar_subquery()
                new.execute(select(func.setval(func.pg_get_serial_sequence(AUDIT.name, AUDIT.c.n.name), last)))
        old.execute(insert(META).values(k=MOVED, v="1"))
    return moved


def _move_table(old: Connection, new: Connection, name: str) -> int:
    table = METADATA.tables[name]
    at_once = _PICTURES_AT_ONCE if table is PICTURE else CHUNK_ROWS
    rows = old.execute(select(table), execution_options={"yield_per": at_once})
    count = 0
    for some in rows.partitions():
        try:
            copied(new, name, table, [column.name for column in table.columns], some)
        except new.dialect.loaded_dbapi.Error as error:  # COPY is the driver's own, which SQLAlchemy does not wrap
            raise Misconfigured(
                f"PostgreSQL does not take a row of {name} ({type(error).__name__}); nothing was moved.",
                "Mend it in hq.sqlite, or make room for PostgreSQL.",
            ) from None
        count += len(some)
    return count


def _check_empty(new: Connection) -> None:
    # Whoever begins there meanwhile waits, and then finds what came.
    new.execute(text("LOCK TABLE counter IN ACCESS EXCLUSIVE MODE"))
    for table in METADATA.sorted_tables:
        rows = exists().where(COUNTER.c.seq > 0) if table is COUNTER else exists(select(table))
        if new.execute(select(rows)).scalar():
            raise Misconfigured(
                f"That database is not empty: its table {table.name} has rows.", "Name one that was just made."
            )
