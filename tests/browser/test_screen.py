"""The public screen: general by default, a soft shift at most, and never anything of a person."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import cards
from tests.browser.conftest import Open
from tests.browser.stage import Stage

pytestmark = pytest.mark.needs("chromium")

ROOM = "screen:window"


@pytest.fixture
def screen(open_page: Open) -> Page:
    page = open_page("/screen?lang=en", size=(1080, 1920))
    page.locator("regulars-window").wait_for()
    return page


def names(page: Page) -> list[str]:
    return page.locator("regulars-window .title, regulars-window .name").all_inner_texts()


def test_the_idle_screen_shows_the_shop_the_way_to_ones_phone_and_the_notice(screen: Page) -> None:
    expect(screen.get_by_role("heading", name="New with us")).to_be_visible()
    expect(screen.get_by_role("img", name="QR code to your own visit page")).to_be_visible()
    expect(screen.get_by_text("This screen can react to guests who allowed it")).to_be_visible()
    assert len(names(screen)) == 4


def test_a_theme_takes_at_most_half_of_the_window(screen: Page, stage: Stage) -> None:
    stage.upsert(cards.screen("coat"), ROOM)
    expect(screen.get_by_role("heading", name="Coats for now")).to_be_visible()
    themed = {item.name["en"] for item in cards.screen("coat").themed}
    assert 1 <= len([name for name in names(screen) if name in themed]) <= 2


def test_the_theme_goes_when_the_store_says_so(screen: Page, stage: Stage) -> None:
    stage.upsert(cards.screen("coat"), ROOM)
    screen.get_by_role("heading", name="Coats for now").wait_for()
    stage.upsert(cards.screen(), ROOM)
    expect(screen.get_by_role("heading", name="New with us")).to_be_visible()


def test_a_theme_ends_with_its_time_while_the_loop_plays_on_offline(open_page: Open, stage: Stage) -> None:
    stage.shown[ROOM], stage.ttl_s = (cards.screen("coat"),), 2
    page = open_page("/screen?lang=en", size=(1080, 1920), expect="Coats for now")
    page.context.set_offline(offline=True)
    expect(page.get_by_role("heading", name="New with us")).to_be_visible(timeout=4000)
    assert len(names(page)) == 4


def test_an_announced_price_cut_shows_the_lowest_price_of_thirty_days(screen: Page, stage: Stage) -> None:
    stage.upsert(cards.screen("coat"), ROOM)
    expect(screen.get_by_text("Lowest price of the last 30 days: €359.00")).to_be_visible()


def test_a_screen_without_a_word_from_the_store_stays_neutral(open_page: Open, stage: Stage) -> None:
    stage.shown[ROOM] = ()
    page = open_page("/screen?lang=en", size=(1080, 1920))
    expect(page.get_by_role("heading", name="New with us")).to_be_visible()
    expect(page.get_by_text("Back in a moment.")).to_be_visible()


def test_who_asked_for_less_motion_gets_a_window_that_stands_still(open_page: Open) -> None:
    page = open_page("/screen?lang=en", size=(1080, 1920), reduced_motion="reduce")
    page.locator("regulars-window").wait_for()
    assert page.evaluate("document.querySelector('regulars-screen').shadowRoot.getAnimations().length") == 0


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)])
def test_nothing_is_cut_off(open_page: Open, stage: Stage, size: tuple[int, int]) -> None:
    stage.shown[ROOM] = (cards.screen("coat"),)
    page = open_page("/screen?lang=de", size=size, expect="Mäntel für jetzt")
    for part in page.locator("regulars-window svg, footer, h1").all():
        expect(part).to_be_in_viewport(ratio=0.999)
