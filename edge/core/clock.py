"""Trusted time: head office's, carried on by a clock that nobody can set. Values in, values out; reads no clock itself.

While the machine runs, only its monotonic clock counts, so the system clock may jump as it likes. What a restart of the
service finds of the same boot goes on; after a new boot nobody here knows how long the power was off, and the system
clock is taken until head office speaks, but never a time before the last that was kept. Head office's answers end in a
lease, so following them backwards lengthens none.
"""

from dataclasses import dataclass
from typing import Final

# Tokens of a device are good this far into the future: ahead by less we wait for head office, ahead by more we follow.
STEP_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Anchor:
    """It was `at` (unix seconds) when boot `boot_id` had lasted `mono_s`. `is_confirmed`: head office said so."""

    boot_id: str
    mono_s: float
    at: float
    is_confirmed: bool = False


class TrustedTime:
    """`mono_s` is always that of the boot it was begun with; `system_s` the system clock's unix seconds."""

    def __init__(self, boot_id: str, mono_s: float, system_s: float) -> None:
        self._anchor = Anchor(boot_id, mono_s, system_s)
        self._ahead_s = 0.0
        self._earliest = 0.0

    def resume(self, kept: Anchor, mono_s: float) -> None:
        """What was kept before this start of the service."""
        if kept.boot_id == self._anchor.boot_id and kept.mono_s <= mono_s:
            self._anchor = kept
        else:
            self._move(max(kept.at, self.now(mono_s)), mono_s, is_confirmed=False)
        self._earliest = kept.at

    def now(self, mono_s: float) -> float:
        """Runs at half its speed while it is ahead: it never stands and never goes back."""
        passed_s = mono_s - self._anchor.mono_s
        return self._anchor.at + passed_s + max(0.0, self._ahead_s - passed_s / 2)

    def confirm(self, office_s: float, within_s: float, mono_s: float) -> None:
        """Head office said `office_s` in an answer that took `within_s`: any time between is its time as well."""
        now = self.now(mono_s)
        right = min(max(now, office_s), office_s + within_s)
        ahead_s = now - right
        self._move(right, mono_s, is_confirmed=True)
        self._ahead_s = ahead_s if 0 < ahead_s <= STEP_S else 0.0

    def consult(self, system_s: float, mono_s: float) -> None:
        """The system clock has been synchronised. Says nothing to a time that head office confirmed."""
        if not self._anchor.is_confirmed:
            self._move(max(self._earliest, system_s), mono_s, is_confirmed=False)

    def anchor(self, mono_s: float) -> Anchor:
        """To be kept for the next start."""
        return Anchor(self._anchor.boot_id, mono_s, self.now(mono_s), self._anchor.is_confirmed)

    def _move(self, at: float, mono_s: float, *, is_confirmed: bool) -> None:
        self._anchor = Anchor(self._anchor.boot_id, mono_s, at, is_confirmed)
        self._ahead_s = 0.0
