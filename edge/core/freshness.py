"""How old a fact may be before it is greyed: a stale fact is shown as such and drives no reason, hint or ranking."""

from typing import Final, Literal, TypeVar

from wire.cards import Mark
from wire.profile import Observed

Kind = Literal["sizes", "likes", "colours", "viewed", "wishlist", "owned", "tier", "notes", "complaint"]
_DAY_S: Final = 86_400

# Shorter hides what is still true, longer has staff act on somebody who has changed.
STALE_AFTER_S: Final[dict[Kind, int]] = {
    "sizes": 540 * _DAY_S,  # adults' sizes drift slowly; one and a half years spans two of the same season
    "likes": 365 * _DAY_S,  # a year holds every season once
    "colours": 365 * _DAY_S,
    "viewed": 60 * _DAY_S,  # after two months the range on the rails is another
    "wishlist": 180 * _DAY_S,  # half a year: what was saved for one season is not the next one's wish
    "owned": 1095 * _DAY_S,  # three years: what is older is worn out or given away more often than worn
    "tier": 400 * _DAY_S,  # schemes recompute once a year
    "notes": 365 * _DAY_S,
    "complaint": 180 * _DAY_S,  # older than that, it needs head office rather than the sales floor
}

Value = TypeVar("Value")


def is_stale(kind: Kind, fact: Observed[Value], now: float) -> bool:
    return now - fact.observed_at > STALE_AFTER_S[kind]


def fresh(kind: Kind, facts: tuple[Observed[Value], ...], now: float) -> tuple[Observed[Value], ...]:
    return tuple(fact for fact in facts if not is_stale(kind, fact, now))


def mark(kind: Kind, fact: Observed[Value], value: str, now: float, label: str = "") -> Mark:
    """The fact as a page shows it: value, source, age, confidence and whether it is greyed."""
    return Mark(
        value=value,
        label=label,
        source=fact.source,
        observed_at=fact.observed_at,
        confidence=fact.confidence,
        stale=is_stale(kind, fact, now),
    )
