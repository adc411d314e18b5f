"""What a store would send, built with the wire's own models over the demo shop's articles."""

import json
import time
from functools import cache
from typing import Any, Final

from tests.require import ROOT
from wire.cards import (
    AccessEntry,
    ElsewhereStock,
    Hint,
    Item,
    Line,
    Mark,
    PhoneView,
    PickCard,
    PickLine,
    PublicItem,
    QuietCard,
    ReservationLine,
    ScreenView,
    ShelfStock,
    StaffCard,
    StatusCard,
    Theme,
)
from wire.product import Product
from wire.views import Assurance, Mode

NOW: Final = time.time()
DAY_S: Final = 86_400
QR: Final = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 2'><path d='M0 0h1v1H0zM1 1h1v1H1z'/></svg>"
SCRIPT: Final = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@cache
def products() -> dict[str, Product]:
    found: list[dict[str, Any]] = json.loads((ROOT / "simulator/shop/products.json").read_text(encoding="utf-8"))
    return {entry["product_id"]: Product.model_validate(entry) for entry in found}


def _public(product: Product) -> dict[str, Any]:
    return {name: getattr(product, name) for name in PublicItem.model_fields}


def public(product_id: str, **more: Any) -> PublicItem:
    return PublicItem(**{**_public(products()[product_id]), **more})


def item(product_id: str, **more: Any) -> Item:
    return Item(**{**_public(products()[product_id]), **more})


def mark(value: str, label: str = "", *, source: str = "web", days: int = 3, stale: bool = False) -> Mark:
    return Mark(
        value=value, label=label, source=source, observed_at=int(NOW - days * DAY_S), confidence=0.9, stale=stale
    )


def elsewhere() -> tuple[ElsewhereStock, ...]:
    """One store that counted this morning, one that has not for days."""
    return (
        ElsewhereStock(store_id="k", store_name="Kiel", sizes={"36": 1, "38": 2}, counted_at=int(NOW - 2 * 3600 - 60)),
        ElsewhereStock(store_id="l", store_name="Lübeck", sizes={"40": 1}, counted_at=int(NOW - 3 * DAY_S - 60)),
    )


def shelves() -> tuple[ShelfStock, ...]:
    return (ShelfStock(size="36", pieces=2, shelf="M4"), ShelfStock(size="38", pieces=1, shelf="M4"))


def reservation() -> ReservationLine:
    coat = item("coat-lene-camel", member_price_cents=31_900, my_size="38", in_my_size=2, shelf="M3")
    return ReservationLine(
        reservation_id="r1",
        item=coat,
        size="38",
        room="2",
        step="reserved",
        held_until=int(NOW + 2 * DAY_S),
        moves=("picked",),
    )


