"""How people look through the catalogue for pictures: what words find, and how a place is written down."""

import pytest

from hq.core.articles import Place, has_words, read_place, words_of
from hq.errors import BadInput
from tests.core.store import product as numbered
from wire.product import Product, Variant


def coat() -> Product:
    name = {"de": "Wollmantel Lene", "en": "Lene wool coat"}
    size = Variant(variant_id="v", size="38", gtin="4001234567890")
    fields = {"product_id": "HH-7", "brand": "Halm & Hede", "name": name, "colour": "navy", "variants": (size,)}
    return numbered(1).model_copy(update=fields)


@pytest.mark.parametrize("typed", ["mantel", "WOLL lene", "wool", "halm hh-7", "navy coat", "4001234567890", "  "])
def test_every_word_has_to_stand_somewhere(typed: str) -> None:
    assert has_words(coat(), words_of(typed))


@pytest.mark.parametrize("typed", ["lene jacke", "womantel", "HH-77"])
def test_one_word_that_stands_nowhere_finds_nothing(typed: str) -> None:
    assert not has_words(coat(), words_of(typed))


@pytest.mark.parametrize("place", [Place(), Place(pictured=True), Place(pictured=True, product_id="a:b/c ä")])
def test_a_place_that_was_written_down_is_found_again(place: Place) -> None:
    assert read_place(str(place)) == place


def test_no_place_is_the_beginning() -> None:
    assert read_place("") == Place()


@pytest.mark.parametrize("text", ["coat", "2:coat", "1"])
def test_what_the_list_never_answered_is_no_place(text: str) -> None:
    with pytest.raises(BadInput):
        read_place(text)
