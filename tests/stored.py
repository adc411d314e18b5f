"""Everything a store's folder says to whoever has its key."""

from pathlib import Path

from edge.adapters import remnants
from edge.adapters.store_key import KEY_FILE, store_key


def readable(folder: Path) -> bytes:
    """All its files as they lie there, and cache.db and outbox.db decrypted, free pages and logs too."""
    found = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]
    if (folder / KEY_FILE).exists():
        key = store_key(folder, folder / "outbox.db")
        found += [decrypted(folder / "cache.db", key.of("cache")), decrypted(folder / "outbox.db", key.of("outbox"))]
    return b"".join(found)


def decrypted(path: Path, key: bytes) -> bytes:
    return b"".join(remnants.pages(path, key))
