"""The shopper's page: the mode in effect is the store's word, and the mirror is the staff card itself."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import cards
from tests.browser.conftest import Open, until
from tests.browser.stage import Stage
from wire.views import Mode

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def phone(open_page: Open, stage: Stage) -> Page:
    stage.member, stage.visit = cards.member(), cards.phone()
    return open_page("/phone?lang=en", expect="Hello Anna")


def tab(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def say(stage: Stage, visit: object) -> None:
    stage.visit = visit  # type: ignore[assignment]
    stage.stream("visit", stage.visit and stage.visit.model_dump(mode="json"))


def test_a_mode_is_in_effect_only_when_the_store_confirmed_it(phone: Page, stage: Stage) -> None:
    phone.get_by_role("radio", name="My phone only").click()
    expect(phone.get_by_text("Being applied")).to_be_visible()
    expect(phone.get_by_role("radio", name="Advice welcome")).to_be_checked()
    say(stage, cards.phone(Mode.PHONE))
    expect(phone.get_by_role("radio", name="My phone only")).to_be_checked()
    expect(phone.get_by_text("Only your phone knows that you are here.")).to_be_visible()
    path, sent = stage.posts[-1]
    assert (path, sent["kind"], sent["mode"]) == ("/phone/commands", "mode", "phone")


def test_invisible_is_told_and_the_way_back_stays_open(phone: Page, stage: Stage) -> None:
    phone.get_by_role("radio", name="Invisible").click()
    phone.get_by_text("Being applied").wait_for()
    say(stage, None)
    expect(phone.get_by_text("The shop no longer sees you.")).to_be_visible()
    phone.get_by_role("radio", name="Advice welcome").click()
    until(lambda: len(stage.posts) == 2)
    assert (stage.posts[-1][1]["mode"], stage.posts[-1][1]["store_id"]) == ("advice", "de-0042")


def test_who_left_elsewhere_has_left_here_and_takes_the_record_along(phone: Page, stage: Stage) -> None:
    stage.stream("member", {"purposes": []})
    expect(phone.get_by_role("heading", name="Done. Goodbye.")).to_be_visible()
    expect(phone.get_by_role("radio")).to_have_count(0)
    expect(phone.get_by_role("link", name="Download everything")).to_be_visible()


def test_help_says_what_staff_will_see(open_page: Open, stage: Stage) -> None:
    stage.member, stage.visit = cards.member(), cards.phone(Mode.PHONE)
    page = open_page("/phone?lang=en", expect="Hello Anna")
    expect(page.get_by_text("staff then see your card.")).to_be_visible()
    say(stage, cards.phone(Mode.PHONE, modes_open=(Mode.PHONE,)))
    expect(page.get_by_text("Your card stays hidden.")).to_be_visible()
    page.get_by_role("button", name="Get help").click()
    say(stage, cards.phone(Mode.PHONE, help_asked_at=cards.NOW))
    expect(page.get_by_text("Help is called")).to_be_visible()


def test_the_mirror_shows_the_very_card_that_staff_see(open_page: Open, stage: Stage) -> None:
    stage.member, stage.visit, stage.shown["staff"] = cards.member(), cards.phone(), cards.full_list()
    mirror = open_page("/phone?lang=en", expect="Hello Anna")
    tab(mirror, "What they see")
    staff = open_page("/staff?lang=en", expect="Anna B.")
    staff.get_by_role("button", name="Anna B.").first.click()
    seen = [page.locator("regulars-staff-card").locator("section").all_inner_texts() for page in (mirror, staff)]
    assert seen[0] == seen[1]
    assert len(seen[0]) >= 5


def test_the_mirror_of_a_quiet_visit_says_what_is_left(open_page: Open, stage: Stage) -> None:
    stage.member, stage.visit = cards.member(), cards.phone(Mode.PHONE)
    page = open_page("/phone?lang=en", expect="Hello Anna")
    tab(page, "What they see")
    expect(page.get_by_text("Staff see only a number")).to_be_visible()


def test_the_access_log_names_roles(phone: Page) -> None:
    tab(phone, "What they see")
    expect(phone.locator(".log")).to_contain_text("Staff opened the card")


def test_a_fact_is_hidden_with_one_press(phone: Page, stage: Stage) -> None:
    tab(phone, "What they see")
    phone.get_by_role("button", name="Sizes: Hide").click()
    expect(phone.get_by_text("Hidden, from now on")).to_be_visible()
    assert (stage.posts[-1][1]["kind"], stage.posts[-1][1]["fact"]) == ("hide", "sizes")


def test_a_consent_is_taken_back_on_its_own(phone: Page, stage: Stage) -> None:
    tab(phone, "Me")
    phone.get_by_role("checkbox", name="Staff may see my card").uncheck()
    until(lambda: stage.posts)
    assert stage.posts[-1] == ("/phone/member", {"purposes": ["recognise", "screen", "web_history"]})


def test_leaving_takes_two_presses(phone: Page, stage: Stage) -> None:
    tab(phone, "Me")
    phone.get_by_role("button", name="Leave for good").click()
    phone.get_by_role("button", name="Leave now").click()
    expect(phone.get_by_role("heading", name="Done. Goodbye.")).to_be_visible()
    assert "/phone/leave" in [path for path, _ in stage.posts]


def test_a_membership_that_ended_elsewhere_leaves_nothing_on_the_page(phone: Page, stage: Stage) -> None:
    stage.member = None
    stage.stream("ended", None)
    expect(phone.get_by_role("heading", name="Sign in with a code")).to_be_visible()
    expect(phone.get_by_text("Anna")).to_have_count(0)


def test_today_can_be_forgotten(phone: Page, stage: Stage) -> None:
    tab(phone, "Me")
    phone.get_by_role("button", name="Forget today").click()
    expect(phone.get_by_text("This visit will be forgotten.")).to_be_visible()
    assert stage.posts[-1][1]["kind"] == "forget"


def test_without_a_session_the_single_use_code_opens_the_page(open_page: Open, stage: Stage) -> None:
    page = open_page("/phone?lang=en")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("The code is not right")
    page.get_by_label("Code").fill("123-456")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Hello Anna")).to_be_visible()


def test_a_link_with_its_code_opens_the_page_and_drops_the_code(open_page: Open, stage: Stage) -> None:
    page = open_page("/phone?lang=en#code=123456", expect="Hello Anna")
    assert "code" not in page.url


def test_without_bluetooth_a_visit_begins_with_one_press(open_page: Open, stage: Stage) -> None:
    stage.member = cards.member()
    page = open_page("/phone?lang=en", expect="Hello Anna")
    page.get_by_role("button", name="I am at Halm & Hede Münster").click()
    until(lambda: stage.posts)
    assert (stage.posts[-1][1]["kind"], stage.posts[-1][1]["store_id"]) == ("checkin", "de-0042")


def test_a_mode_without_consent_cannot_be_pressed(open_page: Open, stage: Stage) -> None:
    stage.member, stage.visit = cards.member(), cards.phone(Mode.PHONE, modes_open=(Mode.PHONE, Mode.SCREEN))
    page = open_page("/phone?lang=en", expect="Hello Anna")
    expect(page.get_by_role("radio", name="Advice welcome")).to_be_disabled()
