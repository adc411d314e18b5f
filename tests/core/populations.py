"""Random shops full of people, each of whose facts is a word that occurs nowhere else: a canary.

If such a word is found in a view's JSON, that view carries that fact, whatever way it took.
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from edge.core.consent import Scope, scope
from edge.core.shop import Shop
from edge.core.visit import Visit
from tests.core.truth_table import Situation
from wire.cards import AccessEntry, Note
from wire.product import Product, Stock, Variant
from wire.profile import MemberPrice, Observed, Profile, Reservation, Size
from wire.receipt import ConsentReceipt, Purpose
from wire.views import Assurance, Fact, Mode

NOW = 1_790_000_000.0
DAY_S = 86_400
HIDEABLE = [fact.value for fact in Fact if fact not in {Fact.MODE, Fact.MIRROR, Fact.ACCESS_LOG}]

# Facts whose canary is one word; the others are told in several places or by a number.
ONE_WORD = (
    *("alias", "name", "tier", "sizes", "dislikes", "colours", "viewed", "wishlist"),
    *("notes", "complaint", "written", "access_log", "owned", "loyalty"),
)


@dataclass(frozen=True)
class Person:
    profile: Profile
    visit: Visit
    scope: Scope
    situation: Situation
    canaries: dict[str, tuple[str, ...]]  # fact -> words that only this fact of this person contains


def population(seed: int) -> tuple[Shop, list[Person]]:
    chance = Random(seed)
    people = [person(chance, f"{seed}x{number}") for number in range(chance.randint(1, 3))]
    return shop(people), people


def shop(people: list[Person]) -> Shop:
    products = {one.product_id: one for one in range_of_the_shop()}
    for found in people:
        products |= {one.product_id: one for one in own_articles(found)}
    stock = {
        variant.variant_id: Stock(store_id="s", variant_id=variant.variant_id, pieces=2, shelf="A1", counted_at=1)
        for one in products.values()
        for variant in one.variants
    }
    return Shop("s", "Shop", products, stock, as_of=NOW, zone_names={"floor": "Floor"})


def article(product_id: str, **fields: Any) -> Product:
    return Product.model_validate(
        {
            "product_id": product_id,
            "merchant_id": "m",
            "brand": "House",
            "category": "coat",
            "garment": "coat",
            "name": {"de": "Ware"},
            "colour": "navy",
            "price_cents": 99_00,
            "launched_on": "2020-01-01",
            "variants": (Variant(variant_id=f"{product_id}-v", size="L"),),
        }
        | fields
    )


def range_of_the_shop() -> list[Product]:
    return [article(f"plain{number}", category=["coat", "shirt"][number % 2]) for number in range(12)]


def own_articles(one: Person) -> list[Product]:
    """Articles that only this person's facts lead to: rare, so the public loop cannot show them by chance."""
    words = one.canaries
    found = [
        article(words[fact][0], category=f"{fact}-kind", brand=f"{fact}-make", price_cents=99_999_99, rare=True)
        for fact in ("viewed", "wishlist", "reservations", "owned")
    ]
    found += [
        article(f"{words['likes'][0]}{number}", brand=words["likes"][0], category=words["likes"][1], rare=False)
        for number in range(3)  # enough for a theme, and one place left among the looks
    ]
    found.append(article(words["member_prices"][1], price_cents=99_999_99, rare=True, category="priced"))
    return found


def person(chance: Random, name: str) -> Person:
    words = canaries(name, chance)
    purposes = frozenset(purpose for purpose in Purpose if chance.random() < 0.8)
    valid = chance.random() < 0.9
    hidden = frozenset(word for word in HIDEABLE if chance.random() < 0.06)
    profile = full_profile(words, purposes, hidden, chance, valid=valid)
    visit = Visit(
        visit_id=f"visit-{name}",
        member_ref=profile.member_ref,
        zone="floor",
        arrived_at=NOW - 600,
        last_heard_at=NOW,
        state=chance.choice(["arriving", "here", "fitting"]),
        mode_choice=chance.choice([None, None, *Mode]),
        air_mode=chance.choice([None, None, Mode.PHONE, Mode.SCREEN, Mode.ADVICE]),
        assurance=chance.choice(list(Assurance)),
        contested=chance.random() < 0.1,
        notes=(Note(note_id="n", text=words["written"][0], at=NOW),),
        access_log=(AccessEntry(at=NOW, role="staff", what=words["access_log"][0]),),
    )
    policy = chance.choice([Assurance.ANSWERED, Assurance.ANSWERED, Assurance.HEARD])
    found = scope(
        profile,
        visit.mode_choice,
        visit.air_mode,
        assurance=visit.assurance,
        policy=policy,
        now=NOW,
        contested=visit.contested,
    )
    return Person(profile, visit, found, situation(profile, visit, policy, valid=valid), words)


