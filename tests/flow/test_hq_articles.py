"""The catalogue as head office's page of pictures reads it: those without one first, page by page, by words."""

from collections.abc import Iterator
from typing import Any

import pytest

from hq.core.articles import LOOKED_THROUGH
from tests.core.pictures import photograph
from tests.core.store import product as numbered
from tests.flow.hub import Hub, running_hub
from wire.picture import UPLOAD_LIMIT

NUMBERS = range(1, 6)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        put(hub, [article(f"coat-{n}", "Wollmantel Lene") for n in NUMBERS])
        sent = hub.admin.put("/v1/pictures", params={"product_id": "coat-1"}, content=photograph(60, 60))
        sent.raise_for_status()
        yield hub


def article(product_id: str, name: str) -> dict[str, Any]:
    fields = {"product_id": product_id, "name": {"de": name}}
    return numbered(1).model_copy(update=fields).model_dump(mode="json")


def put(hub: Hub, articles: list[dict[str, Any]]) -> None:
    hub.admin.put("/v1/products", json={"products": articles}).raise_for_status()


def asked(hub: Hub, **query: Any) -> dict[str, Any]:
    reply: dict[str, Any] = hub.admin.get("/v1/products", params=query).raise_for_status().json()
    return reply


def ids(reply: dict[str, Any]) -> list[str]:
    return [one["product_id"] for one in reply["articles"]]


def test_those_without_a_picture_come_first_and_are_counted(hub: Hub) -> None:
    reply = asked(hub)
    assert ids(reply) == ["coat-2", "coat-3", "coat-4", "coat-5", "coat-1"]
    assert (reply["without"], reply["count"], reply["next"]) == (4, 5, None)
    assert [bool(one["image"]) for one in reply["articles"]] == [False] * 4 + [True]
    assert reply["largest"] == UPLOAD_LIMIT


@pytest.mark.parametrize("limit", [1, 2, 4, 5])
def test_page_by_page_each_article_comes_once(hub: Hub, limit: int) -> None:
    found: list[str] = []
    place = ""
    for _ in range(10):
        reply = asked(hub, limit=limit, after=place)
        assert 0 < len(reply["articles"]) <= limit
        found += ids(reply)
        if reply["next"] is None:
            break
        place = reply["next"]
    assert found == ["coat-2", "coat-3", "coat-4", "coat-5", "coat-1"]


def test_an_article_that_got_its_picture_meanwhile_hides_no_other(hub: Hub) -> None:
    first = asked(hub, limit=1)
    picture = {"product_id": "coat-2"}
    hub.admin.put("/v1/pictures", params=picture, content=photograph(60, 60)).raise_for_status()
    try:
        assert ids(asked(hub, limit=3, after=first["next"])) == ["coat-3", "coat-4", "coat-5"]
    finally:
        hub.admin.delete("/v1/pictures", params=picture).raise_for_status()


def test_words_find(hub: Hub) -> None:
    assert ids(asked(hub, words="LENE coat-3")) == ["coat-3"]
    assert asked(hub, words="no such thing") == {**asked(hub, words="nor this"), "articles": [], "next": None}


def test_a_long_look_ends_early_and_says_where_to_go_on(hub: Hub) -> None:
    many = [article(f"a-{n:05}", "Hemd") for n in range(LOOKED_THROUGH + 1)]
    put(hub, many)
    first = asked(hub, words="lene")
    assert first["articles"] == []
    assert ids(asked(hub, words="lene", after=first["next"])) == ["coat-2", "coat-3", "coat-4", "coat-5", "coat-1"]


def test_who_may_not_write_the_catalogue_reads_no_list(hub: Hub) -> None:
    support = hub.person("support", "sam", "korb voller birnen")
    assert support.get("/v1/products").status_code == 403


def test_what_is_no_place_is_refused_with_a_remedy(hub: Hub) -> None:
    reply = hub.admin.get("/v1/products", params={"after": "coat-2"})
    assert (reply.status_code, reply.json()["remedy"]) == (400, "Give the `next` that the list answered.")
