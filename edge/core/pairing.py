"""Pairing a tablet or a screen: a six-digit code, good once and for ten minutes, against a token that stays.

Codes and tokens are kept as hashes only. Six digits are a million: five wrong tries withdraw every open code, so that
guessing one in ten minutes has a chance of 1 in 200,000. Randomness is an argument.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal, Protocol

DeviceKind = Literal["tablet", "screen"]
CODE_LIFETIME_S: Final = 600
CODES: Final = 1_000_000
WRONG_TRIES: Final = 5
_CODE: Final = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Paired:
    """A device of store.toml that holds a token."""

    kind: DeviceKind
    id: str


class PairingStore(Protocol):
    """Where pairings last. Called from several threads; each call is one transaction."""

    def create_code(self, kind: DeviceKind, device_id: str, code_hash: str, expires_at: float) -> None:
        """Replaces the device's open code, if there is one; its pairing goes on until the new code is used."""

    def redeem(self, code_hash: str, token_hash: str, now: float) -> Paired | None:
        """Uses the code up and makes `token_hash` the device's only token. None: unknown, used or run out."""

    def burn_codes(self) -> None:
        """No open code is good any more; pairings go on."""

    def device_by_token_hash(self, token_hash: str) -> Paired | None: ...

    def revoke(self, kind: DeviceKind, device_id: str) -> None:
        """The device's token and open code end. Nothing happens when it has none."""


class Tries:
    """Counts wrong codes. Not shared between threads."""

    def __init__(self) -> None:
        self._wrong = 0

    @property
    def locked(self) -> bool:
        return self._wrong >= WRONG_TRIES

    def wrong(self) -> bool:
        """Whether this one locks."""
        self._wrong += 1
        return self._wrong == WRONG_TRIES

    def forgive(self) -> None:
        """A code was right, or somebody with the right to do so made a new one."""
        self._wrong = 0


def code_of(number: int) -> str:
    """The code for a random number in 0 .. CODES - 1."""
    return f"{number:06d}"


def is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None


def hashed(secret: str) -> str:
    """Codes are short-lived and tokens are long: neither needs a slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
