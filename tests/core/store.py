"""A store small enough to read: two zones and a door, one tablet, one screen, Anna and Ben, two coats."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.core.clock import Anchor
from edge.core.floor import Chance, Past
from edge.core.inputs import Device, Heard, Tick
from edge.core.names import folded
from edge.core.nearby import NearLine
from edge.service import Service
from edge.settings import Settings
from edge.settings_file import parse_settings
from wire.product import Product, Stock, Variant
from wire.profile import Observed, Profile, Reservation
from wire.receipt import ConsentReceipt, Purpose, signed
from wire.views import Mode

NOW = 1_760_000_000.0
ANNA, BEN = "a" * 32, "b" * 32
ANCHOR = Anchor("boot", 100.0, NOW)
FILE_KEY = bytes(range(32))  # of cache.db and outbox.db
HUB_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
TABLET = Device("t1", "tablet")
SCREEN = Device("window", "screen", "coats")

TABLES: dict[str, Any] = {
    "store": {"number": 4711, "id": "de-1", "name": "Test"},
    "presence": {"arrive_after_s": 4, "left_after_s": 60, "assurance": "answered"},
    "zone": [
        {"id": "door", "kind": "entrance", "rect": [0, 0, 10, 2]},
        {"id": "coats", "name": "Coats", "rect": [0, 2, 10, 10]},
        {"id": "rooms", "kind": "fitting", "rect": [0, 10, 10, 12]},
    ],
    "scanner": [
        {"id": "s-door", "zone": "door", "source": "replay"},
        {"id": "s-coats", "zone": "coats", "source": "replay"},
        {"id": "s-rooms", "zone": "rooms", "source": "replay"},
    ],
    "screen": [{"id": "window", "zone": "coats"}],
    "tablet": [{"id": "t1"}],
    "hq": {"url": "http://127.0.0.1:1"},
}


def settings(**tables: Any) -> Settings:
    return parse_settings({**TABLES, **tables}, Path("store.toml"))


def receipt(
    member_ref: str, purposes: Iterable[Purpose] = tuple(Purpose), given_at: float = NOW - 1000
) -> ConsentReceipt:
    unsigned = ConsentReceipt(
        receipt_id=f"r-{member_ref[:4]}",
        merchant_id="m",
        member_ref=member_ref,
        purposes=frozenset(purposes),
        given_at=int(given_at),
        expires_at=int(NOW + 10**7),
        notice="1",
        channel="join-page",
        adult=True,
    )
    return signed(unsigned, HUB_KEY, "k1")


def profile(member_ref: str = ANNA, mode: Mode = Mode.ADVICE, **fields: Any) -> Profile:
    known = {
        "alias": "Anna" if member_ref == ANNA else "Ben",
        "name": "Anna Beispiel",
        "loyalty_number": f"L{member_ref[:2]}",
        "standing_mode": mode,
        "categories_liked": (Observed(value="coat", source="member", observed_at=int(NOW) - 100),),
        "reservations": (
            Reservation(
                reservation_id="res-1",
                variant_id="coat-0-m",
                product_id="coat-0",
                size="M",
                reserved_at=int(NOW) - 900,
                held_until=int(NOW) + 90_000,
            ),
        ),
        "consent": receipt(member_ref),
    }
    return Profile(member_ref=member_ref, merchant_id="m", **{**known, **fields})


def product(number: int, category: str = "coat") -> Product:
    name = f"{category}-{number}"
    return Product(
        product_id=name,
        merchant_id="m",
        brand="Nord",
        category=category,
        garment=category,
        name={"de": f"Mantel {number}", "en": f"Coat {number}"},
        colour="navy",
        price_cents=19_900,
        variants=(Variant(variant_id=f"{name}-m", size="M"),),
    )


def catalogue() -> dict[str, Product]:
    found = [product(number, category) for category in ("coat", "shirt") for number in range(5)]
    return {one.product_id: one for one in found}


@dataclass
class Memory:
    """A replica in memory."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    articles: Mapping[str, Product] = field(default_factory=catalogue)
    confirmed_at: float = NOW
    lease_s: float = 14 * 86_400

    def profile(self, member_ref: str) -> Profile | None:
        return self.profiles.get(member_ref)

    def member_by_loyalty(self, number: str) -> str | None:
        return next((one.member_ref for one in self.profiles.values() if one.loyalty_number == number), None)

    def reserving(self) -> tuple[str, ...]:
        return tuple(one.member_ref for one in self.profiles.values() if one.reservations)

    def members_named(self, words: Sequence[str], limit: int) -> tuple[str, ...]:
        found = [
            one.member_ref
            for one in self.profiles.values()
            if all(any(own.startswith(word) for own in folded(one.name or one.alias)) for word in words)
        ]
        return tuple(sorted(found))[:limit] if words else ()

    def products(self) -> Mapping[str, Product]:
        return self.articles

    def stock(self) -> Mapping[str, Stock]:
        variants = [variant for one in self.articles.values() for variant in one.variants]
        return {
            one.variant_id: Stock(store_id="de-1", variant_id=one.variant_id, pieces=2, counted_at=int(NOW))
            for one in variants
        }

    def as_of(self) -> float:
        return self.confirmed_at

    def granted_s(self) -> float:
        return self.lease_s


def replica(*profiles: Profile) -> Memory:
    return Memory({one.member_ref: one for one in profiles})


def chance(epoch: str = "e1") -> Chance:
    numbers = count(1)
    return Chance(
        epoch=epoch,
        visit_id=lambda: f"{epoch}-v{next(numbers)}",
        phone_code=lambda: "ABCDEFGH",
        delay_s=lambda: 3.0,
        day_end=lambda now: now + 40_000,
        qr_svg=lambda url: f"<svg>{url}</svg>",
    )


@dataclass
class Shelf:
    """Pictures that are here, by name."""

    here: frozenset[str] = frozenset()

    def names(self) -> frozenset[str]:
        return self.here


@dataclass
class Neighbours:
    """What other stores have."""

    lines: tuple[NearLine, ...] = ()

    def near(self, variant_ids: Sequence[str]) -> Sequence[NearLine]:
        return [line for line in self.lines if line.variant_id in variant_ids]


class Store:
    """A service and its clock: each call returns the effects of what it did."""

    def __init__(self, *profiles: Profile, past: Past = Past(), now: float = NOW, **tables: Any) -> None:  # noqa: B008
        self.replica = replica(*profiles)
        self.now = now
        self.pictures, self.nearby = Shelf(), Neighbours()
        self.service = Service(
            self.replica, settings(**tables), chance(), now, past, pictures=self.pictures, nearby=self.nearby
        )

    def do(self, *inputs: Any) -> list[Any]:
        return [effect for one in inputs for effect in self.service.step(one, self.now)]

    def wait(self, seconds: float) -> list[Any]:
        """Time passes in ticks of half a second."""
        effects: list[Any] = []
        for _ in range(int(seconds * 2)):
            self.now += 0.5
            effects += self.do(Tick())
        return effects

    def walk(self, member_ref: str, scanner: str = "s-coats", seconds: float = 8, mode_bits: int = 0) -> list[Any]:
        """The member's phone is heard loudly by one scanner, twice a second."""
        effects: list[Any] = []
        for _ in range(int(seconds * 2)):
            self.now += 0.5
            effects += self.do(Heard(member_ref, scanner, -55, mode_bits, self.now), Tick())
        return effects
