"""Why a store may hold a member: home stores and their neighbours, visits and reservations; and where a member is held.

`where_to` reads everything under the feed counter's lock, so what it finds is what is committed, whoever wrote it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, literal, literal_column, select, tuple_, update

from hq.adapters.store_sql.rows import CHUNK_ROWS, among, upsert
from hq.adapters.store_sql.tables import COMMAND, MERCHANT, NEIGHBOUR, PROFILE, SCOPE, SCOPE_REASON, STORE
from hq.core.scopes import Held, Reason, TimedReason, moves, scope_of

# Written out, not bound: the partial index over members is taken only where the planner sees the word.
IS_PROFILE: Final = SCOPE.c.kind == literal_column("'profile'")


def sends(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The scope rows by which such commands travel.

    By the whole key, as a subquery: the index begins with the store, and to look for a command's id alone, or for a
    list of keys on SQLite, is to read all of the table.
    """
    rows = select(COMMAND.c.store_id, literal("command"), COMMAND.c.command_id).where(which)
    return tuple_(SCOPE.c.store_id, SCOPE.c.kind, SCOPE.c.key).in_(rows)


@dataclass(slots=True)
class Touch:
    """What a transaction did to a member: changed the profile, or only where it may be; `ended` beats both."""

    merchant_id: str
    changed: bool
    ended_rev: int | None = None


class ScopeReads:
    _c: Connection

    def holds(self, store_id: str, member_ref: str, *, now_gone: bool = False) -> bool:
        """Whether the member is in this store's scope; `now_gone`: or was, and the tombstone is not purged yet."""
        query = select(SCOPE.c.gone).where(SCOPE.c.store_id == store_id, IS_PROFILE, SCOPE.c.key == member_ref)
        gone = self._c.execute(query).scalar()
        return gone is not None and (now_gone or not gone)

    def holders(self, member_ref: str) -> frozenset[str]:
        """The stores that have this member now."""
        query = select(SCOPE.c.store_id).where(IS_PROFILE, SCOPE.c.key == member_ref, SCOPE.c.gone.is_(False))
        return frozenset(self._c.execute(query).scalars())

    def ever_held(self, store_id: str, member_refs: Collection[str]) -> frozenset[str]:
        """Those who are in this store's scope, or were, and the tombstone is not purged yet."""
        query = select(SCOPE.c.key).where(SCOPE.c.store_id == store_id, IS_PROFILE)
        return frozenset(self._c.execute(query.where(among(self._c, SCOPE.c.key, member_refs))).scalars())

    def neighbours(self, store_id: str) -> tuple[str, ...]:
        query = select(NEIGHBOUR.c.near_id).where(NEIGHBOUR.c.store_id == store_id)
        return tuple(self._c.execute(query.order_by(NEIGHBOUR.c.near_id)).scalars())

    def reasons(self, member_ref: str) -> tuple[Reason, ...]:
        query = select(SCOPE_REASON).where(SCOPE_REASON.c.member_ref == member_ref)
        rows = self._c.execute(query.order_by(SCOPE_REASON.c.store_id, SCOPE_REASON.c.reason))
        return tuple(Reason(row.store_id, row.member_ref, row.reason, row.until) for row in rows)

    def lapsed_reasons(self, now: float, limit: int) -> tuple[tuple[str, Reason], ...]:
        """(merchant_id, reason) whose time is over."""
        query = select(SCOPE_REASON).where(SCOPE_REASON.c.until <= now).order_by(SCOPE_REASON.c.member_ref)
        rows = self._c.execute(query.limit(limit))
        return tuple((row.merchant_id, Reason(row.store_id, row.member_ref, row.reason, row.until)) for row in rows)


