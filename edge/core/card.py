"""The staff card: one visit as a salesperson reads it in five seconds, and the shopper reads it in the mirror.

Built from the visit and a profile that went through `consent.redacted`; what the matrix refused is blank before this
module sees it. A card without an alias is a customer who asked for advice but has not proved who it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

from edge.core import hints, reservation
from edge.core.consent import Scope, redacted
from edge.core.freshness import fresh, is_stale, mark
from edge.core.nearby import NoNeighbours
from edge.core.rank import ranked
from edge.core.shop import Shop, Wearer, item, wearer
from edge.core.visit import Visit
from wire.cards import Hint, Item, Line, Mark, QuietCard, ReservationLine, StaffCard
from wire.profile import Profile, Reservation
from wire.views import Audience, Fact

FactKind = Literal["complaint", "reserved", "size", "likes", "dislikes", "colour", "saved", "viewed", "tier", "note"]
# Head office may choose others; where a member has none of these, the next ones of FALLBACK_FACTS fill the three lines.
DEFAULT_FACTS: Final[tuple[FactKind, ...]] = ("reserved", "size", "likes")
FALLBACK_FACTS: Final[tuple[FactKind, ...]] = ("dislikes", "saved", "viewed", "colour", "tier", "note")
FACT_LINES: Final = 3
# What fits under the three facts on a 768x1024 tablet without becoming a catalogue.
SEEN_LENGTH: Final = 6
LOOKS_LENGTH: Final = 4
# Enough to say "that goes with your boots"; the wardrobe is not the shop's to keep.
OWNED_LENGTH: Final = 4


def staff_card(
    visit: Visit,
    profile: Profile,
    scope: Scope,
    shop: Shop,
    now: float,
    *,
    escalate_after_s: float,
    choice: Sequence[FactKind] = DEFAULT_FACTS,
) -> StaffCard | None:
    """None where staff may know no more than that somebody is here: such a visit counts into the quiet card.

    The profile holds the steps of its reservations as the store knows them. A row nobody took for `escalate_after_s`
    is marked. `choice` are the kinds of the three facts, by preference.
    """
    allowed = scope.facts[Audience.STAFF]
    if Fact.PRESENCE not in allowed or not allowed - {Fact.PRESENCE}:
        return None
    waiting = Fact.WAITING in allowed and any(True for _ in open_reservations(profile, now))
    card = _unnamed(visit, scope, shop, now, waiting=waiting, escalated=_escalated(visit, now, escalate_after_s))
    if Fact.ALIAS not in allowed:
        return card
    return _named(card, visit, redacted(profile, allowed), scope, shop, choice=choice)


def quiet_card(count: int) -> QuietCard:
    return QuietCard(count=count)


def ordered(cards: Iterable[StaffCard]) -> tuple[StaffCard, ...]:
    """With their place in the list: asked for help, handed over, a reservation waiting, then longest unserved."""
    places = enumerate(sorted(cards, key=_urgency))
    return tuple(card if card.order == place else card.model_copy(update={"order": place}) for place, card in places)


def open_reservations(profile: Profile, now: float) -> Iterator[Reservation]:
    return (held for held in profile.reservations if held.step in reservation.OPEN_STEPS and held.held_until > now)


def reservation_lines(profile: Profile, mine: Wearer, shop: Shop, now: float) -> tuple[ReservationLine, ...]:
    """Reservations of articles this store does not know stay out: there would be nothing to show."""
    return tuple(
        ReservationLine(
            reservation_id=held.reservation_id,
            item=item(shop, product, mine, Line(key="why.reserved"), held.reserved_at),
            size=held.size,
            room=held.room,
            step=held.step,
            held_until=held.held_until,
            moves=reservation.moves(held, now),
        )
        for held in open_reservations(profile, now)
        if (product := shop.products.get(held.product_id)) is not None
    )


def seen_items(profile: Profile, mine: Wearer, shop: Shop, now: float) -> tuple[Item, ...]:
    """Saved before viewed, newest first, each article once."""
    saved = [(fact, "why.saved") for fact in fresh("wishlist", profile.wishlist, now)]
    viewed = [(fact, "why.viewed") for fact in fresh("viewed", profile.viewed, now)]
    found: dict[str, Item] = {}
    for facts in (saved, viewed):
        for fact, key in sorted(facts, key=lambda entry: -entry[0].observed_at):
            product = shop.products.get(fact.value)
            if product is not None and fact.value not in found:
                reason = Line(key=key, params={"when": fact.observed_at})
                found[fact.value] = item(shop, product, mine, reason, fact.observed_at)
    return tuple(found.values())[:SEEN_LENGTH]


def owned_items(profile: Profile, mine: Wearer, shop: Shop, now: float) -> tuple[Item, ...]:
    """What was bought here and is still known here, newest first; where else it hangs helps nobody."""
    here = replace(shop, nearby=NoNeighbours())
    facts = sorted(fresh("owned", profile.owned, now), key=lambda fact: -fact.observed_at)
    known = ((fact, shop.products.get(fact.value)) for fact in {fact.value: fact for fact in reversed(facts)}.values())
    bought = [
        item(here, product, mine, Line(key="why.owned", params={"when": fact.observed_at}), fact.observed_at)
        for fact, product in known
        if product is not None
    ]
    return tuple(reversed(bought))[:OWNED_LENGTH]


def _unnamed(visit: Visit, scope: Scope, shop: Shop, now: float, *, waiting: bool, escalated: bool) -> StaffCard:
    return StaffCard(
        id=visit.visit_id,
        mode=scope.mode,
        state=visit.state,
        zone=visit.zone,
        zone_name=shop.zone_names.get(visit.zone, visit.zone),
        arrived_at=visit.arrived_at,
        last_heard_at=visit.last_heard_at,
        assurance=scope.assurance,
        via=visit.via,
        order=0,
        reason=_unnamed_reason(visit, waiting=waiting),
        waiting=waiting,
        help_asked_at=visit.help_asked_at,
        claimed_by=visit.claimed_by,
        handed_at=visit.handed_at,
        escalated=escalated,
        as_of=shop.as_of,
        decided_at=now,
    )


def _named(
    card: StaffCard, visit: Visit, profile: Profile, scope: Scope, shop: Shop, *, choice: Sequence[FactKind]
) -> StaffCard:
    now = card.decided_at
    mine = wearer(profile, now)
    reservations = reservation_lines(profile, mine, shop, now)
    seen = seen_items(profile, mine, shop, now)
    looks: tuple[Item, ...] = ()
    if scope.allows(Audience.STAFF, Fact.LOOKS):
        shown = frozenset(one.product_id for one in seen) | {held.item.product_id for held in reservations}
        shown |= {fact.value for fact in profile.owned}
        looks = ranked(profile, shop, now, count=LOOKS_LENGTH, without=shown)
    fields = {
        "alias": profile.alias,
        "name": profile.name,
        "language": profile.language if scope.allows(Audience.STAFF, Fact.LANGUAGE) else "",
        "reason": _reason(card, profile, reservations, shop),
        "tier": None if profile.tier is None else mark("tier", profile.tier, profile.tier.value, now),
        "facts": _three_facts(profile, reservations, seen, now, choice),
        "hint": _hint(visit, hints.offers(profile, reservations, looks, shop, now)),
        "reservations": reservations,
        "sizes": tuple(mark("sizes", one, one.value.size, now, one.value.category) for one in profile.sizes),
        "likes": _likes(profile, now),
        "dislikes": _dislikes(profile, now),
        "colours": tuple(mark("colours", one, one.value, now) for one in profile.colours),
        "seen": seen,
        "looks": looks,
        "owned": owned_items(profile, mine, shop, now),
        "notes": _notes(profile, now),
        "written": visit.notes if scope.allows(Audience.STAFF, Fact.NOTES) else (),
        "purposes": tuple(sorted(scope.purposes)),
    }
    return card.model_copy(update=fields)


def _hint(visit: Visit, offers: Iterable[Hint]) -> Hint:
    """Nobody is approached at the door, and a hint that was put aside stays there for the visit."""
    if visit.state == "arriving":
        return hints.NOTHING
    return next((offer for offer in offers if offer.kind not in visit.dismissed), hints.NOTHING)


def _urgency(card: StaffCard) -> tuple[int, float]:
    taken = card.claimed_by != "" or card.state in {"served", "fitting"}
    if card.help_asked_at is not None and not card.claimed_by:
        return 0, card.help_asked_at
    if card.handed_at is not None and not taken:
        return 1, card.handed_at
    return 4 if taken else 2 if card.waiting else 3, card.arrived_at


def _escalated(visit: Visit, now: float, escalate_after_s: float) -> bool:
    if visit.claimed_by or visit.state in {"served", "fitting", "left"}:
        return False
    return now - (visit.help_asked_at or visit.arrived_at) >= escalate_after_s


def _unnamed_reason(visit: Visit, *, waiting: bool) -> Line:
    urgent = _urgent(visit.help_asked_at, visit.handed_at)
    return urgent or Line(key="reason.waiting" if waiting else "reason.here")


def _urgent(help_asked_at: float | None, handed_at: float | None) -> Line | None:
    if help_asked_at is not None:
        return Line(key="reason.help")
    return None if handed_at is None else Line(key="reason.handed_over")


def _reason(card: StaffCard, profile: Profile, reservations: Sequence[ReservationLine], shop: Shop) -> Line:
    """The one line of the list: why this customer, now."""
    now = card.decided_at
    if (urgent := _urgent(card.help_asked_at, card.handed_at)) is not None:
        return urgent
    if profile.complaint_open is not None and not is_stale("complaint", profile.complaint_open, now):
        return Line(key="reason.complaint")
    if card.state == "fitting":
        return Line(key="reason.fitting", params={"room": next((held.room for held in reservations), "")})
    if reservations:
        held = reservations[0]
        return Line(key="reason.reservation", params={"product": held.item.product_id, "size": held.size})
    if card.escalated:
        return Line(key="reason.unserved", params={"minutes": int((now - card.arrived_at) // 60)})
    return _interest(profile, shop, now)


def _interest(profile: Profile, shop: Shop, now: float) -> Line:
    mine = wearer(profile, now)
    for wish in fresh("wishlist", profile.wishlist, now):
        product = shop.products.get(wish.value)
        if product is not None and shop.pieces(product, size := mine.size_of(product)):
            return Line(key="reason.wish", params={"product": wish.value, "size": size})
    for seen in fresh("viewed", profile.viewed, now):
        if seen.value in shop.products:
            return Line(key="reason.viewed", params={"product": seen.value})
    return Line(key="reason.arrived")


def _three_facts(
    profile: Profile,
    reservations: Sequence[ReservationLine],
    seen: Sequence[Item],
    now: float,
    choice: Sequence[FactKind],
) -> tuple[Line, ...]:
    """The shop's choice first, then what else is known; a complaint comes before anything that sells."""
    known = dict(_fact_lines(profile, reservations, seen, now))
    kinds = dict.fromkeys(("complaint", *choice, *FALLBACK_FACTS))
    return tuple(known[kind] for kind in kinds if kind in known)[:FACT_LINES]


