"""The tablet's camera reads a loyalty card: with the browser's own reader, or with the one that is fetched."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
import segno
from playwright.sync_api import Page, expect

from tests.browser import cards
from tests.browser.conftest import Open
from tests.browser.stage import Stage
from wire.live import Ack

pytestmark = pytest.mark.needs("chromium")

# What a camera would show: a picture, moving a little, as a hand does.
SEEN_BY_A_CAMERA = """(picture) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
  const paint = canvas.getContext("2d");
  const image = Object.assign(new Image(), { src: picture });
  setInterval(() => {
    paint.fillStyle = "#998877";
    paint.fillRect(0, 0, 1280, 720);
    if (image.complete) paint.drawImage(image, 420 + Math.random() * 4, 160 + Math.random() * 4, 400, 400);
  }, 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
}"""
ITS_OWN_READER = """(code) => {
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code", "code_128", "ean_13", "data_matrix", "pdf417"]; }
    async detect() { return [{ rawValue: code }]; }
  };
}"""
BLIND_READER = "() => { window.BarcodeDetector = class { static async getSupportedFormats() { return []; } }; }"
NOTHING_TO_READ = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
WASM = "**/zxing_reader.wasm*"


@pytest.fixture
def staff(open_page: Open, stage: Stage) -> Page:
    stage.shown["staff"] = cards.full_list()
    return open_page("/staff?lang=en", size=(360, 640), expect="Anna B.")


def qr_code(text: str) -> str:
    return segno.make(text, micro=False).png_data_uri(scale=8, border=4)


def ean_13(digits: str) -> str:
    """As it stands on a card; ISO/IEC 15420: the first digit is in the parity of the six that follow it."""
    odd = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"]
    turned = [bars.translate({48: "1", 49: "0"}) for bars in odd]
    parity = ["OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO"]
    left = [
        odd[int(digit)] if side == "O" else turned[int(digit)][::-1]
        for digit, side in zip(digits[1:7], parity[int(digits[0])], strict=True)
    ]
    bars = "101" + "".join(left) + "01010" + "".join(turned[int(digit)] for digit in digits[7:]) + "101"
    drawn = "".join(f"<rect x='{12 + at}' y='8' width='1' height='60'/>" for at, bar in enumerate(bars) if bar == "1")
    box = f"<svg xmlns='http://www.w3.org/2000/svg' width='480' height='320' viewBox='0 0 {24 + len(bars)} 76'>"
    return "data:image/svg+xml," + quote(f"{box}<rect width='100%' height='100%' fill='white'/>{drawn}</svg>")


def scan(staff: Page, picture: str) -> None:
    staff.evaluate(SEEN_BY_A_CAMERA, picture)
    staff.get_by_role("button", name="Check in", exact=True).click()
    staff.get_by_role("button", name="Scan with the camera").click()


def camera_is_off(staff: Page) -> bool:
    return bool(staff.locator("video").evaluate("(video) => !video.srcObject?.active"))


@pytest.mark.parametrize("picture", [qr_code, ean_13])
def test_the_camera_reads_the_card_and_is_let_go(staff: Page, stage: Stage, picture: Callable[[str], str]) -> None:
    """From the very pixels, by the reader that is fetched where a browser has none, as this one has none."""
    stage.answers["checkin"] = Ack(key="k", ok=True, body={"visit_id": "v-anna", "shown": True})
    scan(staff, picture("4006381333931"))
    expect(staff.get_by_role("heading", name="Anna Brandt")).to_be_visible()
    assert stage.commands[0]["loyalty"] == "4006381333931"
    assert camera_is_off(staff)


def test_a_browsers_own_reader_is_taken_where_it_reads(staff: Page, stage: Stage) -> None:
    stage.answers["checkin"] = Ack(key="k", ok=True, body={"visit_id": "v-anna", "shown": True})
    staff.evaluate(ITS_OWN_READER, "4711081523")
    staff.route(WASM, lambda route: route.abort())
    scan(staff, qr_code("something else"))
    expect(staff.get_by_role("heading", name="Anna Brandt")).to_be_visible()
    assert stage.commands[0]["loyalty"] == "4711081523"
    assert camera_is_off(staff)


def test_a_browsers_own_reader_that_reads_nothing_is_not_taken(staff: Page, stage: Stage) -> None:
    stage.answers["checkin"] = Ack(key="k", ok=True, body={"visit_id": "v-anna", "shown": True})
    staff.evaluate(BLIND_READER)
    scan(staff, qr_code("4711081523"))
    expect(staff.get_by_role("heading", name="Anna Brandt")).to_be_visible()
    assert stage.commands[0]["loyalty"] == "4711081523"


def test_the_camera_is_let_go_when_the_dialog_closes(staff: Page, stage: Stage) -> None:
    scan(staff, NOTHING_TO_READ)
    expect(staff.get_by_label("Camera picture")).to_be_visible()
    staff.keyboard.press("Escape")
    expect(staff.get_by_label("Camera picture")).to_be_hidden()
    assert camera_is_off(staff)
    assert not stage.commands


def test_a_camera_that_is_not_allowed_is_told(staff: Page) -> None:
    staff.evaluate("() => { navigator.mediaDevices.getUserMedia = async () => { throw new Error(); }; }")
    staff.get_by_role("button", name="Check in", exact=True).click()
    staff.get_by_role("button", name="Scan with the camera").click()
    expect(staff.get_by_text("The camera is not allowed or not there.")).to_be_visible()


def test_a_reader_that_cannot_be_fetched_is_told_and_tried_again(staff: Page, stage: Stage) -> None:
    stage.answers["checkin"] = Ack(key="k", ok=True, body={"visit_id": "v-anna", "shown": True})
    staff.route(WASM, lambda route: route.fulfill(status=503, body=""))
    scan(staff, qr_code("4711081523"))
    expect(staff.get_by_text("The camera's reader could not be loaded.")).to_be_visible()
    assert camera_is_off(staff)
    staff.unroute(WASM)
    staff.get_by_role("button", name="Scan with the camera").click()
    expect(staff.get_by_role("heading", name="Anna Brandt")).to_be_visible()
