"""The six steps of the tour, each ticked when the system shows it, never by a click.

Pure: what the clients show and where Anna is come in, ticks come out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from regulars.demo.frame import Body

STEPS: Final = ("arrive", "tablet", "screen", "phone", "invisible", "plug")


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at everything. `staff` and `screen` are cards, `phone` Anna's PhoneView or empty."""

    staff: Iterable[Body]
    screen: Iterable[Body]
    phone: Body
    anna_inside: bool
    plugged: bool


@dataclass(slots=True)
class Tour:
    """`alias` is Anna's, `product_id` what she reserved, `category` what the screen turns to for her."""

    alias: str
    product_id: str
    category: str
    done: dict[str, float] = field(default_factory=dict)
    _at_unplugging: tuple[frozenset[str], int] | None = None

    def look(self, seen: Seen, now: float) -> bool:
        """Whether a step was ticked just now."""
        before = len(self.done)
        staff = list(seen.staff)
        card = next((card for card in staff if card.get("alias") == self.alias), None)
        screen = next(iter(seen.screen), {})
        if card is not None and seen.anna_inside:
            self._tick("arrive", now)
            if self.product_id in _reserved(card):
                self._tick("tablet", now)
        if _themed(screen) == {self.category} and "arrive" in self.done:
            self._tick("screen", now)
        if "arrive" in self.done and card is not None and _alias(seen.phone.get("mirror")) == self.alias:
            self._tick("phone", now)
        if seen.anna_inside and card is None and not _themed(screen) and {"arrive", "screen"} <= self.done.keys():
            self._tick("invisible", now)
        if self._goes_on(staff, plugged=seen.plugged):
            self._tick("plug", now)
        return len(self.done) > before

    def again(self) -> None:
        """From the beginning."""
        self.done.clear()

    def steps(self) -> list[dict[str, object]]:
        """As the demo page wants them."""
        return [{"id": step, "done": step in self.done, "at": self.done.get(step)} for step in STEPS]

    def _tick(self, step: str, now: float) -> None:
        self.done.setdefault(step, now)

    def _goes_on(self, staff: Iterable[Body], *, plugged: bool) -> bool:
        """Without head office, and known to be without, the tablet shows, or counts, somebody who was not there before.

        Whoever prefers to be alone is a number only, and most people on the floor plan do.
        """
        cards = list(staff)
        quiet = sum(count for card in cards if isinstance(count := card.get("count"), int))
        visits = frozenset(str(card.get("id")) for card in cards if card.get("kind") == "visit")
        if plugged:
            self._at_unplugging = None
            return False
        if self._at_unplugging is None:
            self._at_unplugging = visits, quiet
        offline = any(card.get("offline_since") for card in cards if card.get("kind") == "status")
        visits_before, quiet_before = self._at_unplugging
        return offline and (bool(visits - visits_before) or quiet > quiet_before)


def _reserved(card: Body) -> set[object]:
    reservations = card.get("reservations")
    items = [line.get("item") for line in reservations] if isinstance(reservations, list | tuple) else []
    return {item.get("product_id") for item in items if isinstance(item, Mapping)}


def _themed(screen: Body) -> set[object]:
    themed = screen.get("themed")
    return {item.get("category") for item in themed} if isinstance(themed, list | tuple) else set()


def _alias(mirror: object) -> object:
    return mirror.get("alias") if isinstance(mirror, Mapping) else None
