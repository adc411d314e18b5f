"""What a member takes along, and what is left of her when she is erased."""

import sqlite3
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.flow.hub import Hub, StoreClient, running_hub
from tests.flow.test_hq_phone import visit

ALIAS = "Xaverine"


@pytest.fixture(scope="module")
def store(hub: Hub) -> StoreClient:
    return hub.add_store("de-0001")


@pytest.fixture
def joined(hub: Hub, store: StoreClient) -> dict[str, Any]:
    joined = hub.join(alias=ALIAS, name="Xaverine <b>Öztürk</b>", brands=["Qwertzfirma"], language="de")
    event = {"n": 1, "type": "visit.arrived", "at": time.time(), "visit_id": "v-1", "member_ref": joined["member_ref"]}
    batch = {"incarnation": uuid4().hex, "first": 1, "events": [event]}
    store.post("/v1/events", batch).raise_for_status()
    return joined


def test_the_export_names_everything_that_is_held(hub: Hub, store: StoreClient, joined: dict[str, Any]) -> None:
    member_ref = joined["member_ref"]
    found = hub.admin.get(f"/v1/members/{member_ref}/export").raise_for_status().json()
    assert found["profile"]["alias"] == ALIAS
    assert [event["type"] for event in found["events"]] == ["visit.arrived"]
    assert [copy["store_id"] for copy in found["shared_with"]] == ["de-0001"]
    assert found["consent_records"][0]["regulars:signed"]["receipt_id"] == joined["receipt"]["receipt_id"]
    assert found["secrets"]["member_key"] is True
    assert joined["secret"] not in str(found)
    again = hub.admin.get(f"/v1/members/{member_ref}/export").json()
    assert [entry["action"] for entry in again["access_log"]] == ["member.export"]


def test_the_export_names_the_store_where_the_card_was_shown_and_every_visit_on_the_phone(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub:
        home, other = hub.add_store("de-0001"), hub.add_store("de-0002")
        joined = hub.join(home_store="de-0001")
        other.post("/v1/pull", {"loyalty_number": joined["loyalty_number"]}).raise_for_status()
        for store in (home, other):
            visit(store, joined["member_ref"], uuid4().hex)
        found = hub.admin.get(f"/v1/members/{joined['member_ref']}/export").json()
        page = hub.phone(joined["phone_url"]).get("/phone/export", params={"format": "html"}).text
    assert {each["store_id"] for each in found["visits"]} == {"de-0001", "de-0002"}
    (pulled,) = [entry for entry in found["access_log"] if entry["action"] == "member.pull"]
    assert (pulled["by"], pulled["object"], pulled["outcome"]) == ("device", "de-0002", "done")
    assert "<td>member.pull</td><td>de-0002</td>" in page


def test_every_table_that_names_members_is_in_the_export_or_named_in_it(hub: Hub, joined: dict[str, Any]) -> None:
    shown = {
        "profile": "profile", "receipt": "consent_receipts", "event": "events", "phone_view": "visits",
        "command": "wishes", "scope": "shared_with", "scope_reason": "held_because", "audit": "access_log",
        "revocation": "withdrawals", "applied_receipt": "withdrawals",
        "member_secret": "secrets", "session": "secrets", "phone_code": "secrets",
        "once": "retention",  # sealed copies of answers, gone after a day
    }  # fmt: skip
    with sqlite3.connect(hub.state / "hq.sqlite") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        naming = {
            table
            for table in tables
            if "member_ref" in {column[1] for column in database.execute(f"PRAGMA table_info({table})")}
        }
    database.close()
    assert naming - set(shown) == set()
    found = hub.admin.get(f"/v1/members/{joined['member_ref']}/export").json()
    assert set(shown.values()) <= set(found)


@pytest.mark.parametrize(("lang", "title"), [("de", "Alles, was wir über dich"), ("en", "Everything that we keep")])
def test_the_export_can_be_read(hub: Hub, joined: dict[str, Any], lang: str, title: str) -> None:
    page = hub.phone(joined["phone_url"]).get("/phone/export", params={"format": "html", "lang": lang})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Disposition"] == 'attachment; filename="regulars.html"'
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert title in page.text
    assert "Xaverine &lt;b&gt;Öztürk&lt;/b&gt;" in page.text
    for part in ("Qwertzfirma", "visit.arrived", joined["receipt"]["receipt_id"], "Store de-0001", "audit"):
        assert part in page.text
    assert "<script" not in page.text


def test_nobody_exports_another_member(hub: Hub, joined: dict[str, Any]) -> None:
    other = hub.phone(hub.join()["phone_url"])
    assert ALIAS not in other.get("/phone/export").text
    assert httpx.get(f"{hub.url}/v1/members/{joined['member_ref']}/export").status_code == 401


def test_after_erasure_no_copy_of_the_profiles_bytes_is_in_the_database(
    hub: Hub, store: StoreClient, joined: dict[str, Any]
) -> None:
    member_ref = joined["member_ref"]
    with sqlite3.connect(hub.state / "hq.sqlite") as database:
        (body,) = database.execute("SELECT body FROM profile WHERE member_ref = ?", (member_ref,)).fetchone()
        (sealed,) = database.execute("SELECT sealed FROM member_secret WHERE member_ref = ?", (member_ref,)).fetchone()
    database.close()
    said = (joined["loyalty_number"], joined["receipt"]["receipt_id"], joined["receipt"]["signature"])
    secrets = [body, sealed, *(text.encode() for text in said)]
    assert all(octets in files(hub) for octets in secrets)
    seq = hub.withdraw(member_ref, "erase")
    assert [octets for octets in secrets if octets in files(hub)] == []
    status = hub.admin.get(f"/v1/withdraw/{seq}").json()
    assert [waiting["store_id"] for waiting in status["pending"]] == ["de-0001"]
    store.receipt(seq, member_ref).raise_for_status()
    assert hub.admin.get(f"/v1/withdraw/{seq}").json()["done"] is True
    assert hub.admin.get(f"/v1/members/{member_ref}/export").status_code == 404


def test_what_stays_after_erasure_is_what_the_export_said(hub: Hub, store: StoreClient, joined: dict[str, Any]) -> None:
    member_ref = joined["member_ref"]
    announced = hub.admin.get(f"/v1/members/{member_ref}/export").json()["stays_after_erasure"]
    store.receipt(hub.withdraw(member_ref, "erase"), member_ref).raise_for_status()
    with sqlite3.connect(hub.state / "hq.sqlite") as database:
        dump = [line for line in database.iterdump() if member_ref in line]
    database.close()
    left = {line.partition('"')[2].partition('"')[0] for line in dump}
    assert left <= {kept["what"] for kept in announced}
    assert {"revocation", "applied_receipt", "audit"} <= left


def files(hub: Hub) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(hub.state.glob("hq.sqlite*")))
