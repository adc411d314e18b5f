"""Head office's page: the door, what each role sees, and ending a membership for somebody who asks."""

from datetime import datetime

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, until
from tests.browser.office import ALARM, REF
from tests.browser.stage import Stage

pytestmark = pytest.mark.needs("chromium")


def test_who_is_not_signed_in_sees_the_door_only(open_page: Open, stage: Stage) -> None:
    stage.office.me = None
    page = open_page("/hq?lang=de", expect="Anmelden")
    assert page.locator("nav").count() == 0
    page.locator("input[name=name]").fill("maria")
    page.locator("input[name=password]").fill("falsch geraten")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_have_text("Name oder Passwort stimmt nicht.")
    page.locator("input[name=password]").fill("korb voller birnen")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", name="Filialen")).to_be_visible()


def test_the_link_leaves_the_address_and_is_used_once(open_page: Open, stage: Stage) -> None:
    stage.office.me = None
    page = open_page("/hq?lang=en#setup=0123456789abcdef", expect="Welcome")
    assert "setup" not in page.url
    page.locator("input[name=name]").fill("maria")
    page.locator("input[name=password]").fill("korb voller birnen")
    page.get_by_role("button", name="Set up access").click()
    expect(page.get_by_role("heading", name="Stores")).to_be_visible()
    (asked,) = [body for method, path, body in stage.office.asked if path == "/v1/office/setup"]
    assert asked["token"] == "0123456789abcdef"


def test_a_store_that_is_silent_says_so(open_page: Open, stage: Stage) -> None:
    page = open_page("/hq?lang=de", expect="Filialen")
    osnabrueck = page.locator(".store", has_text="Osnabrück")
    expect(osnabrueck.locator(".chip")).to_contain_text("Still")
    expect(page.locator(".note", has_text="Nr. 41")).to_contain_text("Halm & Hede Osnabrück: steht aus")


def test_support_has_no_members_and_no_log(open_page: Open, stage: Stage) -> None:
    assert stage.office.me is not None
    stage.office.me |= {"role": "support", "rights": ["stores.read"]}
    page = open_page("/hq?lang=de", expect="Filialen")
    assert page.locator("nav button").all_inner_texts() == ["Übersicht", "Zugänge"]


def test_a_member_is_erased_only_after_a_second_press(open_page: Open, stage: Stage) -> None:
    page = open_page("/hq?lang=de", expect="Filialen")
    page.locator("[data-part=members]").click()
    page.locator("input[name=member]").fill("4829 1350 7765")
    page.get_by_role("button", name="Suchen").click()
    page.get_by_role("button", name="Löschen", exact=True).click()
    assert not any(path == "/v1/withdraw" for _, path, _ in stage.office.asked)
    page.get_by_role("button", name="Endgültig löschen").click()
    expect(page.get_by_role("heading", name="Noch nicht alle Filialen haben es belegt")).to_be_visible()
    (asked,) = [body for method, path, body in stage.office.asked if path == "/v1/withdraw"]
    assert asked == {"member_ref": REF, "kind": "erase"}


def test_everything_held_is_two_files_away(open_page: Open, stage: Stage) -> None:
    page = open_page("/hq?lang=en", expect="Stores")
    page.locator("[data-part=members]").click()
    page.locator("input[name=member]").fill("482913507765")
    page.get_by_role("button", name="Find").click()
    readable = page.get_by_role("link", name="Export to read")
    assert readable.get_attribute("href") == f"/v1/members/{REF}/export?format=html&lang=en"


def test_signing_out_leaves_nothing_on_the_page(open_page: Open, stage: Stage) -> None:
    page = open_page("/hq?lang=de", expect="Osnabrück")
    page.get_by_role("button", name="Abmelden").click()
    expect(page.locator("regulars-hq-door")).to_be_visible()
    assert page.get_by_text("Osnabrück").count() == 0
    until(lambda: stage.office.me is None)


def test_a_link_for_a_colleague_is_shown_once(open_page: Open, stage: Stage) -> None:
    page = open_page("/hq?lang=de", expect="Filialen")
    page.locator("[data-part=access]").click()
    page.get_by_role("button", name="Link erzeugen").click()
    expect(page.locator("output")).to_have_text("http://hq.test/hq#setup=0123456789abcdef")


def test_the_alarm_ends_only_after_a_second_press(open_page: Open, stage: Stage) -> None:
    stage.office.overview["alarms"] = [ALARM]
    page = open_page("/hq?lang=de", expect="Zwei Geräte mit einer Kennung")
    page.get_by_role("button", name="Alarm beenden").click()
    assert settled(stage) == []
    page.get_by_role("button", name="Alarm jetzt beenden").click()
    expect(page.locator(".alarm")).to_have_count(0)
    assert settled(stage) == [f"/v1/devices/{ALARM['device_id']}/settle"]


def test_who_may_only_look_sees_the_alarm_and_whom_to_tell(open_page: Open, stage: Stage) -> None:
    assert stage.office.me is not None
    stage.office.me |= {"role": "support", "rights": ["stores.read"]}
    stage.office.overview["alarms"] = [ALARM]
    page = open_page("/hq?lang=en", expect="Two machines with one identity")
    assert page.locator(".alarm button").count() == 0
    expect(page.locator(".alarm")).to_contain_text("Whoever may add stores can end it.")


def test_the_log_says_in_words_what_was_done(open_page: Open) -> None:
    page = open_page("/hq?lang=de", expect="Filialen")
    page.locator("[data-part=audit]").click()
    expect(page.get_by_role("cell", name="Gelöscht")).to_be_visible()
    expect(page.get_by_role("cell", name="Kein Recht: Zugänge verwalten")).to_be_visible()


@pytest.mark.parametrize(("lang", "form"), [("de", "%d.%m.%y, %H:%M:%S"), ("en", "%d/%m/%Y, %H:%M:%S")])
def test_the_log_dates_as_in_europe(open_page: Open, stage: Stage, lang: str, form: str) -> None:
    """Day before month and 24 hours in both languages: 3/4 is no day in March here."""
    page = open_page(f"/hq?lang={lang}", expect="Halm & Hede Münster")
    page.locator("[data-part=audit]").click()
    at = datetime.fromtimestamp(stage.office.entries[0]["at"]).astimezone()
    expect(page.locator("tbody td").first).to_have_text(at.strftime(form))


def settled(stage: Stage) -> list[str]:
    return [path for method, path, _ in stage.office.asked if path.endswith("/settle")]
