"""Which of the views that clients received nobody should have seen.

Judged from frames and the script's own knowledge alone (`truth.py`): the service is not asked. A view is right when
what it shows was allowed at some instant of the last `SETTLE_S`; it is wrong once for each client, card and fact.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from regulars.demo.frame import Body, Frame, Shown, moments
from regulars.demo.truth import History, Person

# PRODUCT.md: a change of mode or a withdrawal is effective everywhere within 1 s; the judge's clock is 0.2 s coarse.
SETTLE_S: Final = 1.2
TICK_S: Final = 0.25
# The store hears some seconds late where somebody stands, and a screen waits up to six more before it turns.
ZONE_SETTLE_S: Final = 15.0

_FIELD_TELLS: Final = {
    "alias": "alias", "name": "name", "language": "language", "tier": "tier", "sizes": "sizes", "likes": "likes",
    "dislikes": "dislikes", "colours": "colours", "notes": "notes", "looks": "looks", "reservations": "reservations",
    "owned": "owned", "written": "notes",
}  # fmt: skip
_LINE_TELLS: Final = {
    "fact.reserved": "reservations", "fact.size": "sizes", "fact.likes": "likes", "fact.likes_category": "likes",
    "fact.dislikes": "dislikes", "fact.colour": "colours", "fact.viewed": "viewed", "fact.saved": "wishlist",
    "fact.tier": "tier", "fact.complaint": "notes", "fact.language": "language", "fact.note": "notes",
    "reason.complaint": "notes", "reason.reservation": "reservations", "reason.waiting": "waiting",
    "reason.wish": "wishlist", "reason.viewed": "viewed",
    "hint.complaint": "notes", "hint.reservation": "reservations", "hint.wish": "wishlist", "hint.follow_up": "notes",
    "hint.look": "looks", "why.viewed": "viewed", "why.saved": "wishlist", "why.reserved": "reservations",
    "why.owned": "owned",
}  # fmt: skip
# All that a public screen may ever carry, and all that an article on it may.
_SCREEN_FIELDS: Final = frozenset(
    ["id", "kind", "screen_id", "theme", "themed", "general", "phone_url", "changed_at", "decided_at", "offline_since"]
)
_PUBLIC_ITEM_FIELDS: Final = frozenset({
    "product_id", "name", "brand", "category", "garment", "colour", "colour_hex", "pattern", "price_cents", "was_cents",
    "lowest_30d_cents", "currency", "image",
})  # fmt: skip
_SEVERAL: Final = 2


@dataclass(frozen=True, slots=True, order=True)
class Wrong:
    """`what` is a fact or a sentence; `whose` a member's key or empty."""

    client: str
    card: str
    what: str
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """Head office's line: pulled, plugged in again, and back as the store itself noticed. Unix seconds."""

    pulled_at: float
    plugged_at: float
    back_at: float

    def since(self, client: str, since: float, now: float) -> float:
        """How far back a view may lie: phones hear nothing meanwhile; the store, once plugged, nothing new yet."""
        started_at = self.pulled_at if client.startswith("phone:") else self.plugged_at
        if started_at <= now <= self.back_at + SETTLE_S:
            return min(since, started_at - SETTLE_S)
        return since


@dataclass(frozen=True, slots=True)
class Case:
    """What the judge needs beside the frames."""

    history: History
    rare: frozenset[str]
    start: float
    end: float
    outages: tuple[Outage, ...] = ()
    screen_zones: Mapping[str, str] = field(default_factory=dict)  # client -> the zone it stands in


def judged(frames: Iterable[Frame], case: Case) -> dict[Wrong, float]:
    """The wrong views and when each was first seen."""
    clients: dict[str, Shown] = {}
    found: dict[Wrong, float] = {}
    for now, frame in moments(frames, case.start, case.end, TICK_S):
        if frame is not None:
            clients.setdefault(frame.client, Shown(frame.client)).apply(frame)
        touched = clients.values() if frame is None else [clients[frame.client]]
        for shown in touched:
            for wrong in _looked_at(shown, case, now):
                found.setdefault(wrong, now)
    return found


