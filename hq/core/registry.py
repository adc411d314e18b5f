"""Who takes part: stores, the devices enrolled in them, and which of them proved that a withdrawal was applied."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wire.sync import ReceiptPost

LEASE_S: Final = 7 * 86_400  # the resilient policy of SYNC.md
# What was signed before a restart may arrive after it; whole seconds are signed, so one is none.
UNDER_WAY_S: Final = 2.0
# A copy that starts when its original has started so many times since is taken for new, and found out a restart later.
PAST_BOOTS: Final = 8
Voice = Literal["same", "new", "late", "second", "refused"]
Clash = Literal["processes", "events"]
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
    boot_id: str = ""  # the process that speaks for it now
    boot_at: float = 0.0  # when that one first spoke
    past_boots: str = ""  # those before it, newest first, with blanks
    conflict_at: float | None = None
    conflict: str = ""  # a `Clash`, empty for none
    schema_version: int | None = None  # of profiles, as its software reads them
    clock_offset_s: float | None = None  # its own clock against head office's, when it last started

    @property
    def key(self) -> Ed25519PublicKey:
        return _key(self.public_key)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a device said when it last asked for the feed; its cursors are what it has applied."""

    at: float
    place: str
    revoked: int
    reads: int | None = None  # the profile schema of its software


@lru_cache(maxsize=4_096)
def _key(public_key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))


def voice(device: Device, boot_id: str, issued_at: float) -> Voice:
    """Who speaks with this device's key, in a request that was signed at `issued_at` (head office's time).

    A process never comes back once another one has spoken: the earlier one that does is a second machine with a copy
    of the key. Which of the two is the thief cannot be told; the one that was there first goes on, so that a copied
    card cannot push a store aside, and people at head office settle it.
    """
    if boot_id == device.boot_id:
        return "same"
    if device.conflict:
        return "refused"
    if boot_id not in device.past_boots.split():
        return "new"
    return "second" if issued_at > device.boot_at + UNDER_WAY_S else "late"


def succeeded(device: Device, boot_id: str) -> str:
    """`past_boots` when `boot_id` begins to speak."""
    past = [boot for boot in (device.boot_id, *device.past_boots.split()) if boot and boot != boot_id]
    return " ".join(past[:PAST_BOOTS])


@dataclass(frozen=True, slots=True)
class StoreReceipt:
    """One device that held the member's data; `applied_at` None while it has not proved that it let go."""

    store_id: str
    name: str
    device_id: str
    seen_at: float
    applied_at: float | None
    revoked_at: float | None = None

    def may_hold(self, lease_s: float, now: float) -> bool:
        """Whether its lease still lets it show what it has; a device that was taken away is no exception."""
        return self.seen_at + lease_s > now


@dataclass(frozen=True, slots=True)
class Withdrawal:
    seq: int
    merchant_id: str
    member_ref: str
    kind: str
    at: float
    receipts: tuple[StoreReceipt, ...]

    def of_holders(self, lease_s: float) -> "Withdrawal":
        """Without the devices whose lease was over when it happened: they had let go by themselves."""
        held = (each for each in self.receipts if each.applied_at is not None or each.may_hold(lease_s, self.at))
        return replace(self, receipts=tuple(held))


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
