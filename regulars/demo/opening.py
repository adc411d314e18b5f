"""Fills the shop before it opens: articles, stock and members, all through head office's own interfaces.

Members join as a shopper would, so head office issues the consent and the key; what it would have learnt since then
follows from `simulator/shop/members.json`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from regulars.demo.truth import Person
from regulars.solo.office import Office
from simulator.shop import shelf
from simulator.shop.members import Member
from wire.product import Product, Stock
from wire.profile import MemberPrice, Observed, Profile, Reservation, Size

_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another store of the same house, which only head office knows of; nobody runs it in the demo."""

    store_id: str
    name: str
    counted_hours_ago: int
    stride: int  # which of the articles here stands for which there


# The second one's till has been silent for two days, so that a visitor sees what old stock looks like.
NEIGHBOURS: Final = (
    Neighbour("de-0043", "Halm & Hede Kiel", 2, 7),
    Neighbour("de-0044", "Halm & Hede Hamburg", 50, 11),
)


@dataclass(frozen=True, slots=True)
class Joined:
    """A member after joining. `secret` is Kc, for the simulated app; `code` opens the phone page once."""

    member: Member
    member_ref: str
    secret: str
    loyalty_number: str
    code: str

    @property
    def key(self) -> str:
        """The member's short name in the script."""
        return self.member.key

    def person(self) -> Person:
        """What the judge knows of them."""
        member = self.member
        return Person(
            key=member.key,
            member_ref=self.member_ref,
            alias=member.alias,
            name=member.name,
            loyalty_number=self.loyalty_number,
            sizes=frozenset(member.sizes.values()),
            likes=frozenset(member.brands_liked) | frozenset(member.categories_liked),
            reserved=frozenset(held.product_id for held in member.reservations),
            browsed=frozenset(member.viewed) | frozenset(member.wishlist),
        )


def members() -> list[Member]:
    """The shop's members as they stand in the file."""
    return [Member.model_validate(one) for one in json.loads(shelf("members.json").read_text("utf-8"))]


def products() -> list[Product]:
    """The range."""
    return [Product.model_validate(one) for one in json.loads(shelf("products.json").read_text("utf-8"))]


def fill(office: Office, store_id: str, now: float) -> None:
    """Articles and stock, here and in the neighbouring stores."""
    office.send("PUT", "/v1/products", {"products": [one.model_dump(mode="json") for one in products()]})
    pieces = [Stock.model_validate(one) for one in json.loads(shelf("stock.json").read_text("utf-8"))]
    here = [one.model_copy(update={"store_id": store_id, "counted_at": _ago(now, one.counted_at)}) for one in pieces]
    stock = [*here, *(line for neighbour in NEIGHBOURS for line in _of_neighbour(neighbour, pieces, now))]
    office.send("PUT", "/v1/stock", {"stock": [one.model_dump(mode="json") for one in stock]})
    office.send("PUT", f"/v1/stores/{store_id}/near", {"stores": [one.store_id for one in NEIGHBOURS]})


def _of_neighbour(neighbour: Neighbour, pieces: list[Stock], now: float) -> Iterator[Stock]:
    """The same range, other gaps: what lies there of one article is what lies here of another."""
    for place, line in enumerate(pieces):
        found = pieces[(place * neighbour.stride) % len(pieces)].pieces
        update = {"store_id": neighbour.store_id, "pieces": found, "shelf": ""}
        yield line.model_copy(update=update | {"counted_at": _ago(now, neighbour.counted_hours_ago)})


def join(office: Office, member: Member, now: float) -> Joined:
    """One member joins, and head office learns the rest."""
    reply = office.send("POST", "/v1/join", _answers(member))
    joined = Joined(
        member=member,
        member_ref=str(reply["member_ref"]),
        secret=str(reply["secret"]),
        loyalty_number=str(reply["loyalty_number"]),
        code=str(reply["phone_url"]).rpartition("code=")[2],
    )
    merchant_id = str(_mapping(reply["receipt"]).get("merchant_id", ""))
    profile = _profile(member, joined, merchant_id, now)
    office.send("PUT", f"/v1/profiles/{joined.member_ref}", profile.model_dump(mode="json"))
    if member.consent_over:
        office.withdraw(joined.member_ref)
    return joined


def _answers(member: Member) -> dict[str, object]:
    return {
        "alias": member.alias,
        "name": member.name,
        "language": member.language,
        "adult": True,
        "purposes": [purpose.value for purpose in member.purposes],
        "standing_mode": member.standing_mode.value,
        "sizes": [{"category": category, "size": size} for category, size in member.sizes.items()],
        "brands": list(member.brands_liked),
        "categories": list(member.categories_liked),
        "colours": list(member.colours),
    }


def _profile(member: Member, joined: Joined, merchant_id: str, now: float) -> Profile:
    def aged(ages: Mapping[str, int]) -> tuple[Observed[str], ...]:
        return tuple(
            Observed(value=product_id, source="web", observed_at=_ago(now, hours), confidence=0.9)
            for product_id, hours in ages.items()
        )

    def said(values: Iterable[str]) -> tuple[Observed[str], ...]:
        return tuple(Observed(value=value, source="member", observed_at=_ago(now, 400)) for value in values)

    return Profile(
        member_ref=joined.member_ref,
        merchant_id=merchant_id,
        alias=member.alias,
        name=member.name,
        language="en" if member.language == "en" else "de",
        standing_mode=member.standing_mode,
        brands_liked=said(member.brands_liked),
        brands_disliked=said(member.brands_disliked),
        categories_liked=said(member.categories_liked),
        colours=said(member.colours),
        colours_disliked=said(member.colours_disliked),
        sizes=tuple(
            Observed(value=Size(category=category, size=size), source="till", observed_at=_ago(now, 700))
            for category, size in member.sizes.items()
        ),
        viewed=aged(member.viewed),
        wishlist=aged(member.wishlist),
        owned=aged(member.owned),
        reservations=tuple(
            Reservation(
                reservation_id=f"r-{member.key}-{index}",
                variant_id=f"{held.product_id}-{held.size}".lower(),
                product_id=held.product_id,
                size=held.size,
                reserved_at=_ago(now, held.hours_ago),
                held_until=_ago(now, -held.hours_left),
                room=held.room,
            )
            for index, held in enumerate(member.reservations, start=1)
        ),
        tier=Observed(value=member.tier, source="till", observed_at=_ago(now, 100)) if member.tier else None,
        member_prices=tuple(
            MemberPrice(product_id=product_id, price_cents=cents, until=_ago(now, -72))
            for product_id, cents in member.member_prices.items()
        ),
        notes=tuple(
            Observed(value=note.text, source=note.source, observed_at=_ago(now, note.hours_ago))
            for note in member.notes
        ),
        complaint_open=Observed(
            value=member.complaint.text,
            source=member.complaint.source,
            observed_at=_ago(now, member.complaint.hours_ago),
        )
        if member.complaint
        else None,
    )


def _ago(now: float, hours: int) -> int:
    return int(now) - hours * _HOUR_S


def _mapping(found: object) -> Mapping[str, object]:
    return found if isinstance(found, Mapping) else {}