def anna(**more: Any) -> StaffCard:
    """The full card: every section has something to show."""
    viewed = Line(key="why.viewed", params={"when": int(NOW - DAY_S)})
    fields: dict[str, Any] = {
        "id": "v-anna",
        "alias": "Anna B.",
        "name": "Anna Brandt",
        "mode": Mode.ADVICE,
        "state": "here",
        "zone": "women",
        "zone_name": "Damen",
        "arrived_at": NOW - 260,
        "last_heard_at": NOW - 4,
        "assurance": Assurance.ANSWERED,
        "order": 1,
        "waiting": True,
        "language": "de",
        "tier": mark("gold", source="shop"),
        "reason": Line(key="reason.reservation", params={"product": "coat-lene-camel", "size": "38"}),
        "facts": (
            Line(key="fact.reserved", params={"product": "coat-lene-camel", "size": "38"}),
            Line(key="fact.size", params={"category": "coat", "size": "38"}),
            Line(key="fact.likes", params={"brand": "Halm & Hede"}),
        ),
        "hint": Hint(
            kind="reservation",
            line=Line(key="hint.reservation", params={"product": "coat-lene-camel", "size": "38", "room": "2"}),
        ),
        "reservations": (reservation(),),
        "sizes": (
            mark("38", "coat"),
            mark("38", "dress"),
            mark("40", "trousers", days=500, stale=True),
            mark("39", "shoes"),
        ),
        "likes": (mark("Halm & Hede", "brand", source="member"), mark("coat", "category")),
        "dislikes": (mark("Werft Neun", "brand", source="member"), mark("lilac", "colour")),
        "colours": (mark("camel"), mark("navy")),
        "seen": (
            item("coat-tuva-camel", my_size="38", in_my_size=1, shelf="M4", elsewhere=elsewhere(), reason=viewed),
            item("scarf-bror-camel", reason=viewed),
            item(
                "boots-edda-cognac",
                my_size="39",
                in_my_size=0,
                stock=(ShelfStock(size="40", pieces=2, shelf="S1"),),
                reason=viewed,
            ),
        ),
        "looks": (
            item(
                "sweater-iris-camel",
                my_size="S",
                in_my_size=3,
                shelf="K2",
                reason=Line(key="why.brand", params={"brand": "Halm & Hede"}),
            ),
        ),
        "owned": (item("scarf-bror-grey", reason=Line(key="why.owned", params={"when": int(NOW - 300 * DAY_S)})),),
        "notes": (mark("Ärmel oft zu lang, kürzt gern um 2 cm.", source="staff", days=90),),
        "purposes": ("recognise", "staff", "screen", "web_history"),
        "as_of": NOW - 40,
        "decided_at": NOW,
    }
    return StaffCard(**(fields | more))


def visitor(number: int, alias: str, reason: str, **more: Any) -> StaffCard:
    """A row of the list, with little on its card."""
    fields: dict[str, Any] = {
        "id": f"v-{number}",
        "alias": alias,
        "mode": Mode.ADVICE,
        "state": "here",
        "zone": "men",
        "zone_name": "Herren",
        "arrived_at": NOW - 60 * number,
        "last_heard_at": NOW - 2,
        "assurance": Assurance.ANSWERED,
        "order": number,
        "reason": Line(key=reason),
        "as_of": NOW - 40,
        "decided_at": NOW,
        "purposes": ("recognise", "staff"),
        "sizes": (mark("L", "shirt"),),
    }
    return StaffCard(**(fields | more))


def quiet(count: int = 3) -> QuietCard:
    return QuietCard(count=count)


def status(**more: Any) -> StatusCard:
    return StatusCard(**({"store_id": "de-0042", "store_name": "Halm & Hede Münster", "scanners": {"s1": "ok"}} | more))


def pick(number: int, product_id: str, size: str, **more: Any) -> PickLine:
    fields: dict[str, Any] = {
        "reservation_id": f"r{number}",
        "item": public(product_id),
        "size": size,
        "shelf": "M3",
        "pieces": 2,
        "step": "reserved",
        "held_until": int(NOW + DAY_S),
        "moves": ("picked",),
    }
    return PickLine(**(fields | more))


def picks() -> PickCard:
    over = {"step": "picked", "held_until": int(NOW - 600), "moves": ("returned",)}
    lines = (
        pick(3, "jacket-nils-olive", "50", **over),
        pick(1, "coat-lene-camel", "38", room="2"),
        pick(2, "dress-wanda-burgundy", "40", pieces=0, shelf=""),
        pick(4, "shirt-emil-white", "M", step="picked", moves=("returned",)),
    )
    return PickCard(lines=lines, more=2)


def saturday(count: int = 15) -> tuple[StaffCard | QuietCard | StatusCard | PickCard, ...]:
    """So many arrivals at once that no list shows them all."""
    reasons = ("reason.help", "reason.reservation", "reason.wish", "reason.viewed", "reason.arrived")
    params: dict[str, str | int | float] = {"product": "coat-lene-camel", "size": "38"}
    rows = tuple(
        visitor(
            at,
            f"Gast {at}",
            "reason.arrived",
            waiting=at % 5 == 1,
            help_asked_at=NOW - 20 if at % 5 == 0 else None,
            seen=(item("coat-lene-camel"),),
        ).model_copy(update={"reason": Line(key=reasons[at % 5], params=params)})
        for at in range(count)
    )
    return (*rows, quiet(9), picks(), status())


