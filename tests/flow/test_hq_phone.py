"""A shopper's way at head office: joining, the phone page, commands into the store's feed, taking the data, leaving."""

import hmac
import json
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.flow.hub import Hub, Phone, StoreClient, running_hub, stream_events
from wire.cards import PhoneView
from wire.dictionary import Dictionaries
from wire.page import Put
from wire.views import Assurance, Mode


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state", "--origin", "http://demo.test") as hub:
        yield hub


@pytest.fixture(scope="module")
def store(hub: Hub) -> StoreClient:
    return hub.add_store("de-0001")


@pytest.fixture
def joined(hub: Hub) -> dict[str, Any]:
    return hub.join(purposes=["recognise", "staff", "screen"], standing_mode="screen", brands=["Elm"])


@pytest.fixture
def phone(hub: Hub, joined: dict[str, Any]) -> Phone:
    return hub.phone(joined["phone_url"])


def test_the_phone_page_opens_by_the_code_of_the_join(phone: Phone, joined: dict[str, Any]) -> None:
    member = phone.state()["member"]
    assert member["standing_mode"] == "screen"
    assert member["loyalty_number"] == joined["loyalty_number"]
    assert member["preferences"]["brands_liked"] == ["Elm"]
    assert member["modes_open"] == ["invisible", "phone", "screen", "advice"]


def test_a_phone_code_opens_one_phone_only(hub: Hub, phone: Phone, joined: dict[str, Any]) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        Phone(hub.url, joined["phone_url"]).close()


def test_nothing_is_granted_that_was_not_ticked(hub: Hub) -> None:
    joined = hub.join(purposes=["recognise"], standing_mode="advice")
    assert joined["receipt"]["purposes"] == ["recognise"]
    assert joined["standing_mode"] == "phone"


@pytest.mark.parametrize(
    ("wish", "field"),
    [({"adult": False}, "adult"), ({"purposes": ["staff"]}, "purposes"), ({"alias": " "}, "alias")],
)
def test_an_incomplete_join_is_refused_at_its_field(hub: Hub, wish: dict[str, Any], field: str) -> None:
    body = {"alias": "Anna", "adult": True, "purposes": ["recognise"], "language": "en", **wish}
    reply = httpx.post(f"{hub.url}/v1/join", json=body, headers={"X-Regulars": "1"})
    assert reply.status_code == 400
    assert [fault["field"] for fault in reply.json()["errors"]] == [field]


def test_a_command_wakes_the_parked_store(store: StoreClient, phone: Phone, joined: dict[str, Any]) -> None:
    """Long before its poll is over; how long it takes is measured where nothing else runs: `make bench-sync`."""
    visit(store, joined["member_ref"], "v-command")
    store.catch_up()
    with ThreadPoolExecutor(1) as pool:
        parked = pool.submit(store.poll, 20)
        time.sleep(0.3)
        reply = phone.post("/phone/commands", json={"command_id": "c-0000001", "kind": "mode", "mode": "invisible"})
        page = parked.result(10)
    assert reply.status_code == 202
    assert page is not None
    [record] = page.records
    assert isinstance(record, Put)
    body = json.loads(Dictionaries().unpacked(record.body))
    assert (record.kind, body["kind"], body["mode"]) == ("command", "mode", "invisible")


def test_the_same_command_twice_is_one_command(store: StoreClient, phone: Phone, joined: dict[str, Any]) -> None:
    visit(store, joined["member_ref"], "v-twice")
    store.catch_up()
    for _ in range(2):
        assert phone.post("/phone/commands", json={"command_id": "c-twice-01", "kind": "help"}).status_code == 202
    page = store.poll()
    assert page is not None
    assert [record.key for record in page.records] == ["c-twice-01"]
    assert store.poll() is None


def test_a_mode_without_its_consent_is_refused(hub: Hub, store: StoreClient) -> None:
    joined = hub.join(purposes=["recognise"])
    phone = hub.phone(joined["phone_url"])
    body = {"command_id": "c-0000002", "kind": "mode", "mode": "advice", "store_id": "de-0001"}
    reply = phone.post("/phone/commands", json=body)
    assert (reply.status_code, reply.json()["error"]) == (403, "error.no_consent")


