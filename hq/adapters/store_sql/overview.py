"""Counts for the people at head office; each is one pass over an index, since somebody waits for the page."""

from sqlalchemy import Connection, exists, func, select

from hq.adapters.store_sql.tables import APPLIED, DEVICE, EVENT, PROFILE, REVOCATION, STORE
from hq.core.overview import EVENTS_WITHIN_S, OPEN_WITHIN_S, Alarm, StoreSeen


class OverviewReads:
    _c: Connection

    def count_members(self, merchant_id: str, recognised_at: float | None = None) -> int:
        """All of them, or those whom a store may recognise at that moment."""
        query = select(func.count()).select_from(PROFILE).where(PROFILE.c.merchant_id == merchant_id)
        if recognised_at is not None:
            query = query.where(PROFILE.c.recognise_until > recognised_at)
        return int(self._c.execute(query).scalar_one())

    def stores_seen(self, merchant_id: str, now: float) -> tuple[StoreSeen, ...]:
        counted = select(EVENT.c.store_id, func.count().label("events")).group_by(EVENT.c.store_id)
        counted = counted.where(EVENT.c.at > now - EVENTS_WITHIN_S, EVENT.c.merchant_id == merchant_id)
        events: dict[str, int] = {row.store_id: row.events for row in self._c.execute(counted)}
        query = (
            select(
                STORE.c.store_id,
                STORE.c.name,
                STORE.c.number,
                func.count(DEVICE.c.device_id).label("devices"),
                func.coalesce(func.max(DEVICE.c.seen_at), 0.0).label("seen_at"),
            )
            .outerjoin(DEVICE, (DEVICE.c.store_id == STORE.c.store_id) & DEVICE.c.revoked_at.is_(None))
            .where(STORE.c.merchant_id == merchant_id)
            .group_by(STORE.c.store_id, STORE.c.name, STORE.c.number)
            .order_by(STORE.c.store_id)
        )
        return tuple(
            StoreSeen(row.store_id, row.name, row.number, row.devices, row.seen_at, events.get(row.store_id, 0))
            for row in self._c.execute(query)
        )

    def alarms(self, merchant_id: str) -> tuple[Alarm, ...]:
        """Newest first; a device that was revoked speaks no more, with however many machines."""
        query = (
            select(DEVICE.c.device_id, STORE.c.store_id, STORE.c.name, DEVICE.c.conflict, DEVICE.c.conflict_at)
            .join(STORE, STORE.c.store_id == DEVICE.c.store_id)
            .where(STORE.c.merchant_id == merchant_id, DEVICE.c.conflict != "", DEVICE.c.revoked_at.is_(None))
            .order_by(DEVICE.c.conflict_at.desc(), DEVICE.c.device_id)
        )
        return tuple(Alarm(*row) for row in self._c.execute(query))

    def open_withdrawals(self, merchant_id: str, now: float, limit: int) -> tuple[int, ...]:
        """Numbers of those that some device has not proved, newest first."""
        proved = exists().where(APPLIED.c.seq == REVOCATION.c.seq, APPLIED.c.device_id == DEVICE.c.device_id)
        missing = (
            select(DEVICE.c.device_id)
            .join(STORE, STORE.c.store_id == DEVICE.c.store_id)
            .where(STORE.c.merchant_id == merchant_id, DEVICE.c.revoked_at.is_(None))
            .where(DEVICE.c.enrolled_at <= REVOCATION.c.at, ~proved)
            .correlate(REVOCATION)
        )
        query = select(REVOCATION.c.seq).where(REVOCATION.c.merchant_id == merchant_id)
        query = query.where(REVOCATION.c.at > now - OPEN_WITHIN_S, missing.exists())
        return tuple(self._c.execute(query.order_by(REVOCATION.c.seq.desc()).limit(limit)).scalars())
