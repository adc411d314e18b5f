"""Head office's page of pictures: what lacks one comes first, a file is chosen or dropped, refusals say what to do."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open, until
from tests.browser.office import IMAGE
from tests.browser.stage import Stage
from tests.core.pictures import photograph
from wire.raster import master, scaled

pytestmark = pytest.mark.needs("chromium")

FILE: Any = {"name": "coat.jpg", "mimeType": "image/jpeg", "buffer": photograph(600, 660)}
# As the browser gives a page what was dragged in from outside.
DROP = """(row, names) => {
  const carried = new DataTransfer();
  for (const name of names) carried.items.add(new File(["picture"], name, { type: "image/png" }));
  for (const event of ["dragover", "drop"]) {
    row.dispatchEvent(new DragEvent(event, { dataTransfer: carried, bubbles: true, composed: true, cancelable: true }));
  }
}"""


@pytest.fixture(autouse=True)
def kept(stage: Stage) -> None:
    stage.kept = {IMAGE: scaled(master(photograph(600, 660)))}


def opened(open_page: Open, lang: str = "de") -> Page:
    page = open_page(f"/hq?lang={lang}", size=(1280, 800), expect="Filialen" if lang == "de" else "Stores")
    page.locator("[data-part=pictures]").click()
    page.locator("regulars-hq-pictures .article").first.wait_for()
    return page


def row(page: Page, product_id: str) -> Locator:
    return page.locator(f".article[data-id='{product_id}']")


def sent(stage: Stage, method: str) -> list[Any]:
    return [body for way, path, body in stage.office.asked if (way, path) == (method, "/v1/pictures")]


def test_who_may_not_write_the_catalogue_has_no_such_part(open_page: Open, stage: Stage) -> None:
    assert stage.office.me is not None
    stage.office.me |= {"role": "support", "rights": ["stores.read"]}
    page = open_page("/hq?lang=de", expect="Filialen")
    assert page.locator("[data-part=pictures]").count() == 0


def test_what_lacks_a_picture_is_counted_and_drawn(open_page: Open) -> None:
    page = opened(open_page)
    expect(page.get_by_text("2 von 3 Artikeln haben kein Bild")).to_be_visible()
    expect(row(page, "coat-lene-camel").locator("regulars-garment svg")).to_be_visible()
    expect(row(page, "dress-wanda-burgundy").locator("img")).to_be_visible()


def test_a_chosen_file_becomes_the_articles_picture(open_page: Open, stage: Stage) -> None:
    page = opened(open_page)
    coat = row(page, "coat-lene-camel")
    with page.expect_file_chooser() as chosen:
        coat.get_by_role("button", name="Bild wählen").click()
    chosen.value.set_files(FILE)
    expect(coat.get_by_text("Gespeichert")).to_be_visible()
    expect(coat.locator("img")).to_be_visible()
    expect(page.get_by_text("Ein Artikel von 3 hat kein Bild.")).to_be_visible()
    assert sent(stage, "PUT") == [{"product_id": "coat-lene-camel"}]
    assert stage.office.files == [FILE["buffer"]]


def test_a_file_that_is_dropped_on_an_article_is_its_picture(open_page: Open, stage: Stage) -> None:
    page = opened(open_page)
    row(page, "coat-lene-camel").evaluate(DROP, ["coat.png"])
    until(lambda: stage.office.files == [b"picture"])
    expect(row(page, "coat-lene-camel").get_by_text("Gespeichert")).to_be_visible()


def test_two_files_on_one_article_are_not_guessed_about(open_page: Open, stage: Stage) -> None:
    page = opened(open_page, "en")
    row(page, "coat-lene-camel").evaluate(DROP, ["front.png", "back.png"])
    expect(page.get_by_role("alert")).to_have_text("Please drop one file only on an article.")
    assert sent(stage, "PUT") == []


@pytest.mark.parametrize(
    ("refusal", "german", "english"),
    [
        (("error.picture_strange", 400), "Das ist kein Bild in JPEG", "This is not a JPEG"),
        (("error.picture_large", 400), "mehr als 25 Millionen Bildpunkte", "more than 25 million pixels"),
        (("error.picture_broken", 400), "Dieses Bild ist beschädigt", "This picture is damaged"),
        (("error.invalid", 413), "größer als 8 MiB", "larger than 8 MiB"),
        (("error.invalid", 408), "zu lange gedauert", "took too long"),
    ],
)
def test_a_refusal_stands_at_its_article_and_says_what_to_do(
    open_page: Open, stage: Stage, refusal: tuple[str, int], german: str, english: str
) -> None:
    for lang, said in (("de", german), ("en", english)):
        stage.office.refusals = [refusal]
        page = opened(open_page, lang)
        coat = row(page, "coat-lene-camel")
        coat.locator("input[type=file]").set_input_files(FILE)
        expect(coat.get_by_role("alert")).to_contain_text(said)
        expect(coat.locator("[data-do=choose]")).to_be_enabled()


def test_a_file_that_is_too_large_is_not_sent_at_all(open_page: Open, stage: Stage) -> None:
    page = opened(open_page)
    large: Any = {**FILE, "buffer": bytes((8 << 20) + 1)}
    row(page, "coat-lene-camel").locator("input[type=file]").set_input_files(large)
    expect(page.get_by_role("alert")).to_contain_text("größer als 8 MiB")
    assert sent(stage, "PUT") == []


def test_who_is_asked_to_wait_is_served_a_second_later(open_page: Open, stage: Stage) -> None:
    stage.office.refusals = [("error.too_fast", 429)]
    page = opened(open_page)
    row(page, "coat-lene-camel").locator("input[type=file]").set_input_files(FILE)
    expect(row(page, "coat-lene-camel").get_by_text("Gespeichert")).to_be_visible()
    assert len(sent(stage, "PUT")) == 2


def test_a_picture_goes_only_after_a_second_press(open_page: Open, stage: Stage) -> None:
    page = opened(open_page)
    dress = row(page, "dress-wanda-burgundy")
    dress.get_by_role("button", name="Löschen").click()
    assert sent(stage, "DELETE") == []
    page.get_by_role("button", name="Bild löschen").click()
    expect(dress.locator("regulars-garment svg")).to_be_visible()
    expect(dress.locator("[data-do=choose]")).to_be_focused()
    assert sent(stage, "DELETE") == [{"product_id": "dress-wanda-burgundy"}]


def test_a_word_finds_and_the_list_goes_on(open_page: Open) -> None:
    page = opened(open_page)
    page.get_by_role("button", name="Mehr zeigen").click()
    expect(page.locator(".article")).to_have_count(3)
    page.get_by_role("searchbox").fill("wanda")
    expect(page.locator(".article")).to_have_count(1)
    page.get_by_role("searchbox").fill("nichts davon")
    expect(page.get_by_text("Nichts gefunden")).to_be_visible()


def test_a_rare_word_is_looked_for_until_it_is_found(open_page: Open, stage: Stage) -> None:
    page = opened(open_page)
    stage.office.empty_pages = 3
    page.get_by_role("searchbox").fill("bror")
    expect(page.locator(".article")).to_have_count(1)
    expect(page.locator(".article")).to_contain_text("Wollschal Bror")


def test_a_word_that_nothing_has_is_not_looked_for_for_ever(open_page: Open, stage: Stage) -> None:
    page = opened(open_page)
    stage.office.empty_pages = 1_000
    page.get_by_role("searchbox").fill("bror")
    expect(page.get_by_role("button", name="Weiter suchen")).to_be_visible()
    assert stage.office.empty_pages == 1_000 - 25


def test_a_file_that_misses_every_article_does_not_leave_the_page(open_page: Open) -> None:
    page = opened(open_page)
    page.locator("regulars-hq-pictures h2").first.evaluate(DROP, ["coat.png"])
    expect(page.locator(".article")).to_have_count(2)
    assert page.url.endswith("/hq?lang=de")
