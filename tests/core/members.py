"""Anna, who has everything, and the shop she walks into. Every test says what is different about hers."""

from typing import Any

from edge.core.consent import Scope, scope
from edge.core.shop import Shop
from edge.core.visit import Visit
from wire.cards import StaffCard
from wire.product import Product, Stock, Variant
from wire.profile import MemberPrice, Observed, Profile, Reservation, Size
from wire.receipt import ConsentReceipt, Purpose
from wire.views import Assurance, Mode

NOW = 1_790_000_000.0
DAY_S = 86_400
REF = "a" * 32


def seen(value: Any, days_ago: float = 1, **fields: Any) -> Observed[Any]:
    return Observed(**{"value": value, "source": "web", "observed_at": int(NOW - days_ago * DAY_S)} | fields)


def consent(**fields: Any) -> ConsentReceipt:
    known: dict[str, Any] = {
        "receipt_id": "r",
        "merchant_id": "m",
        "member_ref": REF,
        "purposes": frozenset(Purpose),
        "given_at": int(NOW - DAY_S),
        "expires_at": int(NOW + DAY_S),
        "notice": "1",
        "channel": "app",
        "adult": True,
    }
    return ConsentReceipt(**known | fields)


def reservation(product_id: str, **fields: Any) -> Reservation:
    known: dict[str, Any] = {
        "reservation_id": f"r-{product_id}",
        "variant_id": f"{product_id}-38",
        "product_id": product_id,
        "size": "38",
        "reserved_at": int(NOW - DAY_S),
        "held_until": int(NOW + DAY_S),
        "room": "2",
    }
    return Reservation(**known | fields)


def anna(**fields: Any) -> Profile:
    known: dict[str, Any] = {
        "member_ref": REF,
        "merchant_id": "m",
        "alias": "Anna B.",
        "name": "Anna Beispiel",
        "loyalty_number": "4711",
        "standing_mode": Mode.ADVICE,
        "brands_liked": (seen("Nord"),),
        "brands_disliked": (seen("Grell"),),
        "categories_liked": (seen("coat"),),
        "colours": (seen("camel"),),
        "colours_disliked": (seen("neon"),),
        "sizes": (seen(Size(category="coat", size="38")),),
        "viewed": (seen("shirt"),),
        "wishlist": (seen("scarf"),),
        "owned": (seen("boots"),),
        "reservations": (reservation("coat"),),
        "tier": seen("gold"),
        "member_prices": (MemberPrice(product_id="coat", price_cents=199_00, until=int(NOW + DAY_S)),),
        "notes": (seen("Prefers to look around first."),),
        "complaint_open": seen("Button came off."),
        "hidden": frozenset[str](),
        "consent": consent(),
    }
    return Profile(**known | fields)


def nobody_special(**fields: Any) -> Profile:
    """A member with consent and an alias, and nothing else known."""
    return Profile(
        **{"member_ref": REF, "merchant_id": "m", "alias": "Kim", "standing_mode": Mode.ADVICE}
        | {"consent": consent()}
        | fields
    )


def article(product_id: str, sizes: str = "36 38 40", **fields: Any) -> Product:
    known: dict[str, Any] = {
        "product_id": product_id,
        "merchant_id": "m",
        "brand": "Plain",
        "category": "shirt",
        "garment": "shirt",
        "name": {"de": product_id.title()},
        "colour": "white",
        "price_cents": 299_00,
        "launched_on": "2020-01-01",
        "variants": tuple(Variant(variant_id=f"{product_id}-{size}", size=size) for size in sizes.split()),
    }
    return Product(**known | fields)


RANGE = (
    article("coat", category="coat", brand="Nord", colour="camel"),
    article("coat2", category="coat", brand="Nord", colour="navy"),
    article("coat3", category="coat", brand="Sued", colour="camel"),
    article("coat4", category="coat", brand="Grell", colour="camel"),
    article("coat5", category="coat", brand="Nord", colour="neon"),
    article("trousers", category="trousers", brand="Nord"),
    article("shirt", brand="Plain"),
    article("scarf", category="scarf", sizes="one"),
    article("boots", category="shoes", brand="Berg", colour="brown"),
)


def shop(products: tuple[Product, ...] = RANGE, gone: frozenset[str] = frozenset(), **fields: Any) -> Shop:
    """Two pieces of every size, but none of the variants in `gone`."""
    stock = {
        variant.variant_id: Stock(
            store_id="s",
            variant_id=variant.variant_id,
            pieces=0 if variant.variant_id in gone else 2,
            shelf="B3",
            counted_at=int(NOW),
        )
        for product in products
        for variant in product.variants
    }
    known: dict[str, Any] = {"zone_names": {"coats": "Coats"}, "as_of": NOW - 5}
    return Shop("s", "Shop", {product.product_id: product for product in products}, stock, **known | fields)


def visit(**fields: Any) -> Visit:
    known: dict[str, Any] = {
        "visit_id": "v1",
        "member_ref": REF,
        "zone": "coats",
        "arrived_at": NOW - 60,
        "last_heard_at": NOW - 1,
        "state": "here",
        "assurance": Assurance.ANSWERED,
    }
    return Visit(**known | fields)


def scope_of(profile: Profile, here: Visit | None = None) -> Scope:
    here = here or visit()
    return scope(
        profile,
        here.mode_choice,
        here.air_mode,
        assurance=here.assurance,
        policy=Assurance.ANSWERED,
        now=NOW,
        contested=here.contested,
    )


def must(card: StaffCard | None) -> StaffCard:
    assert card is not None
    return card