def test_without_a_visit_a_command_needs_the_door_code(phone: Phone, store: StoreClient) -> None:
    assert phone.post("/phone/commands", json={"command_id": "c-0000003", "kind": "help"}).status_code == 409
    body = {"command_id": "c-0000004", "kind": "checkin", "store_id": "de-0001"}
    assert phone.post("/phone/commands", json=body).status_code == 202


def test_hiding_a_fact_lasts(store: StoreClient, phone: Phone, joined: dict[str, Any]) -> None:
    body = {"command_id": "c-hide-001", "kind": "hide", "fact": "sizes", "store_id": "de-0001"}
    assert phone.post("/phone/commands", json=body).status_code == 202
    store.catch_up()
    assert store.here("profile")[joined["member_ref"]]["hidden"] == ["sizes"]
    assert phone.state()["member"]["hidden"] == ["sizes"]


def test_the_page_sees_the_visit_as_soon_as_the_store_posts_it(
    store: StoreClient, phone: Phone, joined: dict[str, Any]
) -> None:
    seen: list[tuple[float, Any]] = []
    opened, shown, ended = threading.Event(), threading.Event(), threading.Event()

    def listen() -> None:
        with phone.stream("GET", "/phone/stream") as reply:
            for event, data in stream_events(reply.iter_lines()):
                if event == "visit":
                    seen.append((time.monotonic(), data))
                    (opened, shown, ended)[min(len(seen), 3) - 1].set()
                if len(seen) == 3:
                    return

    with ThreadPoolExecutor(1) as pool:
        pool.submit(listen)
        assert opened.wait(5)
        posted_at = time.monotonic()
        visit(store, joined["member_ref"], "v-stream")
        assert shown.wait(5)
        end_visit(store, joined["member_ref"], "v-stream")
        assert ended.wait(5)
    assert [data and data["visit_id"] for _, data in seen] == [None, "v-stream", None]
    assert seen[1][0] - posted_at <= 0.25


def test_a_visit_that_its_store_no_longer_vouches_for_leaves_the_page(
    store: StoreClient, phone: Phone, joined: dict[str, Any]
) -> None:
    visit(store, joined["member_ref"], "v-silent", ttl_s=1)
    assert phone.state()["visit"] is not None
    time.sleep(1.1)
    assert phone.state()["visit"] is None


def test_a_narrower_consent_reaches_the_store_as_a_new_receipt(
    store: StoreClient, phone: Phone, joined: dict[str, Any]
) -> None:
    member = phone.put("/phone/member", json={"purposes": ["recognise"]}).json()["member"]
    assert (member["purposes"], member["standing_mode"]) == (["recognise"], "phone")
    store.catch_up()
    profile = store.here("profile")[joined["member_ref"]]
    assert profile["consent"]["purposes"] == ["recognise"]
    assert profile["consent"]["epoch"] == 0


def test_giving_up_recognition_is_a_withdrawal(
    hub: Hub, store: StoreClient, phone: Phone, joined: dict[str, Any]
) -> None:
    phone.put("/phone/member", json={"purposes": []}).raise_for_status()
    store.catch_up()
    assert joined["member_ref"] in {revocation.member_ref for revocation in store.revocations}
    assert joined["member_ref"] not in store.here("profile")
    (entry,) = hub.admin.get("/v1/audit", params={"member_ref": joined["member_ref"]}).json()["entries"]
    assert (entry["action"], entry["actor_kind"]) == ("member.withdraw", "member")


