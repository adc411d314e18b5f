"""Made-up members in any number, of a merchant whose words are made up too: for what needs many, not the demo's few.

The same seed gives the same merchant and members. Two merchants share the shape of what they know and hardly a word:
what is trained on one and measured on another is measured honestly.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from wire.product import Product, Stock, Variant
from wire.profile import FactSource, MemberPrice, Observed, Profile, Reservation, Size
from wire.receipt import RECEIPT_LIFETIME_S, ConsentReceipt, Purpose
from wire.views import Mode

_SYLLABLES: Final = (
    "al an bel ber cor da del el en fa fin ga hal hel in ka kor la len lo ma mar mi na nor o pa ri ro sa"
)
_MORE: Final = "se sil so ta tel ti tor u va ven vi wa wil ya za zen"
_CATEGORIES: Final = "bag belt blazer blouse boots cardigan coat dress hat jacket jeans jumper parka scarf shirt shoes"
_MORE_CATEGORIES: Final = "shorts skirt sneakers socks suit sweater tights top trousers underwear vest"
_COLOURS: Final = "black white grey navy blue green olive camel beige brown rust red rose lilac mustard teal"
_SOURCES: Final[tuple[FactSource, ...]] = ("web", "app", "shop", "staff", "till", "import", "member")
_EPOCH: Final = 1_700_000_000
_DAY_S: Final = 86_400
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Merchant:
    """The words of one merchant: its brands, and the style in which it numbers what it sells."""

    merchant_id: str
    brands: tuple[str, ...]
    product_style: str  # gtin | slug | number
    key_id: str

    @classmethod
    def invented(cls, chance: random.Random) -> "Merchant":
        return cls(
            merchant_id=_word(chance, 2).lower(),
            brands=tuple(_word(chance, chance.randint(1, 3)) for _ in range(40)),
            product_style=chance.choice(("gtin", "slug", "number")),
            key_id=chance.randbytes(4).hex(),
        )

    def product_id(self, chance: random.Random) -> str:
        number = chance.randrange(10**7)
        if self.product_style == "gtin":
            return f"40{number:07}{chance.randrange(10**4):04}"
        if self.product_style == "number":
            return f"{number:07}"
        return f"{chance.choice(_categories())}-{_word(chance, 2).lower()}-{chance.choice(_COLOURS.split())}"


def people(seed: int, count: int) -> Iterator[Profile]:
    """`count` members of the merchant of `seed`. Their signatures are as random as real ones, and fit nothing."""
    chance = random.Random(seed)
    merchant = Merchant.invented(chance)
    for _ in range(count):
        yield _person(merchant, chance)


def goods(seed: int, count: int) -> Iterator[Product]:
    chance = random.Random(seed)
    merchant = Merchant.invented(chance)
    for _ in range(count):
        yield _product(merchant, chance)


def shelves(seed: int, count: int) -> Iterator[Stock]:
    chance = random.Random(seed)
    merchant = Merchant.invented(chance)
    for _ in range(count):
        yield Stock(
            store_id=f"de-{chance.randint(1, 400):04}",
            variant_id=f"{merchant.product_id(chance)}-{chance.randint(34, 46)}",
            pieces=chance.randint(0, 9),
            shelf=f"{chance.choice('ABCM')}{chance.randint(1, 9)}-{chance.randint(1, 9)}",
            counted_at=_EPOCH + chance.randrange(900 * _DAY_S),
        )


def _person(merchant: Merchant, chance: random.Random) -> Profile:
    member_ref = chance.randbytes(16).hex()
    given_at = _EPOCH + chance.randrange(900 * _DAY_S)
    first, last = _word(chance, 2), _word(chance, 3)
    return Profile(
        member_ref=member_ref,
        merchant_id=merchant.merchant_id,
        rev=chance.randint(1, 60),
        alias=first,
        name=f"{first} {last}",
        loyalty_number=f"{chance.randrange(10**11):011}",
        language=chance.choice(("de", "de", "en")),
        standing_mode=chance.choice(tuple(Mode)),
        brands_liked=_several(chance, 1, lambda: chance.choice(merchant.brands)),
        brands_disliked=_several(chance, 0, lambda: chance.choice(merchant.brands)),
        categories_liked=_several(chance, 1, lambda: chance.choice(_categories())),
        colours=_several(chance, 1, lambda: chance.choice(_COLOURS.split())),
        colours_disliked=_several(chance, 0, lambda: chance.choice(_COLOURS.split())),
        sizes=_several(
            chance, 2, lambda: Size(category=chance.choice(_categories()), size=str(chance.randint(34, 48)))
        ),
        viewed=_several(chance, 3, lambda: merchant.product_id(chance)),
        wishlist=_several(chance, 1, lambda: merchant.product_id(chance)),
        owned=_several(chance, 1, lambda: merchant.product_id(chance)),
        reservations=tuple(_reservation(merchant, chance) for _ in range(_one_in(10, chance))),
        tier=_seen(chance, chance.choice(("bronze", "silver", "gold"))) if _one_in(2, chance) else None,
        member_prices=tuple(
            MemberPrice(
                product_id=merchant.product_id(chance), price_cents=chance.randint(9, 400) * 100, until=given_at
            )
            for _ in range(_one_in(5, chance))
        ),
        notes=_several(chance, 0, lambda: " ".join(_word(chance, 2) for _ in range(6))),
        consent=_receipt(merchant, member_ref, given_at, chance),
    )


def _receipt(merchant: Merchant, member_ref: str, given_at: int, chance: random.Random) -> ConsentReceipt:
    return ConsentReceipt(
        receipt_id=chance.randbytes(16).hex(),
        merchant_id=merchant.merchant_id,
        member_ref=member_ref,
        purposes=frozenset({Purpose.RECOGNISE, *chance.sample(tuple(Purpose), chance.randint(0, 4))}),
        given_at=given_at,
        expires_at=given_at + RECEIPT_LIFETIME_S,
        epoch=chance.randint(0, 3),
        notice=chance.choice(("2025-04", "2026-02", "2026-11")),
        channel=chance.choice(("join-page", "app", "phone-page")),
        adult=True,
        key_id=merchant.key_id,
        signature=chance.randbytes(64).hex(),
    )


def _reservation(merchant: Merchant, chance: random.Random) -> Reservation:
    product_id, size = merchant.product_id(chance), str(chance.randint(34, 48))
    reserved_at = _EPOCH + chance.randrange(900 * _DAY_S)
    return Reservation(
        reservation_id=chance.randbytes(8).hex(),
        variant_id=f"{product_id}-{size}",
        product_id=product_id,
        size=size,
        reserved_at=reserved_at,
        held_until=reserved_at + 2 * _DAY_S,
        room=str(chance.randint(1, 4)),
        step=chance.choice(("reserved", "picked", "bought", "returned", "expired")),
    )


def _product(merchant: Merchant, chance: random.Random) -> Product:
    product_id, price = merchant.product_id(chance), chance.randint(9, 400) * 100
    category, name = chance.choice(_categories()), _word(chance, 2)
    return Product(
        product_id=product_id,
        merchant_id=merchant.merchant_id,
        brand=chance.choice(merchant.brands),
        category=category,
        garment=category,
        name={"de": f"{category.title()} {name}", "en": f"{name} {category}"},
        colour=chance.choice(_COLOURS.split()),
        colour_hex=f"#{chance.randbytes(3).hex()}",
        pattern=chance.choice(("plain", "check", "stripe", "herringbone")),
        price_cents=price,
        was_cents=price + 2000 if _one_in(10, chance) else None,
        season=chance.choice(("AW26", "SS26", "AW25", "")),
        launched_on=f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        variants=tuple(Variant(variant_id=f"{product_id}-{size}", size=str(size)) for size in range(36, 48, 2)),
    )


def _several(chance: random.Random, most_often: int, make: Callable[[], Value]) -> tuple[Observed[Value], ...]:
    """Around `most_often` facts; a tenth of all members has told much more."""
    count = most_often * 2 + chance.randint(0, 2) if _one_in(10, chance) else chance.randint(0, most_often * 2)
    return tuple(_seen(chance, make()) for _ in range(count))


def _seen(chance: random.Random, value: Value) -> Observed[Value]:
    return Observed(
        value=value,
        source=chance.choice(_SOURCES),
        observed_at=_EPOCH + chance.randrange(900 * _DAY_S),
        confidence=chance.choice((1.0, 1.0, 0.8, 0.6)),
    )


def _one_in(number: int, chance: random.Random) -> bool:
    return chance.randrange(number) == 0


def _word(chance: random.Random, syllables: int) -> str:
    return "".join(chance.choice(f"{_SYLLABLES} {_MORE}".split()) for _ in range(syllables)).title()


def _categories() -> list[str]:
    return f"{_CATEGORIES} {_MORE_CATEGORIES}".split()
