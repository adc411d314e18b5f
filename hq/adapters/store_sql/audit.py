"""The audit log's rows: added, read, never changed; triggers of the database refuse everything else."""

from sqlalchemy import Connection, insert, select

from hq.adapters.store_sql.tables import AUDIT
from hq.core.audit import Actor, Entry, Logged


class AuditReads:
    _c: Connection

    def audit(
        self,
        merchant_id: str,
        *,
        before: int | None,
        limit: int,
        action: str = "",
        actor: str = "",
        member_ref: str = "",
    ) -> tuple[Logged, ...]:
        """Newest first. `action` may be a whole one or its KIND."""
        query = select(AUDIT).where(AUDIT.c.merchant_id == merchant_id)
        if before is not None:
            query = query.where(AUDIT.c.n < before)
        if action:
            query = query.where((AUDIT.c.action == action) | AUDIT.c.action.startswith(f"{action}.", autoescape=True))
        if actor:
            query = query.where(AUDIT.c.actor == actor)
        if member_ref:
            query = query.where(AUDIT.c.member_ref == member_ref)
        rows = self._c.execute(query.order_by(AUDIT.c.n.desc()).limit(limit))
        return tuple(
            Logged(
                row.n,
                Entry(
                    row.at,
                    Actor(row.actor_kind, row.actor, row.role),
                    row.action,
                    row.object,
                    row.member_ref,
                    row.outcome,
                ),
            )
            for row in rows
        )


class AuditWrites(AuditReads):
    def note(self, merchant_id: str, entry: Entry) -> None:
        """In the transaction of what it tells: both happened, or neither."""
        row = {
            "merchant_id": merchant_id,
            "at": entry.at,
            "actor_kind": entry.actor.kind,
            "actor": entry.actor.id,
            "role": entry.actor.role,
            "action": entry.action,
            "object": entry.object,
            "member_ref": entry.member_ref,
            "outcome": entry.outcome,
        }
        self._c.execute(insert(AUDIT).values(row))
