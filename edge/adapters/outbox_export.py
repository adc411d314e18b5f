"""A copy of outbox.db that any SQLite opens, for whoever helps: events and facts, without the members they are about.

Who may run it may read the key, so it shows nobody anything new; but a file travels, so members are left out unless
asked for, and so is what opens a page: codes and tokens are never in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import orjson

from edge.adapters.store_sqlite import Database, DatabaseError, connected, meta, plain
from edge.errors import OutboxDamaged, UsageError

_TABLES: Final = """
CREATE TABLE event (n INTEGER PRIMARY KEY, acknowledged INTEGER, type TEXT, at REAL, boot_id TEXT, mono_s REAL,
    visit_id TEXT, member_ref TEXT, body TEXT);
CREATE TABLE visit (visit_id TEXT PRIMARY KEY, member_ref TEXT, body TEXT);
CREATE TABLE restriction (member_ref TEXT, kind TEXT, fact TEXT, until REAL);
CREATE TABLE step (reservation_id TEXT, member_ref TEXT, step TEXT, until REAL);
CREATE TABLE device (kind TEXT, device_id TEXT);
CREATE TABLE meta (k TEXT PRIMARY KEY, v TEXT);
"""


def export(outbox: Path, key: bytes, file: Path, *, with_members: bool) -> int:
    """How many events it holds. The store may run meanwhile. Raises UsageError, OutboxDamaged."""
    if file.exists():
        raise UsageError(f"{file} is there already: name a new file.")
    try:
        with closing(connected(outbox, key, "FULL")) as source, closing(_created(file)) as copy, copy.atomic():
            return _copied(source, copy, with_members=with_members)
    except DatabaseError as error:
        file.unlink(missing_ok=True)
        raise OutboxDamaged(outbox, type(error).__name__) from None


def _created(file: Path) -> Database:
    try:
        file.touch(mode=0o600)
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror}): name another place.") from None
    copy = plain(file)
    copy.conn.executescript(_TABLES)
    return copy


def _copied(source: Database, copy: Database, *, with_members: bool) -> int:
    acked = int(meta(source, "acked", "0"))
    events = [_event(orjson.loads(row[0]), acked) for row in source.execute("SELECT body FROM event ORDER BY n")]
    visits = source.execute("SELECT visit_id, member_ref, body FROM visit")
    tables: dict[str, list[dict[str, object]]] = {
        "event": events,
        "visit": [{"visit_id": one, "member_ref": member, "body": _text(body)} for one, member, body in visits],
    }
    for name, columns in _AS_IS.items():
        tables[name] = [dict(zip(columns, row, strict=True)) for row in _rows(source, name, columns)]
    for name, rows in tables.items():
        copy.table(name).insert_all(rows if with_members else map(_without_member, rows))
    return len(events)


_AS_IS: Final = {
    "restriction": ("member_ref", "kind", "fact", "until"),
    "step": ("reservation_id", "member_ref", "step", "until"),
    "device": ("kind", "device_id"),
    "meta": ("k", "v"),
}


def _rows(source: Database, name: str, columns: Sequence[str]) -> Iterable[Sequence[object]]:
    found: Iterable[Sequence[object]] = source.execute(f"SELECT {', '.join(columns)} FROM {name}")  # noqa: S608 - ours
    return found


def _event(event: Mapping[str, object], acked: int) -> dict[str, object]:
    n = event["n"]
    told = {name: event.get(name) for name in ("type", "at", "boot_id", "mono_s", "visit_id", "member_ref")}
    is_acked = isinstance(n, int) and n <= acked
    return {"n": n, "acknowledged": is_acked, **told, "body": _text(orjson.dumps(event["body"]))}


def _without_member(row: dict[str, object]) -> dict[str, object]:
    """Where a text holds the pseudonym too, it goes there as well."""
    member = row.get("member_ref")
    if not isinstance(member, str) or not member:
        return row
    return {name: value.replace(member, "") if isinstance(value, str) else value for name, value in row.items()}


def _text(octets: bytes) -> str:
    return octets.decode()
