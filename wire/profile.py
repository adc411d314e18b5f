"""What head office knows of a member and a store may show, under consent: there is one `Profile`, and it is this.

Every fact carries its source, the instant it was observed (unix seconds UTC) and a confidence, so that a page can
grey what is old and a rule can refuse to act on it.
"""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from wire.product import Cents
from wire.receipt import ConsentReceipt
from wire.views import Mode

SCHEMA = 1
FactSource = Literal["web", "app", "shop", "staff", "till", "import", "member"]
Step = Literal["reserved", "picked", "fitting", "tried", "bought", "returned", "expired"]
Value = TypeVar("Value")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Observed(_Model, Generic[Value]):
    """A value with its source, age and confidence (0..1)."""

    value: Value
    source: FactSource
    observed_at: int
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0


class Size(_Model):
    category: str
    size: str


class Reservation(_Model):
    """`step` here is head office's last knowledge; the store owns it once the shopper is in."""

    reservation_id: str
    variant_id: str
    product_id: str
    size: str
    store_id: str = ""  # where it is kept; empty: in the home store
    reserved_at: int
    held_until: int
    room: str = ""
    step: Step = "reserved"


class MemberPrice(_Model):
    product_id: str
    price_cents: Cents
    until: int


class Profile(_Model):
    """A member of one merchant. `member_ref` is 128 random bits in hex, never an e-mail or a customer number."""

    schema_version: int = SCHEMA
    member_ref: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    merchant_id: str
    rev: int = 1
    alias: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(max_length=120)] = ""
    loyalty_number: Annotated[str, Field(max_length=40)] = ""
    home_store: Annotated[str, Field(max_length=40)] = ""  # which store, with its neighbours, holds this member
    language: Literal["de", "en"] = "de"
    standing_mode: Mode = Mode.PHONE
    brands_liked: tuple[Observed[str], ...] = ()
    brands_disliked: tuple[Observed[str], ...] = ()
    categories_liked: tuple[Observed[str], ...] = ()
    colours: tuple[Observed[str], ...] = ()
    colours_disliked: tuple[Observed[str], ...] = ()
    sizes: tuple[Observed[Size], ...] = ()
    viewed: tuple[Observed[str], ...] = ()  # product ids, newest first
    wishlist: tuple[Observed[str], ...] = ()  # product ids
    owned: tuple[Observed[str], ...] = ()  # product ids
    reservations: tuple[Reservation, ...] = ()
    tier: Observed[str] | None = None
    member_prices: tuple[MemberPrice, ...] = ()
    notes: tuple[Observed[Annotated[str, Field(max_length=200)]], ...] = ()
    complaint_open: Observed[str] | None = None
    hidden: frozenset[str] = frozenset()  # facts of `wire.views.Fact` that the member hid
    consent: ConsentReceipt | None = None