def test_a_member_who_comes_back_has_new_keys(store: StoreClient, phone: Phone, joined: dict[str, Any]) -> None:
    today = str(int(time.time() // 86_400))
    before = store.day_keys()[today][joined["member_ref"]]
    phone.put("/phone/member", json={"purposes": []}).raise_for_status()
    phone.put("/phone/member", json={"purposes": ["recognise"]}).raise_for_status()
    store.catch_up()
    assert store.here("profile")[joined["member_ref"]]["consent"]["epoch"] == 1
    assert store.day_keys()[today][joined["member_ref"]] != before


def test_the_app_opens_the_page_by_proving_its_key(hub: Hub, joined: dict[str, Any]) -> None:
    at = int(time.time())
    mac = hmac.digest(bytes.fromhex(joined["secret"]), b"RST1 link" + struct.pack(">Q", at), "sha256")[:8].hex()
    body = {"member_ref": joined["member_ref"], "at": at, "mac": mac}
    reply = httpx.post(f"{hub.url}/v1/phone/link", json=body)
    assert hub.phone(reply.json()["phone_url"]).state()["member"]["member_ref"] == joined["member_ref"]
    wrong = httpx.post(f"{hub.url}/v1/phone/link", json={**body, "mac": "0" * 16})
    assert wrong.status_code == 403


def test_the_export_holds_profile_receipts_and_events(store: StoreClient, phone: Phone, joined: dict[str, Any]) -> None:
    event = {"n": 1, "type": "visit.arrived", "at": 1.0, "visit_id": "v", "member_ref": joined["member_ref"]}
    incarnation = joined["member_ref"]
    store.post("/v1/events", {"incarnation": incarnation, "first": 1, "events": [event]}).raise_for_status()
    export = phone.get("/phone/export").json()
    assert export["profile"]["alias"] == "Anna"
    assert len(export["consent_receipts"]) == 1
    assert [entry["type"] for entry in export["events"]] == ["visit.arrived"]


def test_leaving_ends_the_visit_on_the_page_and_in_the_stores(
    store: StoreClient, phone: Phone, joined: dict[str, Any]
) -> None:
    visit(store, joined["member_ref"], "v-leave")
    assert phone.post("/phone/leave", json={}).status_code == 200
    assert phone.state()["visit"] is None
    assert visit(store, joined["member_ref"], "v-leave", check=False).status_code == 404
    store.catch_up()
    assert joined["member_ref"] not in store.here("profile")


def test_leaving_for_good_ends_the_session(phone: Phone) -> None:
    assert phone.post("/phone/leave", json={"erase": True}).status_code == 200
    assert phone.get("/phone/state").status_code == 401


def test_another_sites_page_cannot_write_in_a_shoppers_name(phone: Phone) -> None:
    body = {"standing_mode": "invisible"}
    assert phone.put("/phone/member", json=body, headers={"Origin": "http://evil.test"}).status_code == 403
    assert phone.put("/phone/member", json=body, headers={"X-Regulars": ""}).status_code == 403
    assert phone.put("/phone/member", json=body, headers={"Origin": "http://demo.test"}).status_code == 200


def test_the_pages_carry_their_policy(hub: Hub) -> None:
    reply = httpx.get(f"{hub.url}/join")
    assert reply.status_code == 200
    assert "frame-ancestors http://demo.test" in reply.headers["Content-Security-Policy"]


def test_five_wrong_codes_lock_the_client(tmp_path: Any) -> None:
    with running_hub(tmp_path / "state") as hub:
        replies = [
            httpx.post(f"{hub.url}/phone/session", json={"code": "WRONG123"}, headers={"X-Regulars": "1"})
            for _ in range(6)
        ]
    assert [reply.status_code for reply in replies] == [400] * 5 + [429]
    assert replies[-1].json()["error"] == "error.locked"
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 601


def test_the_log_names_nobody(hub: Hub, joined: dict[str, Any]) -> None:
    log = (hub.state.parent / "state.log").read_text()
    for secret in (joined["secret"], joined["member_ref"], joined["loyalty_number"], "Anna", "127.0.0.1:5"):
        assert secret not in log


def visit(store: StoreClient, member_ref: str, visit_id: str, *, ttl_s: int = 30, check: bool = True) -> httpx.Response:
    view = PhoneView(
        visit_id=visit_id,
        store_id=store.enrolled["store_id"],
        store_name=store.enrolled["store_name"],
        mode=Mode.SCREEN,
        standing_mode=Mode.SCREEN,
        modes_open=(Mode.INVISIBLE, Mode.PHONE),
        assurance=Assurance.ANSWERED,
        state="here",
        arrived_at=1.0,
        decided_at=2.0,
    )
    body = {"visit_id": visit_id, "member_ref": member_ref, "ttl_s": ttl_s, "view": view.model_dump(mode="json")}
    reply = store.post("/v1/phone-views", body)
    assert reply.status_code == 204 or not check, reply.text
    return reply


def end_visit(store: StoreClient, member_ref: str, visit_id: str) -> None:
    body = {"visit_id": visit_id, "member_ref": member_ref, "ttl_s": 0, "view": None}
    assert store.post("/v1/phone-views", body).status_code == 204
