"""Writes that are sent twice: claimed before they begin, answered as the first time afterwards."""

from typing import TYPE_CHECKING

from hq.core.keys import NONCE_LENGTH, open_secret, seal_secret
from hq.core.once import KEPT_S, Claim, verdict
from hq.service.office import Office

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change


class OnceDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def claim(self, claim: str, content: str, now: float) -> Claim | None:
        """None: it is the caller's to do, and to `settle`. Otherwise what somebody claimed before."""

        def work(change: "Change") -> Claim | None:
            found = change.claim(claim, content, now, now + KEPT_S)
            if found is not None and verdict(found, content, now) == "again":
                change.drop_claim(claim)
                found = change.claim(claim, content, now, now + KEPT_S)
            return found

        return self._office.store.change(work)

    def settle(self, claim: str, reply: bytes, member_ref: str) -> None:
        """Keeps what was answered, sealed: it may hold a key. What is about a member goes when she is erased."""
        office = self._office
        sealed = seal_secret(reply, claim, office.keys.seal, office.random_octets(NONCE_LENGTH))
        office.store.change(lambda change: change.answer_claim(claim, sealed, member_ref))

    def give_back(self, claim: str) -> None:
        """What was refused changed nothing: the same key may be sent again."""
        self._office.store.change(lambda change: change.drop_claim(claim))

    def reply(self, claim: str, found: Claim) -> bytes:
        return open_secret(found.reply or b"", claim, self._office.keys.seal)
