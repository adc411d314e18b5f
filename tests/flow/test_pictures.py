"""A picture's whole way: from the merchant's file to a store's pages, also over a line that was down meanwhile."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.core.pictures import photograph
from tests.flow.hub import Hub
from tests.flow.shop import Shop, Tablet, eventually, open_shop

LONG_S = 15.0  # a line that comes back is noticed within seconds, not at once


@pytest.fixture
def shop(hub: Hub, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(hub, tmp_path / "edge") as shop:
        shop.stock_articles()
        yield shop


def bring_in(hub: Hub, product_id: str, octets: bytes) -> str:
    reply = hub.admin.put("/v1/pictures", params={"product_id": product_id}, content=octets)
    return str(reply.raise_for_status().json()["image"])


def image(tablet: Tablet, product_id: str) -> str | None:
    """As a search on the tablet finds it."""
    time.sleep(0.2)  # a tablet that asks fifty times a second is cut off
    items = tablet.say("search", terms=[[product_id]])["body"]["items"]
    found: str | None = next((item["image"] for item in items if item["product_id"] == product_id), None)
    return found


def test_a_picture_is_shown_from_the_store_itself(hub: Hub, shop: Shop) -> None:
    tablet = shop.pair("tablet", "t1")
    assert eventually(shop.edge._cache.products)
    assert image(tablet, "coat-1") is None
    name = bring_in(hub, "coat-1", photograph(900, 1200))
    assert eventually(lambda: image(tablet, "coat-1"), LONG_S) == name
    for size in (240, 480, 960):
        assert httpx.get(f"{shop.url}/pictures/{name}-{size}.webp").status_code == 200


def test_a_screen_hears_of_a_picture_without_being_asked(hub: Hub, shop: Shop) -> None:
    screen = shop.pair("screen", "window")
    name = bring_in(hub, "shirt-1", photograph(500, 500))
    shown = eventually(lambda: any(one["image"] == name for one in screen.cards["screen"]["general"]), LONG_S)
    assert shown


def test_what_was_brought_in_while_the_line_was_down_comes_later_and_what_was_here_stays(hub: Hub, shop: Shop) -> None:
    tablet = shop.pair("tablet", "t1")
    first = bring_in(hub, "coat-2", photograph(300, 300))
    assert eventually(lambda: image(tablet, "coat-2"), LONG_S) == first
    shop.plug.pull()
    second = bring_in(hub, "coat-3", photograph(301, 300))
    assert image(tablet, "coat-2") == first
    assert httpx.get(f"{shop.url}/pictures/{first}-240.webp").status_code == 200
    shop.plug.put_in()
    assert eventually(lambda: image(tablet, "coat-3"), LONG_S) == second


def test_a_restart_needs_no_head_office_to_show_pictures(hub: Hub, shop: Shop) -> None:
    name = bring_in(hub, "coat-4", photograph(302, 300))
    eventually(lambda: httpx.get(f"{shop.url}/pictures/{name}-240.webp").status_code == 200, LONG_S)
    shop.stop()
    shop.plug.pull()
    shop.start()
    tablet = shop.pair("tablet", "t2")
    assert image(tablet, "coat-4") == name


def test_a_card_that_forgets_shows_nothing_wrong_and_is_filled_again(hub: Hub, shop: Shop) -> None:
    tablet = shop.pair("tablet", "t1")
    name = bring_in(hub, "coat-0", photograph(303, 300))
    eventually(lambda: image(tablet, "coat-0"), LONG_S)
    for path in (shop.state / "pictures").glob(f"*/{name}-*"):
        path.write_bytes(b"a card that forgets")
    address = f"{shop.url}/pictures/{name}-240.webp"
    assert httpx.get(address).status_code == 404
    eventually(lambda: httpx.get(address).status_code == 200, LONG_S)