class ScopeWrites(ScopeReads):
    def set_neighbours(self, merchant_id: str, store_id: str, near: Collection[str]) -> None:
        """Which stores hold the members who are at home in `store_id`, besides it; `rescope` them afterwards."""
        self._c.execute(delete(NEIGHBOUR).where(NEIGHBOUR.c.store_id == store_id))
        rows = [{"merchant_id": merchant_id, "store_id": store_id, "near_id": near_id} for near_id in sorted(near)]
        upsert(self._c, NEIGHBOUR, rows)

    def set_everywhere(self, merchant_id: str, *, everywhere: bool) -> bool:
        """Whether members without a home store are in every store; True when that is new."""
        query = update(MERCHANT).where(MERCHANT.c.merchant_id == merchant_id, MERCHANT.c.everywhere != everywhere)
        return self._c.execute(query.values(everywhere=everywhere)).rowcount > 0

    def add_reason(self, merchant_id: str, reason: Reason) -> None:
        """A later end replaces an earlier one, never the other way round; `rescope` the member afterwards."""
        key = {"store_id": reason.store_id, "member_ref": reason.member_ref, "reason": reason.reason}
        query = select(SCOPE_REASON.c.until).filter_by(**key)
        until = max(reason.until, self._c.execute(query).scalar() or 0.0)
        upsert(self._c, SCOPE_REASON, [{**key, "merchant_id": merchant_id, "until": until}])

    def set_reasons(self, merchant_id: str, member_ref: str, reason: TimedReason, until: Mapping[str, float]) -> None:
        """All reasons of this kind that the member has, by store."""
        gone = delete(SCOPE_REASON).where(SCOPE_REASON.c.member_ref == member_ref, SCOPE_REASON.c.reason == reason)
        self._c.execute(gone)
        kept = (Reason(store_id, member_ref, reason, end) for store_id, end in sorted(until.items()))
        upsert(self._c, SCOPE_REASON, [{"merchant_id": merchant_id, **asdict(each)} for each in kept])

    def drop_reason(self, reason: Reason) -> None:
        """Unless it was prolonged since it was read."""
        self._c.execute(
            delete(SCOPE_REASON)
            .where(SCOPE_REASON.c.store_id == reason.store_id, SCOPE_REASON.c.member_ref == reason.member_ref)
            .where(SCOPE_REASON.c.reason == reason.reason, SCOPE_REASON.c.until <= reason.until)
        )

    def at_home(self, merchant_id: str, home_store: str, after: str) -> Sequence[str]:
        """The next chunk of members who are at home there, by member_ref."""
        query = select(PROFILE.c.member_ref).where(PROFILE.c.merchant_id == merchant_id)
        query = query.where(PROFILE.c.home_store == home_store, PROFILE.c.member_ref > after)
        return self._c.execute(query.order_by(PROFILE.c.member_ref).limit(CHUNK_ROWS)).scalars().all()

    def where_to(self, touched: Mapping[str, Touch], only_store: str | None) -> Iterator[tuple[str, Held]]:
        """(member_ref, what to tell one store) for all that happened; `only_store`: the others are not looked at."""
        refs = sorted(touched)
        for start in range(0, len(refs), CHUNK_ROWS):
            yield from self._where_to({ref: touched[ref] for ref in refs[start : start + CHUNK_ROWS]}, only_store)

    def _where_to(self, touched: Mapping[str, Touch], only_store: str | None) -> Iterator[tuple[str, Held]]:
        columns = (PROFILE.c.member_ref, PROFILE.c.rev, PROFILE.c.home_store, PROFILE.c.recognise_until)
        query = select(*columns).where(among(self._c, PROFILE.c.member_ref, touched))
        members = {row.member_ref: row for row in self._c.execute(query).all()}
        held, timed = self._held(touched, only_store), self._timed(touched)
        near = self._near({member.home_store for member in members.values() if member.home_store})
        homeless = {touched[ref].merchant_id for ref, member in members.items() if not member.home_store}
        everywhere = {merchant_id: self._granted(merchant_id) for merchant_id in homeless}
        for ref, touch in touched.items():
            member, wanted, rev = members.get(ref), frozenset[str](), touch.ended_rev or 0
            if touch.ended_rev is None and member is not None and member.recognise_until > 0:
                rev = member.rev
                wanted = scope_of(
                    member.home_store,
                    near=near.get(member.home_store, ()),
                    everywhere=everywhere.get(touch.merchant_id, ()),
                    timed=timed.get(ref, ()),
                )
            if only_store is not None:
                wanted &= {only_store}
            for told in moves(wanted, held.get(ref, {}), rev, changed=touch.changed):
                yield ref, told

    def _held(self, refs: Collection[str], only_store: str | None) -> Mapping[str, dict[str, Held]]:
        query = select(SCOPE.c.key, SCOPE.c.store_id, SCOPE.c.rev, SCOPE.c.gone)
        query = query.where(IS_PROFILE, among(self._c, SCOPE.c.key, refs))
        if only_store is not None:
            query = query.where(SCOPE.c.store_id == only_store)
        found: defaultdict[str, dict[str, Held]] = defaultdict(dict)
        for row in self._c.execute(query).all():
            found[row.key][row.store_id] = Held(row.store_id, row.rev, row.gone)
        return found

    def _timed(self, refs: Collection[str]) -> Mapping[str, set[str]]:
        query = select(SCOPE_REASON.c.member_ref, SCOPE_REASON.c.store_id)
        query = query.where(among(self._c, SCOPE_REASON.c.member_ref, refs))
        found: defaultdict[str, set[str]] = defaultdict(set)
        for row in self._c.execute(query).all():
            found[row.member_ref].add(row.store_id)
        return found

    def _near(self, homes: Collection[str]) -> Mapping[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        if homes:
            for row in self._c.execute(select(NEIGHBOUR).where(among(self._c, NEIGHBOUR.c.store_id, homes))):
                found[row.store_id].add(row.near_id)
        return found

    def _granted(self, merchant_id: str) -> Sequence[str]:
        """The stores that hold members without a home store."""
        query = select(STORE.c.store_id).join(MERCHANT, MERCHANT.c.merchant_id == STORE.c.merchant_id)
        query = query.where(STORE.c.merchant_id == merchant_id, MERCHANT.c.everywhere)
        return self._c.execute(query).scalars().all()
