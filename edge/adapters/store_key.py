"""The key of the store's files: where this machine keeps it, and the keys of the two files derived from it.

A machine with a TPM has it sealed to that, one without has it in a file that only root may read: in both cases systemd
hands it to the service as a credential (deploy/install.sh). Where no systemd does, a demo or a single shop on a laptop,
the key is a file of the state folder, and whoever copies the folder has it.
"""

import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edge.adapters import private_file
from edge.errors import OutboxDamaged, StateDirError

KEY_FILE: Final = "store.key"
KEY_LENGTH: Final = 32
Source = Literal["tpm", "root", "file"]
# The credential's name says where it came from; systemd lays it in a folder of memory that only the service may read.
CREDENTIALS: Final[dict[str, Source]] = {"store.key.tpm": "tpm", "store.key.root": "root"}


@dataclass(frozen=True, slots=True)
class StoreKey:
    """Never printed, hence the repr."""

    octets: bytes
    source: Source

    def __repr__(self) -> str:
        return f"StoreKey(source={self.source!r})"

    def of(self, file: Literal["cache", "nearby", "outbox"]) -> bytes:
        """The key of one file, from which neither another's nor this one can be told."""
        return hmac.digest(self.octets, b"regulars " + file.encode(), "sha256")


def store_key(state_dir: Path, outbox: Path) -> StoreKey:
    """A new key is made only while there is no `outbox` that it could not open.

    Raises OutboxDamaged when there is one and its key is gone, StateDirError.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    for name, source in CREDENTIALS.items():
        if folder and (found := _read(Path(folder) / name)) is not None:
            return StoreKey(found, source)
    path = state_dir / KEY_FILE
    found = _read(path)
    if found is None:
        if outbox.exists():
            raise OutboxDamaged(outbox, f"its key {path} is missing or damaged")
        found = secrets.token_bytes(KEY_LENGTH)
        private_file.write(path, found.hex())
    return StoreKey(found, "file")


def _read(path: Path) -> bytes | None:
    """None when there is none, or something else in its place."""
    try:
        octets = bytes.fromhex(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    except OSError as error:
        raise StateDirError(path.parent, error.strerror or "not readable") from None
    return octets if len(octets) == KEY_LENGTH else None
