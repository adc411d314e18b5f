# ruff: noqa: E501 - a table: one paragraph a member
"""The members of the demo's shop: what each answered when joining, and what head office has learnt since.

Ages are hours before the demo starts. Nobody here has a consent: head office issues it when the demo joins them.
`phone` is what they carry: `full` answers the store's challenge, `light` only speaks its token, None has no phone at all.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict

from wire.profile import FactSource
from wire.receipt import Purpose
from wire.views import Mode

_ALL: Final = tuple(Purpose)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Held(_Model):
    """A reservation to try on."""

    product_id: str
    size: str
    hours_ago: int
    hours_left: int
    room: str = ""


class Note(_Model):
    text: str
    source: FactSource
    hours_ago: int


class Carried(_Model):
    """The phone in the pocket."""

    kind: str  # light | full
    carrier: str = "service128"  # service16 | service128 | ios


class Member(_Model):
    """One member. `viewed` and `wishlist` map a product id to its age in hours."""

    key: str
    name: str
    alias: str
    language: str = "de"
    standing_mode: Mode
    purposes: tuple[Purpose, ...] = _ALL
    consent_over: bool = False  # the consent has run out
    sizes: dict[str, str] = {}
    brands_liked: tuple[str, ...] = ()
    brands_disliked: tuple[str, ...] = ()
    categories_liked: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    colours_disliked: tuple[str, ...] = ()
    viewed: dict[str, int] = {}
    wishlist: dict[str, int] = {}
    owned: dict[str, int] = {}
    reservations: tuple[Held, ...] = ()
    tier: str = ""
    member_prices: dict[str, int] = {}
    notes: tuple[Note, ...] = ()
    complaint: Note | None = None
    phone: Carried | None = None


def _without(*purposes: Purpose) -> tuple[Purpose, ...]:
    return tuple(purpose for purpose in _ALL if purpose not in purposes)


PEOPLE: Final = (
    Member(
        key="anna", name="Anna Brandt", alias="Anna B.", standing_mode=Mode.ADVICE,
        sizes={"coat": "38", "dress": "38", "blouse": "38", "trousers": "40", "shoes": "39", "sweater": "S"},
        brands_liked=("Halm & Hede", "Ostwind Atelier"), brands_disliked=("Werft Neun",), categories_liked=("coat",),
        colours=("camel", "navy", "ecru"), colours_disliked=("lilac",),
        viewed={"coat-lene-camel": 20, "coat-tuva-camel": 21, "coat-runa-charcoal": 21, "scarf-bror-camel": 22, "boots-edda-cognac": 44},
        wishlist={"sweater-iris-camel": 70, "coat-elin-beige": 190},
        owned={"scarf-bror-grey": 8000},
        reservations=(Held(product_id="coat-lene-camel", size="38", hours_ago=19, hours_left=29, room="2"),),
        tier="gold", member_prices={"coat-lene-camel": 31900},
        notes=(Note(text="Ärmel oft zu lang, kürzt gern um 2 cm.", source="staff", hours_ago=2200),),
        phone=Carried(kind="full"),
    ),
    Member(
        key="ben", name="Ben Aydın", alias="Ben", standing_mode=Mode.ADVICE,
        sizes={"jacket": "52", "coat": "52", "shirt": "L", "jeans": "34", "shoes": "44"},
        brands_liked=("Birkmoor",), categories_liked=("jacket",), colours=("olive", "navy"), colours_disliked=("red",),
        viewed={"jacket-nils-olive": 5, "shirt-arne-green": 6, "boots-knut-brown": 6},
        owned={"jacket-nils-navy": 1400, "jeans-taro-denim": 5200}, wishlist={"boots-knut-brown": 300},
        complaint=Note(text="Naht am Parka nach zwei Wochen offen, Reparatur zugesagt.", source="shop", hours_ago=52),
        tier="silver", phone=Carried(kind="full", carrier="service16"),
    ),
    Member(
        key="clara", name="Clara Hoffmann", alias="Clara", standing_mode=Mode.SCREEN,
        sizes={"dress": "36", "blouse": "36", "skirt": "36"},
        brands_liked=("Lune Ardoise",), categories_liked=("dress",), colours=("teal", "rust"),
        viewed={"dress-mila-teal": 3, "dress-stella-green": 3, "skirt-enya-teal": 4},
        phone=Carried(kind="full"),
    ),
    Member(
        key="david", name="David Okafor", alias="David", language="en", standing_mode=Mode.PHONE,
        sizes={"coat": "50", "sweater": "M", "shoes": "43"},
        brands_liked=("Marlow Finke",), categories_liked=("blazer",), colours=("navy",),
        viewed={"blazer-henrik-navy": 30, "coat-ruben-brown": 31},
        wishlist={"shoes-oskar-cognac": 100}, phone=Carried(kind="full"),
    ),
    Member(
        key="emine", name="Emine Yıldız", alias="Emine", standing_mode=Mode.ADVICE,
        sizes={"coat": "42", "dress": "42"}, brands_liked=("Nordhafer",), categories_liked=("dress",), colours=("burgundy",),
        reservations=(Held(product_id="dress-wanda-burgundy", size="40", hours_ago=30, hours_left=18, room="1"),),
        phone=Carried(kind="light"),
    ),
    Member(
        key="finn", name="Finn Petersen", alias="Finn", standing_mode=Mode.SCREEN,
        sizes={"sneakers": "44", "jeans": "32"}, brands_liked=("Sandrohr",), categories_liked=("sneakers",), colours=("white",),
        viewed={"sneakers-milo-white": 12}, phone=Carried(kind="light", carrier="service16"),
    ),
    Member(
        key="greta", name="Greta Lorenz", alias="Greta", standing_mode=Mode.PHONE,
        sizes={"shoes": "38", "bag": "one"}, categories_liked=("bag",), colours=("cognac",),
        wishlist={"bag-gil-cognac": 240}, phone=Carried(kind="light"),
    ),
    Member(
        key="hannes", name="Hannes Vogt", alias="Hannes", standing_mode=Mode.INVISIBLE,
        sizes={"coat": "54"}, brands_liked=("Halm & Hede",), categories_liked=("coat",), colours=("charcoal",),
        viewed={"coat-mats-charcoal": 8}, phone=Carried(kind="full"),
    ),
    Member(
        key="ida", name="Ida Nowak", alias="Ida", standing_mode=Mode.ADVICE, purposes=_without(Purpose.STAFF),
        sizes={"trousers": "38", "blouse": "40"}, brands_liked=("Alma Brunn",), categories_liked=("blouse",), colours=("white",),
        viewed={"blouse-noor-ecru": 16}, phone=Carried(kind="full"),
    ),
    Member(
        key="jonas", name="Jonas Weber", alias="Jonas", standing_mode=Mode.ADVICE, purposes=_without(Purpose.WEB_HISTORY),
        sizes={"shirt": "M", "trousers": "48", "sweater": "M"}, owned={"shirt-emil-light-blue": 3100},
        brands_liked=("Tidewell",), brands_disliked=("Marlow Finke",), categories_liked=("shirt",), colours=("light-blue",),
        viewed={"shirt-emil-white": 9, "sweater-jonte-navy": 9}, wishlist={"jacket-oke-sage": 60},
        phone=Carried(kind="full", carrier="service16"),
    ),
    Member(
        key="karla", name="Karla Simon", alias="Karla", standing_mode=Mode.ADVICE, consent_over=True,
        sizes={"dress": "44"}, brands_liked=("Alma Brunn",), categories_liked=("dress",),
        viewed={"dress-ines-sage": 15}, phone=Carried(kind="full"),
    ),
    Member(
        key="luis", name="Luis Ferrer", alias="Luis", language="en", standing_mode=Mode.ADVICE,
        sizes={"coat": "50", "shoes": "42"}, brands_liked=("Ponte Salice",), categories_liked=("shoes",), colours=("cognac", "brown"),
        viewed={"shoes-oskar-cognac": 26}, tier="silver",
    ),
    Member(
        key="mia", name="Mia Lindqvist", alias="Mia", standing_mode=Mode.SCREEN, purposes=_without(Purpose.SCREEN),
        sizes={"skirt": "40", "sweater": "M"}, brands_liked=("Nordhafer",), categories_liked=("sweater",), colours=("ecru",),
        viewed={"sweater-mette-ecru": 11}, phone=Carried(kind="full"),
    ),
    Member(
        key="noah", name="Noah Braun", alias="Noah", standing_mode=Mode.ADVICE,
        sizes={"jacket": "50", "jeans": "32"}, owned={"boots-knut-black": 700}, brands_liked=("Birkmoor",), categories_liked=("jacket",), colours=("olive",),
        reservations=(Held(product_id="jacket-nils-olive", size="50", hours_ago=7, hours_left=41, room="3"),),
        phone=Carried(kind="full"),
    ),
    Member(
        key="olga", name="Olga Marin", alias="Olga", standing_mode=Mode.PHONE,
        sizes={"coat": "40", "boots": "38"}, brands_liked=("Corvina Rae",), categories_liked=("jacket",), colours=("black",),
        viewed={"jacket-zora-black": 28, "jacket-bela-cognac": 29}, phone=Carried(kind="full"),
    ),
    Member(
        key="paul", name="Paul Richter", alias="Paul", standing_mode=Mode.ADVICE,
        sizes={"sweater": "L", "trousers": "52"}, wishlist={"trousers-lasse-navy": 90}, owned={"sweater-sven-grey": 9000},
        brands_liked=("Tidewell",), categories_liked=("sweater",), colours=("charcoal",),
        viewed={"sweater-jonte-charcoal": 33}, phone=Carried(kind="full"),
    ),
    Member(
        key="quynh", name="Quỳnh Tran", alias="Quỳnh", standing_mode=Mode.ADVICE,
        sizes={"blouse": "34", "dress": "34"}, brands_liked=("Lune Ardoise",), categories_liked=("blouse",), colours=("rose",),
        viewed={"blouse-noor-rose": 18}, notes=(Note(text="Lieber ohne Spiegelwand probieren.", source="member", hours_ago=900),),
        phone=Carried(kind="full"),
    ),
    Member(
        key="rosa", name="Rosa Winkler", alias="Rosa", standing_mode=Mode.ADVICE, purposes=_without(Purpose.MEASURE),
        sizes={"cardigan": "L"}, categories_liked=("cardigan",), colours=("sage",),
        viewed={"cardigan-alva-sage": 48}, phone=Carried(kind="light", carrier="ios"),
    ),
)  # fmt: skip

MEMBERS: Final = tuple(person.model_dump(mode="json", exclude_defaults=True) for person in PEOPLE)
