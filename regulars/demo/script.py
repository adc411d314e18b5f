"""The scripted afternoon: who comes when, does what and leaves, in seconds from the opening of a `WHOLE_S` long one.

A longer or shorter one stretches the times, down to `LEAST_S`; the outage of head office keeps its length. How each act
is done is in `afternoon.py`.
"""

from dataclasses import dataclass
from typing import Final, Literal

Point = tuple[float, float]
Verb = Literal[
    "enter",
    "peek",
    "trace",
    "leave",
    "app_mode",
    "page_mode",
    "hide",
    "withdraw",
    "checkin",
    "close",
    "claim",
    "pull",
    "plug",
]

STREET: Final[Point] = (10.0, -1.5)
DOOR: Final[Point] = (10.0, 2.5)
WOMEN: Final[Point] = (3.5, 7.0)
MEN: Final[Point] = (16.5, 7.0)
SHOES: Final[Point] = (10.0, 7.5)
FITTING: Final[Point] = (10.0, 12.0)

STRANGERS: Final = 220  # devices that are nobody's business
STRANGERS_ADVERTS_PER_S: Final = 150.0
PACE_MPS: Final = 3.0  # in a hurry: an afternoon takes a minute
WHOLE_S: Final = 75.0
# In less than this the last ones could not arrive and leave by time-out any more.
LEAST_S: Final = 50
OUTAGE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Act:
    """`to` is a place for enter, a mode for the two modes, a fact for hide."""

    at: float
    verb: Verb
    who: str = ""
    to: str | Point = ""


ACTS: Final = (
    Act(0.5, "enter", "anna", (3.2, 7.5)),
    Act(1.0, "enter", "david", MEN),
    Act(1.5, "enter", "emine", SHOES),
    Act(2.0, "enter", "finn", (16.0, 8.5)),
    Act(2.5, "enter", "greta", SHOES),
    Act(3.0, "enter", "hannes", WOMEN),  # invisible: his app is silent
    Act(3.5, "enter", "ida", FITTING),
    Act(4.0, "enter", "jonas", MEN),
    Act(4.5, "enter", "karla", WOMEN),  # withdrew last week, her app did not hear of it
    Act(5.0, "enter", "mia", SHOES),
    Act(5.5, "enter", "noah", (16.8, 5.5)),
    Act(6.0, "enter", "olga", WOMEN),
    Act(6.5, "trace", "paul"),  # walks as a real person once did
    Act(7.0, "enter", "quynh", (3.0, 9.0)),
    Act(7.5, "peek", "rosa"),  # looks in from the vestibule and goes on
    Act(9.0, "checkin", "luis"),  # no phone: the loyalty card
    Act(18.0, "page_mode", "olga", "advice"),
    Act(20.0, "claim", "anna"),
    Act(21.0, "hide", "quynh", "sizes"),
    Act(22.0, "enter", "clara", (4.0, 6.5)),  # a second one at the women's screen
    Act(24.0, "page_mode", "jonas", "invisible"),
    Act(26.0, "withdraw", "noah"),
    Act(28.0, "app_mode", "anna", "screen"),
    Act(31.0, "pull"),
    Act(31.5, "enter", "ben", (16.0, 6.0)),
    Act(36.0, "plug"),
    Act(42.5, "page_mode", "olga", "phone"),
    Act(42.0, "leave", "david"),
    Act(43.0, "leave", "emine"),
    Act(43.5, "leave", "finn"),
    Act(44.0, "leave", "greta"),
    Act(44.5, "leave", "ida"),
    Act(45.0, "leave", "mia"),
    Act(45.5, "leave", "olga"),
    Act(46.0, "leave", "quynh"),
    Act(46.5, "leave", "anna"),
    Act(47.0, "leave", "clara"),
    Act(48.0, "leave", "paul"),
    Act(49.0, "close", "luis"),
    Act(50.0, "leave", "ben"),
    Act(50.5, "leave", "jonas"),
    Act(51.0, "leave", "noah"),
    Act(51.5, "leave", "hannes"),
    Act(52.0, "leave", "karla"),
)


def schedule(seconds: float) -> list[tuple[float, Act]]:
    """When each act happens in an afternoon of that length, at least `LEAST_S`."""
    stretch = seconds / WHOLE_S
    times = [(act.at * stretch, act) for act in ACTS]
    (pulled_at,) = (at for at, act in times if act.verb == "pull")
    return [(pulled_at + OUTAGE_S if act.verb == "plug" else at, act) for at, act in times]


# What everybody does here is to arrive once and leave once, but these are never noticed: silent, without consent, or
# not inside.
UNNOTICED: Final = frozenset({"hannes", "karla", "rosa"})
VISITORS: Final = frozenset(act.who for act in ACTS if act.verb in {"enter", "trace", "checkin"}) - UNNOTICED
