"""One browser and one stage for all page tests; every page that a test opens must stay silent on its console."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.stage import Stage
from tests.require import NEEDS, ROOT

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SHOTS = Path(os.environ.get("REGULARS_SCREENSHOTS") or ROOT / "build" / "screenshots")

Open = Callable[..., Page]


def until(true: Callable[[], object], within_s: float = 5.0) -> None:
    """Waits for what a page does by itself to reach the stage; what is looked into may not be there yet."""
    end = time.monotonic() + within_s
    while not _is_so(true):
        assert time.monotonic() < end, "the page did not do it in time"
        time.sleep(0.02)


def _is_so(true: Callable[[], object]) -> bool:
    try:
        return bool(true())
    except (IndexError, KeyError):
        return False


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=NEEDS["chromium"].find(), headless=True, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="package")
def _stage() -> Iterator[Stage]:
    built = Stage()
    yield built
    built.close()


@pytest.fixture
def stage(_stage: Stage) -> Stage:
    _stage.end_streams()
    _stage.clear()
    return _stage


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """One context per set of options, kept for the folder: its cache spares every test the same forty modules."""
    kept: dict[str, BrowserContext] = {}

    def context(*, paired: bool, **options: Any) -> BrowserContext:
        key = repr((paired, sorted(options.items())))
        if key not in kept:
            kept[key] = browser.new_context(locale="de-DE", **{"service_workers": "block", **options})
            kept[key].set_default_timeout(5000)
            kept[key].add_init_script(PAIRED if paired else "localStorage.clear()")
        return kept[key]

    yield context
    for each in kept.values():
        each.close()


@pytest.fixture
def open_page(contexts: Callable[..., BrowserContext], stage: Stage) -> Iterator[Open]:
    """Opens a page of the stage; afterwards nothing may have been said on any console, and no script have failed."""
    pages: list[Page] = []
    said: list[str] = []

    def opened(
        path: str, *, size: tuple[int, int] = (390, 844), paired: bool = True, expect: str = "", **options: Any
    ) -> Page:
        page = contexts(paired=paired, **options).new_page()
        pages.append(page)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(stage.url + path)
        page.evaluate(PAINTED)
        if expect:
            page.get_by_text(expect).first.wait_for()
        return page

    yield opened
    stage.end_streams()
    for page in pages:
        page.context.set_offline(offline=False)
        page.close()
    assert [line for line in said if not any(part in line for part in BROWSERS_OWN)] == []


# A refused request and a line that a test cut are the browser's own words; everything else is a fault.
BROWSERS_OWN = (
    "Failed to load resource",
    "net::ERR_INTERNET_DISCONNECTED",
    "Service Worker registration blocked by Playwright",
)
# Not `wait_for_function`: it evaluates text in the page, which the pages' policy rightly refuses.
PAINTED = """async () => {
  const page = document.querySelector("body > :not(noscript)");
  await customElements.whenDefined(page.localName);
  await page.updateComplete;
}"""
PAIRED = """
const paired = (page, token, kind, id) => localStorage.setItem(
  "regulars." + page, JSON.stringify({ token, kind, id, name: id }));
paired("staff", "staff-token", "tablet", "t1");
paired("screen", "screen-token", "screen", "window");
"""
