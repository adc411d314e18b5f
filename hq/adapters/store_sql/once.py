"""Writes that carry an Idempotency-Key: claimed before they begin, their sealed answer kept for whoever asks again."""

from sqlalchemy import Connection, delete, select, update

from hq.adapters.store_sql.rows import inserted
from hq.adapters.store_sql.tables import ONCE
from hq.core.once import Claim


class OnceWrites:
    _c: Connection

    def claim(self, claim: str, request_hash: str, now: float, expires_at: float) -> Claim | None:
        """None: it is ours now. Otherwise what somebody claimed before us."""
        row = {
            "claim": claim,
            "request_hash": request_hash,
            "claimed_at": now,
            "expires_at": expires_at,
            "member_ref": "",
            "reply": None,
        }
        query = select(ONCE.c.request_hash, ONCE.c.claimed_at, ONCE.c.expires_at, ONCE.c.reply)
        query, found = query.where(ONCE.c.claim == claim), None
        while found is None:  # it may be given back between the two
            if inserted(self._c, ONCE, row):
                return None
            found = self._c.execute(query).first()
        return Claim(found.request_hash, found.claimed_at, found.expires_at, found.reply)

    def answer_claim(self, claim: str, reply: bytes, member_ref: str) -> None:
        self._c.execute(update(ONCE).where(ONCE.c.claim == claim).values(reply=reply, member_ref=member_ref))

    def drop_claim(self, claim: str) -> None:
        self._c.execute(delete(ONCE).where(ONCE.c.claim == claim))
