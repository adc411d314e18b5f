"""The feed's index and its counters: what is in a store's scope, and what changed after a place.

A writing transaction only notes what it changed; the counter is raised and the scope rows are written when everything
else is done. The counter's lock is held to the commit, so no reader ever sees a seq while a lower one is still open.
Which stores a member goes to is decided there too, from what is committed and not from what was read before.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, tuple_, update

from hq.adapters.store_sql.rows import CHUNK_ROWS, among, inserted, upsert
from hq.adapters.store_sql.scopes import ScopeReads, ScopeWrites, Touch, sends
from hq.adapters.store_sql.tables import (
    COMMAND,
    COUNTER,
    PHONE_VIEW,
    PRODUCT,
    PROFILE,
    REVOCATION,
    SCOPE,
    STOCK,
    STORE,
    TIDE,
)
from hq.core.changes import Place, ScopeRow
from hq.core.visits import EndKind
from wire import dictionary
from wire.sync import RecordKind, Revocation


class FeedReads(ScopeReads):
    _c: Connection

    def counters(self) -> Mapping[str, int]:
        return {row.k: row.seq for row in self._c.execute(select(COUNTER.c.k, COUNTER.c.seq))}

    def revocations_after(self, merchant_id: str, seq: int, limit: int) -> tuple[Revocation, ...]:
        query = select(REVOCATION).where(REVOCATION.c.merchant_id == merchant_id, REVOCATION.c.seq > seq)
        return tuple(map(_revocation, self._c.execute(query.order_by(REVOCATION.c.seq).limit(limit))))

    def withdrawals_after(self, seq: int, limit: int) -> tuple[tuple[str, Revocation], ...]:
        """(merchant_id, withdrawal) of every merchant, in the order of their numbers."""
        query = select(REVOCATION).where(REVOCATION.c.seq > seq).order_by(REVOCATION.c.seq).limit(limit)
        return tuple((row.merchant_id, _revocation(row)) for row in self._c.execute(query))

    def last_revocation(self, member_ref: str) -> int | None:
        query = select(func.max(REVOCATION.c.seq)).where(REVOCATION.c.member_ref == member_ref)
        return self._c.execute(query).scalar()

    def last_erasure(self, merchant_id: str, member_ref: str) -> int | None:
        """Its number, for a member who is not here any more."""
        query = select(func.max(REVOCATION.c.seq)).where(
            REVOCATION.c.merchant_id == merchant_id,
            REVOCATION.c.member_ref == member_ref,
            REVOCATION.c.kind == "erase",
            ~exists().where(PROFILE.c.member_ref == member_ref),
        )
        return self._c.execute(query).scalar()

    def scope_after(self, store_id: str, place: Place, limit: int) -> tuple[ScopeRow, ...]:
        query = select(SCOPE.c.kind, SCOPE.c.key, SCOPE.c.rev, SCOPE.c.seq, SCOPE.c.gone)
        query = query.where(SCOPE.c.store_id == store_id)
        if place.whole:
            query = query.where(SCOPE.c.seq > place.seq)
        else:
            after = tuple_(SCOPE.c.seq, SCOPE.c.kind, SCOPE.c.key) > tuple_(place.seq, place.kind, place.key)
            query = query.where(after)
        query = query.order_by(SCOPE.c.seq, SCOPE.c.kind, SCOPE.c.key).limit(limit)
        return tuple(ScopeRow(r.kind, r.key, r.rev, r.seq, r.gone) for r in self._c.execute(query))

    def bodies(self, store_id: str, merchant_id: str, rows: Sequence[ScopeRow]) -> Mapping[tuple[str, str], bytes]:
        """(kind, key) -> body, as it lies here, of those of `rows` that are there and not gone; `rev` is the row's."""
        wanted: dict[RecordKind, list[str]] = {kind: [] for kind in get_args(RecordKind)}
        for row in rows:
            if not row.gone:
                wanted[row.kind].append(row.key)
        found: dict[tuple[str, str], bytes] = {}
        for kind, keys in wanted.items():
            for start in range(0, len(keys), CHUNK_ROWS):
                for key, body in self._bodies(kind, store_id, merchant_id, keys[start : start + CHUNK_ROWS]):
                    found[kind, key] = body
        return found

    def changed_after(self, seq: int, limit: int) -> tuple[tuple[str, ScopeRow], ...]:
        """(store_id, row) of every store, in the order of the feed."""
        query = select(SCOPE.c.store_id, SCOPE.c.kind, SCOPE.c.key, SCOPE.c.rev, SCOPE.c.seq, SCOPE.c.gone)
        rows = self._c.execute(query.where(SCOPE.c.seq > seq).order_by(SCOPE.c.seq).limit(limit))
        return tuple((store_id, ScopeRow(*row)) for store_id, *row in rows)

    def phones_after(self, seq: int) -> tuple[str, ...]:
        """Members whose phone page has something new."""
        query = select(PHONE_VIEW.c.member_ref).where(PHONE_VIEW.c.seq > seq).distinct()
        return tuple(self._c.execute(query).scalars())

    def _bodies(self, kind: RecordKind, store_id: str, merchant_id: str, keys: list[str]) -> list[tuple[str, bytes]]:
        if kind == "command":
            query = select(COMMAND.c.command_id, COMMAND.c.body).where(among(self._c, COMMAND.c.command_id, keys))
            return [(r.command_id, dictionary.packed(r.body.encode())) for r in self._c.execute(query)]
        table, key = {"profile": (PROFILE, "member_ref"), "product": (PRODUCT, "product_id")}.get(
            kind, (STOCK, "variant_id")
        )
        found = select(table.c[key], table.c.body).where(among(self._c, table.c[key], keys))
        found = found.where(table.c.merchant_id == merchant_id)
        if table is STOCK:
            found = found.where(STOCK.c.store_id == store_id)
        return [(row[0], row[1]) for row in self._c.execute(found)]