def situation(profile: Profile, visit: Visit, policy: Assurance, *, valid: bool) -> Situation:
    assert profile.consent is not None
    return Situation(
        purposes={str(purpose) for purpose in profile.consent.purposes},
        consent_is_valid=valid,
        standing_mode=str(profile.standing_mode),
        choice=None if visit.mode_choice is None else str(visit.mode_choice),
        on_air=None if visit.air_mode is None else str(visit.air_mode),
        proven=visit.assurance == "answered",
        store_trusts_tags=policy == "heard",
        contested=visit.contested,
        hidden=profile.hidden,
    )


def canaries(name: str, chance: Random) -> dict[str, tuple[str, ...]]:
    def word(fact: str) -> str:
        return f"zq{fact}q{name}z"

    found: dict[str, tuple[str, ...]] = {fact: (word(fact),) for fact in ONE_WORD}
    found["likes"] = (word("brandlike"), word("kindlike"))
    found["reservations"] = (word("reserved"), word("reservation"), word("room"))
    # A number that no other price comes near, and the article it is for.
    found["member_prices"] = (str(chance.randrange(30_000_01, 99_000_00)), word("priced"))
    found["member_ref"] = (f"{chance.getrandbits(128):032x}",)
    return found


def full_profile(
    words: dict[str, tuple[str, ...]],
    purposes: frozenset[Purpose],
    hidden: frozenset[str],
    chance: Random,
    *,
    valid: bool,
) -> Profile:
    member_ref = words["member_ref"][0]
    product_id, reservation_id, room = words["reservations"]
    return Profile(
        member_ref=member_ref,
        merchant_id="m",
        alias=words["alias"][0],
        name=words["name"][0],
        loyalty_number=words["loyalty"][0],
        language="en",
        standing_mode=chance.choice(list(Mode)),
        brands_liked=(seen(words["likes"][0]),),
        categories_liked=(seen(words["likes"][1]),),
        brands_disliked=(seen(words["dislikes"][0]),),
        colours=(seen(words["colours"][0]),),
        sizes=(seen(Size(category="coat", size=words["sizes"][0])),),
        viewed=(seen(words["viewed"][0]),),
        wishlist=(seen(words["wishlist"][0]),),
        owned=(seen(words["owned"][0]),),
        reservations=(
            Reservation(
                reservation_id=reservation_id,
                variant_id=f"{product_id}-v",
                product_id=product_id,
                size="L",
                reserved_at=int(NOW - DAY_S),
                held_until=int(NOW + DAY_S),
                room=room,
            ),
        ),
        tier=seen(words["tier"][0]),
        member_prices=(
            MemberPrice(
                product_id=words["member_prices"][1], price_cents=int(words["member_prices"][0]), until=int(NOW + DAY_S)
            ),
        ),
        notes=(seen(words["notes"][0]),),
        complaint_open=seen(words["complaint"][0]),
        hidden=hidden,
        consent=receipt(member_ref, purposes, chance, valid=valid),
    )


def seen(value: Any) -> Observed[Any]:
    return Observed(value=value, source="web", observed_at=int(NOW - DAY_S))


def receipt(member_ref: str, purposes: frozenset[Purpose], chance: Random, *, valid: bool) -> ConsentReceipt:
    genuine = ConsentReceipt(
        receipt_id="r",
        merchant_id="m",
        member_ref=member_ref,
        purposes=purposes,
        given_at=int(NOW - 100 * DAY_S),
        expires_at=int(NOW + DAY_S),
        notice="n",
        channel="app",
        adult=True,
    )
    if valid:
        return genuine
    ways: list[dict[str, Any]] = [{"expires_at": int(NOW)}, {"given_at": int(NOW + 1)}, {"member_ref": "f" * 32}]
    return genuine.model_copy(update=chance.choice(ways))


def wide_open(one: Person) -> Person:
    """The same person with the gate taken away: every audience may see everything."""
    everything = dict.fromkeys(one.scope.facts, frozenset(Fact))
    return replace(one, scope=replace(one.scope, facts=everything))
