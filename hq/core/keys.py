"""Members' secrets: sealed at rest, and the day keys that a store gets of them.

Kc leaves head office once, to its member's app. A store only ever gets SKs: one store, one day, one consent epoch.
AES-256-GCM binds each sealed secret to its member, so that two rows of the database cannot be swapped.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wire.receipt import ConsentReceipt, Purpose
from wire.rst1 import DAY_S, day_key

NONCE_LENGTH: Final = 12
SECRET_LENGTH: Final = 32
# The app and head office may disagree about the time by this much when the app proves that it holds Kc.
LINK_TOLERANCE_S: Final = 120


@dataclass(frozen=True, slots=True)
class HubKeys:
    """What head office signs receipts with and seals secrets with; never printed, hence the repr."""

    signing: Ed25519PrivateKey
    seal: bytes
    retired: tuple[str, ...] = ()  # public keys, in hex, that signed before; what they signed stays good

    def __repr__(self) -> str:
        return "HubKeys(...)"

    @property
    def key_id(self) -> str:
        """The first eight octets of the public key: names a key without another table."""
        return self.public_hex[:16]

    @property
    def published(self) -> dict[str, str]:
        """Key id -> public key, as stores get them: the present one and those before it."""
        return {public_hex[:16]: public_hex for public_hex in (*self.retired, self.public_hex)}

    @property
    def seal_mark(self) -> str:
        """Eight octets by which a database knows the key that sealed what is in it, and nobody else anything."""
        return hmac.digest(self.seal, b"regulars seal", "sha256")[:8].hex()

    @property
    def public_hex(self) -> str:
        return self.signing.public_key().public_bytes_raw().hex()


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Whose keys are asked for: `only` these members, or all behind `after` in the order of their references.

    Not more than `limit` of them; 0: all.
    """

    only: Sequence[str] = ()
    after: str = ""
    limit: int = 0


EVERYBODY: Final = KeyPage()


@dataclass(frozen=True, slots=True)
class SealedSecret:
    member_ref: str
    sealed: bytes
    consent: ConsentReceipt


def seal_secret(secret: bytes, member_ref: str, seal: bytes, nonce: bytes) -> bytes:
    """The nonce, the ciphertext, the tag."""
    return nonce + AESGCM(seal).encrypt(nonce, secret, member_ref.encode())


def open_secret(sealed: bytes, member_ref: str, seal: bytes) -> bytes:
    """Raises ValueError when it was sealed with another key or for another member."""
    try:
        return AESGCM(seal).decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], member_ref.encode())
    except InvalidTag:
        raise ValueError("the secret was sealed with another key") from None


def day_keys(
    secrets: Iterable[SealedSecret], store_number: int, days: Sequence[int], seal: bytes
) -> dict[int, dict[str, str]]:
    """Day -> member_ref -> SK in hex, only for days on which the member's recognise consent holds."""
    keys: dict[int, dict[str, str]] = {day: {} for day in days}
    for member in secrets:
        held = [day for day in days if _holds_on(member.consent, day)]
        if not held:
            continue
        secret = open_secret(member.sealed, member.member_ref, seal)
        for day in held:
            keys[day][member.member_ref] = day_key(secret, store_number, day, member.consent.epoch).hex()
    return keys


def cache_key(seal: bytes, device_id: str) -> str:
    """What a store under the strict policy opens its cache.db with, in hex: kept nowhere, made anew whenever asked."""
    return hmac.digest(seal, b"regulars cache " + device_id.encode(), "sha256").hex()


def link_mac(secret: bytes, at: int) -> str:
    """How an app proves that it holds Kc without sending it: eight octets in hex."""
    return hmac.digest(secret, b"RST1 link" + pack(">Q", at), "sha256")[:8].hex()


def link_proven(secret: bytes, at: int, mac: str, now: float) -> bool:
    return abs(now - at) <= LINK_TOLERANCE_S and hmac.compare_digest(link_mac(secret, at).encode(), mac.encode())


def visit_mac(secret: bytes, store_id: str, at: int) -> str:
    """How an app proves that it announces its own member's visit, at this store and now: eight octets in hex."""
    return hmac.digest(secret, b"RST1 visit" + pack(">Q", at) + store_id.encode(), "sha256")[:8].hex()


def visit_proven(secret: bytes, store_id: str, at: int, mac: str, now: float) -> bool:
    expected = visit_mac(secret, store_id, at)
    return abs(now - at) <= LINK_TOLERANCE_S and hmac.compare_digest(expected.encode(), mac.encode())


def _holds_on(consent: ConsentReceipt, day: int) -> bool:
    # A consent given at noon holds on that day: the store checks the receipt at the second it acts.
    starts, ends = day * DAY_S, (day + 1) * DAY_S
    return Purpose.RECOGNISE in consent.purposes and consent.given_at < ends and consent.expires_at > starts
