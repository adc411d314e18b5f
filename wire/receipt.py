"""Consent as it travels: one receipt per member and merchant, a grant per purpose, signed by head office.

Modelled on ISO/IEC TS 27560 (consent record structure). The store believes a receipt only after `verified`:
a field that is not under the signature does not exist. Expected refusals are `False`, never exceptions.
"""

import json
from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field

# TDDDG § 25 and GDPR Art. 7 leave the period open; two years is what German loyalty schemes commonly re-ask after.
RECEIPT_LIFETIME_S: Final = 2 * 365 * 86_400


class Purpose(StrEnum):
    """What a member may say yes to, one by one. Nothing is implied by anything else."""

    RECOGNISE = "recognise"  # the store may resolve my token or card to me
    STAFF = "staff"  # staff may see my card while I ask for advice
    SCREEN = "screen"  # a screen may shift its theme while I stand there, anonymously
    WEB_HISTORY = "web_history"  # what I viewed and saved online may be shown to me and to staff in the shop
    MEASURE = "measure"  # my visit may count, under a pseudonym, in measurements


class ConsentReceipt(BaseModel):
    """Instants are unix seconds UTC. `epoch` is the consent epoch of RST1: a withdrawal raises it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    receipt_id: str
    merchant_id: str
    member_ref: str
    purposes: frozenset[Purpose]
    given_at: int
    expires_at: int
    epoch: Annotated[int, Field(ge=0, le=0xFFFF)] = 0
    notice: str  # version of the notice that was shown
    channel: str  # join-page, app, import never
    adult: bool  # the age gate was answered
    key_id: str = ""
    signature: str = ""  # hex Ed25519 over `canonical`

    def granted(self, purpose: Purpose, now_s: float) -> bool:
        """Whether this receipt, taken as genuine, covers `purpose` at `now_s`."""
        return purpose in self.purposes and self.given_at <= now_s < self.expires_at

    def canonical(self) -> bytes:
        """The bytes under the signature: sorted keys, no spaces, the signature itself left out."""
        fields = self.model_dump(mode="json", exclude={"signature"})
        fields["purposes"] = sorted(fields["purposes"])
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def signed(receipt: ConsentReceipt, key: Ed25519PrivateKey, key_id: str) -> ConsentReceipt:
    """The same receipt carrying `key_id` and the signature of head office."""
    unsigned = receipt.model_copy(update={"key_id": key_id, "signature": ""})
    return unsigned.model_copy(update={"signature": key.sign(unsigned.canonical()).hex()})


def verified(receipt: ConsentReceipt, keys: Collection[tuple[str, Ed25519PublicKey]]) -> bool:
    """Whether one of head office's `keys` (id, public key) signed exactly this receipt."""
    for key_id, key in keys:
        if key_id != receipt.key_id:
            continue
        try:
            key.verify(bytes.fromhex(receipt.signature), receipt.canonical())
        except (InvalidSignature, ValueError):
            return False
        return True
    return False
