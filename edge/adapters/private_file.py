"""Small files that only the service's own user may read: written whole or not at all, 0600 from their first byte."""

import os
from pathlib import Path

from edge.errors import StateDirError


def write(path: Path, text: str) -> None:
    """On the disk, under its name, when this returns. Raises StateDirError."""
    partial = path.with_suffix(".partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise StateDirError(path.parent, error.strerror or "not writable") from None


def _sync(folder: Path) -> None:
    """The name too: without this a power cut may leave the old file, or none."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
