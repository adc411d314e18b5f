"""How rows come into `cache.db`: the profiles of a page by one statement, all else row by row.

A statement a row costs more than the row: 9 us here, where one statement for a page's 2,000 takes 5 us each, and lets
other threads run meanwhile.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import Final

import orjson

from edge.adapters.store_sqlite import Database
from edge.core.bodies import Kept
from edge.core.replica import Key

_UPSERT: Final = """
INSERT INTO record (kind, key, rev, body, until) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET rev = excluded.rev, body = excluded.body, until = excluded.until
"""
# `octets` are all bodies and `keys` all keys, each 32 long; `places` says for each row, in decimal places of fixed
# width, where its body begins, how long it is, and its revision: SQLite reads numbers from digits only. All three are
# blobs, because a place in a text is found by counting from its beginning.
_WIDTHS: Final = (10, 7, 20)
_PLACE: Final = "".join(f"%0{width}d" for width in _WIDTHS)
_REF: Final = 32


def _number(column: int) -> str:
    start = sum(_WIDTHS[:column]) + 1
    return f"CAST(substr(:places, {sum(_WIDTHS)} * i + {start}, {_WIDTHS[column]}) AS INTEGER)"


_UPSERT_PROFILES: Final = f"""
WITH RECURSIVE row(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM row WHERE i + 1 < :count)
INSERT INTO record (kind, key, rev, body)
SELECT 'profile', CAST(substr(:keys, {_REF} * i + 1, {_REF}) AS TEXT), {_number(2)},
    substr(:octets, {_number(0)}, {_number(1)})
FROM row WHERE true
ON CONFLICT (kind, key) DO UPDATE SET rev = excluded.rev, body = excluded.body
"""  # noqa: S608 - only our own text
_FOUND_BY: Final = """
INSERT OR REPLACE INTO found (member_ref, words, loyalty, reserving)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)
"""
Row = tuple[Key, Kept]


def put_rows(db: Database, rows: Mapping[Key, Kept]) -> None:
    """By key: rows that are neighbours in the file are written together (0.6 of the time of any other order)."""
    ordered = sorted(rows.items(), key=itemgetter(0))
    profiles = [(name, kept) for (kind, name), kept in ordered if kind == "profile" and kept.body is not None]
    if profiles:
        _put_profiles(db, profiles)
    if len(profiles) < len(ordered):
        _put_others(db, [row for row in ordered if row[0][0] != "profile" or row[1].body is None])


def index_loyalty(db: Database, *, is_filling: bool) -> None:
    """Not while a snapshot is under way: its numbers come in no order, and each page of it would write half the index.

    Until then a card is looked for in all of `found`: tens of milliseconds for 100,000 members, and right all the same.
    """
    if is_filling:
        db.execute("DROP INDEX IF EXISTS found_loyalty")
    else:
        db.execute("CREATE INDEX IF NOT EXISTS found_loyalty ON found (loyalty) WHERE loyalty IS NOT NULL")


def _put_profiles(db: Database, rows: Sequence[tuple[str, Kept]]) -> None:
    bodies = [kept.body or b"" for _, kept in rows]
    lengths = [len(body) for body in bodies]
    places = zip(accumulate(lengths, initial=1), lengths, [kept.rev for _, kept in rows], strict=False)
    values = {
        "count": len(rows),
        "keys": "".join([name for name, _ in rows]).encode(),
        "octets": b"".join(bodies),
        "places": (_PLACE * len(rows) % tuple(chain.from_iterable(places))).encode(),
    }
    db.conn.execute(_UPSERT_PROFILES, values)
    found_by = [(name, kept.words, kept.loyalty or None, kept.reserving or None) for name, kept in rows]
    db.conn.execute(_FOUND_BY, [orjson.dumps(found_by).decode()])


def _put_others(db: Database, rows: Sequence[Row]) -> None:
    db.conn.executemany(_UPSERT, [(*key, kept.rev, kept.body, kept.until) for key, kept in rows])
    gone = [(name,) for (kind, name), _ in rows if kind == "profile"]
    db.conn.executemany("DELETE FROM found WHERE member_ref = ?", gone)
