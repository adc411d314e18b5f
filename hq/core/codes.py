"""Short codes that a person types: made, read back forgivingly, kept only as a hash, and not to be guessed.

Crockford's base 32 leaves out I, L, O and U: what is typed for 1 and 0 is read as such. The randomness is brought.
"""

import hashlib
from dataclasses import dataclass, field
from math import ceil
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TYPED: Final = str.maketrans("ILO", "110", "- \t")
# 40 bits against 5 tries in 10 minutes for the phone; 50 bits for enrolment, whose code lives for a day.
PHONE_CODE_LENGTH: Final = 8
ENROL_CODE_LENGTH: Final = 10
PHONE_CODE_LIFETIME_S: Final = 600
ENROL_CODE_LIFETIME_S: Final = 86_400
WRONG_TRIES: Final = 5
LOCK_S: Final = 600


def code_from(random_octets: bytes) -> str:
    """One character for each octet; 256 is a multiple of 32, so all codes are equally likely."""
    return "".join(_ALPHABET[octet & 31] for octet in random_octets)


def read_code(typed: str) -> str:
    """What was meant: upper case, without hyphens and spaces, I and L as 1, O as 0."""
    return typed.strip().upper().translate(_TYPED)


def code_hash(typed: str) -> str:
    """SHA-256 in hex of the code as meant; the same at the store and here."""
    return hashlib.sha256(read_code(typed).encode()).hexdigest()


def token_hash(token: str) -> str:
    """For what has 128 random bits and more: nothing is gained by salting it."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(slots=True)
class Tries:
    """Counts wrong codes for each client and locks it after `WRONG_TRIES` for `LOCK_S`; bounded, oldest out first."""

    capacity: int = 10_000
    _wrong: dict[str, tuple[int, float]] = field(default_factory=dict)

    def locked_for_s(self, client: str, now: float) -> float:
        count, at = self._wrong.get(client, (0, now))
        return max(0.0, at + LOCK_S - now) if count >= WRONG_TRIES else 0.0

    def wrong(self, client: str, now: float) -> None:
        count, at = self._wrong.pop(client, (0, now))
        if now - at >= LOCK_S:
            count = 0
        while len(self._wrong) >= self.capacity:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[client] = (count + 1, now)

    def right(self, client: str) -> None:
        self._wrong.pop(client, None)


@dataclass(slots=True)
class Rate:
    """A token bucket for each client: `burst` at once, `per_minute` in the long run; bounded, oldest out first."""

    burst: int
    per_minute: float
    capacity: int = 10_000
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def allows(self, client: str, now: float) -> bool:
        tokens, at = self._buckets.pop(client, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + max(0.0, now - at) * self.per_minute / 60)
        allowed = tokens >= 1
        while len(self._buckets) >= self.capacity:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[client] = (tokens - 1 if allowed else tokens, now)
        return allowed

    def wait_s(self, client: str) -> int:
        """Whole seconds until this client is allowed one more."""
        tokens, _ = self._buckets.get(client, (float(self.burst), 0.0))
        return max(1, ceil((1 - tokens) * 60 / self.per_minute))

    def forget(self, client: str) -> None:
        self._buckets.pop(client, None)
