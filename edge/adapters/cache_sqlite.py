"""`cache.db`: head office's state as this store has it. Disposable: at any doubt it is thrown away and fetched again.

The sync thread writes, the state thread reads, each on its own connection; articles and stock are also held in
memory, swapped whole after a change. Bodies lie here as they came; a profile is read only under a receipt that head
office signed, which is asked here, when it is read.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, Final

import structlog
from pydantic import ValidationError

from edge.adapters import remnants
from edge.adapters.ballast import Ballast
from edge.adapters.enrolment import public_keys
from edge.adapters.store_sqlite import (
    Damaged,
    Database,
    DatabaseError,
    OperationalError,
    connected,
    emptied,
    in_memory,
    meta,
    opened,
    put_meta,
    removed,
)
from edge.core.proof import Proof
from edge.core.replica import MODELS, Body, Kept, Key, Plan, Revoked, told_anew
from wire.dictionary import Dictionaries
from wire.page import digest, sum8
from wire.product import Product, Stock
from wire.profile import Profile
from wire.receipt import ConsentReceipt
from wire.sync import PhoneCommand, RecordKind, Revocation

SCHEMA: Final = "3"
# How much staleness of `as_of` a restart may add; each write costs the SD card two pages.
AS_OF_EVERY_S: Final = 60.0
DAY_S: Final = 86_400

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    kind TEXT, key TEXT, rev INTEGER NOT NULL, body BLOB, loyalty TEXT, reserving INTEGER, until REAL,
    PRIMARY KEY (kind, key));
CREATE INDEX IF NOT EXISTS record_loyalty ON record (loyalty) WHERE loyalty IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_reserving ON record (reserving, key) WHERE reserving IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_until ON record (until) WHERE until IS NOT NULL;
CREATE TABLE IF NOT EXISTS named (member_ref TEXT PRIMARY KEY, words TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dictionary (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS revoked (
    member_ref TEXT PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL,
    rev INTEGER NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS day_key (day INTEGER, member_ref TEXT, key BLOB NOT NULL, PRIMARY KEY (day, member_ref));
"""
_PERSONAL: Final = (
    "DELETE FROM record WHERE kind IN ('profile', 'command')",
    "DELETE FROM named",
    "DELETE FROM day_key",
)
_log = structlog.get_logger("cache")


