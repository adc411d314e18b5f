"""`python -m tests.browser.readme_images`: the pictures of the README, taken from a running demo in a real browser.

Tablet, screen and phone at their own sizes while Anna is in the shop, side by side on one sheet; and the demo page.
"""

import base64
import sys
import time
from pathlib import Path
from typing import Final

import httpx
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FLAGS
from tests.browser.test_tour import (
    PHONE,
    SCREEN,
    TABLET,
    WHOLE,
    Demo,
    device,
    drag_anna_in,
    opened,
    running_demo,
    ticked,
)
from tests.require import NEEDS, ROOT

IMAGES: Final = ROOT / "docs" / "images"
LIMIT_BYTES: Final = 300_000
SETTLE_MS: Final = 600
# What the members looked at; a few seconds each on a machine that does something else besides.
PICTURES: Final = 55
PICTURES_WITHIN_S: Final = 400
COATS: Final = {"de": "Mäntel", "en": "oats"}
SHEET_WIDTH: Final = 1240
SHEET: Final = """<!doctype html><style>
  body {{ margin: 0; background: #fff; }}
  main {{ display: flex; gap: 34px; align-items: center; justify-content: center; padding: 22px 0 30px; }}
  img {{ display: block; border: 9px solid #2b2420; box-shadow: 0 10px 24px rgb(66 44 22 / 20%); }}
  .tablet {{ block-size: 580px; border-radius: 22px; }} .phone {{ block-size: 480px; border-radius: 28px; }}
  .screen {{ block-size: 650px; border-radius: 10px; border-width: 6px; }}
</style><main>
  <img class="tablet" src="{tablet}"><img class="screen" src="{screen}"><img class="phone" src="{phone}">
</main>"""


def main() -> int:
    """0, or 1 when a picture is too heavy for a README."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, running_demo() as demo:
        browser = playwright.chromium.launch(executable_path=NEEDS["chromium"].find(), args=list(FLAGS))
        wait_for_pictures(demo)
        for lang in ("de", "en"):
            devices(browser, demo, lang, IMAGES / f"devices.{lang}.png")
            whole_page(browser, demo, lang, IMAGES / f"demo.{lang}.png")
        browser.close()
    heavy = [image.name for image in IMAGES.glob("*.png") if image.stat().st_size > LIMIT_BYTES]
    print(f"{IMAGES}: {', '.join(heavy)} above {LIMIT_BYTES} bytes" if heavy else f"{IMAGES}: done")  # noqa: T201
    return 1 if heavy else 0


def wait_for_pictures(demo: Demo) -> None:
    """Until what the members looked at has its picture: they are drawn while the demo runs."""
    metrics = demo.pages()["tablet_url"].partition("/staff")[0] + "/metrics"
    end = time.monotonic() + PICTURES_WITHIN_S
    while time.monotonic() < end:
        line = next(line for line in httpx.get(metrics).text.splitlines() if line.startswith("regulars_pictures "))
        if float(line.rpartition(" ")[2]) >= PICTURES:
            return
        time.sleep(1.0)
    raise AssertionError("the articles have no pictures yet")


def devices(browser: Browser, demo: Demo, lang: str, target: Path) -> None:
    """Three real pages, each in its own size, on one sheet."""
    demo.post("/again")
    addresses = demo.pages()
    sizes = {"tablet": TABLET, "screen": SCREEN, "phone": PHONE}
    pages = {kind: opened(browser, addresses[f"{kind}_url"], size, lang, []) for kind, size in sizes.items()}
    pages["phone"].locator("[data-mode=advice][aria-checked=true]").wait_for()
    demo.post(f"/phones/{addresses['anna']}/move", x=3.5, y=6.5)
    pages["tablet"].locator("li[data-id]").filter(has_text="Anna B.").locator("button.who").click()
    pages["screen"].locator("h1").filter(has_text=COATS[lang]).wait_for()
    pages["phone"].locator("nav [data-tab=mirror]").click()
    pages["phone"].locator("regulars-mirror regulars-staff-card").wait_for()
    pages["phone"].wait_for_timeout(SETTLE_MS)
    shots = {kind: _embedded(page.screenshot()) for kind, page in pages.items()}
    for page in pages.values():
        page.context.close()
    sheet = browser.new_page(viewport={"width": SHEET_WIDTH, "height": 600})
    sheet.set_content(SHEET.format(**shots))
    sheet.wait_for_load_state("networkidle")
    sheet.screenshot(path=target, full_page=True)
    sheet.close()


def whole_page(browser: Browser, demo: Demo, lang: str, target: Path) -> None:
    """The demo page while Anna's coat is on the tablet and coats are on the screen."""
    demo.post("/again")
    page = opened(browser, demo.url, WHOLE, lang, [])
    device(page, "phone").locator("[data-mode=advice][aria-checked=true]").wait_for()
    drag_anna_in(page)
    ticked(page, "screen")
    device(page, "screen").locator("h1").filter(has_text=COATS[lang]).wait_for()
    device(page, "tablet").locator("li[data-id]").filter(has_text="Anna B.").locator("button.who").click()
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=target)
    page.context.close()


def _embedded(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


if __name__ == "__main__":
    sys.exit(main())
