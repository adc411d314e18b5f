"""The GATT challenge from the store's side: CHAL out, RESP in, ACK out. No clock, no radio, no randomness.

One rule decides everything here: a nonce is good for one answer, on the connection that read it, for as long as the
store allows and ten seconds at most. A wrong or late answer burns it like a right one. Nothing is acknowledged before
a right answer.

    idle --issue--> asked --right RESP--> answered --ack--> answered
                    asked --wrong or late RESP, issue again--> the old nonce is gone
"""

from dataclasses import dataclass
from typing import Final

from edge.core.identity import TokenTable
from edge.core.inputs import Answered
from wire import rst1

ANSWER_WITHIN_S: Final = 10.0
# A controller holds a handful of connections; a store's radio seldom more than seven. Twice that, and a crowd of
# half-open connections still costs a few kilobytes.
OPEN_LIMIT: Final = 16
# An honest phone is wrong at most once (its quarter just turned). Then it may connect anew, at radio speed.
WRONG_LIMIT: Final = 3


@dataclass(slots=True)
class _Conversation:
    """One connection: what it was asked and is still allowed to answer, and what it has proven."""

    asked: rst1.Challenge | None
    asked_at: float
    ack: bytes = b""
    wrong: int = 0


class Challenges:
    """All conversations of one store; `connection` is the peripheral's opaque name for one, never used again.

    `scanner` names the radio that serves them, `within_s` is how long an answer may take: who carries the conversation
    over to a phone elsewhere needs longer (a live relay). `late` counts answers that took longer, `longest_s` is what
    the slowest right one took.
    """

    def __init__(self, store: int, scanner: str = "", within_s: float = ANSWER_WITHIN_S) -> None:
        self._store = store
        self._scanner = scanner
        self._within_s = min(within_s, ANSWER_WITHIN_S)
        self._conversations: dict[str, _Conversation] = {}
        self.late = 0
        self.longest_s = 0.0

    def issue(self, connection: str, now_s: float, nonce: bytes) -> bytes | None:
        """CHAL, 17 bytes, with a nonce of 8 fresh random bytes; None = refuse the read (too many, or too often wrong).

        Asking again replaces what was open on this connection.
        """
        known = self._conversations.get(connection)
        if known is None and not self._has_room(now_s):
            return None
        if known is not None and known.wrong >= WRONG_LIMIT:
            return None
        challenge = rst1.Challenge(self._store, int(now_s), nonce)
        self._conversations[connection] = _Conversation(challenge, now_s, wrong=known.wrong if known else 0)
        return rst1.pack_challenge(challenge)

    def respond(self, connection: str, octets: bytes, now_s: float, table: TokenTable) -> Answered | None:
        """The member behind a right answer. None for anything else, and that nonce is spent either way."""
        conversation = self._conversations.get(connection)
        if conversation is None:
            return None
        asked, conversation.asked = conversation.asked, None
        conversation.ack = b""
        if asked is None:
            return None
        if not 0 <= now_s - conversation.asked_at <= self._within_s:
            self.late += 1
            return None
        response = rst1.parse_response(octets)
        holder = table.holder(response.tag) if response else None
        if response is None or holder is None or not rst1.verify_response(holder.key, asked, response):
            conversation.wrong += 1
            return None
        self.longest_s = max(self.longest_s, now_s - conversation.asked_at)
        conversation.ack = rst1.ack_mac(holder.key, asked.nonce, response.tag)
        return Answered(holder.member_ref, response.flags & rst1.MODE_BITS, now_s, self._scanner)

    def ack(self, connection: str) -> bytes | None:
        """ACK, 8 bytes, once this connection has answered rightly; None before."""
        conversation = self._conversations.get(connection)
        return (conversation.ack or None) if conversation else None

    def forget(self, connection: str) -> None:
        """The connection ended."""
        self._conversations.pop(connection, None)

    def __len__(self) -> int:
        return len(self._conversations)

    def _has_room(self, now_s: float) -> bool:
        """Conversations whose time is over give way to new ones; those that still run do not."""
        if len(self._conversations) >= OPEN_LIMIT:
            for connection, each in list(self._conversations.items()):
                if not 0 <= now_s - each.asked_at <= ANSWER_WITHIN_S:
                    del self._conversations[connection]
        return len(self._conversations) < OPEN_LIMIT
