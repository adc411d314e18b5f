"""Who takes part: stores, the devices enrolled in them, and which of them proved that a withdrawal was applied."""

import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wire.sync import ReceiptPost

LEASE_S: Final = 7 * 86_400  # the resilient policy of SYNC.md
_STORE_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Shop:
    store_id: str
    merchant_id: str
    number: int  # u32, the one that RST1 keys are derived for
    name: str
    timezone: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Device:
    """One Pi; `cursor` and `revoke_seq` are what it last said that it has applied."""

    device_id: str
    store_id: str
    public_key: str
    enrolled_at: float
    revoked_at: float | None
    seen_at: float
    cursor: str
    revoke_seq: int
    merchant_id: str
    store_number: int

    @property
    def key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))


@dataclass(frozen=True, slots=True)
class StoreReceipt:
    """One device that held the member's data; `applied_at` None while it has not proved that it let go."""

    store_id: str
    name: str
    device_id: str
    seen_at: float
    applied_at: float | None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    seq: int
    merchant_id: str
    member_ref: str
    kind: str
    at: float
    receipts: tuple[StoreReceipt, ...]


def is_store_id(text: str) -> bool:
    """Lower case letters, digits and hyphens: it stands in addresses and file names."""
    return _STORE_ID.fullmatch(text) is not None


def is_public_key(text: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        return False
    return True


def receipt_genuine(device: Device, post: ReceiptPost) -> bool:
    """Whether this device's key signed exactly this withdrawal."""
    message = f"{device.device_id}:{post.seq}:{post.member_ref}".encode()
    try:
        device.key.verify(bytes.fromhex(post.signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
