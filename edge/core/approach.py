"""What radio said of a member before and during a visit: the mode wished, whether proved, whether two claim it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from edge.core.visit import AIR_MODES, closer
from wire.views import Assurance, Mode

# An answer may come before the first sighting has made its way; later, it belongs to another approach.
APPROACH_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Approach:
    at: float
    mode_bits: int = 0
    air_mode: Mode | None = None  # proved by an answer
    heard_mode: Mode | None = None  # only heard: may narrow
    assurance: Assurance = Assurance.HEARD
    contested: bool = False


class Approaches:
    """Bounded by the members around: `forget_old` drops those that nobody hears any more."""

    def __init__(self) -> None:
        self._of_member: dict[str, Approach] = {}

    def of(self, member_ref: str, at: float) -> Approach:
        return self._of_member.get(member_ref) or Approach(at)

    def hear(self, member_ref: str, mode_bits: int, at: float) -> bool:
        """Whether the wish on air changed: the same bits again say nothing new."""
        known = self._of_member.get(member_ref) or Approach(at)
        changed = mode_bits != known.mode_bits
        if changed:
            known = replace(known, mode_bits=mode_bits, heard_mode=closer(known.heard_mode, AIR_MODES[mode_bits]))
        self._of_member[member_ref] = replace(known, at=at)
        return changed

    def answer(self, member_ref: str, mode_bits: int, at: float) -> None:
        self._of_member[member_ref] = Approach(at, mode_bits, AIR_MODES[mode_bits], assurance=Assurance.ANSWERED)

    def contest(self, member_ref: str, at: float) -> None:
        known = self.of(member_ref, at)
        self._of_member[member_ref] = replace(known, contested=True, assurance=Assurance.HEARD)

    def forget(self, member_ref: str) -> None:
        self._of_member.pop(member_ref, None)

    def forget_old(self, now: float, is_around: Callable[[str], bool]) -> None:
        for member_ref, known in list(self._of_member.items()):
            if now - known.at > APPROACH_S and not is_around(member_ref):
                del self._of_member[member_ref]

    def __len__(self) -> int:
        return len(self._of_member)
