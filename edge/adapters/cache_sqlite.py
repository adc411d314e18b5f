"""`cache.db`: head office's state as this store has it. Disposable: at any doubt it is thrown away and fetched again.

The sync thread writes, the state thread reads, each on its own connection; articles and stock are also held in
memory, swapped whole after a change. Bodies lie here as they came; a profile is read only under a receipt that head
office signed, which is asked here, when it is read.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from sys import intern
from typing import Any, Final

from pydantic import ValidationError

from edge.adapters.ballast import Ballast
from edge.adapters.cache_keys import DayKeys
from edge.adapters.cache_rows import index_loyalty, put_rows
from edge.adapters.cache_withdrawals import Withdrawals, put_revoked, told_again
from edge.adapters.enrolment import public_keys
from edge.adapters.store_sqlite import DatabaseError, meta, put_meta
from edge.core.bodies import MODELS, Body
from edge.core.goods import lean
from edge.core.proof import Proof
from edge.core.replica import Key, Plan
from wire.dictionary import Dictionaries
from wire.page import digest, sum8
from wire.product import Product, Stock
from wire.profile import Profile
from wire.receipt import ConsentReceipt
from wire.sync import PhoneCommand, RecordKind

# How much staleness of `as_of` a restart may add; each write costs the SD card two pages.
AS_OF_EVERY_S: Final = 300.0

_PERSONAL: Final = (
    "DELETE FROM record WHERE kind IN ('profile', 'command')",
    "DELETE FROM found",
    "DELETE FROM day_key",
)


class Cache(DayKeys, Withdrawals):
    def __init__(self, path: Path, key: bytes | None, ballast: Ballast | None = None) -> None:
        self._granted_s = 0.0
        self._traces = []
        self._doubted: set[str] = set()
        self._products: dict[str, Product] = {}
        self._stock: dict[str, Stock] = {}
        super().__init__(path, key, ballast)

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
        rows = self._found("SELECT member_ref FROM found WHERE loyalty = ?", [number])
        return next((str(row[0]) for row in rows if self.profile(row[0]) is not None), None)

    def reserving(self) -> tuple[str, ...]:
        """The members with a reservation, open or not."""
        rows = self._read("SELECT member_ref FROM found WHERE reserving = 1 ORDER BY member_ref")
        return tuple(str(row[0]) for row in rows)

    def members_named(self, words: Sequence[str], limit: int) -> tuple[str, ...]:
        """At most `limit` members whose name has, for each of `words`, a word that begins with it (`names.folded`)."""
        like = " AND ".join(["words LIKE ? ESCAPE '\\'"] * len(words))
        patterns = [f"% {_literal(word)}%" for word in words]
        query = f"SELECT member_ref FROM found WHERE {like} ORDER BY member_ref LIMIT ?"  # noqa: S608 - only our own text
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

    def commands(self, now_s: float) -> tuple[PhoneCommand, ...]:
        """Those that still hold, in the order in which they were given."""
        rows = self._read("SELECT body FROM record WHERE kind = 'command' AND body IS NOT NULL AND until > ?", [now_s])
        found = [body for row in rows if isinstance(body := self._unpacked("command", row[0]), PhoneCommand)]
        return tuple(sorted(found, key=lambda command: (command.at, command.command_id)))

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
            put_revoked(db, plan.revoked.values())
            index_loyalty(db, is_filling=bool(after))
            put_rows(db, plan.rows)
            db.execute("DELETE FROM record WHERE until <= ?", [now_s])
            put_meta(db, cursor=cursor, revoke_cursor=str(revoke_cursor), as_of=str(now_s), after=after)
        if plan.revoked:
            self._empty()
            self._traces += traces

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

    def disown(self, members: Collection[str]) -> None:
        """Their profiles are not head office's: as if they had never come, so that the next ones are taken."""
        with self._writing() as db:
            gone = [(member,) for member in members]
            db.conn.executemany("DELETE FROM record WHERE kind = 'profile' AND key = ?", gone)
            db.conn.executemany("DELETE FROM found WHERE member_ref = ?", gone)

    def start_over(self, epoch: str) -> None:
        """Head office was restored or does not know the cursor: fetch all again, but forget no withdrawal."""
        with self._writing() as db:
            for statement in _PERSONAL:
                db.execute(statement)
            db.execute("DELETE FROM record")
            told_again(db)
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

    # how

    def _loaded(self) -> None:
        self._as_of = self._written_as_of = float(meta(self._writer, "as_of", "0"))
        self._granted_s = float(meta(self._writer, "lease_s", "0"))
        self._learned = {number: bytes(octets) for number, octets in self._read("SELECT id, octets FROM dictionary")}
        self._dictionaries = Dictionaries(self._learned)
        self._take_keys(json.loads(meta(self._writer, "hub_keys", "{}")))
        self._products, self._stock = {}, {}
        query = "SELECT kind, key, body FROM record WHERE kind IN ('product', 'stock') AND body IS NOT NULL"
        for kind, key, body in self._read(query):
            _file(self._products, self._stock, key, self._unpacked(kind, body))

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


_BETWEEN: Final = "SELECT {} FROM record WHERE kind = ? AND key > ? AND key <= ? AND body IS NOT NULL"
_LAST: Final = chr(0x10FFFF)  # no key is greater


def _literal(word: str) -> str:
    """For LIKE, with a backslash as its escape."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _file(products: dict[str, Product], stock: dict[str, Stock], key: str, body: Body | None) -> None:
    if isinstance(body, Product):
        products[intern(key)] = lean(body)
    elif isinstance(body, Stock):
        stock[intern(key)] = lean(body)