def _looked_at(shown: Shown, case: Case, now: float) -> Iterator[Wrong]:
    since = now - SETTLE_S
    cards = shown.at(now)
    for outage in case.outages:
        since = outage.since(shown.client, since, now)
    if shown.client.startswith("phone:"):
        yield from _phone(shown.client, cards, case, since, now)
    elif shown.client.startswith("screen"):
        yield from _screen(shown.client, cards, case, since, now)
    else:
        yield from _staff(shown.client, cards, case, since, now)


def _staff(client: str, cards: list[dict[str, object]], case: Case, since: float, now: float) -> Iterator[Wrong]:
    visits = [card for card in cards if card.get("kind") == "visit"]
    yield from _picks(client, cards, case)
    unnamed = [card for card in visits if not card.get("alias")]
    for card in visits:
        yield from _card(client, card, case, since, now)
    counted = sum(_number(card.get("count")) for card in cards if card.get("kind") == "quiet") + len(visits)
    if counted > len(case.history.holding("presence", "staff", since, now)):
        yield Wrong(client, "list", "more shoppers than are here")
    waiting = case.history.holding("waiting", "staff", since, now)
    named = {card.get("alias") for card in visits} - {""}
    if len(unnamed) > len([person for person in waiting if person.alias not in named]):
        yield Wrong(client, "list", "a row for somebody who did not ask for advice")


def _picks(client: str, cards: list[dict[str, object]], case: Case) -> Iterator[Wrong]:
    """The pick list is about things: no line of it names anybody."""
    text = json.dumps([card for card in cards if card.get("kind") == "picks"], ensure_ascii=False)
    for person in case.history.people.values():
        if any(word and f'"{word}"' in text for word in (person.alias, person.name, person.loyalty_number)):
            yield Wrong(client, "picks", "a name on the pick list", person.key)


def _card(client: str, card: Body, case: Case, since: float, now: float) -> Iterator[Wrong]:
    """One visit's card, on a tablet or in a mirror."""
    card_id, told = str(card.get("id")), set(_told(card))
    person = next((one for one in case.history.people.values() if one.alias == card.get("alias")), None)
    if card.get("alias") and person is None:
        yield Wrong(client, card_id, "an alias that nobody here has")
        return
    if person is None:
        for fact in told - {"waiting"}:
            yield Wrong(client, card_id, f"{fact} on a row without a name")
        yield from _others(client, card, case, None)
        return
    for fact in told - case.history.allowed(person.key, "staff", since, now):
        yield Wrong(client, card_id, fact, person.key)
    yield from _belongs(client, card, person)
    yield from _others(client, card, case, person)


def _told(card: Body) -> Iterator[str]:
    """The facts that a card gives away."""
    for name, fact in _FIELD_TELLS.items():
        if card.get(name):
            yield fact
    if card.get("waiting"):
        yield "waiting"
    for line in _lines(card):
        fact = _LINE_TELLS.get(str(line.get("key")), "")
        if fact:
            yield fact
    for item in _items(card):
        if item.get("my_size") and item.get("my_size") != "one":
            yield "sizes"
        if item.get("member_price_cents") is not None:
            yield "member_prices"


def _lines(card: Body) -> Iterator[Body]:
    hint = card.get("hint")
    places = [
        card.get("reason"),
        *_rows(card.get("facts")),
        *(hint.get(name) for name in ("line", "why") if isinstance(hint, Mapping)),
    ]
    places += [item.get("reason") for item in _items(card)]
    yield from (place for place in places if isinstance(place, Mapping))


def _items(card: Body) -> Iterator[Body]:
    for name in ("seen", "looks", "owned", "list", "member_prices"):
        yield from _rows(card.get(name))
    # A reserved article is shown in the size it is held in, which is the reservation's and no fact of its own.
    for reservation in _rows(card.get("reservations")):
        item = reservation.get("item")
        if isinstance(item, Mapping):
            yield {**item, "my_size": ""}


