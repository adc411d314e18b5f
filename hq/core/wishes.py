"""What a member says of herself: on the join page and later on the phone page. Her words, never guessed."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hq.core.consent import NOTICE, chosen_mode
from wire.profile import Observed, Profile, Size
from wire.receipt import ConsentReceipt, Purpose
from wire.views import Fact, Mode

# Nothing that no keyboard types: a NUL or an escape would travel to every screen.
_TYPED: Final = r"^[^\x00-\x1f\x7f]*$"
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=_TYPED)]
_OWN_FIELDS: Final = ("sizes", "brands_liked", "brands_disliked", "categories_liked", "colours")
_MOST: Final = 40  # more brands than anybody knows; keeps a profile small


class _Wish(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Preferences(_Wish):
    """Each list replaces what the member said before; None leaves it."""

    sizes: Annotated[tuple[Size, ...], Field(max_length=_MOST)] | None = None
    brands_liked: Annotated[tuple[Word, ...], Field(max_length=_MOST)] | None = None
    brands_disliked: Annotated[tuple[Word, ...], Field(max_length=_MOST)] | None = None
    categories_liked: Annotated[tuple[Word, ...], Field(max_length=_MOST)] | None = None
    colours: Annotated[tuple[Word, ...], Field(max_length=_MOST)] | None = None


class JoinRequest(_Wish):
    """Everything is off until the member turns it on: no purpose, no age, the most private mode but one."""

    alias: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=_TYPED)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=_TYPED)] = ""
    language: Literal["de", "en"] = "de"
    home_store: Annotated[str, Field(max_length=40)] = ""
    adult: bool = False
    purposes: frozenset[Purpose] = frozenset()
    standing_mode: Mode = Mode.PHONE
    sizes: Annotated[tuple[Size, ...], Field(max_length=_MOST)] = ()
    brands: Annotated[tuple[Word, ...], Field(max_length=_MOST)] = ()
    brands_disliked: Annotated[tuple[Word, ...], Field(max_length=_MOST)] = ()
    categories: Annotated[tuple[Word, ...], Field(max_length=_MOST)] = ()
    colours: Annotated[tuple[Word, ...], Field(max_length=_MOST)] = ()
    notice: Annotated[str, Field(max_length=40)] = NOTICE


class VisitRequest(_Wish):
    """An app says where its member is going. `mac` is `keys.visit_mac` in hex; `until` in unix seconds."""

    member_ref: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    store_id: Annotated[str, Field(min_length=1, max_length=40)]
    at: Annotated[int, Field(ge=0, lt=2**63)]
    mac: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    until: Annotated[float, Field(ge=0, lt=2**40)] | None = None


class MemberChange(_Wish):
    """What is None stays as it is."""

    standing_mode: Mode | None = None
    purposes: frozenset[Purpose] | None = None
    preferences: Preferences | None = None
    hidden: frozenset[Fact] | None = None
    language: Literal["de", "en"] | None = None
    home_store: Annotated[str, Field(max_length=40)] | None = None


def joined(request: JoinRequest, receipt: ConsentReceipt, loyalty_number: str, now: int) -> Profile:
    """The first revision of a new member's profile."""
    profile = Profile(
        member_ref=receipt.member_ref,
        merchant_id=receipt.merchant_id,
        alias=request.alias,
        name=request.name,
        loyalty_number=loyalty_number,
        language=request.language,
        home_store=request.home_store,
        standing_mode=chosen_mode(request.standing_mode, receipt.purposes),
        consent=receipt,
    )
    said = Preferences(
        sizes=request.sizes,
        brands_liked=request.brands,
        brands_disliked=request.brands_disliked,
        categories_liked=request.categories,
        colours=request.colours,
    )
    return with_preferences(profile, MemberChange(preferences=said), now)


def with_preferences(profile: Profile, wish: MemberChange, now: int) -> Profile:
    """The same profile with what the member says now; `rev`, consent and mode are the caller's."""
    said = wish.preferences or Preferences()
    changes: dict[str, object] = {}
    if said.sizes is not None:
        changes["sizes"] = tuple(Observed[Size](value=s, source="member", observed_at=now) for s in said.sizes)
    for field in ("brands_liked", "brands_disliked", "categories_liked", "colours"):
        words = getattr(said, field)
        if words is not None:
            changes[field] = _observed(words, now)
    if wish.hidden is not None:
        changes["hidden"] = frozenset(fact.value for fact in wish.hidden)
    if wish.language is not None:
        changes["language"] = wish.language
    if wish.home_store is not None:
        changes["home_store"] = wish.home_store
    return profile.model_copy(update=changes)


def with_own_words(sent: Profile, was: Profile) -> Profile:
    """`sent` by a system of head office, plus what the member herself had said: only she takes that back."""
    changes: dict[str, object] = {}
    for field in _OWN_FIELDS:
        told = getattr(sent, field)
        values = {fact.value for fact in told}
        own = tuple(fact for fact in getattr(was, field) if fact.source == "member" and fact.value not in values)
        changes[field] = own + told
    return sent.model_copy(update=changes)


def _observed(words: tuple[str, ...], now: int) -> tuple[Observed[str], ...]:
    return tuple(Observed[str](value=word, source="member", observed_at=now) for word in words)
