"""The staff page as an app on a tablet: it can be installed, opens without the store, and is small the first time."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

import display
from tests.browser import cards
from tests.browser.conftest import FLAGS, Open, until
from tests.browser.stage import Stage
from tests.require import NEEDS

pytestmark = pytest.mark.needs("chromium")

FIRST_LOAD_KB = 120  # a shop's guest Wi-Fi at 1 Mbit/s has it in a second
KEPT = """async () => {
  const shell = await caches.open("regulars-staff-shell");
  return (await shell.keys()).map((one) => new URL(one.url).pathname);
}"""


@pytest.fixture
def staff(open_page: Open, stage: Stage) -> Page:
    stage.shown["staff"] = cards.full_list()
    return open_page("/staff?lang=en", expect="Anna B.", service_workers="allow")


def test_chromium_would_install_it(browser: Browser, stage: Stage, tmp_path: Path) -> None:
    """A profile of its own: in a private window, as all other tests have one, Chromium installs nothing."""
    start = browser.browser_type.launch_persistent_context
    context = start(tmp_path, executable_path=NEEDS["chromium"].find(), headless=True, args=list(FLAGS))
    try:
        page = context.new_page()
        page.goto(f"{stage.url}/staff")
        session = context.new_cdp_session(page)
        manifest = session.send("Page.getAppManifest")
        assert manifest["url"].partition("?")[0].endswith("/display/staff/manifest.de.webmanifest")
        assert manifest["errors"] == []
        assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    finally:
        context.close()


def test_it_opens_without_the_store_and_shows_nobody(staff: Page, stage: Stage) -> None:
    until(lambda: "/staff" in staff.evaluate(KEPT), within_s=10)
    staff.context.set_offline(offline=True)
    staff.reload()
    expect(staff.get_by_text("Nobody is waiting")).to_be_visible()
    expect(staff.get_by_text("Anna B.")).to_have_count(0)
    staff.context.set_offline(offline=False)
    expect(staff.get_by_text("Anna B.").first).to_be_visible()


def test_only_the_page_itself_is_kept(staff: Page) -> None:
    until(lambda: "/staff" in staff.evaluate(KEPT), within_s=10)
    kept = set(staff.evaluate(KEPT))
    assert kept - {"/staff"} == {path for path in kept if path.startswith("/display/")}


def test_the_first_load_is_small(open_page: Open, stage: Stage) -> None:
    stage.shown["staff"] = cards.full_list()
    page = open_page("/staff?lang=de", expect="Anna B.")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    paths = {urlsplit(name).path.removeprefix("/display/") for name in loaded if "/display/" in name}
    files = [display.stored_asset(path).body for path in paths if not path.endswith((".png", ".svg"))]
    size = sum(len(gzip.compress(body, 6)) for body in [*files, display.page("staff", "de").html.encode()])
    assert len(files) > 30
    assert size <= FIRST_LOAD_KB * 1024, f"{size / 1024:.0f} kB"
