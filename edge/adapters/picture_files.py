"""The folder of pictures: every size of each in a file of its own that says what must be in it.

Disposable: what is missing, damaged or strange is removed and fetched again. Any thread may call; file names carry the
digest of their octets, so a start reads names only, and what an SD card changed is found when it is asked for.
"""

import os
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

import structlog

from edge.core.pictures import Copy
from wire.picture import SIZES

# Never the last of the disk: the outbox is precious, pictures are not.
SPARE_BYTES: Final = 256 << 20
# When a picture was last used is worth one write a day, not one for every page.
NOTED_EVERY_S: Final = 86_400.0
_FILE: Final = re.compile(r"([0-9a-f]{64})-([0-9]{1,4})-([0-9a-f]{16})\.webp")

_log = structlog.get_logger("pictures")


class PictureFiles:
    """`limit` in octets; `spare` of them stay free on the disk whatever the limit says."""

    def __init__(self, folder: Path, limit: int, clock: Callable[[], float], spare: int = SPARE_BYTES) -> None:
        self._folder, self._limit, self._clock, self._spare = folder, limit, clock, spare
        self._lock = threading.Lock()
        self._files: dict[str, dict[int, Path]] = {}
        self._held: dict[str, Copy] = {}
        self._names: frozenset[str] = frozenset()
        self._open()

    def names(self) -> frozenset[str]:
        """Of those that are here whole. The same object until that changes."""
        return self._names

    def held(self) -> Mapping[str, Copy]:
        with self._lock:
            return dict(self._held)

    def room(self) -> int:
        """Octets that all of them together may take: the limit, or less on a disk that fills."""
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError:
            return 0
        taken = sum(copy.octets for copy in self.held().values())
        return max(0, min(self._limit, taken + free - self._spare))

    def read(self, name: str, size: int) -> bytes | None:
        """None for what is not here, also because it was damaged; then all of that picture goes."""
        path = self._files.get(name, {}).get(size)
        if path is None:
            return None
        try:
            octets = path.read_bytes()
        except OSError:
            octets = b""
        if path.name != _file_name(name, size, octets):
            _log.warning("picture.damaged")
            self.drop(name)
            return None
        self._note_use(name, path)
        return octets

    def keep(self, name: str, scaled: Mapping[int, bytes]) -> None:
        """Whole or not at all. Raises OSError."""
        files = {size: self._folder / name[:2] / _file_name(name, size, octets) for size, octets in scaled.items()}
        partial = self._folder / "partial"
        try:
            (self._folder / name[:2]).mkdir(mode=0o700, parents=True, exist_ok=True)
            for size, path in files.items():
                partial.write_bytes(scaled[size])
                partial.replace(path)
        except OSError:
            self._remove(files)
            raise
        with self._lock:
            self._files[name] = files
            self._held[name] = Copy(sum(map(len, scaled.values())), self._clock())
            self._names |= {name}

    def drop(self, name: str) -> None:
        with self._lock:
            files = self._files.pop(name, {})
            self._held.pop(name, None)
            self._names -= {name}
        self._remove(files)

    def _open(self) -> None:
        """By names alone; whatever is not ours, or not whole, goes."""
        with suppress(OSError):
            if not self._folder.is_dir():
                self._folder.unlink(missing_ok=True)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found: defaultdict[str, dict[int, Path]] = defaultdict(dict)
        strange: list[Path] = []
        for path in self._folder.glob("**/*"):
            named = _FILE.fullmatch(path.name)
            if path.is_dir() and not path.is_symlink():
                continue
            if named is None or path.parent != self._folder / named[1][:2] or int(named[2]) not in SIZES:
                strange.append(path)
            else:
                found[named[1]][int(named[2])] = path
        for name, files in found.items():
            if len(files) == len(SIZES):
                self._files[name], self._held[name] = files, _copy(files)
            else:
                strange += files.values()
        self._remove(dict(enumerate(strange)))
        self._names = frozenset(self._files)

    def _note_use(self, name: str, path: Path) -> None:
        now = self._clock()
        with self._lock:
            copy = self._held.get(name)
            if copy is None:
                return
            self._held[name] = Copy(copy.octets, now)
        with suppress(OSError):
            if now - path.stat().st_mtime > NOTED_EVERY_S:
                os.utime(path, (now, now))

    @staticmethod
    def _remove(files: Mapping[int, Path]) -> None:
        for path in files.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _file_name(name: str, size: int, octets: bytes) -> str:
    return f"{name}-{size}-{blake2b(octets, digest_size=8).hexdigest()}.webp"


def _copy(files: Mapping[int, Path]) -> Copy:
    """Those that a power cut emptied have no octets and are found when they are read."""
    stats = [path.stat() for path in files.values()]
    return Copy(sum(stat.st_size for stat in stats), max(stat.st_mtime for stat in stats))
