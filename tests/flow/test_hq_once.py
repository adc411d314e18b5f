"""What is sent twice happens once; what is too much, of another kind or unread is said."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.flow.hub import Hub, running_hub

JOIN = {"alias": "Anna", "adult": True, "purposes": ["recognise"]}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        hub.add_store("de-0001")
        yield hub


def join(hub: Hub, key: str, **wish: object) -> httpx.Response:
    headers = {"X-Regulars": "1", "Idempotency-Key": key}
    return httpx.post(f"{hub.url}/v1/join", json={**JOIN, **wish}, headers=headers)


def test_a_join_sent_twice_makes_one_member(hub: Hub) -> None:
    first, second = join(hub, "k-1"), join(hub, "k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"


def test_a_key_with_another_body_is_refused(hub: Hub) -> None:
    join(hub, "k-2")
    assert join(hub, "k-2", alias="Berta").status_code == 422


def test_another_key_is_another_request(hub: Hub) -> None:
    assert join(hub, "k-3").json()["member_ref"] != join(hub, "k-4").json()["member_ref"]


def test_what_was_refused_may_be_sent_again_with_the_same_key(hub: Hub) -> None:
    assert join(hub, "k-5", adult=False).status_code == 400
    assert join(hub, "k-5").status_code == 201


def test_two_at_the_same_moment_do_it_once(hub: Hub) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: join(hub, "k-6"), range(8)))
    assert {reply.status_code for reply in replies} <= {201, 409}
    assert len({reply.json()["member_ref"] for reply in replies if reply.status_code == 201}) == 1


def test_a_request_whose_line_breaks_is_done_once_and_answered_later(hub: Hub) -> None:
    before = hub.admin.get("/v1/overview").json()["members"]
    keys = [f"broken-{number}" for number in range(10)]
    for number, key in enumerate(keys):
        break_off(hub, "/v1/join", key, JOIN, after_s=number / 1000)
    for key in keys:
        until = time.monotonic() + 10
        while (reply := join(hub, key)).status_code == 409 and time.monotonic() < until:
            time.sleep(0.05)
        assert reply.status_code == 201
    assert hub.admin.get("/v1/overview").json()["members"] == before + len(keys)


def break_off(hub: Hub, path: str, key: str, wish: object, *, after_s: float) -> None:
    """Sends all of a request, and goes before it is answered."""
    body, url = json.dumps(wish, separators=(",", ":")).encode(), httpx.URL(hub.url)
    head = (f"POST {path} HTTP/1.1", "Host: here", "Content-Type: application/json", "X-Regulars: 1")
    more = (f"Idempotency-Key: {key}", f"Content-Length: {len(body)}", "", "")
    with socket.create_connection((url.host, url.port or 80)) as line:
        line.sendall("\r\n".join((*head, *more)).encode() + body)
        time.sleep(after_s)


def test_who_signed_out_is_not_told_again_what_was_answered(hub: Hub) -> None:
    member_ref, person = hub.join()["member_ref"], hub.person("office", "berta", "a sentence of my own 7")
    sent = {"json": {"member": member_ref}, "headers": {"Idempotency-Key": "k-8"}}
    assert person.post("/v1/members/find", **sent).json()["member_ref"] == member_ref  # type: ignore[arg-type]
    cookie = {"Cookie": f"regulars_office={person.token}"}
    assert person.post("/v1/members/find", **sent).headers["Idempotency-Replayed"] == "true"  # type: ignore[arg-type]
    person.delete("/v1/office/session")
    person.headers.update(cookie)
    assert person.post("/v1/members/find", **sent).status_code == 401  # type: ignore[arg-type]


def test_a_device_that_was_revoked_is_not_told_its_key_again(hub: Hub) -> None:
    store = hub.enrol("de-0001")
    headers = {**store.headers, "Idempotency-Key": "k-9"}
    assert store.http.post("/v1/boot", json={"cache_key": True}, headers=headers).json()["cache_key"]
    hub.admin.delete(f"/v1/devices/{store.enrolled['device_id']}")
    assert store.http.post("/v1/boot", json={"cache_key": True}, headers=headers).status_code == 401


def test_a_strangers_body_is_not_read_for_a_key(hub: Hub) -> None:
    headers = {"Authorization": "Bearer nobody", "Idempotency-Key": "k-10"}
    reply = httpx.post(f"{hub.url}/v1/events", content=b" " * (8 * 1024 * 1024 + 1), headers=headers)
    assert reply.status_code == 401


def test_an_unusable_key_is_refused(hub: Hub) -> None:
    for key in ("", "x" * 129):
        assert join(hub, key).status_code == 400


def test_the_answer_that_is_kept_is_sealed_and_goes_with_the_member(hub: Hub) -> None:
    joined = join(hub, "k-7").json()
    files = b"".join(file.read_bytes() for file in hub.state.glob("hq.sqlite*"))
    assert joined["secret"].encode() not in files
    hub.withdraw(joined["member_ref"], "erase")
    again = join(hub, "k-7")
    assert again.json()["member_ref"] != joined["member_ref"]


def test_withdrawing_and_erasing_twice_is_as_good_as_once(hub: Hub) -> None:
    member_ref = hub.join()["member_ref"]
    assert hub.withdraw(member_ref) == hub.withdraw(member_ref)
    assert hub.withdraw(member_ref, "erase") == hub.withdraw(member_ref, "erase")


def test_a_store_that_is_added_twice_is_one(hub: Hub) -> None:
    body = {"store_id": "de-0007", "name": "Sieben"}
    first, second = (hub.admin.post("/v1/stores", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert hub.admin.post("/v1/stores", json={**body, "name": "Acht"}).status_code == 409


def test_fields_that_nobody_reads_are_counted(hub: Hub) -> None:
    wish = {**JOIN, "favourite": 1, "sizes": [{"category": "coat", "size": "40", "length": "long"}]}
    reply = httpx.post(f"{hub.url}/v1/join", json=wish, headers={"X-Regulars": "1"})
    assert (reply.status_code, reply.headers["X-Regulars-Ignored"]) == (201, "2")


def test_a_wrong_type_is_told_with_its_path_and_what_to_do(hub: Hub) -> None:
    reply = hub.admin.put("/v1/products", json={"products": [{"product_id": 7}]})
    assert reply.status_code == 400
    assert "products.0.product_id" in {fault["field"] for fault in reply.json()["errors"]}
    assert reply.json()["remedy"]


@pytest.mark.parametrize("adult", ["no", "yes", 1, None])
def test_a_consent_is_given_by_true_and_by_nothing_like_it(hub: Hub, adult: object) -> None:
    reply = httpx.post(f"{hub.url}/v1/join", json={**JOIN, "adult": adult}, headers={"X-Regulars": "1"})
    assert (reply.status_code, [fault["field"] for fault in reply.json()["errors"]]) == (400, ["adult"])


@pytest.mark.parametrize("wish", [{"alias": "A\0"}, {"name": "A\x1b[2J"}, {"brands": ["\x7f"]}])
def test_a_name_is_what_a_keyboard_types(hub: Hub, wish: dict[str, object]) -> None:
    reply = httpx.post(f"{hub.url}/v1/join", json={**JOIN, **wish}, headers={"X-Regulars": "1"})
    assert (reply.status_code, reply.json()["errors"][0]["field"].partition(".")[0]) == (400, next(iter(wish)))


@pytest.mark.parametrize("pieces", ["7", True, 1.5])
def test_a_count_is_a_number_and_nothing_like_it(hub: Hub, pieces: object) -> None:
    line = {"store_id": "de-0001", "variant_id": "v", "pieces": pieces, "counted_at": 1}
    reply = hub.admin.put("/v1/stock", json={"stock": [line]})
    assert (reply.status_code, [fault["field"] for fault in reply.json()["errors"]]) == (400, ["stock.0.pieces"])


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/v1/nothing", {}, 404),
        ("DELETE", "/v1/join", {}, 405),
        ("POST", "/v1/withdraw", {"content": b"a=1", "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", "/v1/withdraw", {"content": b" " * (64 * 1024 + 1)}, 413),
        ("PUT", "/v1/products", {"content": b" " * (8 * 1024 * 1024 + 1)}, 413),
    ],
)
def test_every_refusal_is_a_problem(hub: Hub, method: str, path: str, options: dict[str, object], status: int) -> None:
    reply = hub.admin.request(method, path, **options)  # type: ignore[arg-type]
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, "application/problem+json")
    assert reply.json()["remedy"]
    assert status != 405 or "POST" in reply.headers["Allow"]


def test_a_body_without_a_length_is_cut_off_too(hub: Hub) -> None:
    reply = hub.admin.post("/v1/withdraw", content=(b" " * 16_384 for _ in range(8)))
    assert reply.status_code == 413


def test_who_asks_too_often_is_told_how_long_to_wait(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "hq.toml").write_text("[limits]\nanybody_per_minute = 10\n")
    with running_hub(state) as hub:
        replies = [join(hub, f"k-{number}") for number in range(11)]
        assert [reply.status_code for reply in replies] == [201] * 10 + [429]
        assert 1 <= int(replies[-1].headers["Retry-After"]) <= 60
        assert hub.admin.get("/v1/overview").status_code == 200  # who is known is counted apart
