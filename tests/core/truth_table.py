"""Who may see what, written by hand from the product's promises and from nothing else in the code.

Deliberately plain and repetitive: it is the second copy that the first one is compared with, so it imports no rule,
only the words (as strings). When a promise changes, both copies are changed by hand.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

PRIVATE = frozenset(
    {
        "alias",
        "name",
        "language",
        "tier",
        "sizes",
        "likes",
        "dislikes",
        "colours",
        "viewed",
        "wishlist",
        "owned",
        "reservations",
        "member_prices",
        "notes",
        "looks",
    }
)


@dataclass(frozen=True)
class Situation:
    """Everything that decides, in plain words."""

    purposes: AbstractSet[str]
    consent_is_valid: bool  # signed, given, not expired, and this member's own
    standing_mode: str
    choice: str | None  # made for this visit on the phone
    on_air: str | None  # wished by the phone's radio
    proven: bool  # challenge answered, loyalty card or code
    store_trusts_tags: bool  # the store's setting assurance = "heard"
    contested: bool  # two phones carry the tag
    hidden: AbstractSet[str]


def trusted(case: Situation) -> bool:
    if case.contested:
        return False
    return case.proven or case.store_trusts_tags


def mode(case: Situation) -> str:
    openness = ["invisible", "phone", "screen", "advice"]
    wished = case.choice if case.choice is not None else case.standing_mode
    if case.on_air is not None:
        more_private = openness.index(case.on_air) < openness.index(wished)
        more_open = openness.index(case.on_air) > openness.index(wished)
        if more_private or (more_open and trusted(case) and case.choice is None):
            wished = case.on_air
    if wished == "advice" and "staff" not in case.purposes:
        wished = "screen"
    if wished == "screen" and "screen" not in case.purposes:
        wished = "phone"
    return wished


def somebody_is_here(case: Situation) -> bool:
    return case.consent_is_valid and "recognise" in case.purposes and mode(case) != "invisible"


def staff_may_see(case: Situation) -> frozenset[str]:
    if not somebody_is_here(case):
        return frozenset()
    if mode(case) in {"phone", "screen"}:
        return frozenset({"presence"}) - case.hidden
    if not trusted(case):
        return frozenset({"presence", "waiting"}) - hidden_and_what_tells_it(case)
    seen = {"presence", "waiting"} | PRIVATE
    if "web_history" not in case.purposes:
        seen -= {"viewed", "wishlist"}
    return frozenset(seen) - hidden_and_what_tells_it(case)


def pick_list_may_hold(case: Situation) -> bool:
    """Unnamed, and whether or not somebody is here: so no mode, but both purposes, and nothing hidden."""
    granted = case.consent_is_valid and {"recognise", "staff"} <= case.purposes
    return granted and not {"reservations", "waiting"} & case.hidden


def name_search_may_find(case: Situation) -> bool:
    """Somebody at the counter says a name: only of members who let staff see it and are not invisible always."""
    granted = case.consent_is_valid and {"recognise", "staff"} <= case.purposes
    return granted and case.standing_mode != "invisible" and not {"name", "alias", "presence"} & case.hidden


def screen_may_see(case: Situation) -> frozenset[str]:
    """A theme; and a theme is made of likes, so hiding the likes hides the theme."""
    if not somebody_is_here(case) or "screen" not in case.purposes:
        return frozenset()
    if mode(case) == "phone" or not trusted(case) or "theme" in case.hidden:
        return frozenset()
    return frozenset({"theme"}) if "likes" in case.hidden else frozenset({"theme", "likes"})


def phone_may_see(case: Situation) -> frozenset[str]:
    """Controls always; the rest only for a phone that proved whose it is."""
    if not case.consent_is_valid or "recognise" not in case.purposes:
        return frozenset()
    if mode(case) == "invisible" or not trusted(case):
        return frozenset({"mode"})
    seen = {"presence", "waiting"} | PRIVATE
    if "web_history" not in case.purposes:
        seen -= {"viewed", "wishlist"}
    return frozenset(seen) - hidden_and_what_tells_it(case) | {"mode", "mirror", "access_log"}


def hidden_and_what_tells_it(case: Situation) -> frozenset[str]:
    told_by = {"waiting"} if "reservations" in case.hidden else set()
    return frozenset(case.hidden | told_by)
