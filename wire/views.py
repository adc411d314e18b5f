"""The view matrix: what may leave the store, for which audience, in which mode, under which consent.

One rule about what may live here: nothing else decides this. Every view is built from `allowed_fields`, and the
property tests compare it with a second copy of the table that was written by hand (`tests/core/truth_table.py`).

Reading the table: a field is allowed when the audience's row for (mode, assurance) lists it AND every purpose that
the audience and the field need has been granted.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final

from wire.receipt import Purpose


class Mode(StrEnum):
    """The shopper's choice for this visit, from closed to open."""

    INVISIBLE = "invisible"
    PHONE = "phone"
    SCREEN = "screen"
    ADVICE = "advice"


class Assurance(StrEnum):
    """How sure the store is that this is the member: a tag that resolved, or proof."""

    HEARD = "heard"
    ANSWERED = "answered"


class Audience(StrEnum):
    STAFF = "staff"
    SCREEN = "screen"
    PHONE = "phone"


class Fact(StrEnum):
    """The kinds of fact a view can carry. A fact that is not listed here cannot leave the store."""

    PRESENCE = "presence"  # somebody is here: zone, state, minutes; nobody named
    WAITING = "waiting"  # a customer with a reservation is here; nobody named
    ALIAS = "alias"
    NAME = "name"
    LANGUAGE = "language"
    TIER = "tier"
    SIZES = "sizes"
    LIKES = "likes"
    DISLIKES = "dislikes"
    COLOURS = "colours"
    VIEWED = "viewed"
    WISHLIST = "wishlist"
    OWNED = "owned"
    RESERVATIONS = "reservations"
    MEMBER_PRICES = "member_prices"
    NOTES = "notes"
    LOOKS = "looks"  # ranked items from stock, each with the reason that it is shown
    THEME = "theme"  # public: a brand or a category, nothing finer
    MODE = "mode"  # the shopper's own control
    MIRROR = "mirror"  # the staff card's own JSON, on the shopper's phone
    ACCESS_LOG = "access_log"


_CARD: Final = frozenset(
    {
        Fact.PRESENCE,
        Fact.WAITING,
        Fact.ALIAS,
        Fact.NAME,
        Fact.LANGUAGE,
        Fact.TIER,
        Fact.SIZES,
        Fact.LIKES,
        Fact.DISLIKES,
        Fact.COLOURS,
        Fact.VIEWED,
        Fact.WISHLIST,
        Fact.OWNED,
        Fact.RESERVATIONS,
        Fact.MEMBER_PRICES,
        Fact.NOTES,
        Fact.LOOKS,
    }
)
_OWN: Final = _CARD | {Fact.MODE, Fact.MIRROR, Fact.ACCESS_LOG}
_COUNT: Final = frozenset({Fact.PRESENCE})
_ANONYMOUS: Final = frozenset({Fact.PRESENCE, Fact.WAITING})
_THEME: Final = frozenset({Fact.THEME})
_CONTROL: Final = frozenset({Fact.MODE})
_NOTHING: Final[frozenset[Fact]] = frozenset()

