"""The demo's tour in a real browser, against the real store, head office and simulated air."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect

from regulars.solo.port import free_ports
from tests.browser.conftest import SHOTS
from tests.require import ROOT

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(180)]

AXE = (ROOT / "tests/browser/vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
RULES = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, iframes: false });
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""
LOCALES = {"de": "de-DE", "en": "en-GB"}
STEP_WITHIN_MS = 20_000
# Pictures are drawn one by one behind everything else; the reserved coat is among the first.
DRAWN_WITHIN_MS = 60_000
# Sizes of the devices that the pages are made for.
TABLET, SCREEN, PHONE, WHOLE = (768, 1024), (1080, 1920), (360, 640), (1280, 800)


@dataclass(frozen=True, slots=True)
class Demo:
    url: str
    process: subprocess.Popen[str]

    def pages(self) -> dict[str, str]:
        """Fresh addresses that pair themselves."""
        with urllib.request.urlopen(f"{self.url}/demo.json", timeout=10) as reply:  # noqa: S310 - loopback
            return dict(json.load(reply))

    def post(self, path: str, **body: object) -> None:
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}{path}", json.dumps(body).encode(), {"X-Regulars": "1", "Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - loopback


@contextmanager
def running_demo() -> Iterator[Demo]:
    """The demo as somebody starts it, ended with the signal that a terminal sends."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "regulars", "demo", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        url = next(line.strip() for line in process.stdout if line.strip().startswith("http"))
        try:
            yield Demo(url, process)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo() as running:
        yield running


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What any page said on its console; nothing, at the end."""
    lines: list[str] = []
    yield lines
    assert [line for line in lines if "Failed to load resource" not in line] == []


def opened(browser: Browser, url: str, size: tuple[int, int], lang: str, said: list[str]) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=LOCALES[lang], reduced_motion="reduce"
    )
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    return page


def violations(where: Page | Frame) -> list[str]:
    where.evaluate(AXE)
    return list(where.evaluate(RULES))


def kept(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def drag_anna_in(page: Page) -> None:
    """With the mouse, from the pavement through the door and to the coats on the left."""
    anna = page.locator("regulars-floor g.person.star circle").nth(1).bounding_box()
    floor = page.locator("regulars-floor svg").bounding_box()
    assert anna is not None
    assert floor is not None
    page.mouse.move(anna["x"] + anna["width"] / 2, anna["y"] + anna["height"] / 2)
    page.mouse.down()
    page.mouse.move(floor["x"] + floor["width"] * 0.5, floor["y"] + floor["height"] * 0.7, steps=8)
    page.mouse.move(floor["x"] + floor["width"] * 0.19, floor["y"] + floor["height"] * 0.42, steps=8)
    page.mouse.up()


def ticked(page: Page, step: str) -> None:
    expect(page.locator(f"li[data-step={step}][data-done]")).to_be_attached(timeout=STEP_WITHIN_MS)


def device(page: Page, kind: str) -> FrameLocator:
    return page.frame_locator(f"regulars-frame[kind={kind}] iframe")


@pytest.mark.parametrize("lang", ["de", "en"])
def test_the_six_steps(browser: Browser, demo: Demo, said: list[str], lang: str) -> None:
    demo.post("/again")
    page = opened(browser, demo.url, WHOLE, lang, said)
    tablet, screen, phone = device(page, "tablet"), device(page, "screen"), device(page, "phone")
    phone.locator("[data-mode=advice][aria-checked=true]").wait_for(timeout=STEP_WITHIN_MS)
    kept(page, f"tour-{lang}-0-before")

    drag_anna_in(page)
    ticked(page, "arrive")
    ticked(page, "tablet")
    row = tablet.locator("li[data-id]").filter(has_text="Anna B.")
    expect(row).to_contain_text("Wollmantel Lene" if lang == "de" else "Lene wool coat")
    kept(page, f"tour-{lang}-1-arrived")
    row.locator("button.who").click()
    expect(tablet.locator("body")).to_contain_text("Anna Brandt")
    kept(page, f"tour-{lang}-2-tablet")

    ticked(page, "screen")
    expect(screen.locator("h1")).to_contain_text("Mäntel" if lang == "de" else "oats", timeout=STEP_WITHIN_MS)
    assert "Anna" not in screen.locator("body").inner_text()
    kept(page, f"tour-{lang}-3-screen")

    phone.locator("nav [data-tab=mirror]").click()
    ticked(page, "phone")
    expect(phone.locator("regulars-mirror")).to_contain_text("Anna Brandt")
    kept(page, f"tour-{lang}-4-phone")
    assert [one for frame in page.frames for one in violations(frame)] == []

    phone.locator("nav [data-tab=now]").click()
    phone.locator("[data-mode=invisible]").click()
    expect(row).to_have_count(0, timeout=2000)
    ticked(page, "invisible")
    expect(screen.locator("h1")).not_to_contain_text("Mäntel" if lang == "de" else "oats")
    kept(page, f"tour-{lang}-5-invisible")

    page.locator("[data-plug]").click()
    ticked(page, "plug")
    expect(tablet.locator("li[data-id]").filter(has_text="Ben")).to_be_visible()
    kept(page, f"tour-{lang}-6-plug")
    assert violations(page) == []
    page.context.close()


def test_each_device_at_its_own_size(browser: Browser, demo: Demo, said: list[str]) -> None:
    demo.post("/again")
    pages = demo.pages()
    tablet = opened(browser, pages["tablet_url"], TABLET, "de", said)
    screen = opened(browser, pages["screen_url"], SCREEN, "de", said)
    phone = opened(browser, pages["phone_url"], PHONE, "de", said)
    phone.locator("[data-mode=advice][aria-checked=true]").wait_for(timeout=STEP_WITHIN_MS)
    demo.post(f"/phones/{pages['anna']}/move", x=3.5, y=6.5)
    row = tablet.locator("li[data-id]").filter(has_text="Anna B.")
    row.wait_for(timeout=STEP_WITHIN_MS)
    kept(tablet, "tablet-list")
    row.locator("button.who").click()
    expect(tablet.locator("body")).to_contain_text("Anna Brandt")
    expect(screen.locator("h1")).to_contain_text("Mäntel", timeout=STEP_WITHIN_MS)
    kept(tablet, "tablet-card")
    kept(screen, "screen-coats")
    kept(phone, "phone-now")
    phone.locator("nav [data-tab=mirror]").click()
    expect(phone.locator("regulars-mirror")).to_contain_text("Anna Brandt")
    kept(phone, "phone-mirror")
    tablet.reload()  # now by the worker that the first opening left
    row.wait_for(timeout=STEP_WITHIN_MS)
    assert [one for page in (tablet, screen, phone) for one in violations(page)] == []
    for page in (tablet, screen, phone):
        page.context.close()


def test_articles_have_pictures_and_neighbours(browser: Browser, demo: Demo, said: list[str]) -> None:
    """From the store on the tablet, from head office on the phone; the neighbour's stock with its age."""
    demo.post("/again")
    pages = demo.pages()
    tablet = opened(browser, pages["tablet_url"], TABLET, "en", said)
    phone = opened(browser, pages["phone_url"], PHONE, "en", said)
    phone.locator("[data-mode=advice][aria-checked=true]").wait_for(timeout=STEP_WITHIN_MS)
    demo.post(f"/phones/{pages['anna']}/move", x=3.5, y=6.5)
    tablet.locator("li[data-id]").filter(has_text="Anna B.").locator("button.who").click(timeout=STEP_WITHIN_MS)
    for shown in (tablet.locator("regulars-reserved img"), phone.locator("regulars-phone-now .held img")):
        shown.first.wait_for(timeout=DRAWN_WITHIN_MS)
        expect(shown.first).to_have_js_property("complete", value=True)
        assert shown.first.evaluate("image => image.naturalWidth") > 0
    expect(tablet.locator(".elsewhere li").filter(has_text="Halm & Hede Kiel").first).to_contain_text("2 hours ago")
    for page in (tablet, phone):
        page.context.close()


def test_a_taken_port_is_one_sentence(demo: Demo, tmp_path: Path) -> None:
    port = demo.url.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "regulars", "demo", "--port", port, "--state", tmp_path / "state"],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 2
    assert (
        done.stderr
        == f"regulars demo: Port {port} is taken by another program: end it or choose another with --port.\n"
    )