class FeedWrites(FeedReads, ScopeWrites):
    _marks: dict[tuple[str, str, RecordKind, str], tuple[int, bool]]
    _touched: dict[str, Touch]
    _only_store: str | None

    def put(self, merchant_id: str, kind: RecordKind, key: str, rev: int, *, store_id: str = "") -> None:
        """Into the scope of `store_id`, or of every store of the merchant, when the transaction ends.

        A member goes to the stores that have a reason to hold them, whatever `store_id` says.
        """
        if kind == "profile":
            self._touched[key] = Touch(merchant_id, changed=True)
        else:
            self._marks[merchant_id, store_id, kind, key] = (rev, False)

    def rescope(self, merchant_id: str, member_ref: str) -> None:
        """The member's stores may be others now; those that hold them already are told nothing."""
        self._touched.setdefault(member_ref, Touch(merchant_id, changed=False))

    def gone(self, merchant_id: str, kind: RecordKind, key: str, rev: int) -> None:
        """A tombstone for every store that had it, when the transaction ends."""
        if kind == "profile":
            self._touched[key] = Touch(merchant_id, changed=True, ended_rev=rev)
        else:
            self._marks[merchant_id, "", kind, key] = (rev, True)

    def revoke(self, merchant_id: str, member_ref: str, kind: EndKind, now: float) -> int:
        """The withdrawal's own number; call it after all other rows are written, its counter is locked from here on."""
        seq = self.raise_counter("revoke")
        row = {"seq": seq, "merchant_id": merchant_id, "member_ref": member_ref, "kind": kind, "at": now}
        self._c.execute(insert(REVOCATION).values(row))
        return seq

    def raise_counter(self, name: str) -> int:
        query = update(COUNTER).where(COUNTER.c.k == name).values(seq=COUNTER.c.seq + 1)
        return int(self._c.execute(query.returning(COUNTER.c.seq)).scalar_one())

    def drop_lapsed_commands(self, now: float) -> None:
        """Without a tombstone: a store forgets them by itself. The commands are there until they are purged."""
        self._c.execute(delete(SCOPE).where(sends(COMMAND.c.expires_at <= now)))

    def settle(self) -> None:
        """The last act of a transaction: one seq for all that it changed."""
        if not self._marks and not self._touched:
            return
        seq = self.raise_counter("feed")
        # Read under the counter's lock: a store that was added meanwhile is seen, or its own filling sees these rows.
        rows = [*self._settled_marks(seq), *self._settled_members(seq)]
        upsert(self._c, SCOPE, rows)

    def fill_scope(self, merchant_id: str, store_id: str, after: tuple[str, str]) -> tuple[str, str] | None:
        """Marks one chunk of all that a new store may hold; the last (kind, key) that it marked, None at the end."""
        if after[0] <= "product":
            query = select(PRODUCT.c.product_id, PRODUCT.c.rev).where(PRODUCT.c.merchant_id == merchant_id)
            rows = self._c.execute(
                query.where(PRODUCT.c.product_id > after[1]).order_by(PRODUCT.c.product_id).limit(CHUNK_ROWS)
            ).all()
            for row in rows:
                self.put(merchant_id, "product", row.product_id, row.rev, store_id=store_id)
            return ("product", rows[-1].product_id) if rows else ("profile", "")
        self._only_store = store_id
        members = self.at_home(merchant_id, "", after[1])
        for member_ref in members:
            self.rescope(merchant_id, member_ref)
        return ("profile", members[-1]) if members else None

    def note_tide(self, now: float, every_s: float) -> None:
        """Remembers, every so often, what number the feed has."""
        if now - (self._c.execute(select(func.max(TIDE.c.at))).scalar() or 0.0) >= every_s:
            inserted(self._c, TIDE, {"seq": self.counters()["feed"], "at": now})

    def bury(self, before: float, limit: int) -> int:
        """Tombstones that were there before that time go for good; how many did."""
        seq = self._c.execute(select(func.max(TIDE.c.seq)).where(TIDE.c.at <= before)).scalar()
        if seq is None:
            return 0
        self._c.execute(delete(TIDE).where(TIDE.c.seq < seq))
        key = (SCOPE.c.store_id, SCOPE.c.kind, SCOPE.c.key)
        old = select(*key).where(SCOPE.c.seq <= seq, SCOPE.c.gone).order_by(SCOPE.c.seq).limit(limit)
        return self._c.execute(delete(SCOPE).where(tuple_(*key).in_(old))).rowcount

    def _settled_marks(self, seq: int) -> list[dict[str, Any]]:
        marks = sorted(self._marks.items())
        shops = {merchant_id: self._shop_ids(merchant_id) for merchant_id in {mark[0][0] for mark in marks}}
        rows: list[dict[str, Any]] = []
        for (merchant_id, store_id, kind, key), (rev, is_gone) in marks:
            if is_gone:
                there = (SCOPE.c.kind == kind) & (SCOPE.c.key == key) & SCOPE.c.store_id.in_(shops[merchant_id])
                self._c.execute(update(SCOPE).where(there).values(rev=rev, seq=seq, gone=True))
                continue
            row = {"kind": kind, "key": key, "rev": rev, "seq": seq, "gone": False}
            rows += [{"store_id": shop, **row} for shop in ([store_id] if store_id else shops[merchant_id])]
        return rows

    def _settled_members(self, seq: int) -> list[dict[str, Any]]:
        return [
            {"store_id": told.store_id, "kind": "profile", "key": ref, "rev": told.rev, "seq": seq, "gone": told.gone}
            for ref, told in self.where_to(self._touched, self._only_store)
        ]

    def _shop_ids(self, merchant_id: str) -> list[str]:
        query = select(STORE.c.store_id).where(STORE.c.merchant_id == merchant_id).order_by(STORE.c.store_id)
        return list(self._c.execute(query).scalars())


def _revocation(row: Row[Any]) -> Revocation:
    return Revocation(seq=row.seq, member_ref=row.member_ref, kind=row.kind, at=row.at)
