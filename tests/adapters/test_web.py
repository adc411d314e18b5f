"""The store's HTTP: pairing by code, its lock, the administrator's requests, pages and their headers."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry, Gauge
from werkzeug.test import TestResponse

from edge.adapters.web import Health, Pairing, create_app
from edge.core.pairing import Paired
from tests.contract.fake_pairing import FakePairingStore

ADMIN = {"Authorization": "Bearer admin-token"}
TILL = Paired("tablet", "till")


class Clock:
    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pairing(clock: Clock) -> Pairing:
    return Pairing(FakePairingStore(), {TILL: "Till 1"}, "admin-token", clock=clock)


@pytest.fixture
def app(pairing: Pairing) -> Flask:
    registry = CollectorRegistry()
    Gauge("regulars_visits", "Open visits.", registry=registry).set(2)
    health = Health(ready=False, missing=("no catalogue yet",))
    return create_app(pairing, lambda: health, registry, frame_ancestors=("http://127.0.0.1:9000",), picture=_picture)


def _picture(name: str, size: int) -> bytes | None:
    return b"webp" if (name, size) == ("a" * 64, 240) else None


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


def new_code(client: FlaskClient) -> str:
    answer = client.post("/admin/pairing-codes", json={"kind": "tablet", "id": "till"}, headers=ADMIN)
    assert answer.status_code == 200
    return str(said(answer)["code"])


def said(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.data)
    return found


def pair(client: FlaskClient, code: str) -> TestResponse:
    return client.post("/pair", json={"code": code})


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_buys_a_token_that_names_the_device(client: FlaskClient, pairing: Pairing) -> None:
    answer = pair(client, new_code(client))
    assert answer.status_code == 200
    assert (said(answer)["kind"], said(answer)["id"], said(answer)["name"]) == ("tablet", "till", "Till 1")
    assert pairing.device_of(said(answer)["token"]) == TILL
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_code_has_six_digits_and_may_be_typed_in_two_groups(client: FlaskClient) -> None:
    code = new_code(client)
    assert len(code) == 6
    assert pair(client, f"{code[:3]} {code[3:]}").status_code == 200


def test_a_code_is_good_once(client: FlaskClient) -> None:
    code = new_code(client)
    pair(client, code)
    answer = pair(client, code)
    assert (answer.status_code, said(answer)["error"]) == (403, "error.code_wrong")


def test_a_code_is_good_for_ten_minutes(client: FlaskClient, clock: Clock) -> None:
    code = new_code(client)
    clock.now += 600
    assert pair(client, code).status_code == 403


def test_the_fifth_wrong_code_locks_and_says_what_to_do(client: FlaskClient) -> None:
    code = new_code(client)
    statuses = [pair(client, other(code)).status_code for _ in range(5)]
    assert statuses == [403] * 4 + [423]
    answer = pair(client, code)
    assert (answer.status_code, said(answer)["error"]) == (423, "error.locked")
    assert "get a new one at the till computer" in said(answer)["detail"]


def test_a_new_code_unlocks_and_the_withdrawn_one_stays_withdrawn(client: FlaskClient) -> None:
    old = new_code(client)
    for _ in range(5):
        pair(client, other(old))
    new = new_code(client)
    assert pair(client, old).status_code == (200 if old == new else 403)
    assert pair(client, new).status_code == 200


def test_tries_in_quick_succession_are_slowed_down(client: FlaskClient) -> None:
    for _ in range(12):
        answer = pair(client, new_code(client)) if _ < 3 else pair(client, "12345")
        if answer.status_code in {423, 429}:
            return
    pytest.fail("twelve tries in a row were all heard")


def test_pairing_again_ends_the_token_before_and_says_so(client: FlaskClient, pairing: Pairing) -> None:
    ended: list[str] = []
    pairing.unpaired = ended.append
    first = said(pair(client, new_code(client)))["token"]
    second = said(pair(client, new_code(client)))["token"]
    assert (pairing.device_of(first), pairing.device_of(second)) == (None, TILL)
    assert ended == ["till", "till"]


def test_the_administrator_unpairs_a_device(client: FlaskClient, pairing: Pairing) -> None:
    token = said(pair(client, new_code(client)))["token"]
    assert client.post("/admin/revoke-pairing", json={"kind": "tablet", "id": "till"}, headers=ADMIN).status_code == 200
    assert pairing.device_of(token) is None


def test_a_device_that_left_store_toml_is_no_longer_paired(client: FlaskClient, app: Flask) -> None:
    store = FakePairingStore()
    with create_app(Pairing(store, {TILL: "Till"}, "admin-token"), _ready, CollectorRegistry()).test_client() as before:
        token = said(pair(before, new_code(before)))["token"]
    assert Pairing(store, {TILL: "Till"}, "admin-token").device_of(token) == TILL
    assert Pairing(store, {}, "admin-token").device_of(token) is None


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic admin-token"}])
def test_codes_are_made_with_the_administrators_token_only(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/admin/pairing-codes", json={"kind": "tablet", "id": "till"}, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "admin.token" in said(answer)["detail"]


def test_a_code_for_a_device_that_is_not_in_store_toml_names_those_that_are(client: FlaskClient) -> None:
    answer = client.post("/admin/pairing-codes", json={"kind": "tablet", "id": "nowhere"}, headers=ADMIN)
    assert answer.status_code == 404
    assert said(answer)["detail"] == "store.toml has no tablet of that id; it has: till."


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("{}", "application/json", 400),
        ('{"code": 123456}', "application/json", 400),
        ('{"code": "1", "more": 1}', "application/json", 400),
        ("code=123456", "application/x-www-form-urlencoded", 415),
        ('{"code": "' + "1" * 20_000 + '"}', "application/json", 413),
    ],
)
def test_a_broken_request_is_one_sentence(client: FlaskClient, body: str, kind: str, status: int) -> None:
    answer = client.post("/pair", data=body, content_type=kind)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert json.loads(answer.data)["detail"].endswith(".")


def test_an_address_that_is_none_and_a_method_that_is_none(client: FlaskClient) -> None:
    assert said(client.get("/nothing"))["error"] == "error.invalid"
    answer = client.get("/pair")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_mistake_of_ours_shows_nothing_of_what_went_wrong(app: Flask) -> None:
    def broken() -> str:
        raise ValueError("Anna Muster")

    app.add_url_rule("/broken", view_func=broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert b"Anna" not in answer.data


@pytest.mark.parametrize("name", ["staff", "screen"])
def test_a_page_comes_with_the_policy_it_was_written_for(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/{name}")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "frame-ancestors http://127.0.0.1:9000" in policy
    compiles = " 'wasm-unsafe-eval'" if name == "staff" else ""  # the reader of codes, and no text ever
    assert "unsafe" not in policy.replace(compiles, "")
    assert compiles in policy
    again = client.get(f"/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_first_page_leads_to_the_others(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept-Language": "en"})
    assert b'href="/staff"' in answer.data
    assert b'href="/screen"' in answer.data
    assert b'lang="en"' in answer.data


def test_a_file_of_the_pages_is_kept_for_ever_under_its_own_number_only(client: FlaskClient) -> None:
    first = client.get("/display/shared/tokens.css")
    assert first.headers["Cache-Control"] == "no-cache"
    numbered = client.get(f"/display/shared/tokens.css?v={first.headers['ETag'].strip(chr(34))}")
    assert "immutable" in numbered.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["../__init__.py", "%2e%2e/__init__.py", "shared/none.js", "__init__.py", ".."])
def test_no_path_leads_out_of_the_pages(client: FlaskClient, path: str) -> None:
    assert client.get(f"/display/{path}").status_code == 404


def test_every_answer_has_its_security_headers(client: FlaskClient) -> None:
    for answer in (client.get("/staff"), client.get("/healthz"), client.get("/nothing"), client.get("/metrics")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Content-Security-Policy" in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_ready_says_what_is_missing(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, said(answer)) == (503, {"ready": False, "missing": ["no catalogue yet"]})
    assert client.get("/healthz").status_code == 200


def test_metrics_are_those_of_the_given_registry(client: FlaskClient) -> None:
    assert b"regulars_visits 2.0" in client.get("/metrics").data


def _ready() -> Health:
    return Health(ready=True)


def test_a_picture_may_be_kept_for_ever_and_runs_nothing(client: FlaskClient) -> None:
    shown = client.get(f"/pictures/{'a' * 64}-240.webp")
    assert (shown.status_code, shown.data, shown.content_type) == (200, b"webp", "image/webp")
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    again = client.get(f"/pictures/{'a' * 64}-240.webp", headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "address", [f"{'a' * 64}-480", f"{'a' * 64}-241", f"{'b' * 64}-240", "..%2f..%2fadmin.token-240", "A-240", "-240"]
)
def test_a_picture_that_is_not_here_is_one_sentence_that_nobody_keeps(client: FlaskClient, address: str) -> None:
    refused = client.get(f"/pictures/{address}.webp")
    assert refused.status_code == 404
    assert said(refused)["detail"]
    assert refused.headers["Cache-Control"] == "no-store"


def test_the_tablets_worker_may_ask_the_store_and_nothing_else_may_ask(client: FlaskClient) -> None:
    def policy(path: str) -> str:
        return client.get(f"/display/{path}").headers["Content-Security-Policy"]

    assert policy("staff/worker.js") == "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
    assert policy("staff/page.js") == "default-src 'none'; frame-ancestors 'none'"


def test_the_front_door_leads_to_both_pages_and_its_files_are_there(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept-Language": "en"})
    assert [path in answer.text for path in ("/staff", "/screen")] == [True, True]
    files = re.findall(r'href="(/display/[^"]+)"', answer.text)
    assert len(files) == 3
    assert [client.get(file).status_code for file in files] == [200] * 3
