"""Pictures at head office: brought in, refused, named in the feed, handed out, and given up."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.core.pictures import bomb, photograph
from tests.core.store import product as numbered
from tests.flow.hub import Hub, StoreClient, running_hub
from wire.picture import UPLOAD_LIMIT, picture_name
from wire.product import Product


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        articles = [product(one).model_dump(mode="json") for one in ("coat", "scarf/7", "hat")]
        hub.admin.put("/v1/products", json={"products": articles}).raise_for_status()
        yield hub


@pytest.fixture(scope="module")
def store(hub: Hub) -> StoreClient:
    return hub.add_store("de-0001")


def product(product_id: str) -> Product:
    return numbered(1).model_copy(update={"product_id": product_id})


def put(hub: Hub, product_id: str, octets: bytes) -> httpx.Response:
    return hub.admin.put("/v1/pictures", params={"product_id": product_id}, content=octets)


def shown(store: StoreClient, product_id: str) -> str | None:
    store.catch_up()
    found: str | None = store.here("product")[product_id]["image"]
    return found


@pytest.mark.parametrize("product_id", ["coat", "scarf/7"])
def test_the_feed_names_the_picture_and_a_store_can_fetch_it(hub: Hub, store: StoreClient, product_id: str) -> None:
    name = put(hub, product_id, photograph(1500, 900)).raise_for_status().json()["image"]
    assert shown(store, product_id) == name
    fetched = store.get(f"/v1/pictures/{name}")
    assert (fetched.headers["Content-Type"], picture_name(fetched.content)) == ("image/webp", name)


def test_the_same_picture_lies_there_once_and_the_same_name_comes_of_it(hub: Hub) -> None:
    names = {put(hub, one, photograph(300, 400)).json()["image"] for one in ("coat", "hat", "coat")}
    assert len(names) == 1


def test_an_article_that_is_sent_again_without_a_picture_keeps_it(hub: Hub, store: StoreClient) -> None:
    name = put(hub, "hat", photograph(100, 100)).json()["image"]
    again = product("hat").model_copy(update={"price_cents": 1}).model_dump(mode="json")
    hub.admin.put("/v1/products", json={"products": [again]}).raise_for_status()
    assert shown(store, "hat") == name
    assert store.here("product")["hat"]["price_cents"] == 1


def test_a_picture_can_be_taken_away(hub: Hub, store: StoreClient) -> None:
    put(hub, "coat", photograph(100, 100)).raise_for_status()
    assert hub.admin.delete("/v1/pictures", params={"product_id": "coat"}).status_code == 204
    assert shown(store, "coat") is None


def test_phones_get_a_small_one_that_they_may_keep(hub: Hub) -> None:
    name = put(hub, "coat", photograph(1200, 1200)).json()["image"]
    small, large = (httpx.get(f"{hub.url}/pictures/{name}-{size}.webp") for size in (480, 960))
    assert len(small.content) < len(large.content)
    assert small.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert small.headers["Content-Security-Policy"] == "default-src 'none'"
    assert "Set-Cookie" not in small.headers


def test_pictures_are_taken_one_after_the_other(hub: Hub) -> None:
    large = photograph(5_000, 4_900)
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: put(hub, "coat", large), range(4)))
    assert {reply.status_code for reply in replies} <= {200, 429}
    assert 200 in {reply.status_code for reply in replies}
    assert all(reply.headers["Retry-After"] == "1" for reply in replies if reply.status_code == 429)
    assert put(hub, "coat", photograph(50, 50)).status_code == 200


@pytest.mark.parametrize(
    ("octets", "said", "key"),
    [
        (b"<svg/>", "This is not a JPEG, PNG or WebP picture.", "strange"),
        (b"", "This is not a JPEG, PNG or WebP picture.", "strange"),
        (bomb(50_000, 50_000), "This picture has more than 25 million pixels.", "large"),
        (photograph(500, 500)[:2000], "This picture is damaged.", "broken"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(hub: Hub, octets: bytes, said: str, key: str) -> None:
    reply = put(hub, "coat", octets)
    assert (reply.status_code, reply.json()["detail"]) == (400, said)
    assert reply.json()["error"] == f"error.picture_{key}"
    assert reply.json()["remedy"]


def test_a_hundred_megabytes_are_not_even_read(hub: Hub) -> None:
    host, port = hub.url.removeprefix("http://").split(":")
    head = f"PUT /v1/pictures?product_id=coat HTTP/1.1\r\nHost: {host}\r\nContent-Length: {100 << 20}\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(f"{head}Authorization: {hub.admin.headers['Authorization']}\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 413"


def test_an_article_that_is_not_there_has_no_picture(hub: Hub) -> None:
    reply = put(hub, "boat", photograph(50, 50))
    assert (reply.status_code, reply.json()["remedy"]) == (404, "Send the article first, then its picture.")


def test_an_address_is_no_picture(hub: Hub) -> None:
    linked = {**product("coat").model_dump(mode="json"), "image": "https://elsewhere.example/coat.jpg"}
    assert hub.admin.put("/v1/products", json={"products": [linked]}).status_code == 400


def test_pictures_need_the_right_to_write_the_catalogue(hub: Hub, store: StoreClient) -> None:
    assert store.http.put("/v1/pictures?product_id=coat", content=b"x", headers=store.headers).status_code == 401
    assert httpx.get(f"{hub.url}/v1/pictures/{'a' * 64}").status_code == 401
    for name in ("a" * 64, "x", "..%2f..%2fhq.sqlite"):
        assert store.get(f"/v1/pictures/{name}").status_code == 404


def test_files_are_called_like_their_articles_and_come_in_with_them(
    hub: Hub, store: StoreClient, tmp_path: Path
) -> None:
    articles = tmp_path / "articles.json"
    articles.write_text(json.dumps({"products": [product("glove").model_dump(mode="json")]}))
    (tmp_path / "glove.jpg").write_bytes(photograph(200, 200))
    done = hub.command("import", str(articles), str(tmp_path / "glove.jpg"))
    assert (done.returncode, done.stdout) == (0, "imported: profiles 0, products 1, stock 0, pictures 1\n")
    assert shown(store, "glove")


@pytest.mark.parametrize(
    ("file", "octets", "said"),
    [
        ("boat.png", photograph(20, 20, "PNG"), "There is no article of this name."),
        ("coat.webp", b"x", "This is not a JPEG, PNG or WebP picture."),
        ("coat.jpeg", bytes(UPLOAD_LIMIT + 1), "This picture is larger than 8 MiB."),
    ],
)
def test_one_wrong_file_keeps_all_of_them_out(hub: Hub, tmp_path: Path, file: str, octets: bytes, said: str) -> None:
    (tmp_path / "never.jpg").write_bytes(photograph(33, 33))
    (tmp_path / file).write_bytes(octets)
    (tmp_path / "articles.json").write_text(json.dumps({"products": [product("never").model_dump(mode="json")]}))
    files = [str(tmp_path / one) for one in ("articles.json", "never.jpg", file)]
    for dry in ((), ("--dry-run",)):
        done = hub.command("import", *files, *dry)
        assert done.returncode == (1 if dry else 2)
        assert f"{file}:1: {said}" in done.stderr
    assert put(hub, "never", photograph(33, 33)).status_code == 404


def test_a_shops_whole_wifi_may_look_at_pictures_but_nobody_may_guess_them(hub: Hub) -> None:
    name = put(hub, "coat", photograph(600, 600)).json()["image"]
    with httpx.Client(base_url=hub.url) as phone:
        assert {phone.get(f"/pictures/{name}-480.webp").status_code for _ in range(400)} == {200}
        guesses = [phone.get(f"/pictures/{number:064x}-480.webp").status_code for number in range(90)]
        assert set(guesses) == {404, 429}
        assert phone.get(f"/pictures/{name}-480.webp").status_code == 200  # last in this file: this address is shut out
