"""Who may be shown what, written a second time and by hand, for judging what clients received.

One rule about this file: it imports nothing from the service or from `wire.views`, whose matrix it checks. If the two
disagree, one of them is wrong, and the demo says so.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

# audience, mode, proof -> facts. `heard` is a token that anybody could have replayed; `answered` is the member.
# fmt: off
_CARD: Final = ("presence waiting alias name language tier sizes likes dislikes colours viewed wishlist owned "
                "reservations member_prices notes looks")
TABLE: Final = {
    ("staff",  "invisible", "heard"):    "",
    ("staff",  "invisible", "answered"): "",
    ("staff",  "phone",     "heard"):    "presence",
    ("staff",  "phone",     "answered"): "presence",
    ("staff",  "screen",    "heard"):    "presence",
    ("staff",  "screen",    "answered"): "presence",
    ("staff",  "advice",    "heard"):    "presence waiting",
    ("staff",  "advice",    "answered"): _CARD,
    ("screen", "invisible", "heard"):    "",
    ("screen", "invisible", "answered"): "",
    ("screen", "phone",     "heard"):    "",
    ("screen", "phone",     "answered"): "",
    ("screen", "screen",    "heard"):    "",
    ("screen", "screen",    "answered"): "theme",
    ("screen", "advice",    "heard"):    "",
    ("screen", "advice",    "answered"): "theme",
    ("phone",  "invisible", "heard"):    "mode",
    ("phone",  "invisible", "answered"): "mode",
    ("phone",  "phone",     "heard"):    "mode",
    ("phone",  "phone",     "answered"): _CARD + " mode mirror access_log",
    ("phone",  "screen",    "heard"):    "mode",
    ("phone",  "screen",    "answered"): _CARD + " mode mirror access_log",
    ("phone",  "advice",    "heard"):    "mode",
    ("phone",  "advice",    "answered"): _CARD + " mode mirror access_log",
}
# fmt: on
_ONLY_WITH_STAFF_CONSENT: Final = frozenset(_CARD.split()) - {"presence"}
_ONLY_WITH_WEB_CONSENT: Final = frozenset({"viewed", "wishlist"})


@dataclass(frozen=True, slots=True)
class Person:
    """A member as the demo made them; what a card says of somebody else is wrong."""

    key: str
    member_ref: str
    alias: str
    name: str
    loyalty_number: str = ""
    sizes: frozenset[str] = frozenset()
    likes: frozenset[str] = frozenset()  # brands and categories
    reserved: frozenset[str] = frozenset()  # product ids
    browsed: frozenset[str] = frozenset()  # product ids, viewed or saved


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one member from `at` on (unix s)."""

    at: float
    answered: bool = False
    mode: str = "phone"
    purposes: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    zone: str = ""

    def facts(self, audience: str) -> frozenset[str]:
        """What the audience may see while the member is in the shop."""
        if "recognise" not in self.purposes:
            return frozenset()
        if audience == "screen" and "screen" not in self.purposes:
            return frozenset()
        row = TABLE[audience, self._mode(), "answered" if self.answered else "heard"].split()
        facts = frozenset(row) - self.hidden
        if audience == "staff" and "staff" not in self.purposes:
            facts -= _ONLY_WITH_STAFF_CONSENT
        if "web_history" not in self.purposes:
            facts -= _ONLY_WITH_WEB_CONSENT
        return facts

    def _mode(self) -> str:
        mode = self.mode
        if mode == "advice" and "staff" not in self.purposes:
            mode = "screen"
        if mode == "screen" and "screen" not in self.purposes:
            mode = "phone"
        return mode


@dataclass(slots=True)
class History:
    """Every stay and standing of every member, in order of time; the script writes it, the judge reads it."""

    people: Mapping[str, Person]  # by key
    standings: dict[str, list[Standing]] = field(default_factory=dict)
    stays: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def note(
        self,
        key: str,
        at: float,
        *,
        mode: str | None = None,
        purposes: frozenset[str] | None = None,
        answered: bool | None = None,
        hidden: frozenset[str] | None = None,
        zone: str | None = None,
    ) -> None:
        """From `at` on, what is given holds; the rest stays as it was."""
        row = self.standings.setdefault(key, [])
        last = row[-1] if row else Standing(at)
        row.append(
            Standing(
                at=max(at, last.at),
                answered=last.answered if answered is None else answered,
                mode=last.mode if mode is None else mode,
                purposes=last.purposes if purposes is None else purposes,
                hidden=last.hidden if hidden is None else hidden,
                zone=last.zone if zone is None else zone,
            )
        )

    def enter(self, key: str, at: float) -> None:
        """The member is in the shop from `at` on."""
        self.stays.setdefault(key, []).append((at, float("inf")))

    def leave(self, key: str, at: float) -> None:
        """The shop may take until `at` to notice that the member has left."""
        stays = self.stays.get(key)
        if stays:
            stays[-1] = (stays[-1][0], at)

    def between(self, key: str, start: float, end: float) -> Iterator[Standing]:
        """The standings in force at some instant of [start, end]."""
        row = self.standings.get(key, [])
        for index, standing in enumerate(row):
            until = row[index + 1].at if index + 1 < len(row) else float("inf")
            if standing.at <= end and until >= start:
                yield standing

    def is_inside(self, key: str, start: float, end: float) -> bool:
        """Whether the member was in the shop at some instant of [start, end]."""
        return any(came <= end and went >= start for came, went in self.stays.get(key, ()))

    def allowed(self, key: str, audience: str, start: float, end: float) -> frozenset[str]:
        """Everything that the audience was allowed to see of the member at some instant of [start, end]."""
        if not self.is_inside(key, start, end):
            return frozenset()
        return frozenset[str]().union(*(one.facts(audience) for one in self.between(key, start, end)))

    def holding(self, fact: str, audience: str, start: float, end: float) -> Collection[Person]:
        """The members of whom the audience could know `fact` in that time."""
        return [person for key, person in self.people.items() if fact in self.allowed(key, audience, start, end)]
