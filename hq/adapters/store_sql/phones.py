"""What lives as long as a visit or a sign-in: phone views, codes, sessions and commands."""

from sqlalchemy import Connection, delete, insert, select, tuple_

from hq.adapters.store_sql.rows import inserted, packed, unpacked, upsert
from hq.adapters.store_sql.tables import COMMAND, METADATA, PHONE_CODE, PHONE_VIEW, SESSION
from hq.core.erasure import Retention
from hq.core.registry import Device
from hq.core.visits import PhoneVisit
from wire.cards import PhoneView
from wire.sync import PhoneCommand, PhoneViewPost


class PhoneReads:
    _c: Connection

    def visit_of(self, member_ref: str, now: float) -> PhoneVisit | None:
        """The newest visit of this member that some store still vouches for."""
        query = select(PHONE_VIEW.c.visit_id, PHONE_VIEW.c.store_id, PHONE_VIEW.c.body, PHONE_VIEW.c.expires_at)
        query = query.where(PHONE_VIEW.c.member_ref == member_ref, PHONE_VIEW.c.expires_at > now)
        row = self._c.execute(query.where(PHONE_VIEW.c.body.is_not(None)).order_by(PHONE_VIEW.c.seq.desc())).first()
        if row is None:
            return None
        view = PhoneView.model_validate_json(unpacked(row.body))
        return PhoneVisit(row.visit_id, row.store_id, view, row.expires_at)

    def visit_store(self, visit_id: str) -> str | None:
        """Which store this visit's id belongs to."""
        return self._c.execute(select(PHONE_VIEW.c.store_id).where(PHONE_VIEW.c.visit_id == visit_id)).scalar()

    def session(self, token_hash: str, now: float) -> str | None:
        """Whose it is."""
        query = select(SESSION.c.member_ref).where(SESSION.c.token_hash == token_hash, SESSION.c.expires_at > now)
        return self._c.execute(query).scalar()


class PhoneWrites(PhoneReads):
    def save_visit(
        self, device: Device, post: PhoneViewPost, view: PhoneView | None, *, until: float, seq: int
    ) -> None:
        row = {
            "visit_id": post.visit_id,
            "merchant_id": device.merchant_id,
            "store_id": device.store_id,
            "member_ref": post.member_ref,
            "seq": seq,
            "expires_at": until,
            "body": None if view is None else packed(view),
        }
        upsert(self._c, PHONE_VIEW, [row])

    def put_phone_code(
        self, code_hash: str, merchant_id: str, member_ref: str, visit_id: str, expires_at: float
    ) -> bool:
        row = {
            "code_hash": code_hash,
            "merchant_id": merchant_id,
            "member_ref": member_ref,
            "visit_id": visit_id,
            "expires_at": expires_at,
        }
        return inserted(self._c, PHONE_CODE, row)

    def take_phone_code(self, code_hash: str, now: float) -> tuple[str, str] | None:
        """(merchant_id, member_ref); it is used up by this."""
        query = delete(PHONE_CODE).where(PHONE_CODE.c.code_hash == code_hash, PHONE_CODE.c.expires_at > now)
        row = self._c.execute(query.returning(PHONE_CODE.c.merchant_id, PHONE_CODE.c.member_ref)).first()
        return None if row is None else (row.merchant_id, row.member_ref)

    def add_session(self, token_hash: str, merchant_id: str, member_ref: str, expires_at: float) -> None:
        row = {
            "token_hash": token_hash,
            "merchant_id": merchant_id,
            "member_ref": member_ref,
            "expires_at": expires_at,
        }
        self._c.execute(insert(SESSION).values(row))

    def end_session(self, token_hash: str) -> None:
        self._c.execute(delete(SESSION).where(SESSION.c.token_hash == token_hash))

    def add_command(self, merchant_id: str, store_id: str, command: PhoneCommand) -> bool:
        """False when this command_id was there before."""
        row = {
            "command_id": command.command_id,
            "merchant_id": merchant_id,
            "store_id": store_id,
            "member_ref": command.member_ref,
            "expires_at": command.expires_at,
            "body": command.model_dump_json(),
        }
        return inserted(self._c, COMMAND, row)

    def purge(self, rule: Retention, now: float, limit: int) -> int:
        """How many rows went, `limit` at most: a purge must not hold up those who write."""
        table = METADATA.tables[rule.table]
        key = tuple(table.primary_key)
        old = select(*key).where(table.c[rule.column] <= now - rule.keep_s)
        if rule.types:
            old = old.where(table.c["type"].in_(rule.types))
        return self._c.execute(delete(table).where(tuple_(*key).in_(old.limit(limit)))).rowcount
