"""Stock in other stores on the pages: by size, with its age, greyed when it is old."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import cards
from tests.browser.conftest import Open
from tests.browser.stage import Stage
from wire.live import Ack

pytestmark = pytest.mark.needs("chromium")

COAT = "coat-tuva-camel"


def card(open_page: Open, stage: Stage, lang: str = "en", **item: object) -> Page:
    shown = cards.item(COAT, elsewhere=cards.elsewhere(), **item)
    stage.shown["staff"] = (cards.status(), cards.anna(seen=(shown,), looks=(), owned=()))
    page = open_page(f"/staff?lang={lang}", size=(360, 640))
    page.get_by_role("button", name="Anna B.").first.click()
    return page


def lines(page: Page) -> list[str]:
    page.locator(".elsewhere li").first.wait_for()
    return [" ".join(text.split()) for text in page.locator(".elsewhere li").all_inner_texts()]


def test_a_card_tells_where_else_the_customers_size_hangs(open_page: Open, stage: Stage) -> None:
    page = card(open_page, stage, my_size="38")
    assert lines(page) == ["Kiel 38 (2) 2 hours ago"]
    expect(page.get_by_role("list", name="In other stores")).to_be_visible()


def test_without_a_size_every_size_is_told(open_page: Open, stage: Stage) -> None:
    page = card(open_page, stage, "de")
    assert lines(page) == ["Kiel vor 2 Stunden 36 (1) · 38 (2)", "Lübeck vor 3 Tagen 40 (1)"]


def test_what_was_counted_long_ago_is_greyed(open_page: Open, stage: Stage) -> None:
    page = card(open_page, stage)
    lines(page)
    soft = page.locator(".elsewhere .soft").first.evaluate("node => getComputedStyle(node).color")
    colours = [one.evaluate("node => getComputedStyle(node).color") for one in page.locator(".elsewhere li").all()]
    assert colours[0] != soft
    assert colours[1] == soft


def test_a_search_tells_every_size_here_and_elsewhere(open_page: Open, stage: Stage) -> None:
    item = cards.item(COAT, my_size="38", stock=cards.shelves(), elsewhere=cards.elsewhere()).model_dump(mode="json")
    stage.answers["search"] = Ack(key="", ok=True, body={"items": [item], "count": 1})
    page = open_page("/staff?lang=en", size=(768, 1024))
    page.get_by_role("button", name="Find articles").click()
    page.get_by_role("button", name="Coat").first.click()
    assert lines(page) == ["Kiel 2 hours ago 36 (1) · 38 (2)", "Lübeck 3 days ago 40 (1)"]
    expect(page.get_by_text("shelf M4")).to_be_visible()


def test_an_article_that_hangs_nowhere_else_takes_no_room_for_it(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = (cards.status(), cards.anna(seen=(cards.item(COAT),), looks=(), owned=()))
    page = open_page("/staff?lang=en", size=(360, 640))
    page.get_by_role("button", name="Anna B.").first.click()
    page.locator("regulars-staff-card .article").first.wait_for()
    assert page.locator(".elsewhere").count() == 0


def test_what_is_old_stands_last(open_page: Open, stage: Stage) -> None:
    kiel, luebeck = cards.elsewhere()
    shown = cards.item(COAT, elsewhere=(luebeck, kiel))
    stage.shown["staff"] = (cards.status(), cards.anna(seen=(shown,), looks=(), owned=()))
    page = open_page("/staff?lang=en", size=(360, 640))
    page.get_by_role("button", name="Anna B.").first.click()
    assert [line.split()[0] for line in lines(page)] == ["Kiel", "Lübeck"]
