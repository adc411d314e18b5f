"""Head office and a store over HTTP, in two processes: enrolment, keys, the feed, withdrawal and its proof."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hq.adapters.web import SEEN_S
from hq.core.keys import visit_mac
from tests.faults.records import stored_events
from tests.flow.hub import Hub, StoreClient
from wire.receipt import ConsentReceipt, verified
from wire.rst1 import day_key


@pytest.fixture(scope="module")
def store(hub: Hub) -> StoreClient:
    return hub.add_store("de-0001")


def test_an_enrolled_store_boots_and_learns_whose_signature_to_believe(store: StoreClient) -> None:
    boot = store.post("/v1/boot", {}).json()
    assert boot["hub_keys"] == store.enrolled["hub_keys"]
    assert abs(boot["now"] - time.time()) < 5
    assert boot["lease_s"] == 7 * 86_400


def test_a_store_that_keeps_no_key_gets_its_own_at_every_start_and_another_store_another(
    store: StoreClient, hub: Hub
) -> None:
    assert store.post("/v1/boot", {}).json()["cache_key"] == ""
    keys = [store.post("/v1/boot", {"cache_key": True}).json()["cache_key"] for _ in range(2)]
    assert keys[0] == keys[1]
    assert len(bytes.fromhex(keys[0])) == 32
    assert hub.add_store("de-0009").post("/v1/boot", {"cache_key": True}).json()["cache_key"] not in {keys[0], ""}


def test_an_enrolment_code_works_once(hub: Hub) -> None:
    hub.add_store("de-0002")
    code = hub.admin.post("/v1/enrol-codes", json={"store_id": "de-0002"}).json()["code"]
    replies = [httpx.post(f"{hub.url}/v1/enrol", json={"code": code, "public_key": key * 32}) for key in ("0a", "0b")]
    assert [reply.status_code for reply in replies] == [200, 400]
    assert replies[1].json()["error"] == "error.code_wrong"


def test_a_new_member_reaches_the_store_under_a_receipt_that_verifies(hub: Hub, store: StoreClient) -> None:
    joined = hub.join(purposes=["recognise", "staff"], standing_mode="advice")
    store.catch_up()
    profile = store.here("profile")[joined["member_ref"]]
    keys = [(k, Ed25519PublicKey.from_public_bytes(bytes.fromhex(v))) for k, v in store.enrolled["hub_keys"].items()]
    assert verified(ConsentReceipt.model_validate(profile["consent"]), keys)
    assert profile["standing_mode"] == "advice"


def test_day_keys_are_those_the_members_phone_derives(hub: Hub, store: StoreClient) -> None:
    joined = hub.join()
    for day, keys in store.day_keys(days=8).items():
        expected = day_key(bytes.fromhex(joined["secret"]), store.enrolled["store_number"], int(day), 0)
        assert keys[joined["member_ref"]] == expected.hex()


def test_day_keys_come_some_members_at_a_time(hub: Hub, store: StoreClient) -> None:
    """Those of a department store at once would be 60 MB, which takes longer than a store waits for an answer."""
    for _ in range(3):
        hub.join()
    today = int(time.time() // 86_400)
    everybody, some, after = store.day_keys()[str(today)], dict[str, str](), ""
    for _ in range(len(everybody)):
        page = store.get("/v1/daykeys", **{"from": today, "days": 1, "limit": 2, "after": after}).json()
        assert len(page["days"][str(today)]) <= 2
        some |= page["days"][str(today)]
        after = page["upto"]
        if not after:
            break
    assert some == everybody
    assert after == ""


def test_day_keys_beyond_the_lease_are_refused(store: StoreClient) -> None:
    today = int(time.time() // 86_400)
    assert store.get("/v1/daykeys", **{"from": today, "days": 10}).status_code == 400
    assert store.get("/v1/daykeys", **{"from": today + 365, "days": 1}).status_code == 400


def test_a_withdrawal_wakes_a_parked_poll_and_ends_the_day_keys(hub: Hub, store: StoreClient) -> None:
    joined = hub.join()
    store.catch_up()
    with ThreadPoolExecutor(1) as pool:
        parked = pool.submit(store.poll, 20)
        time.sleep(0.5)
        seq = hub.withdraw(joined["member_ref"])
        page = parked.result(10)
    assert page is not None
    assert [(r.seq, r.member_ref, r.kind) for r in page.header.revocations] == [(seq, joined["member_ref"], "withdraw")]
    store.catch_up()
    assert joined["member_ref"] not in store.here("profile")
    assert joined["member_ref"] not in store.day_keys()[str(int(time.time() // 86_400))]


def test_a_withdrawal_from_the_command_line_wakes_a_parked_poll_too(hub: Hub, store: StoreClient) -> None:
    joined = hub.join()
    store.catch_up()
    with ThreadPoolExecutor(1) as pool:
        parked = pool.submit(store.poll, 20)
        done = hub.command("withdraw", joined["loyalty_number"])
        page = parked.result(10)
    assert done.returncode == 0, done.stderr
    assert page is not None
    assert page.header.revocations[-1].member_ref == joined["member_ref"]


def test_a_withdrawal_names_the_stores_that_have_not_proved_it(hub: Hub, store: StoreClient) -> None:
    other = hub.add_store("de-0003")
    joined = hub.join()
    seq = hub.withdraw(joined["member_ref"])
    assert store.receipt(seq, joined["member_ref"]).status_code == 204
    status = hub.admin.get(f"/v1/withdraw/{seq}").json()
    assert store.enrolled["device_id"] in {entry["device_id"] for entry in status["applied"]}
    assert other.enrolled["device_id"] in {entry["device_id"] for entry in status["pending"]}
    assert not status["done"]


def test_a_receipt_that_another_key_signed_is_refused(hub: Hub, store: StoreClient) -> None:
    joined = hub.join()
    seq = hub.withdraw(joined["member_ref"])
    forged = {"seq": seq, "member_ref": joined["member_ref"], "applied_at": 1.0, "signature": "00" * 64}
    assert store.post("/v1/receipts", forged).status_code == 400


def test_erasing_leaves_no_trace_of_the_member_in_the_files(hub: Hub, store: StoreClient) -> None:
    joined = hub.join(alias="Zyxwvuts", name="Qwertzuiop")
    hub.withdraw(joined["member_ref"], "erase")
    files = b"".join(file.read_bytes() for file in hub.state.glob("hq.sqlite*"))
    assert joined["loyalty_number"].encode() not in files
    assert hub.admin.post("/v1/withdraw", json={"member_ref": joined["loyalty_number"]}).status_code == 404
    store.catch_up()
    assert [r.kind for r in store.revocations if r.member_ref == joined["member_ref"]] == ["erase"]


def test_an_empty_poll_still_moves_the_cursor(hub: Hub, store: StoreClient) -> None:
    store.catch_up()
    before = store.cursor
    other = hub.enrol("de-0003")
    hub.admin.put("/v1/stock", json={"stock": [_stock("de-0003", "v1")]}).raise_for_status()
    assert store.poll() is None
    assert store.cursor != before
    other.catch_up()
    assert "v1" in other.here("stock")


def test_a_cursor_of_another_life_of_the_database_asks_to_start_again(store: StoreClient) -> None:
    assert store.get("/v1/feed", c="ffff.1.").status_code == 410
    assert (
        store.get("/v1/feed", c=f"{store.cursor.partition('.')[0]}.999999." if store.cursor else "").status_code == 410
    )


@pytest.mark.parametrize("cursor", ["nonsense", "x" * 400, "x\0", ".", "ffff.1", "ffff.1.profile"])
def test_a_store_that_has_no_cursor_any_more_is_told_to_start_again(store: StoreClient, cursor: str) -> None:
    refused = store.get("/v1/feed", c=cursor)
    assert refused.status_code == 410
    assert "Start again" in refused.json()["remedy"]
    assert store.get("/v1/snapshot", after=cursor).status_code == 410
    assert store.get("/v1/snapshot", upto=cursor).status_code == 400


def test_a_store_with_a_number_beyond_all_is_told_and_takes_no_other_with_it(hub: Hub, store: StoreClient) -> None:
    """Where stores stand is written down for all of them at once."""
    other = hub.add_store("de-0050")

    def seen_at() -> float:
        (device,) = [d for d in hub.admin.get("/v1/devices").json()["devices"] if d["store_id"] == "de-0050"]
        return float(device["seen_at"])

    before, until = seen_at(), time.monotonic() + 3 * SEEN_S
    while time.monotonic() < until and seen_at() == before:
        assert store.get("/v1/snapshot", r=10**30).status_code == 410
        assert store.get("/v1/feed", r=10**30).status_code == 410
        other.poll()
    assert seen_at() > before


@pytest.mark.parametrize("product_id", ["", "x" * 201, "a\0b"])
def test_an_article_whose_id_no_cursor_could_hold_is_refused(hub: Hub, product_id: str) -> None:
    for path, body in (
        ("/v1/products", {"products": [_product("a") | {"product_id": product_id}]}),
        ("/v1/stock", {"stock": [_stock("de-0001", product_id)]}),
    ):
        assert hub.admin.put(path, json=body).status_code == 400


def test_a_page_that_ends_at_the_longest_id_is_gone_on_from(hub: Hub) -> None:
    longest = "ß.:/" * 50
    store = hub.add_store("de-0051")
    products = [_product("a"), _product(longest) | {"variants": []}]
    hub.admin.put("/v1/products", json={"products": products}).raise_for_status()
    store.catch_up(limit=1)
    assert longest in store.here("product")


def test_a_request_without_a_device_is_told_what_time_it_is(hub: Hub) -> None:
    reply = httpx.get(f"{hub.url}/v1/feed", headers={"Authorization": "Bearer nonsense"})
    assert reply.status_code == 401
    assert abs(reply.json()["now"] - time.time()) < 5
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_what_a_store_reports_of_somebody_erased_meanwhile_names_nobody(hub: Hub, store: StoreClient) -> None:
    member = hub.join()["member_ref"]
    hub.withdraw(member, "erase")
    event = {"n": 1, "type": "visit.help", "at": time.time(), "visit_id": "v-erased", "member_ref": member}
    assert store.post("/v1/events", {"incarnation": "erased", "first": 1, "events": [event]}).json()["acked"] == 1
    kept = [row.member_ref for row in stored_events(hub.state) if row.visit_id == "v-erased"]
    assert kept == [""]


def test_events_count_once_and_a_gap_is_answered(store: StoreClient) -> None:
    def batch(first: int, numbers: list[int]) -> dict[str, object]:
        events = [{"n": n, "type": "visit.arrived", "at": 1.0, "visit_id": "v"} for n in numbers]
        return store.post("/v1/events", {"incarnation": "i1", "first": first, "events": events}).json()  # type: ignore[no-any-return]

    assert batch(1, [1, 2, 3]) == {"acked": 3, "gap": False}
    assert batch(2, [2, 3, 4]) == {"acked": 4, "gap": False}
    assert batch(7, [7]) == {"acked": 4, "gap": True}
    assert batch(5, [5, 7]) == {"acked": 5, "gap": True}


def test_eight_writers_at_once_lose_nothing_on_the_feed(hub: Hub, store: StoreClient) -> None:
    store.catch_up()
    stop = threading.Event()

    def write(writer: int) -> None:
        with httpx.Client(base_url=hub.url, headers=dict(hub.admin.headers), timeout=30) as client:
            for number in range(12):
                products = [_product(f"p{writer}-{number}-{n}") for n in range(3)]
                client.put("/v1/products", json={"products": products}).raise_for_status()

    def read() -> None:
        while not stop.is_set():
            store.poll(wait=0.2, limit=7)

    with ThreadPoolExecutor(9) as pool:
        reader = pool.submit(read)
        list(pool.map(write, range(8)))
        stop.set()
        reader.result()
    store.catch_up()
    assert {f"p{w}-{n}-{k}" for w in range(8) for n in range(12) for k in range(3)} <= set(store.here("product"))


@pytest.mark.parametrize("limit", [1, 3, 2_000])
def test_any_page_size_ends_in_the_same_replica(hub: Hub, store: StoreClient, limit: int) -> None:
    store.catch_up()
    fresh = hub.enrol("de-0001")
    fresh.catch_up(limit=limit)
    for kind in ("profile", "product", "stock"):
        assert fresh.here(kind) == store.here(kind)


def test_a_body_beyond_the_limit_is_cut_off(hub: Hub) -> None:
    reply = httpx.post(f"{hub.url}/v1/join", content=b"x" * 70_000, headers={"X-Regulars": "1"})
    assert reply.status_code == 413
    assert reply.headers["Content-Type"] == "application/problem+json"


def _product(product_id: str) -> dict[str, object]:
    return {
        "product_id": product_id,
        "merchant_id": "house",
        "brand": "Elm",
        "category": "coat",
        "garment": "coat",
        "name": {"de": "Mantel"},
        "colour": "navy",
        "price_cents": 19900,
        "variants": [{"variant_id": f"{product_id}-38", "size": "38"}],
    }


def _stock(store_id: str, variant_id: str) -> dict[str, object]:
    return {"store_id": store_id, "variant_id": variant_id, "pieces": 2, "shelf": "A1", "counted_at": 1}


def test_two_machines_with_one_key_are_found_and_the_second_is_refused(hub: Hub) -> None:
    first = hub.add_store("de-0008")
    first.boot_id = "b001"
    assert first.get("/v1/feed").status_code in {200, 204}
    second = StoreClient(hub.url, first.enrolled, first.key, boot_id="b002", ahead_s=10)
    hub.closing.callback(second.http.close)
    assert second.get("/v1/feed").status_code in {200, 204}
    first.ahead_s = 10  # as if ten seconds had passed
    assert first.get("/v1/feed").status_code in {200, 204}
    refused = second.get("/v1/feed")
    assert (refused.status_code, refused.json()["error"]) == (403, "error.two_devices")
    (device,) = [d for d in hub.admin.get("/v1/devices").json()["devices"] if d["store_id"] == "de-0008"]
    assert device["alarm"]["kind"] == "processes"


def test_an_alarm_that_was_settled_ends_and_comes_again_with_the_second_machine(hub: Hub) -> None:
    first = hub.add_store("de-0011")
    device_id = first.enrolled["device_id"]
    second = StoreClient(hub.url, first.enrolled, first.key)
    hub.closing.callback(second.http.close)

    def speak(store: StoreClient, boot_id: str, ahead_s: float) -> int:
        store.boot_id, store.ahead_s = boot_id, ahead_s
        return store.get("/v1/feed", r=store.revoked).status_code

    def alarms() -> list[object]:
        devices = hub.admin.get("/v1/devices").json()["devices"]
        return [each["alarm"] and each["alarm"]["kind"] for each in devices if each["device_id"] == device_id]

    def shown() -> list[tuple[str, str]]:
        raised = hub.admin.get("/v1/overview").json()["alarms"]
        return [(each["name"], each["kind"]) for each in raised if each["device_id"] == device_id]

    good = [speak(first, "c001", 0), speak(second, "c002", 10), speak(first, "c001", 20)]
    assert all(status in {200, 204} for status in good)
    assert speak(second, "c002", 30) == 403
    assert speak(first, "c003", 30) == 403  # the right one too, once it has started again
    assert alarms() == ["processes"]
    assert shown() == [("Store de-0011", "processes")]
    assert hub.admin.post(f"/v1/devices/{device_id}/settle").status_code == 204
    assert alarms() == [None]
    assert shown() == []
    assert speak(first, "c003", 30) in {200, 204}
    assert speak(second, "c002", 40) in {200, 204}
    assert alarms() == ["processes"]
    assert hub.command("settle-device", device_id).returncode == 0
    assert alarms() == [None]
    assert hub.command("settle-device", "d-nobody").returncode == 2
    entries = hub.admin.get("/v1/audit", params={"action": "store.settle_device"}).json()["entries"]
    assert [(each["actor_kind"], each["object"]) for each in entries] == [("command", device_id), ("state", device_id)]


def test_other_events_under_the_same_numbers_are_refused_and_told(hub: Hub) -> None:
    store = hub.add_store("de-0009")

    def batch(at: float) -> httpx.Response:
        events = [{"n": n, "type": "visit.help", "at": at + n} for n in (1, 2)]
        return store.post("/v1/events", {"incarnation": "i1", "first": 1, "events": events})

    assert batch(1.0).json() == {"acked": 2, "gap": False}
    assert batch(1.0).json() == {"acked": 2, "gap": False}
    assert batch(5.0).status_code == 409
    (device,) = [
        d for d in hub.admin.get("/v1/devices").json()["devices"] if d["device_id"] == store.enrolled["device_id"]
    ]
    assert device["alarm"]["kind"] == "events"


def test_a_device_that_was_revoked_is_refused_and_still_named_with_its_lease(hub: Hub) -> None:
    store = hub.add_store("de-0010")
    assert hub.admin.delete(f"/v1/devices/{store.enrolled['device_id']}").status_code == 204
    refused = store.get("/v1/feed")
    assert refused.status_code == 401
    assert "revoked" in refused.json()["detail"]
    seq = hub.withdraw(hub.join()["member_ref"])
    pending = hub.admin.get(f"/v1/withdraw/{seq}").json()["pending"]
    (entry,) = [one for one in pending if one["device_id"] == store.enrolled["device_id"]]
    assert entry["revoked"]
    assert entry["lease_ends_at"] > time.time()


@pytest.mark.parametrize("by", ["request", "command"])
def test_a_poll_that_waits_is_refused_when_its_device_is_revoked(hub: Hub, by: str) -> None:
    store = hub.add_store(f"de-003{len(by)}")
    device_id = store.enrolled["device_id"]
    store.catch_up()
    with ThreadPoolExecutor(1) as pool:
        parked = pool.submit(store.get, "/v1/feed", r=store.revoked, wait=20, c=store.cursor)
        time.sleep(0.5)
        if by == "request":
            assert hub.admin.delete(f"/v1/devices/{device_id}").status_code == 204
        else:
            assert hub.command("revoke-device", device_id).returncode == 0
        assert parked.result(10).status_code == 401


def test_a_store_that_knows_of_a_withdrawal_is_not_told_it_again(hub: Hub) -> None:
    store = hub.add_store("de-0040")
    joined = hub.join()
    store.catch_up()
    with ThreadPoolExecutor(1) as pool:
        parked = pool.submit(store.poll, 20)
        time.sleep(0.5)
        hub.withdraw(joined["member_ref"])
        assert parked.result(10) is not None
    assert store.poll(0.6) is None
    assert joined["member_ref"] not in store.here("profile")


def test_a_member_at_home_elsewhere_comes_by_an_announced_visit(hub: Hub) -> None:
    home, other, near = (hub.add_store(f"de-002{n}") for n in range(3))
    hub.admin.put("/v1/stores/de-0020/near", json={"stores": ["de-0022"]}).raise_for_status()
    joined = hub.join(home_store="de-0020")
    member = joined["member_ref"]
    for store in (home, other, near):
        store.catch_up()
    assert [member in store.here("profile") for store in (home, other, near)] == [True, False, True]
    assert member not in other.day_keys()[str(int(time.time() // 86_400))]
    at = int(time.time())
    mac = visit_mac(bytes.fromhex(joined["secret"]), "de-0021", at)
    wish = {"member_ref": member, "store_id": "de-0021", "at": at, "mac": mac}
    assert httpx.post(f"{hub.url}/v1/visit", json={**wish, "mac": "0" * 16}).status_code == 403
    assert httpx.post(f"{hub.url}/v1/visit", json=wish).json()["until"] > at
    other.catch_up()
    assert member in other.here("profile")
    assert member in other.day_keys()[str(int(time.time() // 86_400))]


def test_a_store_that_asks_for_another_stores_member_gets_404(hub: Hub) -> None:
    hub.add_store("de-0030")
    other = hub.add_store("de-0031")
    member = hub.join(home_store="de-0030")["member_ref"]
    post = {"visit_id": "v-31", "member_ref": member, "ttl_s": 60, "view": None}
    assert other.post("/v1/phone-views", post).status_code == 404


def test_a_store_that_asks_for_another_stores_day_keys_gets_404_and_it_is_written_down(hub: Hub) -> None:
    store, other = hub.add_store("de-0032"), hub.add_store("de-0033")
    theirs, own = hub.join(home_store="de-0032")["member_ref"], hub.join(home_store="de-0033")["member_ref"]
    today = int(time.time() // 86_400)
    assert store.get("/v1/daykeys", **{"from": today, "members": theirs}).json()["days"][str(today)].keys() == {theirs}
    assert other.get("/v1/daykeys", **{"from": today, "members": theirs}).status_code == 404
    mixed = other.get("/v1/daykeys", **{"from": today, "members": f"{theirs},{own}"})
    assert mixed.json()["days"][str(today)].keys() == {own}
    params = {"action": "store.foreign", "actor": other.enrolled["device_id"]}
    entries = hub.admin.get("/v1/audit", params=params).json()["entries"]
    assert [(entry["object"], entry["outcome"]) for entry in entries] == [("member", "refused")] * 2


def test_the_keys_of_a_member_who_withdrew_are_no_longer_given_and_that_is_no_offence(hub: Hub) -> None:
    store = hub.add_store("de-0034")
    member = hub.join(home_store="de-0034")["member_ref"]
    hub.withdraw(member)
    today = int(time.time() // 86_400)
    assert store.get("/v1/daykeys", **{"from": today, "members": member}).json()["days"][str(today)] == {}
