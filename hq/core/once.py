"""A write that is sent twice with one Idempotency-Key happens once, and is answered twice.

The claim is made before the work and in a transaction of its own, so two requests at the same moment cannot both do
it. A claim without an answer is work in progress, or work during which this process died: it blocks the key for a
minute, longer than any request lives, and then the request may be sent again.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

# A program that retries does so within minutes; a day takes in a night in which nobody looked.
KEPT_S: Final = 86_400
# Our longest request is a parked poll of 25 s, which is no write.
IN_PROGRESS_S: Final = 60
KEY_MOST: Final = 128


@dataclass(frozen=True, slots=True)
class Claim:
    request_hash: str
    claimed_at: float
    expires_at: float
    reply: bytes | None


Verdict = Literal["replay", "wait", "other", "again"]


def verdict(found: Claim, request_hash: str, now: float) -> Verdict:
    """What to do about a claim that was there before: answer as then, ask to wait, refuse, or do the work anew."""
    if now >= found.expires_at:
        return "again"
    if found.request_hash != request_hash:
        return "other"
    if found.reply is not None:
        return "replay"
    return "wait" if now - found.claimed_at < IN_PROGRESS_S else "again"


def claim_of(caller: str, method: str, path: str, key: str) -> str:
    """Names the claim; the same key of another caller, or to another address, is another one."""
    return _hash(caller, method, path, key)


def request_hash(query: bytes, body: bytes) -> str:
    return _hash(query.decode("latin-1"), body.decode("latin-1"))


def is_key(text: str) -> bool:
    return 0 < len(text) <= KEY_MOST and text.isascii() and text.isprintable()


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        octets = part.encode("latin-1", "replace")
        digest.update(len(octets).to_bytes(8) + octets)
    return digest.hexdigest()
