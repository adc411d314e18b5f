"""The demo's pictures: drawn from the pages' own shapes, the same each time, fit for head office."""

import json
import subprocess
from io import BytesIO

import pytest
from PIL import Image

from regulars.demo.opening import members, products
from regulars.demo.pictures import ordered
from simulator.shop import shelf
from simulator.shop.outlines import lines, outlines
from simulator.shop.photographs import photograph
from tests.require import NEEDS, ROOT
from wire.raster import master, scaled

SHAPES = """
import { SHAPES } from "./display/shared/garment_shapes.js";
console.log(JSON.stringify(SHAPES));
"""


@pytest.mark.needs("node")
def test_the_outlines_are_those_of_the_pages() -> None:
    """To write them anew: what this runs, one kind a line."""
    command = [str(NEEDS["node"].find()), "--input-type=module", "-e", SHAPES]
    drawn = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout
    assert json.loads(shelf("outlines.json").read_text("utf-8")) == json.loads(drawn)


def test_a_path_of_lines_curves_and_circles_becomes_points() -> None:
    assert list(lines("M1 2L3 4Z")) == [((1, 2), (3, 4), (1, 2))]
    (curve,) = lines("M0 0C0 10 10 10 10 0")
    assert (curve[0], curve[-1], max(y for _, y in curve)) == ((0, 0), (10, 0), 7.5)
    (circle,) = lines("M4 5a1 1 0 1 0 2 0a1 1 0 1 0 -2 0Z")
    assert all(abs((x - 5) ** 2 + (y - 5) ** 2 - 1) < 1e-9 for x, y in circle)
    assert len(list(lines("M0 0L1 1M5 5L6 6"))) == 2


@pytest.mark.parametrize("garment", sorted(outlines()))
def test_every_kind_of_article_has_a_picture_with_clear_surroundings(garment: str) -> None:
    article = products()[0].model_copy(update={"garment": garment})
    octets = photograph(article)
    picture = Image.open(BytesIO(octets)).convert("RGBA")
    assert picture.size == (600, 672)
    assert picture.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert picture.getchannel("A").getextrema()[1] == 255
    assert max(len(one) for one in scaled(master(octets)).values()) < 100_000


def test_the_cloth_has_the_articles_colour() -> None:
    article = next(one for one in products() if (one.garment, one.pattern, one.colour) == ("coat", "plain", "camel"))
    red, green, blue, _ = Image.open(BytesIO(photograph(article))).convert("RGBA").getpixel((210, 420))  # type: ignore[misc]
    assert all(
        abs(one - two) < 30 for one, two in zip((red, green, blue), bytes.fromhex(article.colour_hex[1:]), strict=True)
    )


def test_the_same_article_gives_the_same_picture() -> None:
    assert photograph(products()[3]) == photograph(products()[3])


def test_what_members_looked_at_is_drawn_first() -> None:
    first = ordered(products(), members())
    seen = {product_id for one in members() for product_id in (*one.viewed, *one.wishlist, *one.owned)}
    seen |= {held.product_id for one in members() for held in one.reservations}
    assert {one.product_id for one in first[: len(seen)]} == seen
    assert len(first) == len(products())
