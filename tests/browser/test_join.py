"""Joining and leaving: plain words, nothing ticked, one purpose at a time, and the receipt at the end."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import cards
from tests.browser.conftest import Open
from tests.browser.stage import Stage

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def join(open_page: Open) -> Page:
    return open_page("/join?lang=en&store=de-0042", expect="Be recognised, if you like")


def forward(page: Page, times: int = 1) -> None:
    for _ in range(times):
        page.get_by_role("button", name="Next").click()


def answer() -> dict[str, Any]:
    receipt = {
        "receipt_id": "7f3a",
        "purposes": ["recognise", "staff"],
        "given_at": cards.NOW,
        "expires_at": cards.NOW + 9e6,
    }
    return {
        "member_ref": "ab" * 16, "receipt": receipt, "loyalty_number": "4711 0815 23", "loyalty_qr_svg": cards.QR,
        "secret": "c0ffee" * 10, "phone_url": "/phone#code=123456", "standing_mode": "advice",
    }  # fmt: skip


def fill_in(page: Page) -> None:
    forward(page)
    page.get_by_role("checkbox", name="Recognise me in the shop").check()
    page.get_by_role("checkbox", name="Staff may see my card").check()
    forward(page)
    page.get_by_role("radio", name="Advice welcome").click()
    forward(page)
    page.get_by_label("Coat", exact=True).first.select_option("M")
    page.get_by_role("button", name="Camel").click()
    forward(page)
    page.get_by_label("What to call you").fill("Anna")
    page.get_by_role("checkbox", name="I am at least 18 years old.").check()


def test_nothing_is_ticked_beforehand(join: Page) -> None:
    forward(join)
    boxes = join.get_by_role("checkbox").all()
    assert len(boxes) == 5
    assert not any(box.is_checked() for box in boxes)


def test_without_recognition_there_is_nothing_to_agree_to(join: Page) -> None:
    forward(join, 2)
    expect(join.get_by_role("alert").filter(has_text="That is fine: just stop here.")).to_be_visible()


def test_a_mode_is_open_only_with_its_purpose(join: Page) -> None:
    forward(join)
    join.get_by_role("checkbox", name="Recognise me in the shop").check()
    forward(join)
    expect(join.get_by_role("radio", name="Advice welcome")).to_be_disabled()
    expect(join.get_by_role("radio", name="My phone only")).to_be_checked()


def test_a_member_gets_receipt_loyalty_code_and_the_key_once(join: Page, stage: Stage) -> None:
    stage.joined = (200, answer())
    fill_in(join)
    join.get_by_role("button", name="Join").click()
    expect(join.get_by_role("heading", name="You are in")).to_be_visible()
    expect(join.get_by_text("4711 0815 23")).to_be_visible()
    assert "c0ffee" not in join.locator("regulars-receipt").inner_text()
    join.get_by_role("button", name="Show the key").click()
    expect(join.get_by_text("c0ffee" * 10)).to_be_visible()
    sent = stage.posts[-1][1]
    assert (sent["purposes"], sent["standing_mode"], sent["store_id"]) == (["recognise", "staff"], "advice", "de-0042")
    assert (sent["sizes"], sent["colours"], sent["adult"]) == ([{"category": "coat", "size": "M"}], ["camel"], True)


def test_head_offices_refusal_stands_at_its_field(join: Page, stage: Stage) -> None:
    stage.joined = (422, {"error": "error.invalid", "errors": [{"field": "alias", "error": "error.alias"}]})
    fill_in(join)
    join.get_by_role("button", name="Join").click()
    expect(join.get_by_role("alert").filter(has_text="what we may call you")).to_be_visible()


def test_age_and_name_are_asked_for(join: Page, stage: Stage) -> None:
    fill_in(join)
    join.get_by_label("What to call you").fill("  ")
    join.get_by_role("checkbox", name="I am at least 18 years old.").uncheck()
    join.get_by_role("button", name="Join").click()
    expect(join.get_by_role("alert").filter(has_text="Please confirm your age.")).to_be_visible()
    assert stage.posts == []


def test_leaving_is_one_press_for_who_is_signed_in(open_page: Open, stage: Stage) -> None:
    stage.member = cards.member()
    page = open_page("/leave?lang=en")
    page.get_by_role("button", name="Leave now").click()
    expect(page.get_by_role("heading", name="Done. Goodbye.")).to_be_visible()
