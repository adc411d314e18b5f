"""Writes the demo shop's files: `python -m simulator.shop.generate [FOLDER]`. The same bytes every time."""

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from simulator.shop import shelf
from simulator.shop.articles import COLOURS, MODELS, RARE, SIZES, Model
from simulator.shop.members import MEMBERS
from wire.product import Product, Stock, Variant

STORE: Final = "de-0042"
SEED: Final = 4711
# What somebody of the demo came for is on the shelf, and some of what others like is missing, as on a Saturday.
PROMISED: Final = {("coat-lene-camel", "38"): 2, ("dress-wanda-burgundy", "40"): 1, ("jacket-nils-olive", "50"): 2}
MISSING_SHARE: Final = 0.18
REDUCED_SHARE: Final = 0.13
COUNTED_HOURS_AGO: Final = 9


def products() -> list[Product]:
    """Every model in each of its colours."""
    chance = random.Random(SEED)
    return [_product(model, colour, chance) for model in MODELS for colour in model.colours]


def stock(range_of_products: Sequence[Product]) -> list[Stock]:
    """What lies on the shelves. `counted_at` is an age in hours until the demo makes an instant of it."""
    chance = random.Random(SEED + 1)
    shelves = {f"{model.key}-{colour}": _shelf_of(model) for model in MODELS for colour in model.colours}
    return [
        Stock(
            store_id=STORE,
            variant_id=variant.variant_id,
            pieces=_pieces(product, variant.size, chance),
            shelf=shelves[product.product_id],
            counted_at=COUNTED_HOURS_AGO,
        )
        for product in range_of_products
        for variant in product.variants
    ]


def write(folder: Path) -> None:
    """The three files, one record a line so that a change shows as one."""
    articles = products()
    _write(folder / "products.json", [article.model_dump(mode="json") for article in articles])
    _write(folder / "stock.json", [pieces.model_dump(mode="json") for pieces in stock(articles)])
    _write(folder / "members.json", list(MEMBERS))


def _product(model: Model, colour: str, chance: random.Random) -> Product:
    product_id = f"{model.key}-{colour}"
    rare = model.key in RARE
    reduced = not rare and chance.random() < REDUCED_SHARE
    price = round(model.price_cents * 0.7 / 1000) * 1000 - 100 if reduced else model.price_cents
    month = chance.randint(7, 10)
    return Product(
        product_id=product_id,
        merchant_id="",
        brand=model.brand,
        category=model.category,
        garment=model.garment,
        name={"de": model.name_de, "en": model.name_en},
        colour=colour,
        colour_hex=COLOURS[colour],
        pattern=model.pattern,
        price_cents=price,
        was_cents=model.price_cents if reduced else None,
        # An announced cut names the lowest price of the last 30 days, which is rarely the full one.
        lowest_30d_cents=round(model.price_cents * 0.9 / 1000) * 1000 - 100 if reduced else None,
        season="AW26",
        launched_on=f"2026-{month:02d}-{chance.randint(1, 28):02d}",
        rare=rare,
        variants=tuple(
            Variant(variant_id=f"{product_id}-{size}".lower(), size=size)
            for size in (SIZES[model.scale][1:4] if rare else SIZES[model.scale]) or SIZES[model.scale]
        ),
    )


def _pieces(product: Product, size: str, chance: random.Random) -> int:
    missing, pieces = chance.random() < MISSING_SHARE, chance.randint(1, 5)
    promised = PROMISED.get((product.product_id, size))
    if promised is not None:
        return promised
    if product.rare:
        return min(1, pieces - 1)
    return 0 if missing else pieces


def _shelf_of(model: Model) -> str:
    """Area, wall and board: neighbours in the list are neighbours on the wall."""
    place = [other.key for other in MODELS if other.area == model.area].index(model.key)
    return f"{model.area}{place // 4 + 1}-{place % 4 + 1}"


def _write(path: Path, records: Sequence[object]) -> None:
    lines = ",\n".join(json.dumps(record, ensure_ascii=False, separators=(", ", ": ")) for record in records)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else shelf("products.json").parent)
