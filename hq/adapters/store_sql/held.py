"""What lies here about one member besides profile, receipts and events: for the export, and for nothing else."""

import json

from pydantic import JsonValue
from sqlalchemy import Connection, Table, func, select

from hq.adapters.store_sql.rows import unpacked
from hq.adapters.store_sql.tables import (
    AUDIT,
    COMMAND,
    MEMBER_SECRET,
    MERCHANT,
    PHONE_CODE,
    PHONE_VIEW,
    PROFILE,
    REVOCATION,
    SESSION,
)
from hq.core.audit import Actor, Entry
from wire.cards import PhoneView


class HeldReads:
    _c: Connection

    def merchant_name(self, merchant_id: str) -> str:
        query = select(MERCHANT.c.name).where(MERCHANT.c.merchant_id == merchant_id)
        return self._c.execute(query).scalar() or ""

    def member_since(self, member_ref: str) -> float:
        query = select(PROFILE.c.created_at).where(PROFILE.c.member_ref == member_ref)
        return float(self._c.execute(query).scalar_one())

    def member_wishes(self, member_ref: str) -> tuple[dict[str, JsonValue], ...]:
        """Commands on their way to a store."""
        query = select(COMMAND.c.body).where(COMMAND.c.member_ref == member_ref).order_by(COMMAND.c.expires_at)
        return tuple(json.loads(body) for body in self._c.execute(query).scalars())

    def member_visits(self, member_ref: str) -> tuple[PhoneView, ...]:
        """As stores show them on the phone, those included that ran out and are not purged yet; newest first."""
        query = select(PHONE_VIEW.c.body).where(PHONE_VIEW.c.member_ref == member_ref, PHONE_VIEW.c.body.is_not(None))
        bodies = self._c.execute(query.order_by(PHONE_VIEW.c.seq.desc())).scalars()
        return tuple(PhoneView.model_validate_json(unpacked(body)) for body in bodies)

    def member_withdrawals(self, member_ref: str) -> tuple[int, ...]:
        query = select(REVOCATION.c.seq).where(REVOCATION.c.member_ref == member_ref).order_by(REVOCATION.c.seq)
        return tuple(self._c.execute(query).scalars())

    def member_access(self, member_ref: str) -> tuple[Entry, ...]:
        query = select(AUDIT).where(AUDIT.c.member_ref == member_ref).order_by(AUDIT.c.n)
        return tuple(
            Entry(row.at, Actor(row.actor_kind, row.actor, row.role), row.action, row.object, member_ref, row.outcome)
            for row in self._c.execute(query)
        )

    def count_secrets(self, member_ref: str) -> tuple[int, int, int]:
        """(keys, sessions, waiting codes)"""
        keys, sessions, codes = (self._count(table, member_ref) for table in (MEMBER_SECRET, SESSION, PHONE_CODE))
        return keys, sessions, codes

    def _count(self, table: Table, member_ref: str) -> int:
        query = select(func.count()).select_from(table).where(table.c.member_ref == member_ref)
        return int(self._c.execute(query).scalar_one())
