"""Whatever is sent to head office, it answers with a problem and goes on; nothing is an internal error."""

import json
import socket
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flow.hub import Hub, Phone, StoreClient

HUGE = 10**30
BODIES: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff\xfe",
    b'{"seq": NaN}',
    b'{"seq": 1e999}',
    b"[" * 5_000,
    b'{"a": "\\ud800"}',
    b'{"code": "\\u0000\\u0000\\u0000\\u0000", "public_key": "' + b"0" * 64 + b'"}',
    json.dumps({"store_id": "x" * 41, "name": "x", "number": HUGE}).encode(),
    json.dumps({"store_id": "de-9", "name": "x", "number": HUGE}).encode(),
    json.dumps({"seq": HUGE, "member_ref": "a", "applied_at": 1, "signature": "00"}).encode(),
    json.dumps({"incarnation": "i", "first": HUGE, "events": []}).encode(),
    json.dumps({"incarnation": "i\0", "first": 1, "events": [{"n": 1, "type": "visit.left", "at": -1e300}]}).encode(),
    json.dumps({"visit_id": "v", "member_ref": "a", "ttl_s": HUGE, "view": {}}).encode(),
    json.dumps({"visit_id": "v", "member_ref": "a", "ttl_s": 1, "view": None}).encode(),
    json.dumps({"member_ref": "nobody", "kind": "erase"}).encode(),
    json.dumps({"member_ref": "ab" * 16, "at": HUGE, "mac": "0" * 16}).encode(),
    json.dumps({"alias": "x\0", "adult": True, "purposes": ["recognise"]}).encode(),
    json.dumps({"alias": "x", "adult": True, "purposes": ["everything"]}).encode(),
    json.dumps({"products": [{"product_id": "\0"}]}).encode(),
    json.dumps({"stock": [{"store_id": "nowhere", "variant_id": "v", "pieces": 1, "counted_at": HUGE}]}).encode(),
    json.dumps({"command_id": "c-0000001", "kind": "hide", "fact": "everything"}).encode(),
    json.dumps({"command_id": "c-0000001", "kind": "mode"}).encode(),
]
PATHS = {
    "POST": [
        "/v1/enrol", "/v1/boot", "/v1/events", "/v1/receipts", "/v1/phone-views", "/v1/phone-codes", "/v1/withdraw",
        "/v1/stores", "/v1/enrol-codes", "/v1/join", "/v1/phone/link", "/phone/session", "/phone/commands",
    ],
    "PUT": ["/v1/products", "/v1/stock", f"/v1/profiles/{'ab' * 16}", "/v1/profiles/x", "/phone/member"],
}  # fmt: skip


@pytest.fixture(scope="module")
def store(hub: Hub) -> StoreClient:
    return hub.add_store("de-0001")


@pytest.fixture(scope="module")
def phone(hub: Hub) -> Phone:
    return hub.phone(hub.join()["phone_url"])


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, paths in PATHS.items() for path in paths])
def test_no_body_is_an_internal_error(hub: Hub, store: StoreClient, phone: Phone, method: str, path: str) -> None:
    for content in BODIES:
        for headers in (dict(hub.admin.headers), store.headers):
            reply = phone.request(method, path, content=content, headers=headers)
            check(reply)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/feed?c=x", "/v1/feed?r=-1", f"/v1/feed?r={HUGE}", f"/v1/feed?c=a.{HUGE}.", "/v1/feed?limit=0",
        "/v1/feed?wait=nan", "/v1/feed?wait=1e9", "/v1/feed?v=99", "/v1/feed?c=%00", "/v1/daykeys",
        f"/v1/daykeys?from={HUGE}&days=1", "/v1/daykeys?from=x", "/v1/daykeys?days=0", "/v1/nothing",
        "/display/../../etc/passwd", "/display/%2e%2e/hq/main.py", "/phone/state", "/phone/stream",
    ],
)  # fmt: skip
def test_no_address_is_an_internal_error(hub: Hub, store: StoreClient, path: str) -> None:
    reply = store.get(path)
    assert 400 <= reply.status_code < 500, reply.text
    check(reply)


def test_a_number_beyond_all_withdrawals_is_not_known(hub: Hub) -> None:
    assert hub.admin.get("/v1/withdraw/999").status_code == 404
    assert hub.admin.get(f"/v1/withdraw/{HUGE}").status_code in {400, 404}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["alias", "adult", "purposes", "sizes", "standing_mode", "language", "brands"]), x)))  # fmt: skip
def test_any_json_to_the_join_page_is_answered(hub: Hub, wish: Any) -> None:
    check(hub.admin.post("/v1/join", content=json.dumps(wish).encode(), headers={"X-Regulars": "1"}))


def test_a_problem_never_repeats_what_was_sent(hub: Hub) -> None:
    body = {"alias": "x" * 41, "name": ["Zyxwvut"], "adult": "Zyxwvut", "purposes": ["Zyxwvut"], "sizes": "Zyxwvut"}
    reply = httpx.post(f"{hub.url}/v1/join", json=body, headers={"X-Regulars": "1"})
    assert reply.status_code == 400
    assert "Zyxwvut" not in reply.text
    assert {fault["field"] for fault in reply.json()["errors"]} >= {"alias", "name", "adult"}


def test_head_office_still_answers_while_somebody_sends_nothing(hub: Hub) -> None:
    host, port = hub.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(b"POST /v1/join HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{")
        asked_at = time.monotonic()
        assert httpx.get(f"{hub.url}/readyz").status_code == 200
        assert time.monotonic() - asked_at < 2


def test_a_head_without_end_is_cut_off(hub: Hub) -> None:
    host, port = hub.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: hq\r\nX-Long: ")
        try:
            for _ in range(64):
                line.sendall(b"x" * 16_384)
            is_cut_off = line.recv(100).startswith(b"HTTP/1.1 400 ")
        except ConnectionError:
            is_cut_off = True  # it hung up before we read what it said
    assert is_cut_off


def test_the_log_tells_no_internal_error(hub: Hub) -> None:
    assert "a request failed" not in (hub.state.parent / "state.log").read_text()


def test_every_route_stands_in_the_openapi_document(hub: Hub) -> None:
    paths = set(httpx.get(f"{hub.url}/openapi.json").json()["paths"])
    assert {path for paths_ in PATHS.values() for path in paths_ if "/v1/profiles" not in path} <= paths
    assert {"/v1/feed", "/v1/daykeys", "/v1/withdraw/{seq}", "/v1/profiles/{member_ref}", "/phone/state"} <= paths


def check(reply: httpx.Response) -> None:
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400:
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.json()["status"] == reply.status_code


@pytest.mark.parametrize("member_ref", ["a\0b", "a" * 65, ""])
def test_an_id_that_takes_other_stores_reports_along_is_refused_before_it_meets_them(
    store: StoreClient, member_ref: str
) -> None:
    refused = store.receipt(1, member_ref)
    assert refused.status_code == 400
    assert [fault["field"] for fault in refused.json()["errors"]] == ["member_ref"]