class Cache:
    """Without its key the file stays shut and an empty one in memory stands in for it, until `unlock`.

    `was_rebuilt`: the file was thrown away when it was opened, or while running.
    """

    def __init__(self, path: Path, key: bytes | None, ballast: Ballast | None = None) -> None:
        self._path, self._key, self._ballast = path, key or b"", ballast or Ballast(path.parent)
        self._lock = RLock()
        self.was_rebuilt = False
        self._granted_s = 0.0
        self._traces: list[bytes] = []  # of members who withdrew, to be looked for
        self._doubted: set[str] = set()
        self._products: dict[str, Product] = {}
        self._stock: dict[str, Stock] = {}
        self._open()

    # the service reads

    def profile(self, member_ref: str) -> Profile | None:
        """Only under a receipt that head office signed; None after a withdrawal."""
        found = self._body("profile", member_ref)
        if not isinstance(found, Profile):
            return None
        if found.consent is None or not self._proof.holds(found.consent, member_ref):
            self._doubted.add(member_ref)
            return None
        return found

    def member_by_loyalty(self, number: str) -> str | None:
        """Whose number it is by a profile that may be read: what nobody signed must not take over a card."""
        rows = self._found("SELECT key FROM record WHERE loyalty = ? AND kind = 'profile'", [number])
        return next((str(row[0]) for row in rows if self.profile(row[0]) is not None), None)

    def reserving(self) -> tuple[str, ...]:
        """The members with a reservation, open or not."""
        return tuple(str(row[0]) for row in self._read("SELECT key FROM record WHERE reserving = 1 ORDER BY key"))

    def members_named(self, words: Sequence[str], limit: int) -> tuple[str, ...]:
        """At most `limit` members whose name has, for each of `words`, a word that begins with it (`names.folded`)."""
        like = " AND ".join(["words LIKE ? ESCAPE '\\'"] * len(words))
        patterns = [f"% {_literal(word)}%" for word in words]
        query = f"SELECT member_ref FROM named WHERE {like} ORDER BY member_ref LIMIT ?"  # noqa: S608 - only our own text
        return tuple(str(row[0]) for row in self._read(query, [*patterns, limit])) if words else ()

    def products(self) -> Mapping[str, Product]:
        return self._products

    def stock(self) -> Mapping[str, Stock]:
        return self._stock

    def as_of(self) -> float:
        """When head office last confirmed this replica; 0 before the first page."""
        return self._as_of

    def granted_s(self) -> float:
        """How long head office lets this store go on without it."""
        return self._granted_s

    # the sync thread reads

    @property
    def is_locked(self) -> bool:
        return not self._key

    @property
    def is_broken(self) -> bool:
        """Something that was read had changed by itself: nothing is known any more until `rebuild`."""
        return self._is_broken

    def cursor(self) -> tuple[str, str, int]:
        """(epoch, feed cursor, revoke cursor); empty, empty and 0 at the start of a replica."""
        with self._lock:
            db = self._writer
            return meta(db, "epoch", ""), meta(db, "cursor", ""), int(meta(db, "revoke_cursor", "0"))

    def snapshot_after(self) -> str:
        """Where a snapshot that was begun goes on; empty when none is under way."""
        with self._lock:
            return meta(self._writer, "after", "")

    def revs(self, keys: Collection[Key]) -> dict[Key, int]:
        """Of those that are here, tombstones too."""
        names: dict[RecordKind, list[str]] = {}
        for kind, name in keys:
            names.setdefault(kind, []).append(name)
        return {(kind, name): rev for kind, some in names.items() for name, rev in self._revs(kind, some)}

    def revoked(self, members: Collection[str]) -> Mapping[str, Revoked]:
        rows = self._read(f"{_REVOKED} WHERE {_AMONG}", [json.dumps([*members])])
        return {row[1]: _revoked(row) for row in rows}

    def receipt(self, member_ref: str) -> ConsentReceipt | None:
        """As it lies here, whoever signed it."""
        found = self._body("profile", member_ref)
        return found.consent if isinstance(found, Profile) else None

    def proof(self) -> Proof:
        return self._proof

    def dictionaries(self) -> Dictionaries:
        return self._dictionaries

    def take_doubted(self) -> frozenset[str]:
        """Members whose profile was asked for and could not be shown, since this was last called."""
        doubted, self._doubted = self._doubted, set()
        return frozenset(doubted)

    def keys_between(self, kind: RecordKind, after: str, upto: str) -> frozenset[str]:
        """Of rows that hold something; an empty `upto` is the end."""
        return frozenset(row[0] for row in self._read(_BETWEEN.format("key"), [kind, after, upto or _LAST]))

    def digest_between(self, kind: RecordKind, after: str, upto: str) -> tuple[int, int]:
        """(count, digest) of the rows after one key and up to another, from what really lies in the file."""
        rows = self._read(_BETWEEN.format("key, rev, body"), [kind, after, upto or _LAST])
        return len(rows), digest((rev, sum8(key, body)) for key, rev, body in rows)

    def unconfirmed(self) -> tuple[Revocation, ...]:
        """Applied here; head office has no receipt yet."""
        return tuple(_revoked(row).revocation for row in self._read(f"{_REVOKED} WHERE confirmed = 0 ORDER BY seq"))

    def commands(self, now_s: float) -> tuple[PhoneCommand, ...]:
        """Those that still hold, in the order in which they were given."""
        rows = self._read("SELECT body FROM record WHERE kind = 'command' AND body IS NOT NULL AND until > ?", [now_s])
        found = [body for row in rows if isinstance(body := self._unpacked("command", row[0]), PhoneCommand)]
        return tuple(sorted(found, key=lambda command: (command.at, command.command_id)))

    def day_keys_until(self) -> float:
        """When the last day ends that has keys here; 0 without any."""
        found = self._read("SELECT max(day) FROM day_key")
        return 0.0 if found[0][0] is None else (float(found[0][0]) + 1) * DAY_S

    def day_keys(self, days: Collection[int]) -> Iterator[tuple[str, int, bytes]]:
        """(member_ref, day, SK) of these days, in pages: a million members' need not be in memory at once."""
        for day in sorted(days):
            last = ""
            while rows := self._read(_DAY_KEYS, [day, last, _KEYS_AT_ONCE]):
                last = str(rows[-1][0])
                yield from ((str(member), day, bytes(key)) for member, key in rows)

    def without_day_key(self, day: int, members: Collection[str]) -> list[str]:
        """Which of these have none."""
        query = """SELECT value FROM json_each(?) WHERE NOT EXISTS (
            SELECT 1 FROM day_key WHERE day = ? AND member_ref = value)"""
        return [str(row[0]) for row in self._read(query, [json.dumps([*members]), day])] if members else []

    # the sync thread writes

    def trust(self, hub_keys: Mapping[str, str]) -> None:
        """Head office's keys from now on, over a restart too; of profiles that were doubted, some may be shown now."""
        if hub_keys != self._hub_keys:
            with self._writing() as db:
                put_meta(db, hub_keys=json.dumps(dict(hub_keys)))
            self._take_keys(dict(hub_keys))

    def learn(self, dictionaries: Mapping[int, bytes]) -> None:
        """Raises ValueError for what is no dictionary; then none is taken."""
        if dictionaries:
            self._dictionaries = Dictionaries({**self._learned, **dictionaries})
            self._learned |= dictionaries
            with self._writing() as db:
                db.conn.executemany("INSERT OR REPLACE INTO dictionary VALUES (?, ?)", sorted(dictionaries.items()))

    def apply(self, plan: Plan, cursor: str, revoke_cursor: int, now_s: float, *, after: str = "") -> None:
        """Rows and cursors in one transaction; after a revocation nothing of the member is left in the files.

        `after` is where a snapshot stands of which this is a page.
        """
        write = partial(self._apply, plan, cursor, revoke_cursor, now_s, after)
        self._ballast.write(write, removes=bool(plan.revoked))
        self._as_of = self._written_as_of = now_s
        if plan.catalogue:
            self._take_catalogue(plan)

    def _apply(self, plan: Plan, cursor: str, revoke_cursor: int, now_s: float, after: str) -> None:
        traces = [trace for member in plan.revoked for trace in self._traces_of(member)]
        with self._writing() as db:
            for gone in plan.revoked.values():
                row = {**gone.revocation.model_dump(), "rev": gone.rev, "confirmed": 0}
                db.table("revoked").upsert(row, pk="member_ref")
                db.execute("DELETE FROM day_key WHERE member_ref = ?", [gone.revocation.member_ref])
            # By key: rows that are neighbours in the index are written together (0.6 of the time of any other order).
            rows = sorted(plan.rows.items(), key=_by_key)
            db.conn.executemany(_UPSERT, [_row(key, kept) for key, kept in rows])
            _put_names(db, rows)
            db.execute("DELETE FROM record WHERE until <= ?", [now_s])
            put_meta(db, cursor=cursor, revoke_cursor=str(revoke_cursor), as_of=str(now_s), after=after)
        if plan.revoked:
            self._empty()
            self._traces += traces

    def unlock(self, key: bytes) -> None:
        """Head office gave the key; what is in the file is there from now on."""
        with self._lock:
            self.close()
            self._key = key
            self._open()

    def grant(self, lease_s: float) -> None:
        if lease_s != self._granted_s:
            with self._writing() as db:
                put_meta(db, lease_s=str(lease_s))
            self._granted_s = lease_s

    def confirm_current(self, cursor: str, revoke_cursor: int, now_s: float) -> None:
        """Head office had nothing new; its cursors may have moved all the same."""
        self._as_of = now_s
        moved = (cursor, revoke_cursor) != self.cursor()[1:]
        if moved or now_s - self._written_as_of > AS_OF_EVERY_S:
            self._ballast.write(lambda: self._put_place(cursor, revoke_cursor, now_s), removes=False)
            self._written_as_of = now_s

    def _put_place(self, cursor: str, revoke_cursor: int, now_s: float) -> None:
        with self._writing() as db:
            put_meta(db, cursor=cursor, revoke_cursor=str(revoke_cursor), as_of=str(now_s))

    def scrub(self) -> None:
        """Before a receipt goes out: what members who withdrew may have left in free space is looked for and goes.

        Takes a second for 100,000 profiles; only a file in which something was found is written anew.
        """
        traces, self._traces = self._traces, []
        if traces and (len(traces) > _TRACES or self._is_left(traces)):
            _log.info("cache.rewritten")
            self._rewrite()

    def disown(self, members: Collection[str]) -> None:
        """Their profiles are not head office's: as if they had never come, so that the next ones are taken."""
        with self._writing() as db:
            gone = [(member,) for member in members]
            db.conn.executemany("DELETE FROM record WHERE kind = 'profile' AND key = ?", gone)
            db.conn.executemany("DELETE FROM named WHERE member_ref = ?", gone)

    def confirm(self, revocation: Revocation) -> None:
        """Head office has the receipt of exactly this one."""
        self._ballast.write(lambda: self._confirm(revocation), removes=True)

    def _confirm(self, revocation: Revocation) -> None:
        with self._writing() as db:
            where = [revocation.member_ref, revocation.seq]
            db.execute("UPDATE revoked SET confirmed = 1 WHERE member_ref = ? AND seq = ?", where)

    def start_over(self, epoch: str) -> None:
        """Head office was restored or does not know the cursor: fetch all again, but forget no withdrawal.

        All of them are unconfirmed again: a restored head office may have lost them, and learns them from its stores.
        """
        with self._writing() as db:
            for statement in _PERSONAL:
                db.execute(statement)
            db.execute("DELETE FROM record")
            for row in db.execute(_REVOKED).fetchall():
                gone = told_anew(_revoked(row))
                values = [gone.revocation.seq, gone.rev, gone.revocation.member_ref]
                db.execute("UPDATE revoked SET seq = ?, rev = ?, confirmed = 0 WHERE member_ref = ?", values)
            db.execute("DELETE FROM meta WHERE k IN ('cursor', 'revoke_cursor', 'after')")
            put_meta(db, epoch=epoch)
        self._empty()
        self._products, self._stock = {}, {}

    def forget_members(self) -> None:
        """The lease ran out: everything personal goes; articles and stock stay, and all is fetched again later."""
        try:
            with self._writing() as db:
                for statement in _PERSONAL:
                    db.execute(statement)
                db.execute("DELETE FROM meta WHERE k IN ('cursor', 'revoke_cursor', 'after')")
        except DatabaseError:  # a full disk: the whole file can always go
            self.rebuild()
        else:
            self._rewrite()

    def add_day_keys(self, days: Mapping[int, Mapping[str, str]]) -> None:
        """Of members who came since, beside the keys that are there; those who withdrew get none, as below."""
        with self._writing() as db:
            gone = {row[0] for row in db.execute(_STAYING_AWAY).fetchall()}
            db.table("day_key").upsert_all(
                (
                    {"day": day, "member_ref": member, "key": bytes.fromhex(key)}
                    for day, keys in days.items()
                    for member, key in keys.items()
                    if member not in gone
                ),
                pk=("day", "member_ref"),
            )

    def put_day_keys(self, days: Mapping[int, Mapping[str, str]], first_day: int) -> None:
        """Replaces the keys of the given days; days before `first_day` go.

        Not of members who withdrew and did not come back: a restored head office may offer theirs again.
        """
        with self._writing() as db:
            gone = {row[0] for row in db.execute(_STAYING_AWAY).fetchall()}
            db.execute("DELETE FROM day_key WHERE day < ?", [first_day])
            for day, keys in days.items():
                db.execute("DELETE FROM day_key WHERE day = ?", [day])
                db.table("day_key").insert_all(
                    {"day": day, "member_ref": member, "key": bytes.fromhex(key)}
                    for member, key in keys.items()
                    if member not in gone
                )

    def rebuild(self) -> None:
        """Throws the file away and begins an empty one; what the service reads meanwhile is nothing."""
        with self._lock:
            self.close()
            if not self.is_locked:
                removed(self._path)
            self.was_rebuilt = True
            self._connect()

    def close(self) -> None:
        with self._lock:
            self._writer.close()
            self._reader.close()

    # how

    def _open(self) -> None:
        try:
            self._connect()
        except (Damaged, DatabaseError, ValueError) as error:
            _log.warning("cache.rebuilt", reason=str(error) or type(error).__name__)
            removed(self._path)
            self.was_rebuilt = True
            self._connect()
        if self.unconfirmed():
            self._rewrite()  # an earlier run may have ended before it looked for what they left

    def _connect(self) -> None:
        self._is_broken = False
        if self.is_locked:
            self._writer = self._reader = in_memory(_TABLES)
        else:
            self._connect_file()
        self._as_of = self._written_as_of = float(meta(self._writer, "as_of", "0"))
        self._granted_s = float(meta(self._writer, "lease_s", "0"))
        self._learned = {number: bytes(octets) for number, octets in self._read("SELECT id, octets FROM dictionary")}
        self._dictionaries = Dictionaries(self._learned)
        self._take_keys(json.loads(meta(self._writer, "hub_keys", "{}")))
        self._products, self._stock = {}, {}
        query = "SELECT kind, key, body FROM record WHERE kind IN ('product', 'stock') AND body IS NOT NULL"
        for kind, key, body in self._read(query):
            _file(self._products, self._stock, key, self._unpacked(kind, body))

    def _connect_file(self) -> None:
        # NORMAL: a power cut may lose the newest pages of the feed, whose cursor is lost with them.
        self._writer = opened(self._path, self._key, "NORMAL", _TABLES, SCHEMA)
        self._reader = connected(self._path, self._key, "NORMAL")

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with self._lock, self._writer.atomic() as db:
            yield db

    def _read(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            return list(self._reader.execute(query, values).fetchall())

    def _found(self, query: str, values: Sequence[object]) -> list[Any]:
        """For the service, to which a damaged file is one without the member; the sync thread begins it anew."""
        try:
            return self._read(query, values)
        except OperationalError:
            raise
        except DatabaseError:
            self._is_broken = True
            return []

    def _take_keys(self, hub_keys: dict[str, str]) -> None:
        self._hub_keys = hub_keys
        self._proof = Proof(public_keys(hub_keys))
        self._doubted = set()

    def _revs(self, kind: RecordKind, names: list[str]) -> list[Any]:
        """A snapshot comes sorted and behind what is here: then one look says that none of it is."""
        between = [kind, min(names), max(names)]
        if not self._read("SELECT 1 FROM record WHERE kind = ? AND key BETWEEN ? AND ? LIMIT 1", between):
            return []
        query = "SELECT key, rev FROM record WHERE kind = ? AND key IN (SELECT value FROM json_each(?))"
        return self._read(query, [kind, json.dumps(names)])

    def _body(self, kind: RecordKind, name: str) -> Body | None:
        """None also for one that cannot be read, which is then doubted."""
        found = self._found("SELECT body FROM record WHERE kind = ? AND key = ?", [kind, name])
        if not found or found[0][0] is None:
            return None
        try:
            return self._unpacked(kind, found[0][0])
        except (ValueError, ValidationError):
            self._doubted.add(name)
            return None

    def _unpacked(self, kind: RecordKind, body: bytes) -> Body:
        return MODELS[kind].model_validate_json(self._dictionaries.unpacked(body))

    def _empty(self) -> None:
        with self._lock:
            emptied(self._writer)

    def _traces_of(self, member: str) -> list[bytes]:
        """The bytes in which a member is stored, but for the member_ref, which the withdrawal keeps."""
        rows = self._read("SELECT body FROM record WHERE kind = 'profile' AND key = ? AND body IS NOT NULL", [member])
        rows += self._read("SELECT key FROM day_key WHERE member_ref = ?", [member])
        numbers = self._read("SELECT loyalty FROM record WHERE kind = 'profile' AND key = ? AND loyalty > ''", [member])
        # A name alone is somebody else's too; behind the end of its member_ref it is hers.
        names = self._read("SELECT substr(member_ref, -12) || words FROM named WHERE member_ref = ?", [member])
        told = [row[0].encode() for row in numbers if len(row[0]) >= _TRACE_LENGTH]
        return [bytes(row[0]) for row in rows] + told + [row[0].encode() for row in names]

    def _is_left(self, traces: list[bytes]) -> bool:
        """Two profiles have much in common: what a live one holds too tells nothing of the member who left."""
        left = remnants.found(self._path, self._key, traces)
        return any(not self._read(_AT_ANOTHER, [piece, piece]) for piece in left)

    def _rewrite(self) -> None:
        """Live rows only, into a new file that takes this one's place; without room for that, all is fetched again."""
        fresh = self._path.with_suffix(".new")
        removed(fresh)
        with self._lock:
            try:
                self._writer.execute("VACUUM INTO ?", [str(fresh)])
            except DatabaseError:
                removed(fresh)
                self.rebuild()
                return
            self.close()
            removed(self._path)
            fresh.replace(self._path)
            self._connect()

    def _take_catalogue(self, plan: Plan) -> None:
        """Swapped, not changed: the state thread may be reading the old ones."""
        products, stock = dict(self._products), dict(self._stock)
        for (kind, key), kept in plan.rows.items():
            if kind == "product":
                products.pop(key, None)
            elif kind == "stock":
                stock.pop(key, None)
            if kind in {"product", "stock"} and kept.body is not None:
                _file(products, stock, key, self._unpacked(kind, kept.body))
        self._products, self._stock = products, stock


_DAY_KEYS: Final = "SELECT member_ref, key FROM day_key WHERE day = ? AND member_ref > ? ORDER BY member_ref LIMIT ?"
# Of some thirty members at once; to look for more takes longer than to write the file anew.
_TRACES: Final = 300
_AT_ANOTHER: Final = """
SELECT 1 FROM record WHERE kind = 'profile' AND instr(body, ?)
UNION ALL SELECT 1 FROM named WHERE instr(CAST(words AS BLOB), ?) LIMIT 1
"""
# A shorter loyalty number is found by chance in any file, and tells nobody.
_TRACE_LENGTH: Final = 6
# Two megabytes of keys, and tens of milliseconds in which nobody else reads.
_KEYS_AT_ONCE: Final = 10_000
_STAYING_AWAY: Final = """
SELECT member_ref FROM revoked WHERE NOT EXISTS (
    SELECT 1 FROM record WHERE kind = 'profile' AND key = member_ref AND body IS NOT NULL)
"""
_UPSERT: Final = """
INSERT INTO record (kind, key, rev, body, loyalty, reserving, until) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET rev = excluded.rev, body = excluded.body, loyalty = excluded.loyalty,
    reserving = excluded.reserving, until = excluded.until
"""
_BETWEEN: Final = "SELECT {} FROM record WHERE kind = ? AND key > ? AND key <= ? AND body IS NOT NULL"
_LAST: Final = chr(0x10FFFF)  # no key is greater
_AMONG: Final = "member_ref IN (SELECT value FROM json_each(?))"
_REVOKED: Final = "SELECT seq, member_ref, kind, at, rev FROM revoked"


def _revoked(row: Sequence[Any]) -> Revoked:
    seq, member_ref, kind, at, rev = row
    return Revoked(Revocation(seq=seq, member_ref=member_ref, kind=kind, at=at), rev)


def _row(key: Key, kept: Kept) -> tuple[Any, ...]:
    return (*key, kept.rev, kept.body, kept.loyalty or None, kept.reserving or None, kept.until)


def _put_names(db: Database, rows: Sequence[tuple[Key, Kept]]) -> None:
    profiles = [(key, kept.words) for (kind, key), kept in rows if kind == "profile"]
    gone = [(key,) for key, words in profiles if not words]
    db.conn.executemany("DELETE FROM named WHERE member_ref = ?", gone)
    named = [(key, words) for key, words in profiles if words]
    db.conn.executemany("INSERT OR REPLACE INTO named (member_ref, words) VALUES (?, ?)", named)


def _literal(word: str) -> str:
    """For LIKE, with a backslash as its escape."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _by_key(row: tuple[Key, Kept]) -> Key:
    return row[0]


def _file(products: dict[str, Product], stock: dict[str, Stock], key: str, body: Body | None) -> None:
    if isinstance(body, Product):
        products[key] = body
    elif isinstance(body, Stock):
        stock[key] = body