def full_list() -> tuple[StaffCard | QuietCard | StatusCard, ...]:
    help_asked = visitor(0, "Jonas", "reason.help", help_asked_at=NOW - 30, zone_name="Umkleide", state="fitting")
    unnamed = visitor(3, "", "reason.waiting", waiting=True)
    claimed = visitor(4, "Mehmet", "reason.arrived", claimed_by="deer", state="served")
    waiting = visitor(5, "Dr. Konstanze Freifrau von Hohenfels", "reason.unserved", escalated=True)
    unserved = waiting.model_copy(update={"reason": Line(key="reason.unserved", params={"minutes": 14})})
    return (help_asked, anna(), unnamed, claimed, unserved, quiet(), status())


def general() -> tuple[PublicItem, ...]:
    kinds = ("dress", "sweater", "boots", "bag", "trousers", "scarf", "shirt")
    return tuple(
        public(next(one.product_id for one in products().values() if one.category == kind and not one.rare))
        for kind in kinds
    )


def screen(theme: str = "", **more: Any) -> ScreenView:
    coats = [one for one in products().values() if one.category == theme and not one.rare][:4]
    cut = {"was_cents": 39_900, "lowest_30d_cents": 35_900}
    themed = tuple(public(one.product_id, **(cut if not at else {})) for at, one in enumerate(coats))
    fields: dict[str, Any] = {
        "screen_id": "window",
        "theme": Theme(kind="category", value=theme) if theme else Theme(kind="neutral"),
        "themed": themed,
        "general": general(),
        "phone_url": "https://hede.example/phone?store=de-0042",
        "changed_at": NOW,
        "decided_at": NOW,
    }
    return ScreenView(**(fields | more))


def phone(mode: Mode = Mode.ADVICE, **more: Any) -> PhoneView:
    card = anna()
    fields: dict[str, Any] = {
        "visit_id": "v-anna",
        "store_id": "de-0042",
        "store_name": "Halm & Hede Münster",
        "mode": mode,
        "standing_mode": Mode.PHONE,
        "modes_open": (Mode.PHONE, Mode.SCREEN, Mode.ADVICE),
        "assurance": Assurance.ANSWERED,
        "state": "here",
        "arrived_at": NOW - 260,
        "reservations": (reservation(),),
        "list": card.seen,
        "member_prices": (reservation().item,),
        "mirror": card if mode is Mode.ADVICE else None,
        "screen_theme": Theme(kind="category", value="coat"),
        "decided_at": NOW,
        "access_log": (AccessEntry(at=NOW - 30, role="staff", what="card"),),
    }
    return PhoneView(**(fields | more))


def member(**more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "alias": "Anna",
        "language": "de",
        "standing_mode": "phone",
        "modes_open": ["invisible", "phone", "screen", "advice"],
        "purposes": ["recognise", "staff", "screen", "web_history"],
        "loyalty_number": "4711 0815 23",
        "hidden": [],
        "loyalty_qr_svg": QR,
        "receipts": [
            {
                "receipt_id": "7f3a90c1d2",
                "purposes": ["recognise", "staff", "screen", "web_history"],
                "given_at": NOW - 9 * DAY_S,
                "expires_at": NOW + 720 * DAY_S,
                "notice": "join-2026-11",
                "channel": "join-page",
            }
        ],
        "preferences": {
            "sizes": [{"category": "coat", "size": "38"}],
            "brands_liked": ["Halm & Hede"],
            "colours": ["camel"],
        },
    }
    return fields | more
