"""The catalogue as people look through it for pictures: in which order, from which place on, and what a word finds.

Articles without a picture come first, each half in the order of their numbers, so that a list that was left goes on
where it was: what gets its picture meanwhile has moved behind the place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hq.errors import BadInput
from wire.product import Product

# A screenful and a half beside its pictures; the next ones are a press away.
LISTED: Final = 48
# An article's text lies packed, so a search reads all of them: 60 ms for so many. Who finds nothing among these goes
# on from there, rather than keep a thread of the database for a catalogue of a hundred thousand.
LOOKED_THROUGH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """Behind the article `product_id` of those with a picture, or of those without."""

    pictured: bool = False
    product_id: str = ""

    def __str__(self) -> str:
        return f"{int(self.pictured)}:{self.product_id}"


@dataclass(frozen=True, slots=True)
class Articles:
    """`found` in their order; `next` None at the end. `without` of `count` articles have no picture."""

    found: tuple[Product, ...]
    next: Place | None
    without: int
    count: int


def read_place(text: str) -> Place:
    """What `str` of a Place wrote; empty: the beginning. Raises BadInput."""
    pictured, colon, product_id = text.partition(":")
    if text and (pictured not in {"0", "1"} or not colon):
        raise BadInput("This is no place in the list of articles.", "Give the `next` that the list answered.")
    return Place(pictured == "1", product_id)


def words_of(typed: str) -> tuple[str, ...]:
    return tuple(typed.casefold().split())


def has_words(product: Product, words: Iterable[str]) -> bool:
    """Whether each of `words` stands somewhere in what is written about the article, a size's number included."""
    numbers = (product.product_id, *(variant.gtin for variant in product.variants))
    written = (product.brand, product.category, product.colour, *product.name.values(), *numbers)
    text = " ".join(written).casefold()
    return all(word in text for word in words)
