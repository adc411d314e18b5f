"""A neighbour's stock on its whole way: counted there, told by head office, shown here; never another merchant's."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow.hub import Hub, running_hub
from tests.flow.shop import Shop, Tablet, eventually, open_shop

LONG_S = 15.0


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        hub.admin.post("/v1/stores", json={"store_id": "de-kiel", "name": "Kiel"}).raise_for_status()
        yield hub


@pytest.fixture
def shop(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr("edge.adapters.nearby_sync.ASK_S", 0.2)
    with open_shop(hub, tmp_path / "edge") as shop:
        shop.stock_articles()
        assert hub.command("near", shop.store_id, "de-kiel").returncode == 0
        yield shop


def count(hub: Hub, pieces: int, counted_at: int) -> None:
    line = {"store_id": "de-kiel", "variant_id": "coat-1-m", "pieces": pieces, "counted_at": counted_at}
    hub.admin.put("/v1/stock", json={"stock": [line]}).raise_for_status()


def elsewhere(tablet: Tablet) -> list[dict[str, Any]]:
    """Of one coat, as a search on the tablet tells it."""
    time.sleep(0.2)  # a tablet that asks fifty times a second is cut off
    items = tablet.say("search", terms=[["coat-1"]])["body"]["items"]
    found: list[dict[str, Any]] = items[0]["elsewhere"] if items else []
    return found


def test_what_a_neighbour_has_is_told_with_its_age_also_without_head_office(hub: Hub, shop: Shop) -> None:
    count(hub, 3, 1_700_000_000)
    tablet = shop.pair("tablet", "t1")
    (kiel,) = eventually(lambda: elsewhere(tablet), LONG_S)
    assert kiel == {"store_id": "de-kiel", "store_name": "Kiel", "sizes": {"M": 3}, "counted_at": 1_700_000_000}
    shop.plug.pull()
    assert elsewhere(tablet) == [kiel]
    shop.stop()
    shop.start()
    assert elsewhere(shop.pair("tablet", "t2")) == [kiel]


def test_what_is_sold_there_is_gone_here_a_little_later(hub: Hub, shop: Shop) -> None:
    count(hub, 2, 1_700_000_000)
    tablet = shop.pair("tablet", "t1")
    assert eventually(lambda: elsewhere(tablet), LONG_S)
    count(hub, 0, 1_700_000_900)
    assert eventually(lambda: not elsewhere(tablet), LONG_S)
    assert hub.command("near", shop.store_id).returncode == 0


def test_a_card_hears_of_it_without_being_opened_again(hub: Hub, shop: Shop) -> None:
    count(hub, 0, 1_700_000_000)
    tablet = shop.pair("tablet", "t1")
    anna = shop.join("Anna")
    with shop.inside(anna):
        eventually(lambda: tablet.visit("Anna"))
        count(hub, 4, 1_700_000_100)
        looks = eventually(lambda: [one for one in (tablet.visit("Anna") or {})["looks"] if one["elsewhere"]], LONG_S)
    assert looks[0]["elsewhere"][0]["sizes"] == {"M": 4}