def _belongs(client: str, card: Body, person: Person) -> Iterator[Wrong]:
    """What the card says of this person must be this person's."""
    card_id = str(card.get("id"))
    if {str(size.get("value")) for size in _rows(card.get("sizes"))} - person.sizes:
        yield Wrong(client, card_id, "somebody else's size", person.key)
    reserved = {_product(line.get("item")) for line in _rows(card.get("reservations"))}
    if reserved - person.reserved:
        yield Wrong(client, card_id, "somebody else's reservation", person.key)
    if {_product(item) for item in _rows(card.get("seen"))} - person.browsed - person.reserved:
        yield Wrong(client, card_id, "what somebody else looked at", person.key)


def _others(client: str, card: Body, case: Case, own: Person | None) -> Iterator[Wrong]:
    text = json.dumps(card, ensure_ascii=False)
    for other in case.history.people.values():
        if other is own:
            continue
        if (other.name and other.name in text) or (other.loyalty_number and other.loyalty_number in text):
            yield Wrong(client, str(card.get("id")), "somebody else's name or number", other.key)


def _screen(client: str, cards: list[dict[str, object]], case: Case, since: float, now: float) -> Iterator[Wrong]:
    for card in cards:
        items = [*_rows(card.get("themed")), *_rows(card.get("general"))]
        if set(card) - _SCREEN_FIELDS or any(set(item) - _PUBLIC_ITEM_FIELDS for item in items):
            yield Wrong(client, "screen", "a field that no public screen has")
        if any(_product(item) in case.rare for item in items):
            yield Wrong(client, "screen", "a rare article")
        if len(_rows(card.get("themed"))) > len(_rows(card.get("general"))):
            yield Wrong(client, "screen", "less than half general")
        if any(person.name in json.dumps(card, ensure_ascii=False) for person in case.history.people.values()):
            yield Wrong(client, "screen", "a name")
        yield from _theme(client, card, case, since, now)


def _theme(client: str, card: Body, case: Case, since: float, now: float) -> Iterator[Wrong]:
    theme = card.get("theme")
    if not isinstance(theme, Mapping) or theme.get("kind") == "neutral":
        if _rows(card.get("themed")):
            yield Wrong(client, "screen", "articles of a theme while neutral")
        return
    value = str(theme.get("value"))
    here = case.history.holding("theme", "screen", since, now)
    fans = [person for person in here if value in person.likes]
    if not fans:
        yield Wrong(client, "screen", f"theme {value} of nobody who is here")
    zone = case.screen_zones.get(client, "")
    together = [person for person in here if _stayed(case.history, person, zone, now)]
    if len(together) >= _SEVERAL and len(fans) < _SEVERAL:
        yield Wrong(client, "screen", f"theme {value} of one of several")


def _phone(client: str, cards: list[dict[str, object]], case: Case, since: float, now: float) -> Iterator[Wrong]:
    key = client.removeprefix("phone:")
    allowed = case.history.allowed(key, "phone", since, now)
    for view in cards:
        told = {fact for fact in _told(view) if fact != "waiting"} | ({"mirror"} if view.get("mirror") else set())
        told |= {"access_log"} if view.get("access_log") else set()
        for fact in {*told, "mode"} - allowed:
            yield Wrong(client, "visit", fact, key)
        yield from _others(client, view, case, case.history.people[key])
        mirror = view.get("mirror")
        if isinstance(mirror, Mapping):
            if mirror.get("alias") not in {"", case.history.people[key].alias}:
                yield Wrong(client, "visit", "somebody else's mirror", key)
            yield from _card(client, mirror, case, since, now)


def _stayed(history: History, person: Person, zone: str, now: float) -> bool:
    standings = list(history.between(person.key, now - ZONE_SETTLE_S, now))
    stayed = any(came <= now - ZONE_SETTLE_S and now <= went for came, went in history.stays.get(person.key, ()))
    return stayed and bool(standings) and all(one.zone == zone and "theme" in one.facts("screen") for one in standings)


def _rows(found: object) -> list[Body]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []


def _product(item: object) -> str:
    return str(item.get("product_id")) if isinstance(item, Mapping) else ""


def _number(found: object) -> int:
    return found if isinstance(found, int) else 0
