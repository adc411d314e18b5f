"""`make bench-paint`: how soon a salesperson's tablet has painted who arrived, in real Chromium.

The shop of `fanout.py` with its fifty tablets, and the staff page in a browser beside them. The age of an arrival is
counted from the decision, that of a card which its owner shows again from when the store had the wish; to the frame
after the one in which the name stood on the page, which is when a browser has put it on the glass.
"""

import json
import selectors
import statistics
import sys
import time
from functools import partial
from typing import Any, Final

from _shop import MEMBERS  # type: ignore[import-not-found]  # beside this file
from fanout import Floor, is_back, is_gone, is_new, running  # type: ignore[import-not-found]  # as above
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS
from tests.core.store import NOW
from tests.require import NEEDS

# Six frames at 60 a second: what a hand that holds the tablet takes for at once.
PAINTED_P95_S: Final = 0.1
AGAIN: Final = 60
# As many as the page lists by name; with more it becomes a list for a Saturday.
GUESTS: Final = MEMBERS[:6]
SIZE: Final = {"width": 768, "height": 1024}
# Each name's frames, first seen and last gone, on the wall clock in milliseconds.
WATCH: Final = """(names) => {
  localStorage.setItem("regulars.staff", JSON.stringify({ token: "t0", kind: "tablet", id: "t0", name: "Till" }));
  window.painted = {};
  const text = (node) => node.nodeType === 3 ? node.data
    : [...(node.shadowRoot ?? node).childNodes].map(text).join(" ");
  const shown = new Set();
  const look = () => {
    const all = text(document.body ?? document);
    for (const name of names) {
      if (all.includes(name) === shown.has(name)) continue;
      shown.has(name) ? shown.delete(name) : shown.add(name);
      const is = shown.has(name);
      requestAnimationFrame(() => { window.painted[name] = [is, performance.timeOrigin + performance.now()]; });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def name_of(member: str) -> str:
    return f"M {member[-2:]}"


class Glass:
    """What the browser has painted. A page that nobody touches for half a minute covers itself."""

    def __init__(self, page: Page, port: int) -> None:
        self._page = page
        page.set_viewport_size(SIZE)  # type: ignore[arg-type]
        page.add_init_script(f"({WATCH})({json.dumps([name_of(member) for member in GUESTS])})")
        page.goto(f"http://127.0.0.1:{port}/staff")
        page.get_by_text("Nobody is waiting").wait_for()

    def painted(self, member: str, *, shown: bool, floor: Floor) -> float:
        """When, on the machine's monotonic clock."""
        self._page.mouse.click(SIZE["width"] / 2, SIZE["height"] - 10)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            floor.pump(0.02)
            found: list[Any] | None = self._page.evaluate("(name) => window.painted[name]", name_of(member))
            if found and found[0] is shown:
                return float(found[1]) / 1e3 - time.time() + time.monotonic()
        raise SystemExit(f"paint: the page did not {'show' if shown else 'take away'} {name_of(member)} in 20 s")


def measured(floor: Floor, glass: Glass) -> tuple[list[float], list[float]]:
    came: list[float] = []
    visits: list[str] = []
    for member in GUESTS:
        card: dict[str, Any] = {}
        floor.arrive(member)
        floor.until_all(partial(is_new, visits, card))
        visits.append(card["id"])
        came.append(glass.painted(member, shown=True, floor=floor) + NOW - card["decided_at"])
    again: list[float] = []
    for turn in range(AGAIN):
        member, visit = GUESTS[turn % len(GUESTS)], visits[turn % len(GUESTS)]
        floor.tell(f"mode {member} phone")
        floor.until_all(partial(is_gone, visit))
        glass.painted(member, shown=False, floor=floor)
        began = floor.tell(f"mode {member} advice")
        floor.until_all(partial(is_back, visit))
        again.append(glass.painted(member, shown=True, floor=floor) - began)
    return came, again


def main() -> int:
    with running() as shop, selectors.EpollSelector() as selector, sync_playwright() as playwright:
        floor = Floor(shop, selector)
        browser = playwright.chromium.launch(executable_path=NEEDS["chromium"].find(), headless=True, args=list(FLAGS))
        came, again = measured(floor, Glass(browser.new_page(), floor.port))
        browser.close()
    p50_s, p95_s = (statistics.quantiles(came + again, n=100)[at] for at in (49, 94))
    verdict = "PASS" if p95_s <= PAINTED_P95_S else "FAIL"
    print(f"paint: {verdict} p50_ms={p50_s * 1e3:.0f} p95_ms={p95_s * 1e3:.0f} arrivals={len(came)} again={len(again)}")
    return 0 if verdict == "PASS" else 1


if __name__ == "__main__":
    sys.exit(main())
