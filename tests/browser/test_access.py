"""Every page and state in both languages and both themes: axe finds nothing, and a picture is kept to look at."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import cards, test_floor, test_join
from tests.browser.conftest import SHOTS, Open
from tests.browser.office import ALARM, IMAGE
from tests.browser.stage import Stage
from tests.core.pictures import photograph
from tests.require import ROOT
from wire.cards import Line, Note
from wire.live import Ack
from wire.raster import master, scaled
from wire.views import Mode

pytestmark = pytest.mark.needs("chromium")

AXE = (ROOT / "tests/browser/vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FINDINGS = """async (runOnly) => {
  const found = await axe.run(document, { runOnly, iframes: false });
  const where = (node) => node.target.flat().join(" ") + " " + (node.any[0]?.message ?? "");
  return found.violations.map((one) => one.id + ": " + one.nodes.map(where).join(" | "));
}"""

PHONE, SMALL, TABLET, WIDE, TALL, BROAD = (375, 812), (360, 640), (768, 1024), (1280, 800), (1080, 1920), (1920, 1080)


def _list(stage: Stage) -> None:
    stage.shown["staff"] = cards.full_list()


def _phone_code(stage: Stage) -> None:
    _list(stage)
    stage.answers["phone_code"] = Ack(
        key="k", ok=True, body={"code": "7KQ4M9", "qr_svg": cards.QR, "expires_at": cards.NOW + 600}
    )


def _saturday(stage: Stage) -> None:
    stage.shown["staff"] = cards.saturday()


def _picks(stage: Stage) -> None:
    stage.shown["staff"] = (*cards.full_list(), cards.picks())


def _found(stage: Stage) -> None:
    _list(stage)
    coat = cards.item("coat-tuva-camel", my_size="38", stock=cards.shelves(), elsewhere=cards.elsewhere())
    boots = cards.item("boots-edda-cognac")
    body: dict[str, Any] = {"items": [one.model_dump(mode="json") for one in (coat, boots)], "count": 40}
    stage.answers["search"] = Ack(key="k", ok=True, body=body)


def _named(stage: Stage) -> None:
    _list(stage)
    people: Any = [
        {"pick": "p", "name": "Anna Brandt", "digits": "23"},
        {"pick": "q", "name": "Anna Brand", "digits": ""},
    ]
    stage.answers["find"] = Ack(key="k", ok=True, body={"members": people})


def _little(stage: Stage) -> None:
    stage.shown["staff"] = (cards.visitor(1, "Kim", "reason.arrived", sizes=()), cards.status())


def _busy_anna(stage: Stage) -> None:
    """Handed about, with a task, in the middle of trying on, and a complaint before all else."""
    tried = cards.reservation().model_copy(update={"step": "tried", "moves": ("bought", "returned")})
    written = (
        Note(note_id="n1", label="alteration", text="2 cm", at=cards.NOW - 90, task=True),
        Note(note_id="n2", label="gift", at=cards.NOW - 60),
    )
    complaint = Line(key="fact.complaint", params={"text": "Naht nach zwei Wochen offen, Reparatur zugesagt"})
    card = cards.anna(
        claimed_by="deer",
        state="fitting",
        reservations=(tried,),
        written=written,
        facts=(complaint, *cards.anna().facts[:2]),
    )
    stage.shown["staff"] = (card, cards.status())


def _coats(stage: Stage) -> None:
    stage.shown["screen:window"] = (cards.screen("coat"),)


def _visit(mode: Mode) -> Callable[[Stage], None]:
    def said(stage: Stage) -> None:
        stage.member, stage.visit = cards.member(), cards.phone(mode)

    return said


def _member(stage: Stage) -> None:
    stage.member = cards.member()


def _nothing(_: Any) -> None:
    """The page as it opens."""


def _anna(page: Page) -> None:
    page.get_by_role("button", name="Anna B.").first.click()
    page.locator("regulars-staff-card .held").wait_for()


def _press(*names: str) -> Callable[[Page], None]:
    def pressed(page: Page) -> None:
        for name in names:
            page.locator(name).first.click()

    return pressed


def _anna_and(name: str) -> Callable[[Page], None]:
    def pressed(page: Page) -> None:
        _anna(page)
        page.locator(name).first.click()

    return pressed


def _search(page: Page) -> None:
    _anna(page)
    page.locator("header button >> nth=0").click()
    page.locator("regulars-search input").fill("mantel")
    page.locator("regulars-search .article").first.wait_for()


def _name(page: Page) -> None:
    page.locator("header button >> nth=3").click()
    page.locator("regulars-checkin .ways button >> nth=1").click()
    page.locator("regulars-checkin input").fill("anna brand")
    page.keyboard.press("Enter")
    page.locator("regulars-checkin .people").wait_for()


def _why(page: Page) -> None:
    _anna_row(page)
    page.locator("regulars-reserved .moves button >> nth=1").click()


def _anna_row(page: Page) -> None:
    page.locator(".who").first.click()
    page.locator("regulars-staff-card").wait_for()


def _joined(stage: Stage) -> None:
    stage.joined = (200, test_join.answer())


def _signed_out(stage: Stage) -> None:
    stage.office.me = None


def _shut(page: Page) -> None:
    expect(page.locator(".cover :is(h1, h2)")).to_be_in_viewport(ratio=1)


def _alarmed(stage: Stage) -> None:
    stage.office.overview["alarms"] = [ALARM]


def _pictured(stage: Stage) -> None:
    stage.kept = {IMAGE: scaled(master(photograph(1200, 1320)))}
    stage.office.refusals = [("error.picture_large", 400)]


def _picture_refused(page: Page) -> None:
    page.locator("[data-part=pictures]").click()
    page.locator("regulars-hq-pictures .article input").first.set_input_files(
        {"name": "big.png", "mimeType": "image/png", "buffer": b"none"}
    )
    page.locator("regulars-hq-pictures .article .mistake").wait_for()
    page.locator("regulars-hq-pictures .article img").wait_for()


def _picture_sure(page: Page) -> None:
    page.locator("[data-part=pictures]").click()
    page.locator("[data-do=delete]").first.click()


def _settle_sure(page: Page) -> None:
    page.locator(".alarm button").click()


def _member_found(page: Page) -> None:
    page.locator("[data-part=members]").click()
    page.locator("input[name=member]").fill("482913507765")
    page.locator("form.line button").click()
    page.locator(".sheet dl").wait_for()


def _to_step(last: int) -> Callable[[Page], None]:
    def pressed(page: Page) -> None:
        for step in range(last):
            if step == 1:
                page.locator("input[name=recognise]").check()
                page.locator("input[name=staff]").check()
            page.locator(".footer .primary").click()

    return pressed


def _receipt(page: Page) -> None:
    _to_step(4)(page)
    page.locator("input[name=alias]").fill("Anna")
    page.locator("input[name=adult]").check()
    page.locator(".footer .primary").click()
    page.locator("regulars-receipt").wait_for()


STATES: dict[str, tuple[str, tuple[int, int], Callable[[Stage], None], Callable[[Page], None]]] = {
    "staff_empty": ("staff", SMALL, _nothing, _nothing),
    "staff_locked": ("staff?lock_s=1", SMALL, _list, _shut),
    "staff_locked_wide": ("staff?lock_s=1", WIDE, _list, _shut),
    "staff_covered": ("staff?blur_s=1", SMALL, _list, _shut),
    "staff_list": ("staff", SMALL, _list, _nothing),
    "staff_card": ("staff", SMALL, _list, _anna),
    "staff_card_tablet": ("staff", TABLET, _list, _anna),
    "staff_card_wide": ("staff", WIDE, _list, _anna),
    "staff_checkin": ("staff", SMALL, _list, _press("header button >> nth=3")),
    "staff_name": ("staff", SMALL, _named, _name),
    "staff_saturday": ("staff", SMALL, _saturday, _press(".rest")),
    "staff_saturday_tablet": ("staff", TABLET, _saturday, _press(".rest")),
    "staff_saturday_wide": ("staff", WIDE, _saturday, _press(".rest")),
    "staff_picks": ("staff", SMALL, _picks, _press("header button >> nth=1")),
    "staff_picks_wide": ("staff", WIDE, _picks, _press("header button >> nth=1")),
    "staff_search": ("staff", SMALL, _found, _search),
    "staff_search_tablet": ("staff", TABLET, _found, _search),
    "staff_note": ("staff", SMALL, _list, _anna_and(".after button >> nth=0")),
    "staff_little": ("staff", SMALL, _little, _anna_row),
    "staff_busy": ("staff", SMALL, _busy_anna, _anna_row),
    "staff_busy_tablet": ("staff", TABLET, _busy_anna, _why),
    "gallery": ("gallery", WIDE, _nothing, _nothing),
    "gallery_small": ("gallery", SMALL, _nothing, _nothing),
    "staff_phone_code": (
        "staff",
        SMALL,
        _phone_code,
        _anna_and(".top button >> nth=-1"),
    ),
    "staff_customer": ("staff", TABLET, _list, _anna_and("header button >> nth=2")),
    "screen_neutral": ("screen", TALL, _nothing, _nothing),
    "screen_coats": ("screen", TALL, _coats, _nothing),
    "screen_coats_broad": ("screen", BROAD, _coats, _nothing),
    "phone_code": ("phone", SMALL, _nothing, _nothing),
    "phone_away": ("phone", PHONE, _member, _nothing),
    "phone_now": ("phone", PHONE, _visit(Mode.ADVICE), _nothing),
    "phone_quiet": ("phone", SMALL, _visit(Mode.PHONE), _nothing),
    "phone_list": ("phone", PHONE, _visit(Mode.ADVICE), _press("[data-tab=list]")),
    "phone_mirror": ("phone", PHONE, _visit(Mode.ADVICE), _press("[data-tab=mirror]")),
    "phone_account": ("phone", PHONE, _visit(Mode.ADVICE), _press("[data-tab=account]")),
    **{f"join_{step}": ("join", PHONE, _nothing, _to_step(step)) for step in range(5)},
    "join_receipt": ("join", PHONE, _joined, _receipt),
    "leave": ("leave", SMALL, _member, _nothing),
    "hq_door": ("hq", SMALL, _signed_out, _nothing),
    "hq_overview": ("hq", SMALL, _nothing, _nothing),
    "hq_overview_tablet": ("hq", TABLET, _nothing, _nothing),
    "hq_overview_wide": ("hq", WIDE, _nothing, _nothing),
    "hq_alarm": ("hq", SMALL, _alarmed, _nothing),
    "hq_alarm_wide": ("hq", WIDE, _alarmed, _nothing),
    "hq_alarm_sure": ("hq", SMALL, _alarmed, _settle_sure),
    "hq_pictures": ("hq", SMALL, _pictured, _picture_refused),
    "hq_pictures_wide": ("hq", WIDE, _pictured, _picture_refused),
    "hq_pictures_sure": ("hq", TABLET, _pictured, _picture_sure),
    "hq_members": ("hq", SMALL, _nothing, _member_found),
    "hq_members_wide": ("hq", WIDE, _nothing, _member_found),
    "hq_audit": ("hq", SMALL, _nothing, _press("[data-part=audit]")),
    "hq_audit_tablet": ("hq", TABLET, _nothing, _press("[data-part=audit]")),
    "hq_access": ("hq", SMALL, _nothing, _press("[data-part=access]")),
    "hq_access_wide": ("hq", WIDE, _nothing, _press("[data-part=access]")),
    "demo": ("demo", WIDE, test_floor.set_stage, _nothing),
    "demo_broad": ("demo", BROAD, test_floor.set_stage, _nothing),
    "demo_small": ("demo", PHONE, test_floor.set_stage, _nothing),
}
# German, the longer language, in every state; English where each page shows the most of its own words.
CASES = [(state, "de") for state in STATES] + [
    (state, "en")
    for state in (
        "staff_card",
        "staff_busy",
        "staff_picks",
        "staff_search",
        "gallery",
        "screen_coats",
        "phone_now",
        "phone_mirror",
        "phone_account",
        "join_1",
        "leave",
        "demo",
        "hq_alarm",
        "hq_pictures",
    )
]


@pytest.mark.parametrize(("state", "lang"), CASES, ids=["-".join(case) for case in CASES])
def test_axe_finds_nothing(open_page: Open, stage: Stage, state: str, lang: str) -> None:
    name, size, setting, act = STATES[state]
    setting(stage)
    address = f"/{name}{'&' if '?' in name else '?'}lang={lang}&theme=light{'' if '?' in name else '&blur_s=0'}"
    page = open_page(address, size=size, reduced_motion="reduce")
    page.wait_for_timeout(600 if name == "demo" else 150)
    act(page)
    page.wait_for_timeout(50)
    page.evaluate(AXE)
    assert page.evaluate("document.documentElement.lang") == lang
    for theme, rules in (
        ("light", {"type": "tag", "values": TAGS}),
        ("dark", {"type": "rule", "values": ["color-contrast"]}),
    ):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{state}-{lang}-{theme}.png", full_page=name == "gallery")
        assert page.evaluate(FINDINGS, rules) == [], theme


@pytest.mark.parametrize(
    "state",
    [
        "staff_list",
        "staff_card",
        "staff_busy",
        "staff_picks",
        "staff_search",
        "gallery",
        "phone_now",
        "join_1",
        "leave",
        "hq_alarm",
        "hq_pictures",
    ],
)
def test_nothing_scrolls_sideways_at_two_hundred_percent(open_page: Open, stage: Stage, state: str) -> None:
    name, _, setting, act = STATES[state]
    setting(stage)
    page = open_page(f"/{name}?lang=de", size=(320, 600))  # 640 x 1200 at 200 %
    page.wait_for_timeout(200)
    act(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
