"""Head office's secrets as files of STATE, mode 0600, made when they are missing; never in the database, never shown.

Whoever reads these files and the database can act as head office and derive every member's token. What seals the
members' keys may lie elsewhere: systemd hands it over as a credential, from a TPM or from a file that only root may
read (deploy/install.sh --solo). Then no copy of STATE opens one.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq.core.keys import HubKeys
from hq.errors import Misconfigured

_OTHERS: Final = 0o077
KEY_LENGTH: Final = 32
HUB_KEY: Final = "hub.key"
RETIRED: Final = "hub.retired"
SEAL_KEY: Final = "seal.key"
# The credential's name says where it came from, as that of the store's key does.
_SEAL_CREDENTIALS: Final = ("seal.key.tpm", "seal.key.root")


def hub_keys(state: Path, *, makes_seal: bool = False) -> HubKeys:
    """`makes_seal` only where nothing was sealed yet: a second key opens nothing that the first one closed."""
    signing = _octets(state / HUB_KEY)
    retired = tuple(_read(state / RETIRED).split()) if (state / RETIRED).exists() else ()
    return HubKeys(Ed25519PrivateKey.from_private_bytes(signing), _seal(state, makes=makes_seal), retired)


def rotate_hub_key(state: Path) -> HubKeys:
    """A new signing key. The old one's public half is kept first: a crash in between leaves nothing unreadable."""
    old = hub_keys(state)
    public_keys = dict.fromkeys((*old.retired, old.public_hex))
    _replace(state / RETIRED, "".join(f"{public_hex}\n" for public_hex in public_keys))
    _replace(state / HUB_KEY, f"{secrets.token_hex(KEY_LENGTH)}\n")
    return hub_keys(state)


def admin_token(state: Path) -> str:
    return _secret(state / "admin.token", lambda: secrets.token_urlsafe(32))


def make_state(state: Path) -> None:
    """From here on, everything this process makes is for its owner only: the database is not a key, but personal."""
    os.umask(_OTHERS)
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(f"The folder {state} cannot be made: {error.strerror}.", "Give another --state.") from None


def _seal(state: Path, *, makes: bool) -> bytes:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    for handed in (Path(folder) / name for name in _SEAL_CREDENTIALS) if folder else ():
        # Who may read a credential is systemd's to say, and by an access list, which a file's mode shows wrongly.
        with suppress(OSError):
            return _key(handed, handed.read_text())
    file = state / SEAL_KEY
    if not makes and not file.exists():
        raise Misconfigured(
            f"{file} is not there, and without it nobody's phone is recognised.",
            "Bring it back from the backup; where systemd hands it over, start the service first.",
        )
    return _octets(file)


def _octets(file: Path) -> bytes:
    return _key(file, _secret(file, lambda: secrets.token_hex(KEY_LENGTH)))


def _key(file: Path, digits: str) -> bytes:
    try:
        octets = bytes.fromhex(digits)
    except ValueError:
        octets = b""
    if len(octets) != KEY_LENGTH:
        raise Misconfigured(f"{file} does not hold a key.", "Restore it from the backup; a new one opens nothing old.")
    return octets


def _secret(file: Path, make: Callable[[], str]) -> str:
    """Whole or not there, whenever this process is killed: half a key would be taken for a lost one."""
    if file.exists():
        return _read(file)
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be made: {error.strerror}.", "Check the folder's owner.") from None
    try:
        with os.fdopen(handle, "w") as writer:
            writer.write(make() + "\n")
            writer.flush()
            os.fsync(writer.fileno())
        with suppress(FileExistsError):  # a command beside this one was first: its key counts
            os.link(partial, file)
        _sync(file.parent)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be written: {error.strerror}.", "Make room on the disk.") from None
    finally:
        partial.unlink(missing_ok=True)
    return _read(file)


def _sync(folder: Path) -> None:
    """The name too, or a power cut takes it back."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(file: Path, text: str) -> None:
    """Whole or not at all, also when the power fails."""
    fresh = file.with_suffix(f"{file.suffix}.new")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as writer:
            writer.write(text)
            writer.flush()
            os.fsync(writer.fileno())
        fresh.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be written: {error.strerror}.", "Make room on the disk.") from None


def _read(file: Path) -> str:
    try:
        if file.stat().st_mode & _OTHERS:
            raise Misconfigured(f"Others may read {file}.", f"Run: chmod 600 {file}")
        return file.read_text().strip()
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.", "Check its owner.") from None
