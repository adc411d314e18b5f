"""What members narrowed or chose in this store, until when: veiled, one fact hidden, a mode for the next visit.

A store may narrow at once and on its own; widening comes from head office or from the member.
"""

from collections.abc import Iterable

from edge.core.effects import Restriction
from wire.views import Mode

VEIL = "veil"
HIDE = "hide"
CHOICE = "choice"


class Restrictions:
    """Instants are unix seconds; what has run out is as if it had never been."""

    def __init__(self, kept: Iterable[Restriction] = ()) -> None:
        self._of_member: dict[str, list[Restriction]] = {}
        for one in kept:
            self.add(one)

    def add(self, restriction: Restriction) -> Restriction:
        """One veil and one choice, as many hidden facts as were hidden."""
        replaced = (restriction.kind, restriction.fact if restriction.kind == HIDE else None)
        others = [one for one in self._of(restriction.member_ref) if _slot(one) != replaced]
        self._of_member[restriction.member_ref] = [*others, restriction]
        return restriction

    def lift(self, member_ref: str, kind: str) -> bool:
        """Whether there was one."""
        before = self._of(member_ref)
        after = [one for one in before if one.kind != kind]
        self._of_member[member_ref] = after
        if not after:
            del self._of_member[member_ref]
        return len(after) < len(before)

    def forget(self, member_ref: str) -> None:
        self._of_member.pop(member_ref, None)

    def is_veiled(self, member_ref: str, now: float) -> bool:
        return any(one.kind == VEIL and one.until > now for one in self._of(member_ref))

    def hidden(self, member_ref: str, now: float) -> frozenset[str]:
        return frozenset(one.fact for one in self._of(member_ref) if one.kind == HIDE and one.until > now)

    def choice(self, member_ref: str, now: float) -> Mode | None:
        chosen = (one.fact for one in self._of(member_ref) if one.kind == CHOICE and one.until > now)
        return next((Mode(fact) for fact in chosen), None)

    def _of(self, member_ref: str) -> list[Restriction]:
        return self._of_member.get(member_ref, [])


def _slot(restriction: Restriction) -> tuple[str, str | None]:
    return restriction.kind, restriction.fact if restriction.kind == HIDE else None
