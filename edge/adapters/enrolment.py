"""Who this store is to head office: an Ed25519 key made here and never sent, and what head office answered to it.

Both lie in the state folder, readable by the service's own user only.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from edge.adapters import private_file
from edge.errors import NotEnrolled
from wire.sync import EnrolReply

KEY_FILE: Final = "device.key"
STORE_FILE: Final = "device.json"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`store` is head office's answer; `key` signs device tokens and receipts."""

    store: EnrolReply
    key: Ed25519PrivateKey


def new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def save(state_dir: Path, enrolment: Enrolment) -> None:
    """Key first: an answer without its key would be a store that can never speak."""
    private_file.write(state_dir / KEY_FILE, enrolment.key.private_bytes_raw().hex())
    private_file.write(state_dir / STORE_FILE, enrolment.store.model_dump_json(indent=1))


def load(state_dir: Path) -> Enrolment:
    """Raises NotEnrolled, also when a file was damaged: the remedy is the same."""
    try:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex((state_dir / KEY_FILE).read_text()))
        store = EnrolReply.model_validate(json.loads((state_dir / STORE_FILE).read_text()))
    except (OSError, ValueError, ValidationError):
        raise NotEnrolled(state_dir) from None
    return Enrolment(store, key)


def public_keys(hub_keys: dict[str, str]) -> list[tuple[str, Ed25519PublicKey]]:
    """As `wire.receipt.verified` takes them; a key that is not one is left out."""
    found = []
    for key_id, digits in hub_keys.items():
        try:
            found.append((key_id, Ed25519PublicKey.from_public_bytes(bytes.fromhex(digits))))
        except ValueError:
            continue
    return found
