"""One page of a store's feed: withdrawals first, then what changed in its scope."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hq.core.changes import (
    MOST_SEQ,
    PAGE_REVOCATIONS,
    PAGE_ROWS,
    Place,
    ScopeRow,
    cursor_text,
    next_place,
    parse_cursor,
)
from hq.core.erasure import TOMBSTONE_S
from hq.core.registry import Device, Seen
from hq.errors import Conflict, Rebootstrap
from hq.service.office import Office
from wire.page import Gone, Page, PageHeader, Put, Record
from wire.profile import SCHEMA
from wire.sync import Revocation

if TYPE_CHECKING:
    from hq.adapters.store_sql import View

_OLDEST_SCHEMA: Final = max(1, SCHEMA - 2)


@dataclass(frozen=True, slots=True)
class Told:
    """What a page from memory holds; equal for all stores that stand at the same place and lack the same."""

    place: Place
    revoked: int
    revocations: tuple[Revocation, ...]
    rows: tuple[ScopeRow, ...]

    @property
    def key(self) -> Hashable:
        return self.place, self.revoked, tuple(each.seq for each in self.revocations), self.rows


class FeedDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def check_schema(self, version: int | None) -> None:
        if version is not None and not _OLDEST_SCHEMA <= version <= SCHEMA:
            raise Conflict(
                f"Head office speaks profile schemas {_OLDEST_SCHEMA} to {SCHEMA}.", "Update the store's software."
            )

    def check_place(self, cursor: str | None, revoked: int) -> None:
        """Raises Rebootstrap for what no page of this life of the database can have said.

        A store that holds half a cursor has no other one, and would ask with it for ever.
        """
        self._place(cursor)
        if revoked > MOST_SEQ:
            raise Rebootstrap("This cursor is ahead of head office.", "Start again without a cursor.")

    def page(self, device: Device, cursor: str | None, revoked: int, limit: int, now: float) -> Page:
        """One page, maybe empty; its cursors may have moved even then. Raises Rebootstrap."""
        place = self._place(cursor)
        if _is_long_away(device, now):
            if cursor is not None:
                raise Rebootstrap("This store was away longer than deletions are kept.", "Start without a cursor.")
            self._office.store.change(lambda change: change.seen_devices({device.device_id: Seen(now, "", revoked)}))
            self._office.known.forget()
        limit = max(1, min(limit, PAGE_ROWS))

        def work(view: "View") -> Page:
            counters = view.counters()
            if place.seq > counters["feed"] or revoked > counters["revoke"]:
                raise Rebootstrap(
                    "This cursor is ahead of head office.",
                    "Start again without a cursor; after a restore, run `regulars hq restored` at head office.",
                )
            revocations = view.revocations_after(device.merchant_id, revoked, PAGE_REVOCATIONS)
            if len(revocations) == PAGE_REVOCATIONS:  # more of them wait, and they go first
                return self._page(place, revocations[-1].seq, revocations, (), now)
            rows = view.scope_after(device.store_id, place, limit)
            after = next_place(rows, limit, counters["feed"])
            return self._page(after, counters["revoke"], revocations, _records(view, device, rows), now)

        return self._office.store.read(work)

    def remembered(self, device: Device, cursor: str | None, revoked: int, limit: int, now: float) -> Told | None:
        """The page as far as it needs no database; None: ask `page`, which asks it."""
        lately = self._office.lately
        if cursor is None or not lately.is_fresh(now) or _is_long_away(device, now):
            return None
        rows = lately.after(device.store_id, self._place(cursor), max(1, min(limit, PAGE_ROWS)))
        revocations = lately.withdrawals(device.merchant_id, revoked)
        if rows is None or revocations is None:
            return None
        return Told(Place(lately.counters["feed"]), lately.counters["revoke"], revocations, rows)

    def page_of(self, told: Told, now: float) -> Page:
        return self._page(told.place, told.revoked, told.revocations, tuple(map(_tombstone, told.rows)), now)

    def _page(
        self, place: Place, revoked: int, revocations: tuple[Revocation, ...], records: tuple[Record, ...], now: float
    ) -> Page:
        epoch = self._office.epoch
        header = PageHeader(
            epoch=epoch,
            now=now,
            cursor=cursor_text(epoch, place),
            revoke_cursor=revoked,
            revocations=revocations,
        )
        return Page(header, records)

    def _place(self, cursor: str | None) -> Place:
        if cursor is None:
            return Place(0)
        parsed = parse_cursor(cursor)
        if parsed is None:
            raise Rebootstrap(
                "This is not a cursor.", "Start again without one, and keep `cursor` of a page as it came."
            )
        if parsed[0] != self._office.epoch:
            raise Rebootstrap("Head office was restored since.", "Start again without a cursor.")
        return parsed[1]


def _is_long_away(device: Device, now: float) -> bool:
    return device.seen_at <= now - TOMBSTONE_S


def _records(view: "View", device: Device, rows: tuple[ScopeRow, ...]) -> tuple[Record, ...]:
    bodies = view.bodies(device.store_id, device.merchant_id, rows)
    records: list[Record] = []
    for row in rows:
        found = bodies.get((row.kind, row.key))
        if row.gone:
            records.append(_tombstone(row))
        elif found is not None:  # else it was purged meanwhile, as expired commands are
            records.append(Put(kind=row.kind, key=row.key, rev=row.rev, body=found))
    return tuple(records)


def _tombstone(row: ScopeRow) -> Gone:
    return Gone(kind=row.kind, key=row.key, rev=row.rev)