# A heard tag can be a replayed tag, so nothing personal follows from it, not even a theme on a public screen.
MATRIX: Final[Mapping[tuple[Audience, Mode, Assurance], frozenset[Fact]]] = {
    (Audience.STAFF, Mode.INVISIBLE, Assurance.HEARD): _NOTHING,
    (Audience.STAFF, Mode.INVISIBLE, Assurance.ANSWERED): _NOTHING,
    (Audience.STAFF, Mode.PHONE, Assurance.HEARD): _COUNT,
    (Audience.STAFF, Mode.PHONE, Assurance.ANSWERED): _COUNT,
    (Audience.STAFF, Mode.SCREEN, Assurance.HEARD): _COUNT,
    (Audience.STAFF, Mode.SCREEN, Assurance.ANSWERED): _COUNT,
    (Audience.STAFF, Mode.ADVICE, Assurance.HEARD): _ANONYMOUS,
    (Audience.STAFF, Mode.ADVICE, Assurance.ANSWERED): _CARD,
    (Audience.SCREEN, Mode.INVISIBLE, Assurance.HEARD): _NOTHING,
    (Audience.SCREEN, Mode.INVISIBLE, Assurance.ANSWERED): _NOTHING,
    (Audience.SCREEN, Mode.PHONE, Assurance.HEARD): _NOTHING,
    (Audience.SCREEN, Mode.PHONE, Assurance.ANSWERED): _NOTHING,
    (Audience.SCREEN, Mode.SCREEN, Assurance.HEARD): _NOTHING,
    (Audience.SCREEN, Mode.SCREEN, Assurance.ANSWERED): _THEME,
    (Audience.SCREEN, Mode.ADVICE, Assurance.HEARD): _NOTHING,
    (Audience.SCREEN, Mode.ADVICE, Assurance.ANSWERED): _THEME,
    (Audience.PHONE, Mode.INVISIBLE, Assurance.HEARD): _CONTROL,
    (Audience.PHONE, Mode.INVISIBLE, Assurance.ANSWERED): _CONTROL,
    (Audience.PHONE, Mode.PHONE, Assurance.HEARD): _CONTROL,
    (Audience.PHONE, Mode.PHONE, Assurance.ANSWERED): _OWN,
    (Audience.PHONE, Mode.SCREEN, Assurance.HEARD): _CONTROL,
    (Audience.PHONE, Mode.SCREEN, Assurance.ANSWERED): _OWN,
    (Audience.PHONE, Mode.ADVICE, Assurance.HEARD): _CONTROL,
    (Audience.PHONE, Mode.ADVICE, Assurance.ANSWERED): _OWN,
}

AUDIENCE_NEEDS: Final[Mapping[Audience, frozenset[Purpose]]] = {
    Audience.STAFF: frozenset({Purpose.RECOGNISE}),
    Audience.SCREEN: frozenset({Purpose.RECOGNISE, Purpose.SCREEN}),
    Audience.PHONE: frozenset({Purpose.RECOGNISE}),
}

# Only the staff card needs the staff purpose: a member who refused it is still counted, without a name.
_STAFF_FACTS: Final = _CARD - _COUNT

FACT_NEEDS: Final[Mapping[Fact, frozenset[Purpose]]] = {
    Fact.VIEWED: frozenset({Purpose.WEB_HISTORY}),
    Fact.WISHLIST: frozenset({Purpose.WEB_HISTORY}),
}


def allowed_fields(
    audience: Audience, mode: Mode, purposes: AbstractSet[Purpose], assurance: Assurance
) -> frozenset[Fact]:
    """The facts that `audience` may see; empty means that for this audience the member is not here."""
    if not purposes >= AUDIENCE_NEEDS[audience]:
        return _NOTHING
    row = MATRIX[audience, capped(mode, purposes), assurance]
    return frozenset(fact for fact in row if purposes >= _needs(audience, fact))


def capped(mode: Mode, purposes: AbstractSet[Purpose]) -> Mode:
    """The most open mode that the granted purposes carry and that is no more open than `mode`."""
    if Purpose.RECOGNISE not in purposes:
        return Mode.INVISIBLE
    if mode is Mode.ADVICE and Purpose.STAFF not in purposes:
        mode = Mode.SCREEN
    if mode is Mode.SCREEN and Purpose.SCREEN not in purposes:
        mode = Mode.PHONE
    return mode


def narrower(first: Mode, second: Mode) -> Mode:
    """The more private of two modes."""
    order = tuple(Mode)
    return min(first, second, key=order.index)


def _needs(audience: Audience, fact: Fact) -> frozenset[Purpose]:
    staff = frozenset({Purpose.STAFF}) if audience is Audience.STAFF and fact in _STAFF_FACTS else _NO_PURPOSE
    return FACT_NEEDS.get(fact, _NO_PURPOSE) | staff


_NO_PURPOSE: Final[frozenset[Purpose]] = frozenset()
