"""What stores report: each event once, whatever is sent twice."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, select

from hq.adapters.store_sql.rows import upsert
from hq.adapters.store_sql.tables import EVENT, STREAM
from hq.core.registry import Device
from wire.event import Event


class EventReads:
    _c: Connection
    _writes: bool

    def stream_high(self, device_id: str, incarnation: str) -> int:
        """The number up to which this stream is here without a gap; locked in a writing transaction."""
        query = select(STREAM.c.high).where(STREAM.c.device_id == device_id, STREAM.c.incarnation == incarnation)
        return int(self._c.execute(query.with_for_update() if self._writes else query).scalar() or 0)

    def contradicts(self, device: Device, incarnation: str, events: Sequence[Event]) -> bool:
        """Whether something else is here under the numbers of these events. What was purged contradicts nothing."""
        query = select(EVENT.c.n, EVENT.c.type, EVENT.c.at).where(EVENT.c.device_id == device.device_id)
        query = query.where(EVENT.c.incarnation == incarnation, EVENT.c.n.in_([event.n for event in events]))
        here = {row.n: (row.type, row.at) for row in self._c.execute(query)}
        return any(here.get(event.n, (event.type, event.at)) != (event.type, event.at) for event in events)

    def member_events(self, member_ref: str) -> tuple[dict[str, object], ...]:
        query = select(EVENT.c.type, EVENT.c.at, EVENT.c.store_id, EVENT.c.visit_id, EVENT.c.body)
        rows = self._c.execute(query.where(EVENT.c.member_ref == member_ref).order_by(EVENT.c.at)).mappings()
        return tuple({**row, "body": json.loads(row["body"])} for row in rows)


class EventWrites(EventReads):
    def save_events(self, device: Device, incarnation: str, events: Sequence[Event]) -> None:
        """Events that follow the stream's high without a gap."""
        rows = [
            {
                "device_id": device.device_id,
                "incarnation": incarnation,
                "n": event.n,
                "merchant_id": device.merchant_id,
                "store_id": device.store_id,
                "schema_version": event.schema_version,
                "type": event.type,
                "at": event.at,
                "boot_id": event.boot_id,
                "mono_s": event.mono_s,
                "visit_id": event.visit_id,
                "member_ref": event.member_ref,
                "body": json.dumps(event.body, separators=(",", ":")),
            }
            for event in events
        ]
        upsert(self._c, EVENT, rows)
        high = {"device_id": device.device_id, "incarnation": incarnation, "high": events[-1].n}
        upsert(self._c, STREAM, [high])
