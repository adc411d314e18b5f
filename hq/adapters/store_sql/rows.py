"""Bodies as they lie in the database, and upserts that both databases understand."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import zstandard
from pydantic import BaseModel, JsonValue
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

# Bound parameters and memory of one statement stay small; the design measured chunks of this size.
CHUNK_ROWS: Final = 2_000
_BODY_LIMIT: Final = 16 * 1024 * 1024


def packed(model: BaseModel) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(model.model_dump_json().encode())


def unpacked(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(body, max_output_size=_BODY_LIMIT)


def unpacked_json(body: bytes) -> JsonValue:
    value: JsonValue = json.loads(unpacked(body))
    return value


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, keep: Iterable[str] = ()) -> None:
    """Inserts or, where the primary key is there, replaces; columns in `keep` stay as they were."""
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    key = [column.name for column in table.primary_key]
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in key and name not in set(keep)}
    whole = (
        statement.on_conflict_do_update(index_elements=key, set_=replaced)
        if replaced
        else statement.on_conflict_do_nothing(index_elements=key)
    )
    for start in range(0, len(rows), CHUNK_ROWS):
        connection.execute(whole, rows[start : start + CHUNK_ROWS])


def inserted(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Whether the row was new; an existing primary or unique key leaves everything as it is."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(row).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None  # an insert's rowcount is -1 with psycopg
