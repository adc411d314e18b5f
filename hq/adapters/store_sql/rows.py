"""Bodies as they lie in the database, and upserts that both databases understand."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Update,
    any_,
    bindparam,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from hq.errors import BadInput
from wire import dictionary
from wire.dictionary import BODY_LIMIT, Dictionaries
from wire.page import sum8

# Bound parameters and memory of one statement stay small; the design measured chunks of this size.
CHUNK_ROWS: Final = 2_000
# Fewer rows are quicker one by one: what surrounds a COPY costs as much as some hundred of them.
COPIED_ROWS: Final = 200
_COPIED_TYPES: Final = {
    Text: "text", BigInteger: "int8", Integer: "int4", Double: "float8", Boolean: "bool", LargeBinary: "bytea",
}  # fmt: skip
_DICTIONARIES: Final = Dictionaries()


def packed(model: BaseModel) -> bytes:
    """As the body lies in the database, travels and lies in the stores. Raises BadInput for one that no store takes."""
    octets = model.model_dump_json().encode()
    if len(octets) > BODY_LIMIT:
        name = type(model).__name__.lower()
        raise BadInput(f"This {name} is larger than {BODY_LIMIT // 1024} kB.", "Leave out what no shop needs to show.")
    return dictionary.packed(octets)


def body_columns(key: str, model: BaseModel) -> dict[str, Any]:
    """What lies in `body` and `sum8`."""
    body = packed(model)
    return {"body": body, "sum8": sum8(key, body)}


def unpacked(body: bytes) -> bytes:
    """Whatever dictionary it was packed with; those from before there was one are read too."""
    return _DICTIONARIES.unpacked(body)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, keep: Iterable[str] = ()) -> None:
    """Inserts or, where the primary key is there, replaces; columns in `keep` stay as they were."""
    if not rows:
        return
    if connection.dialect.name == "postgresql" and len(rows) >= COPIED_ROWS:
        for start in range(0, len(rows), CHUNK_ROWS):
            _copy_in(connection, table, rows[start : start + CHUNK_ROWS], frozenset(keep))
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    key = [column.name for column in table.primary_key]
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in key and name not in set(keep)}
    for start in range(0, len(rows), CHUNK_ROWS):
        connection.execute(_settled(statement, key, replaced), rows[start : start + CHUNK_ROWS])


def change_each(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Each row that is there, found by its primary key, gets what `rows` say; all of them name the same columns.

    On PostgreSQL in one statement: two thousand of a row each hold Python's lock, and with it the loop, for a second.
    """
    if not rows:
        return
    names, key = list(rows[0]), {column.name for column in table.primary_key}
    if connection.dialect.name == "postgresql":
        arrays = [literal([row[name] for row in rows], postgresql.ARRAY(table.c[name].type)) for name in names]
        derived = func.unnest(*arrays).table_valued(*names, name="given").render_derived()
        given: dict[str, Any] = {name: derived.c[name] for name in names}
        connection.execute(_changed(table, key, given))
        return
    given = {name: bindparam(f"given_{name}") for name in names}
    connection.execute(_changed(table, key, given), [{f"given_{name}": row[name] for name in names} for row in rows])


def _changed(table: Table, key: Collection[str], given: dict[str, Any]) -> Update:
    matching = [table.c[name] == given[name] for name in key]
    return update(table).where(*matching).values({name: each for name, each in given.items() if name not in key})


def among(connection: Connection, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """`column IN values`: on PostgreSQL as one array, of which no statement has to be read anew for each length."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), postgresql.ARRAY(Text)))
    return column.in_(values)


def _copy_in(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], keep: frozenset[str]) -> None:
    """By COPY into a table of this session, then in one statement in the order of the key, as everybody locks."""
    incoming, columns, key = _incoming(table), list(rows[0]), [column.name for column in table.primary_key]
    connection.execute(CreateTable(incoming, if_not_exists=True))
    connection.execute(incoming.delete())
    copied(connection, incoming.name, table, columns, (tuple(row.values()) for row in rows))
    arrived = select(*(incoming.c[name] for name in columns)).order_by(*(incoming.c[name] for name in key))
    statement = postgresql.insert(table).from_select(columns, arrived)
    replaced = {name: statement.excluded[name] for name in columns if name not in key and name not in keep}
    connection.execute(_settled(statement, key, replaced))


def copied(
    connection: Connection, into: str, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """PostgreSQL's COPY into the table called `into`, whose columns are `table`'s."""
    driver: Any = connection.connection.driver_connection
    named = ", ".join(f'"{name}"' for name in columns)
    with driver.cursor() as cursor, cursor.copy(f'COPY "{into}" ({named}) FROM STDIN (FORMAT BINARY)') as copy:
        copy.set_types([_COPIED_TYPES[type(table.c[name].type)] for name in columns])
        for row in rows:
            copy.write_row(row)


def _settled(statement: Any, key: list[str], replaced: dict[str, Any]) -> Any:  # noqa: ANN401 - either database's insert
    if replaced:
        return statement.on_conflict_do_update(index_elements=key, set_=replaced)
    return statement.on_conflict_do_nothing(index_elements=key)


@cache
def _incoming(table: Table) -> Table:
    columns = (Column(column.name, column.type) for column in table.columns)
    return Table(
        f"incoming_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DELETE ROWS"
    )


def inserted(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Whether the row was new; an existing primary or unique key leaves everything as it is."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(row).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None  # an insert's rowcount is -1 with psycopg
