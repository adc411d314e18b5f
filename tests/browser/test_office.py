"""Head office's page against the real head office: session, policy and refusals as they are, nothing staged."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.core.pictures import bomb, photograph
from tests.core.store import product
from tests.flow.hub import Hub, StoreClient, running_hub

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(180)]

REFUSED = "Failed to load resource: the server responded with a status of 400"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        coat = product(1).model_copy(update={"product_id": "coat/1"}).model_dump(mode="json")
        hub.admin.put("/v1/products", json={"products": [coat]}).raise_for_status()
        yield hub


@pytest.fixture
def office(browser: Browser, hub: Hub) -> Iterator[Page]:
    """An owner who came by the link; at the end no console has said anything but that something was refused."""
    link = hub.admin.post("/v1/accounts", json={"role": "owner"}).raise_for_status().json()["setup_url"]
    said: list[str] = []
    with browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{hub.url}/hq#{link.partition('#')[2]}")
        page.locator("input[name=name]").fill(f"maria-{link[-6:].lower()}")
        page.locator("input[name=password]").fill("korb voller birnen")
        page.get_by_role("button", name="Set up access").click()
        expect(page.get_by_role("heading", name="Stores")).to_be_visible()
        yield page
    assert [line for line in said if not line.startswith(REFUSED)] == []


def test_a_picture_is_refused_taken_shown_and_deleted(office: Page, hub: Hub) -> None:
    office.locator("[data-part=pictures]").click()
    coat = office.locator(".article")
    file = coat.locator("input[type=file]")
    for octets, said in (
        (b"<svg/>", "This is not a JPEG, PNG or WebP picture."),
        (bomb(50_000, 50_000), "more than 25 million pixels"),
        (photograph(500, 500)[:2000], "This picture is damaged."),
        (bytes((8 << 20) + 1), "larger than 8 MiB"),
    ):
        file.set_input_files({"name": "coat.jpg", "mimeType": "image/jpeg", "buffer": octets})
        expect(coat.get_by_role("alert")).to_contain_text(said)
    file.set_input_files({"name": "coat.jpg", "mimeType": "image/jpeg", "buffer": photograph(900, 990)})
    expect(coat.get_by_text("Saved")).to_be_visible()
    expect(coat.locator("img")).to_have_js_property("naturalWidth", 436)
    assert hub.admin.get("/v1/products").json()["without"] == 0
    coat.locator("[data-do=delete]").click()
    office.get_by_role("button", name="Delete the picture").click()
    expect(coat.locator("regulars-garment svg")).to_be_visible()
    assert hub.admin.get("/v1/products").json()["without"] == 1


def test_the_alarm_of_two_machines_is_ended_and_that_is_in_the_log(office: Page, hub: Hub) -> None:
    first = hub.add_store("de-0001")
    second = StoreClient(hub.url, first.enrolled, first.key)
    hub.closing.callback(second.http.close)
    for store, boot_id, ahead_s in ((first, "a001", 0), (second, "b001", 10), (first, "a001", 20)):
        store.boot_id, store.ahead_s = boot_id, ahead_s
        assert store.get("/v1/feed").status_code in {200, 204}
    second.ahead_s = 30
    assert second.get("/v1/feed").status_code == 403
    office.reload()
    alarm = office.locator(".alarm")
    expect(alarm).to_contain_text("Two machines speak in turns.")
    alarm.get_by_role("button", name="End the alarm").click()
    office.get_by_role("button", name="End the alarm now").click()
    expect(alarm).to_have_count(0)
    office.locator("[data-part=audit]").click()
    ended = office.locator("tr", has_text="Alarm “two machines” ended")
    expect(ended).to_contain_text(first.enrolled["device_id"])
    expect(ended).to_contain_text("Owner")
