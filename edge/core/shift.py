"""Who serves, by a name that means nobody: an animal per tablet and day, in memory only.

Colleagues can say "ask the badger"; no file, event or figure holds it, and the next day deals the names anew.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

# Keys of the pages' catalogue (`shift.badger`), all easy to tell apart when called across a shop.
NAMES: Final = (
    *("badger", "beaver", "crane", "deer", "dolphin", "falcon", "fox", "hare"),
    *("hedgehog", "heron", "ibex", "jay", "kingfisher", "lark", "lynx", "marten"),
    *("otter", "owl", "puffin", "raven", "robin", "seal", "stork", "swan"),
)


class Shift:
    """`epoch` names one start of the service, `day_end` the store's next midnight."""

    def __init__(self, epoch: str, day_end: Callable[[float], float]) -> None:
        self._epoch, self._day_end = epoch, day_end
        self._until = 0.0
        self._names: dict[str, str] = {}

    def name_of(self, device_id: str, now: float) -> str:
        """The same all day, for no two tablets the same."""
        if now >= self._until:
            self._until, self._names = self._day_end(now), {}
        if device_id not in self._names:
            self._names[device_id] = self._free(device_id)
        return self._names[device_id]

    def _free(self, device_id: str) -> str:
        taken = set(self._names.values())
        first = int.from_bytes(sha256(f"{self._epoch}/{self._until}/{device_id}".encode()).digest()[:4])
        turned = (NAMES[(first + step) % len(NAMES)] for step in range(len(NAMES)))
        return next((name for name in turned if name not in taken), f"{NAMES[first % len(NAMES)]}-{len(taken)}")
