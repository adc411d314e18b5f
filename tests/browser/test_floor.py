"""The demo page's own parts: people moved by pointer and by keyboard, ticks from what was observed."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import cards
from tests.browser.conftest import Open, until
from tests.browser.stage import Stage

pytestmark = pytest.mark.needs("chromium")

STEPS = ("arrive", "tablet", "screen", "phone", "invisible", "plug")


def people() -> list[dict[str, Any]]:
    names = ("Anna", "Jonas", "Mehmet", "Clara", "Lena", "Tomas", "Ida", "Paul", "Nora", "Emil", "Greta", "Aylin")
    modes = ("advice", "phone", "screen", "invisible")
    return [_person(at, name, modes[at % 4]) for at, name in enumerate(names)]


def _person(at: int, label: str, mode: str) -> dict[str, Any]:
    person = {"id": f"p{at + 1}", "label": label, "mode": mode}
    if 1 <= at <= 5:
        return person | {"x": 2 + at * 1.6, "y": 4 + at % 3 * 3, "zone": "women", "place": "inside"}
    return person | {"x": None, "y": None, "zone": None, "place": "away"}


def tour(*done: str, plugged: bool = True) -> dict[str, Any]:
    return {"steps": [{"id": step, "done": step in done, "at": None} for step in STEPS], "plugged": plugged}


def set_stage(stage: Stage) -> None:
    stage.shown["staff"], stage.shown["screen:window"] = cards.full_list(), (cards.screen("coat"),)
    stage.member, stage.visit = cards.member(), cards.phone()
    stage.people, stage.tour = people(), tour("arrive")


@pytest.fixture
def demo(open_page: Open, stage: Stage) -> Page:
    set_stage(stage)
    page = open_page("/demo?lang=en", size=(1280, 800))
    page.locator(".person").first.wait_for()
    return page


def moves(stage: Stage, person: str) -> list[dict[str, Any]]:
    return [body for path, body in stage.posts if path == f"/phones/{person}/move"]


def test_a_person_is_dragged_through_the_door(demo: Page, stage: Stage) -> None:
    anna = demo.locator('.person[data-id="p1"]').bounding_box()
    hall = demo.locator(".zone.vestibule").bounding_box()
    assert anna is not None
    assert hall is not None
    demo.mouse.move(anna["x"] + anna["width"] / 2, anna["y"] + anna["height"] / 3)
    demo.mouse.down()
    demo.mouse.move(hall["x"] + hall["width"] / 2, hall["y"] + hall["height"] / 2, steps=8)
    demo.mouse.up()
    until(lambda: any(7 <= move["x"] <= 13 and 1.5 <= move["y"] <= 4 for move in moves(stage, "p1")))
    assert -4 <= moves(stage, "p1")[0]["y"] <= 1.5


def test_a_person_is_moved_with_the_arrow_keys(demo: Page, stage: Stage) -> None:
    demo.locator('.person[data-id="p2"]').focus()
    demo.keyboard.press("ArrowUp")
    until(lambda: moves(stage, "p2"))
    assert moves(stage, "p2")[-1] == {"x": 3.6, "y": 7.5}


def test_the_plug_is_pulled_and_its_state_is_the_servers(demo: Page, stage: Stage) -> None:
    demo.get_by_role("button", name="Pull the plug").click()
    until(lambda: stage.posts)
    assert stage.posts[-1] == ("/plug", {"in": False})
    stage.stream("tour", tour("arrive", plugged=False))
    expect(demo.get_by_text("Unplugged: the store works alone")).to_be_visible()


def test_a_step_is_ticked_when_it_was_observed(demo: Page, stage: Stage) -> None:
    expect(demo.locator("regulars-tour [aria-current=step]")).to_contain_text("Reservation")
    stage.stream("tour", tour("arrive", "tablet"))
    expect(demo.locator("regulars-tour [aria-current=step]")).to_contain_text("Coats, no name")


def test_the_three_devices_run_their_real_pages(demo: Page) -> None:
    for title, said in (
        ("Staff tablet", "Anna B."),
        ("Screen in the shop", "Coats for now"),
        ("Anna's phone", "Hello Anna"),
    ):
        expect(demo.frame_locator(f'iframe[title="{title}"]').get_by_text(said).first).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_all_devices_are_seen_at_once(open_page: Open, stage: Stage, size: tuple[int, int]) -> None:
    set_stage(stage)
    page = open_page("/demo?lang=de", size=size)
    for part in (page.locator(".device"), page.locator("regulars-floor svg")):
        for one in part.all():
            expect(one).to_be_in_viewport(ratio=0.99)
