"""Pictures on the pages: from the server of the page, in the size that the place needs, or drawn."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import cards
from tests.browser.conftest import Open, until
from tests.browser.stage import Stage
from tests.core.pictures import photograph
from wire.live import Ack
from wire.raster import master, scaled

pytestmark = pytest.mark.needs("chromium")

HERE, AWAY = "a" * 64, "b" * 64
COAT = "coat-tuva-camel"


@pytest.fixture(autouse=True)
def kept(stage: Stage) -> None:
    stage.kept = {HERE: scaled(master(photograph(1200, 1320)))}


def card(stage: Stage, image: str | None) -> None:
    stage.shown["staff"] = (cards.status(), cards.anna(seen=(cards.item(COAT, image=image),), looks=(), owned=()))


def opened(open_page: Open, size: tuple[int, int] = (768, 1024)) -> Page:
    page = open_page("/staff?lang=en", size=size)
    page.get_by_role("button", name="Anna B.").first.click()
    page.locator("regulars-staff-card .articles regulars-picture").first.wait_for()
    return page


def images(page: Page) -> Locator:
    return page.locator("regulars-staff-card .articles regulars-picture img")


def test_a_card_shows_the_stores_own_small_copy(open_page: Open, stage: Stage) -> None:
    card(stage, HERE)
    page = opened(open_page)
    shown = images(page)
    until(lambda: shown.evaluate("image => image.complete && image.naturalWidth") == 218)
    assert shown.get_attribute("alt") == ""  # the name stands beside it
    assert stage.pictures == [(HERE, 240)]
    assert page.locator("regulars-staff-card .articles regulars-garment").count() == 0


def test_without_a_picture_the_article_is_drawn_and_nothing_is_asked_for(open_page: Open, stage: Stage) -> None:
    card(stage, None)
    page = opened(open_page)
    expect(page.locator("regulars-staff-card .articles regulars-garment svg")).to_be_visible()
    assert stage.pictures == []


@pytest.mark.parametrize(
    ("colour", "colour_hex", "painted"),
    [
        ("navy", "#3366cc", "#3366cc"),
        ("navy", "", "#24324f"),
        ("Marineblau", "", "#24324f"),
        ("Abendhimmel", "", "#b9a88f"),
    ],
)
def test_a_drawing_has_the_articles_colour_also_where_a_shops_list_only_names_it(
    open_page: Open, stage: Stage, colour: str, colour_hex: str, painted: str
) -> None:
    coat = cards.item(COAT, image=None, colour=colour, colour_hex=colour_hex)
    stage.shown["staff"] = (cards.status(), cards.anna(seen=(coat,), looks=(), owned=()))
    page = opened(open_page)
    cloth = page.locator(f'regulars-staff-card .articles regulars-garment svg path[fill="{painted}"]')
    expect(cloth.first).to_be_attached()


def test_a_picture_that_went_meanwhile_is_drawn(open_page: Open, stage: Stage) -> None:
    card(stage, AWAY)
    page = opened(open_page)
    expect(page.locator("regulars-staff-card .articles regulars-garment svg")).to_be_visible()
    assert images(page).count() == 0


def test_a_picture_that_came_takes_the_drawings_place(open_page: Open, stage: Stage) -> None:
    card(stage, AWAY)
    page = opened(open_page)
    page.locator("regulars-staff-card .articles regulars-garment").wait_for()
    stage.patch("v-anna", {"seen": [cards.item(COAT, image=HERE).model_dump(mode="json")]})
    until(lambda: images(page).count() == 1)


@pytest.mark.parametrize("image", [HERE, None])
@pytest.mark.parametrize("size", [(360, 640), (768, 1024)])
def test_a_picture_takes_as_much_room_as_its_drawing(
    open_page: Open, stage: Stage, image: str | None, size: tuple[int, int]
) -> None:
    card(stage, image)
    page = opened(open_page, size)
    box = page.locator("regulars-staff-card .articles regulars-picture").bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (84, 92)


def test_a_search_shows_pictures(open_page: Open, stage: Stage) -> None:
    item = cards.item(COAT, image=HERE).model_dump(mode="json")
    stage.answers["search"] = Ack(key="", ok=True, body={"items": [item], "count": 1})
    page = open_page("/staff?lang=en", size=(768, 1024))
    page.get_by_role("button", name="Find articles").click()
    page.get_by_role("button", name="Coat").first.click()
    until(lambda: (HERE, 240) in stage.pictures)


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (1280, 800)])
def test_a_screen_takes_the_large_one_for_its_front_and_cuts_nothing_off(
    open_page: Open, stage: Stage, size: tuple[int, int]
) -> None:
    view = cards.screen()
    pictured = tuple(item.model_copy(update={"image": HERE}) for item in view.general)
    stage.shown["screen:window"] = (view.model_copy(update={"general": pictured}),)
    page = open_page("/screen?lang=en", size=size)
    until(lambda: {(HERE, 960), (HERE, 480)} <= set(stage.pictures))
    shown = page.locator("regulars-window img")
    expect(shown).to_have_count(4)
    for number in range(4):
        expect(shown.nth(number)).to_be_in_viewport(ratio=0.999)
    assert all(shown.nth(number).get_attribute("alt") for number in range(4))