def _fact_lines(
    profile: Profile, reservations: Sequence[ReservationLine], seen: Sequence[Item], now: float
) -> Iterator[tuple[str, Line]]:
    for held in reservations[:1]:
        yield "reserved", Line(key="fact.reserved", params={"product": held.item.product_id, "size": held.size})
    yield from _wearing_facts(profile, reservations, now)
    for one in seen:
        kind = "saved" if one.reason is not None and one.reason.key == "why.saved" else "viewed"
        yield kind, Line(key=f"fact.{kind}", params={"product": one.product_id})
    if profile.tier is not None and not is_stale("tier", profile.tier, now):
        yield "tier", Line(key="fact.tier", params={"tier": profile.tier.value})
    if profile.complaint_open is not None and not is_stale("complaint", profile.complaint_open, now):
        yield "complaint", Line(key="fact.complaint", params={"text": profile.complaint_open.value})
    for note in fresh("notes", profile.notes, now)[:1]:
        yield "note", Line(key="fact.note", params={"text": note.value})


def _wearing_facts(profile: Profile, reservations: Sequence[ReservationLine], now: float) -> Iterator[tuple[str, Line]]:
    sizes = fresh("sizes", profile.sizes, now)
    wanted = {held.item.category for held in reservations}
    # The size for what is reserved says more than the newest one.
    for size in sorted(sizes, key=lambda one: (one.value.category not in wanted, -one.observed_at))[:1]:
        yield "size", Line(key="fact.size", params={"category": size.value.category, "size": size.value.size})
    brands = fresh("likes", profile.brands_liked, now)
    categories = fresh("likes", profile.categories_liked, now)
    for liked in categories[:1] if not brands else ():
        yield "likes", Line(key="fact.likes_category", params={"category": liked.value})
    for liked in brands[:1]:
        yield "likes", Line(key="fact.likes", params={"brand": liked.value})
    for disliked in fresh("likes", profile.brands_disliked, now)[:1]:
        yield "dislikes", Line(key="fact.dislikes", params={"brand": disliked.value})
    for colour in fresh("colours", profile.colours, now)[:1]:
        yield "colour", Line(key="fact.colour", params={"colour": colour.value})


def _likes(profile: Profile, now: float) -> tuple[Mark, ...]:
    brands = tuple(mark("likes", one, one.value, now, "brand") for one in profile.brands_liked)
    return brands + tuple(mark("likes", one, one.value, now, "category") for one in profile.categories_liked)


def _dislikes(profile: Profile, now: float) -> tuple[Mark, ...]:
    brands = tuple(mark("likes", one, one.value, now, "brand") for one in profile.brands_disliked)
    return brands + tuple(mark("likes", one, one.value, now, "colour") for one in profile.colours_disliked)


def _notes(profile: Profile, now: float) -> tuple[Mark, ...]:
    complaint = profile.complaint_open
    first = () if complaint is None else (mark("complaint", complaint, complaint.value, now, "complaint"),)
    return first + tuple(mark("notes", one, one.value, now) for one in profile.notes)
