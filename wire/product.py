"""What a shop sells: product, variant and stock, as every store and page reads them.

Money is integer cents with its currency; keys follow GTIN > SKU > (group, colour, size): `variant_id` is the best
that the source had, `product_id` names the group that a shopper would call one article.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from wire.picture import PictureName

Cents = Annotated[int, Field(ge=0, le=10**9)]
# It is part of a cursor: an empty one would make half a cursor, and PostgreSQL keeps no NUL.
FeedKey = Annotated[str, Field(pattern=r"^[^\x00]{1,200}$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Variant(_Model):
    variant_id: FeedKey
    size: str
    gtin: str = ""


class Product(_Model):
    """`garment` is the drawing a page falls back on when there is no picture; `lowest_30d` is PAngV § 11.

    `image` never is an address: what a page shows comes from the store that shows it.
    """

    product_id: FeedKey
    merchant_id: str
    brand: str
    category: str
    garment: str
    name: dict[str, str]  # language -> name; "de" is always there
    colour: str  # colour family, English key: navy, camel, ...
    colour_hex: str = ""  # #rrggbb; empty: pages paint what `colour` names
    pattern: str = "plain"
    price_cents: Cents
    was_cents: Cents | None = None
    lowest_30d_cents: Cents | None = None
    currency: str = "EUR"
    season: str = ""
    launched_on: str = ""  # ISO date
    image: PictureName | None = None
    rare: bool = False  # few pieces exist: would point at one person on a public screen
    variants: tuple[Variant, ...]


class Stock(_Model):
    """Pieces of one variant in one store; `shelf` says where a salesperson finds it."""

    store_id: str
    variant_id: FeedKey
    pieces: Annotated[int, Field(ge=0, le=10**6)]
    shelf: str = ""
    counted_at: int
