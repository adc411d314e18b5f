"""The one place that asks consent and mode, and the one that takes out of a profile what they do not cover.

Two rules about what may live here: `wire.views` decides which facts an audience may see, and every view is built from
a profile that went through `redacted`. Cards, hints, rankings and screens therefore cannot show a forbidden fact by
mistake: they never hold one.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from wire.profile import Profile
from wire.receipt import Purpose
from wire.views import Assurance, Audience, Fact, Mode, allowed_fields, capped, narrower

_NOTHING: Final[frozenset[Fact]] = frozenset()
_NOBODY: Final[Mapping[Audience, frozenset[Fact]]] = MappingProxyType(dict.fromkeys(Audience, _NOTHING))
# The shopper's own controls stay on the own phone whatever is hidden: without them nothing could be undone.
_CONTROLS: Final = frozenset({Fact.MODE, Fact.MIRROR, Fact.ACCESS_LOG})
# Hiding a fact hides what would give it away.
_TELLS: Final[Mapping[Fact, frozenset[Fact]]] = {Fact.RESERVATIONS: frozenset({Fact.WAITING})}


@dataclass(frozen=True, slots=True)
class Scope:
    """What each audience may see of one member now. `mode` and `assurance` are those that count, after all caps."""

    mode: Mode
    assurance: Assurance
    purposes: frozenset[Purpose]
    facts: Mapping[Audience, frozenset[Fact]]

    def allows(self, audience: Audience, fact: Fact) -> bool:
        return fact in self.facts[audience]

    @property
    def here(self) -> bool:
        """Whether a visit may exist at all."""
        return Purpose.RECOGNISE in self.purposes and self.mode is not Mode.INVISIBLE

    @property
    def modes_open(self) -> tuple[Mode, ...]:
        """The modes that the consents let the shopper choose."""
        return tuple(mode for mode in Mode if self.purposes and capped(mode, self.purposes) is mode)


NOBODY: Final = Scope(Mode.INVISIBLE, Assurance.HEARD, frozenset(), _NOBODY)


def scope(
    profile: Profile | None,
    mode_choice: Mode | None,
    air_mode: Mode | None,
    *,
    assurance: Assurance,
    policy: Assurance,
    now: float,
    contested: bool = False,
) -> Scope:
    """`mode_choice` is the visit's, `air_mode` what the phone last wished by radio, `policy` the store's `assurance`.

    The profile's receipt must have been verified where it came in. `contested` (two phones carry the tag) makes the
    member only heard, whatever the policy says.
    """
    purposes = _granted(profile, now)
    if profile is None or Purpose.RECOGNISE not in purposes:
        return NOBODY
    sure = _counted(assurance, policy, contested=contested)
    mode = capped(_wished(profile.standing_mode, mode_choice, air_mode, sure), purposes)
    facts = {
        audience: _shown(audience, allowed_fields(audience, mode, purposes, sure), profile.hidden)
        for audience in Audience
    }
    return Scope(mode, sure, purposes, MappingProxyType(facts))


def redacted(profile: Profile, facts: AbstractSet[Fact]) -> Profile:
    """The profile with everything blanked that no fact in `facts` covers; who it is and the consent never remain."""
    blank: dict[str, object] = dict(_NEVER)
    for fact, fields in _FIELDS.items():
        if fact not in facts:
            blank |= fields
    return profile.model_copy(update=blank)


def theme_profile(profile: Profile) -> Profile:
    """What a public screen may be chosen from: liked brands and categories, never browsing, sizes or reservations."""
    hidden = Fact.LIKES in profile.hidden
    return redacted(profile, _NOTHING if hidden else {Fact.LIKES, Fact.DISLIKES})


# No fact covers these: views do not name members.
_NEVER: Final[Mapping[str, object]] = {
    "member_ref": "0" * 32,
    "loyalty_number": "",
    "home_store": "",
    "hidden": frozenset[str](),
    "consent": None,
}
# Fact -> the profile fields that carry it, blank.
_FIELDS: Final[Mapping[Fact, Mapping[str, object]]] = {
    Fact.ALIAS: {"alias": ""},
    Fact.NAME: {"name": ""},
    Fact.LANGUAGE: {"language": "de"},
    Fact.TIER: {"tier": None},
    Fact.SIZES: {"sizes": ()},
    Fact.LIKES: {"brands_liked": (), "categories_liked": ()},
    Fact.DISLIKES: {"brands_disliked": (), "colours_disliked": ()},
    Fact.COLOURS: {"colours": ()},
    Fact.VIEWED: {"viewed": ()},
    Fact.WISHLIST: {"wishlist": ()},
    Fact.OWNED: {"owned": ()},
    Fact.RESERVATIONS: {"reservations": ()},
    Fact.MEMBER_PRICES: {"member_prices": ()},
    Fact.NOTES: {"notes": (), "complaint_open": None},
}


def _granted(profile: Profile | None, now: float) -> frozenset[Purpose]:
    if profile is None or profile.consent is None or profile.consent.member_ref != profile.member_ref:
        return frozenset()
    return frozenset(purpose for purpose in Purpose if profile.consent.granted(purpose, now))


def _counted(assurance: Assurance, policy: Assurance, *, contested: bool) -> Assurance:
    if contested:
        return Assurance.HEARD
    return Assurance.ANSWERED if policy is Assurance.HEARD else assurance


def _wished(standing: Mode, choice: Mode | None, air: Mode | None, sure: Assurance) -> Mode:
    """A choice made for this visit is never opened by what the radio still says, only narrowed."""
    if air is None:
        return choice or standing
    if choice is not None:
        return narrower(choice, air)
    return air if sure is Assurance.ANSWERED else narrower(standing, air)


def _shown(audience: Audience, allowed: frozenset[Fact], hidden: frozenset[str]) -> frozenset[Fact]:
    out = {fact for fact in Fact if fact.value in hidden}
    for fact in tuple(out):
        out |= _TELLS.get(fact, _NOTHING)
    return allowed - (out - _CONTROLS if audience is Audience.PHONE else out)
