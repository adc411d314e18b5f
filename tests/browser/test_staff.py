"""The staff page in a real browser: list, card, commands, and what it does when the store falls silent."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import cards
from tests.browser.conftest import Open, until
from tests.browser.stage import Stage
from wire.cards import Note
from wire.live import Ack

pytestmark = pytest.mark.needs("chromium")

SMALL = (360, 640)


@pytest.fixture
def staff(open_page: Open, stage: Stage) -> Page:
    stage.shown["staff"] = cards.full_list()
    return open_page("/staff?lang=en", size=SMALL, expect="Anna B.")


def open_anna(page: Page) -> None:
    page.get_by_role("button", name="Anna B.").first.click()
    page.get_by_role("heading", name="Anna Brandt").wait_for()


def test_rows_stand_in_the_order_that_the_store_gave(staff: Page) -> None:
    names = staff.locator("regulars-staff-list .alias").all_text_contents()
    assert names == ["Jonas", "Anna B.", "A guest", "Mehmet", "Dr. Konstanze Freifrau von Hohenfels"]


def test_quiet_shoppers_are_only_a_number(staff: Page) -> None:
    expect(staff.get_by_text("3 more guests prefer to browse alone")).to_be_visible()


def test_at_most_seven_rows_are_shown_before_somebody_asks_for_more(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = tuple(cards.visitor(at, f"Guest {at}", "reason.arrived") for at in range(1, 13))
    page = open_page("/staff?lang=en", expect="Guest 1")
    expect(page.locator("regulars-staff-list li")).to_have_count(7)
    page.get_by_role("button", name="Show 5 more").click()
    expect(page.locator("regulars-staff-list li")).to_have_count(12)


@pytest.mark.parametrize("size", [SMALL, (768, 1024)])
def test_reservation_and_sizes_are_seen_without_scrolling(open_page: Open, stage: Stage, size: tuple[int, int]) -> None:
    stage.shown["staff"] = cards.full_list()
    page = open_page("/staff?lang=de", size=size, expect="Anna B.")
    open_anna(page)
    for part in (page.locator("regulars-staff-card .held"), page.locator("regulars-staff-card .sizes")):
        expect(part).to_be_in_viewport(ratio=1)
    bar = page.locator(".actions").bounding_box()
    sizes = page.locator("regulars-staff-card .sizes").bounding_box()
    assert bar is not None
    assert sizes is not None
    assert sizes["y"] + sizes["height"] <= bar["y"]


def test_every_button_is_large_enough_for_a_thumb(staff: Page) -> None:
    open_anna(staff)
    for button in staff.get_by_role("button").all():
        box = button.bounding_box()
        assert box is None or (box["width"] >= 48 and box["height"] >= 48), button.inner_text()


def test_the_card_shows_why_each_thing_is_there(staff: Page) -> None:
    open_anna(staff)
    card = staff.locator("regulars-staff-card")
    for said in (
        "Wool coat",
        "Room 2",
        "Lene",
        "€319.00 for members",
        "shelf M4",
        "Size 39 not here",
        "The customer sees this card.",
    ):
        expect(card.get_by_text(said).first).to_be_attached()


def test_brands_stay_names_and_everything_else_is_translated(staff: Page) -> None:
    open_anna(staff)
    expect(staff.locator(".chip.avoid b")).to_have_text(["Werft Neun", "Lilac"])
    expect(staff.locator(".chip.like b")).to_have_text(["Halm & Hede", "Coat"])


def test_what_is_stale_says_so_in_words(staff: Page) -> None:
    open_anna(staff)
    expect(staff.locator(".sizes .stale")).to_contain_text("last year")


def test_a_claim_is_one_tap_and_one_command(staff: Page, stage: Stage) -> None:
    stage.answers["claim"] = Ack(key="k", ok=True, body={"as": "fox"})
    staff.get_by_role("button", name="I'll help: Anna B.").click()
    until(lambda: stage.commands)
    stage.patch("v-anna", {"claimed_by": "fox", "state": "served"})
    expect(staff.get_by_role("button", name="With me: Anna B.")).to_be_visible()
    expect(staff.get_by_text("Today you are: Fox")).to_be_visible()
    assert [(sent["name"], sent["visit_id"]) for sent in stage.commands] == [("claim", "v-anna")]


def test_who_was_slower_is_told(staff: Page, stage: Stage) -> None:
    stage.answers["claim"] = Ack(key="k", ok=False, error="error.claimed")
    staff.get_by_role("button", name="I'll help: Anna B.").click()
    expect(staff.get_by_text("Somebody was quicker.")).to_be_visible()


def test_opening_a_card_is_told_to_the_store_for_the_access_log(staff: Page, stage: Stage) -> None:
    open_anna(staff)
    until(lambda: stage.commands)
    assert [(sent["name"], sent["visit_id"]) for sent in stage.commands] == [("open_card", "v-anna")]


def test_a_state_is_set_with_one_tap(staff: Page, stage: Stage) -> None:
    open_anna(staff)
    staff.get_by_role("button", name="Fitting", exact=True).click()
    until(lambda: stage.commands[-1]["name"] == "state")
    stage.patch("v-anna", {"state": "fitting"})
    expect(staff.get_by_role("button", name="Fitting", exact=True)).to_have_attribute("aria-pressed", "true")
    assert stage.commands[-1]["state"] == "fitting"


def test_a_suggestion_is_dismissed_with_a_reason(staff: Page, stage: Stage) -> None:
    open_anna(staff)
    staff.get_by_role("button", name="Done with or reject this suggestion").click()
    staff.get_by_role("button", name="Does not fit").click()
    expect(staff.get_by_text("Noted")).to_be_visible()
    assert (stage.commands[-1]["name"], stage.commands[-1]["reason"]) == ("dismiss_hint", "does_not_fit")


def test_a_loyalty_number_checks_in_and_opens_the_card(staff: Page, stage: Stage) -> None:
    stage.answers["checkin"] = Ack(key="k", ok=True, body={"visit_id": "v-anna"})
    staff.get_by_role("button", name="Check in", exact=True).click()
    staff.get_by_label("Loyalty number").fill("4711081523")
    staff.keyboard.press("Enter")  # as a keyboard-wedge scanner ends its line
    expect(staff.get_by_role("heading", name="Anna Brandt")).to_be_visible()
    assert stage.commands[0]["loyalty"] == "4711081523"


def test_an_unknown_loyalty_number_is_explained_where_it_was_typed(staff: Page, stage: Stage) -> None:
    stage.answers["checkin"] = Ack(key="k", ok=False, error="error.unknown_loyalty")
    staff.get_by_role("button", name="Check in", exact=True).click()
    staff.get_by_label("Loyalty number").fill("nobody")
    staff.locator("regulars-checkin .primary").click()
    expect(staff.get_by_role("alert").filter(has_text="not known")).to_be_visible()


def test_the_phone_code_stands_large_with_its_qr(staff: Page, stage: Stage) -> None:
    body: dict[str, Any] = {
        "code": "7KQ4M9",
        "url": "https://hede.example/phone",
        "qr_svg": cards.QR,
        "expires_at": cards.NOW + 600,
    }
    stage.answers["phone_code"] = Ack(key="k", ok=True, body=body)
    open_anna(staff)
    staff.get_by_role("button", name="Code for the phone").click()
    expect(staff.get_by_text("7KQ4M9")).to_be_visible()
    picture = staff.get_by_role("img", name="QR code that opens the visit page")
    assert picture.evaluate("(image) => image.naturalWidth") > 0


def test_the_customer_view_names_nobody(staff: Page) -> None:
    open_anna(staff)
    staff.get_by_role("button", name="Customer view").click()
    shown = staff.locator("main").inner_text()
    assert "Lene wool coat" in shown
    assert not any(secret in shown for secret in ("Anna", "38", "319", "Room", "Werft Neun", "Jonas"))


def test_mine_is_handed_over_and_a_colleagues_is_taken_over(staff: Page, stage: Stage) -> None:
    stage.answers["claim"] = Ack(key="k", ok=True, body={"as": "fox"})
    open_anna(staff)
    stage.patch("v-anna", {"claimed_by": "deer", "state": "served"})
    staff.get_by_role("button", name="Take over from Deer").click()
    until(lambda: stage.commands[-1]["name"] == "claim")
    assert stage.commands[-1]["take_over"] is True
    stage.patch("v-anna", {"claimed_by": "fox"})
    staff.get_by_role("button", name="Hand over").click()
    until(lambda: stage.commands[-1]["name"] == "hand_over")


def test_a_reserved_piece_moves_on_and_what_is_not_taken_says_why(staff: Page, stage: Stage) -> None:
    open_anna(staff)
    staff.get_by_role("button", name="Ready", exact=True).click()
    until(lambda: stage.commands[-1]["name"] == "step")
    assert (stage.commands[-1]["reservation_id"], stage.commands[-1]["step"]) == ("r1", "picked")
    tried = cards.reservation().model_copy(update={"step": "tried", "moves": ("bought", "returned")})
    stage.patch("v-anna", {"reservations": [tried.model_dump(mode="json")]})
    staff.get_by_role("button", name="Put back").click()
    staff.get_by_role("button", name="Price").click()
    until(lambda: stage.commands[-1]["step"] == "returned")
    assert stage.commands[-1]["reason"] == "price"


def test_the_pick_list_fetches_and_puts_back(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = (*cards.full_list(), cards.picks())
    page = open_page("/staff?lang=en", size=SMALL, expect="Anna B.")
    page.get_by_role("button", name="Reservations: 3").click()
    shown = page.locator("regulars-picks")
    expect(shown.get_by_text("Their time is over.")).to_be_visible()
    expect(shown.get_by_text("not in stock")).to_be_visible()
    assert "Anna" not in shown.inner_text()
    shown.get_by_role("button", name="Ready: Lene wool coat, 38").click()
    until(lambda: stage.commands)
    shown.get_by_role("button", name="Put back").click()
    until(lambda: len(stage.commands) == 2)
    asked = [(sent["reservation_id"], sent["step"], sent["reason"]) for sent in stage.commands]
    assert asked == [("r1", "picked", ""), ("r3", "returned", "late")]


def test_the_fitting_rooms_lead_to_their_cards(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = (cards.anna(state="fitting"), cards.picks(), cards.status())
    page = open_page("/staff?lang=en", expect="Anna B.")
    page.get_by_role("button", name="Reservations: 3").click()
    page.get_by_role("button", name="Anna B. Room 2").click()
    expect(page.get_by_role("heading", name="Anna Brandt")).to_be_visible()


def test_a_search_says_shelf_and_sizes_and_knows_her_size(staff: Page, stage: Stage) -> None:
    coat = cards.item("coat-tuva-camel", my_size="38", stock=cards.shelves())
    stage.answers["search"] = Ack(key="k", ok=True, body={"items": [coat.model_dump(mode="json")], "count": 1})
    open_anna(staff)
    staff.get_by_role("button", name="Find articles").first.click()
    staff.get_by_label("What are you looking for?").fill("navy coat")
    expect(staff.get_by_text("1 article", exact=True)).to_be_visible()
    expect(staff.locator("regulars-search [data-mine]")).to_have_text("38 · 1 pc")
    expect(staff.locator("regulars-search").get_by_text("shelf M4")).to_be_visible()
    assert stage.commands[-1]["terms"] == [["navy", "navy"], ["coat", "coat"]]
    staff.get_by_role("button", name="In Anna B.'s size").click()
    until(lambda: stage.commands[-1].get("in_my_size"))
    assert stage.commands[-1]["visit_id"] == "v-anna"


def test_a_german_word_finds_the_shops_own(open_page: Open, stage: Stage) -> None:
    stage.answers["search"] = Ack(key="k", ok=True, body={"items": [], "count": 0})
    page = open_page("/staff?lang=de")
    page.get_by_role("button", name="Artikel suchen").click()
    page.get_by_label("Was wird gesucht?").fill("mantel")
    expect(page.get_by_text("Nichts gefunden")).to_be_visible()
    assert stage.commands[-1]["terms"] == [["mantel", "coat"]]


def test_a_note_is_a_chip_and_few_words(staff: Page, stage: Stage) -> None:
    open_anna(staff)
    staff.get_by_role("button", name="Make a note").click()
    expect(staff.get_by_text("The customer can read this.").last).to_be_visible()
    staff.get_by_role("button", name="Gift").click()
    staff.get_by_label("Short note").fill("for her sister")
    staff.get_by_role("button", name="Add note").click()
    until(lambda: stage.commands[-1]["name"] == "note")
    assert (stage.commands[-1]["label"], stage.commands[-1]["text"]) == ("gift", "for her sister")
    assert staff.get_by_label("Short note").get_attribute("maxlength") == "200"


def test_a_task_is_ticked_off(staff: Page, stage: Stage) -> None:
    open_anna(staff)
    task = {"note_id": "n1", "label": "alteration", "text": "sleeves", "at": cards.NOW, "task": True, "done": False}
    stage.patch("v-anna", {"written": [task]})
    staff.get_by_role("button", name="Done: Alteration: sleeves").click()
    until(lambda: stage.commands[-1]["name"] == "note_done")
    assert stage.commands[-1]["note_id"] == "n1"


def test_a_name_is_searched_with_the_person_standing_there(staff: Page, stage: Stage) -> None:
    people: Any = [{"pick": "p1", "name": "Anna Brandt", "digits": "23"}]
    stage.answers |= {
        "find": Ack(key="k", ok=True, body={"members": people}),
        "checkin": Ack(key="k", ok=True, body={"visit_id": "v-anna", "shown": True}),
    }
    staff.get_by_role("button", name="Check in", exact=True).click()
    staff.get_by_role("button", name="Name").click()
    expect(staff.get_by_text("Only with the person standing before you.")).to_be_visible()
    staff.get_by_label("First and last name").fill("anna brandt")
    staff.keyboard.press("Enter")
    staff.get_by_role("button", name="Anna Brandt card ends in 23").click()
    expect(staff.get_by_role("heading", name="Anna Brandt")).to_be_visible()
    assert [(sent["name"], sent.get("pick")) for sent in stage.commands[:2]] == [("find", None), ("checkin", "p1")]


def test_who_stays_private_is_checked_in_and_said_so(staff: Page, stage: Stage) -> None:
    stage.answers["checkin"] = Ack(key="k", ok=True, body={"visit_id": "v-9", "shown": False})
    staff.get_by_role("button", name="Check in", exact=True).click()
    staff.get_by_label("Loyalty number").fill("4711")
    staff.keyboard.press("Enter")
    expect(staff.get_by_text("The card stays closed until")).to_be_visible()


def test_not_this_person_is_asked_once(staff: Page, stage: Stage) -> None:
    open_anna(staff)
    staff.get_by_role("button", name="Not this person").click()
    staff.locator("regulars-dialog button.warm").click()
    until(lambda: stage.commands[-1]["name"] == "not_this")


def test_a_card_with_little_on_it_says_what_to_ask(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = (cards.visitor(1, "Kim", "reason.arrived", sizes=()), cards.status())
    page = open_page("/staff?lang=en", size=SMALL, expect="Kim")
    page.locator(".who").click()
    expect(page.get_by_text("Little is known yet.")).to_be_visible()


@pytest.mark.parametrize("size", [(360, 640), (768, 1024), (1280, 800)])
def test_fifteen_arrivals_at_once_are_seven_rows_and_then_all_of_them(
    open_page: Open, stage: Stage, size: tuple[int, int]
) -> None:
    stage.shown["staff"] = cards.saturday()
    page = open_page("/staff?lang=en", size=size, expect="Gast 0")
    expect(page.locator("regulars-staff-list li")).to_have_count(7)
    page.get_by_role("button", name="Show 8 more 1 of them with a reservation").click()
    expect(page.locator("regulars-staff-list li")).to_have_count(15)
    if size[0] >= 768:
        expect(page.locator("regulars-staff-list li").last).to_be_in_viewport(ratio=1)


def test_a_tablet_nobody_uses_lets_go_of_everything(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = cards.full_list()
    page = open_page("/staff?lang=en&blur_s=0&lock_s=2")
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    expect(page.get_by_text("Anna B.")).to_have_count(0)
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("Anna B.").first).to_be_visible()


def test_the_right_state_stands_a_second_after_the_network_is_back(staff: Page, stage: Stage) -> None:
    staff.context.set_offline(offline=True)
    expect(staff.get_by_text("Anna B.")).to_have_count(1)
    stage.shown["staff"] = (cards.visitor(1, "Greta", "reason.arrived"), cards.status())
    staff.wait_for_timeout(1500)
    staff.context.set_offline(offline=False)
    expect(staff.get_by_text("Greta").first).to_be_visible(timeout=1000)
    expect(staff.get_by_text("Anna B.")).to_have_count(0)


def test_a_tablet_whose_clock_is_wrong_tells_the_shops_time(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = (*cards.full_list(), cards.picks())
    # A context of its own: a clock that is set is set for every page of its context.
    page = open_page("/staff?lang=en", timezone_id="Asia/Tokyo")
    page.clock.install(time=(cards.NOW - 7200) * 1000)  # two hours slow
    page.reload()
    expect(page.locator("li", has_text="Anna B.").locator(".since")).to_have_text("4 min")
    expect(page.get_by_role("button", name="Reservations: 3")).to_be_visible()


def test_a_keyboard_goes_to_the_card_and_back_to_its_row(staff: Page) -> None:
    focused = "document.activeElement.shadowRoot.activeElement"
    row = staff.locator("li", has_text="Anna B.").locator(".who")
    row.focus()
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("heading", name="Anna Brandt")).to_be_focused()
    staff.keyboard.press("Shift+Tab")
    assert staff.evaluate(f"{focused}.getAttribute('aria-label')") == "Back"
    staff.keyboard.press("Enter")
    expect(row).to_be_focused()


def test_escape_closes_a_dialog_and_gives_the_focus_back(staff: Page) -> None:
    button = staff.get_by_role("button", name="Check in", exact=True)
    button.focus()
    staff.keyboard.press("Enter")
    expect(staff.get_by_label("Loyalty number")).to_be_focused()
    staff.keyboard.press("Escape")
    expect(staff.get_by_label("Loyalty number")).to_be_hidden()
    expect(button).to_be_focused()


def test_a_tablet_left_alone_covers_itself(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = cards.full_list()
    page = open_page("/staff?lang=en&blur_s=1", expect="Anna B.")
    expect(page.get_by_role("heading", name="Covered")).to_be_visible()
    expect(page.get_by_text("Anna B.")).to_have_count(0)
    page.get_by_role("button", name="Show again").click()
    expect(page.get_by_text("Anna B.").first).to_be_visible()


def test_an_arrival_appears_and_a_withdrawal_disappears(staff: Page, stage: Stage) -> None:
    stage.upsert(cards.visitor(6, "Greta", "reason.arrived"))
    expect(staff.get_by_text("Greta").first).to_be_visible()
    open_anna(staff)
    stage.remove("v-anna")
    expect(staff.get_by_text("Anna")).to_have_count(0)


def test_a_missing_number_is_asked_for_and_the_answer_shown(staff: Page, stage: Stage) -> None:
    stage.shown["staff"] = (cards.visitor(9, "Emil", "reason.arrived"),)
    stage.lose()
    stage.upsert(cards.visitor(9, "Emil", "reason.arrived"))
    expect(staff.get_by_text("Emil").first).to_be_visible()
    assert stage.resumes == [{"room": "staff", "epoch": "e1", "seq": 7}]
    expect(staff.get_by_text("Anna B.")).to_have_count(0)


def test_a_card_outlives_neither_its_time_nor_the_line(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"], stage.ttl_s = cards.full_list(), 2
    page = open_page("/staff?lang=en", expect="Anna B.")
    page.context.set_offline(offline=True)
    expect(page.get_by_text("Anna B.")).to_have_count(0, timeout=4000)


def test_a_tablet_says_since_when_head_office_is_away(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = (cards.status(offline_since=cards.NOW - 600),)
    page = open_page("/staff?lang=en")
    expect(page.get_by_text("Head office not reachable since")).to_be_visible()


def test_script_in_names_and_notes_stays_text(open_page: Open, stage: Stage) -> None:
    note = cards.mark(cards.SCRIPT, source="staff")
    written = Note(note_id="n", text=cards.SCRIPT, at=cards.NOW)
    stage.shown["staff"] = (
        cards.anna(alias=cards.SCRIPT[:40], name=cards.SCRIPT, notes=(note,), written=(written,)),
        cards.status(store_name=cards.SCRIPT),
    )
    page = open_page("/staff?lang=en")
    page.locator(".who").first.click()
    for notes in page.locator(".notes").all():
        expect(notes).to_contain_text("<script>alert(2)</script>")
    assert (
        page.evaluate("document.querySelector('regulars-staff').shadowRoot.querySelectorAll('script, img').length") == 0
    )


def test_a_new_tablet_is_paired_with_its_code(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = cards.full_list()
    page = open_page("/staff?lang=en", paired=False)
    page.get_by_label("Code").fill("999999")
    page.get_by_role("button", name="Pair").click()
    expect(page.get_by_role("alert")).to_contain_text("The code is not right")
    page.get_by_label("Code").fill("123 456")
    page.get_by_role("button", name="Pair").click()
    expect(page.get_by_text("Anna B.").first).to_be_visible()


def test_a_code_in_the_address_is_used_and_removed(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = cards.full_list()
    page = open_page("/staff?lang=en#code=123456", paired=False, expect="Anna B.")
    assert "123456" not in page.url
    assert [hello["token"] for hello in stage.hellos] == ["staff-token"]
