"""People sign in at head office and programs bring keys: what opens, what does not, and what is written down of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.shop.people import goods
from tests.core.pictures import photograph
from tests.flow.hub import Hub, Person, running_hub

PASSWORD = "korb voller birnen"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        hub.add_store("de-0001")
        yield hub


@pytest.fixture(scope="module")
def owner(hub: Hub) -> Person:
    return hub.person("owner", "maria", PASSWORD)


@pytest.fixture(scope="module")
def support(hub: Hub) -> Person:
    return hub.person("support", "sam", PASSWORD)


def test_the_link_for_the_first_owner_works_once(hub: Hub) -> None:
    link = hub.command("admin", "invite").stdout.strip()
    assert link.startswith(f"{hub.url}/hq#setup=")
    person = Person(hub.url)
    hub.closing.callback(person.close)
    assert person.set_up(link, "erna", PASSWORD).status_code == 201
    again = person.set_up(link, "otto", PASSWORD)
    assert (again.status_code, again.json()["error"]) == (400, "error.link_stale")


def test_an_easy_password_is_refused_and_the_link_stays_good(hub: Hub) -> None:
    link = hub.command("admin", "invite").stdout.strip()
    person = Person(hub.url)
    hub.closing.callback(person.close)
    for password in ("short", "aaaaaaaaaaaa", "123456789012", "xx-gerda-2026"):
        refused = person.set_up(link, "gerda", password)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "password")
    assert person.set_up(link, "gerda", PASSWORD).status_code == 201


def test_a_link_for_a_new_password_ends_the_old_one(hub: Hub) -> None:
    person = hub.person("office", "paul", PASSWORD)
    link = hub.command("admin", "invite", "--name", "paul").stdout.strip()
    assert person.set_up(link, "", "ein anderer satz").status_code == 201
    assert person.sign_in("paul", PASSWORD).status_code == 401
    assert person.sign_in("paul", "ein anderer satz").status_code == 201


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(hub: Hub, owner: Person) -> None:
    cookie = owner.sign_in("maria", PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/v1" in cookie
    assert "Secure" not in cookie  # plain HTTP here


def test_behind_tls_the_cookie_is_for_tls_only(tmp_path: Any) -> None:
    with running_hub(tmp_path / "state", "--public-url", "https://hq.test") as hub:
        person = hub.person("owner", "maria", PASSWORD)
        assert "Secure" in person.signed.headers["Set-Cookie"]


def test_a_write_without_the_sessions_own_mark_is_refused(owner: Person) -> None:
    body = {"store_id": "de-0002", "name": "Zwei"}
    for headers in ({"X-CSRF": ""}, {"X-CSRF": "0" * 32}, {"X-Regulars": ""}, {"Origin": "http://evil.test"}):
        assert owner.post("/v1/stores", json=body, headers=headers).status_code == 403
    assert owner.post("/v1/stores", json=body).status_code == 201


def test_support_looks_and_changes_nothing(owner: Person, support: Person) -> None:
    assert support.get("/v1/overview").status_code == 200
    for method, path, body in (
        ("POST", "/v1/stores", {"store_id": "de-0009", "name": "Neun"}),
        ("POST", "/v1/withdraw", {"member_ref": "ab" * 16}),
        ("POST", "/v1/members/find", {"member": "ab" * 16}),
        ("GET", "/v1/audit", None),
        ("GET", "/v1/accounts", None),
        ("POST", "/v1/keys", {"name": "x", "scopes": ["stores.read"]}),
    ):
        refused = support.request(method, path, json=body)
        assert (refused.status_code, refused.json()["error"]) == (403, "error.right")
    denied = owner.get("/v1/audit", params={"actor": support.account_id}).json()["entries"]
    assert {entry["outcome"] for entry in denied if entry["action"].endswith(".denied")} == {"refused"}


def test_five_wrong_passwords_lock_this_name_here(hub: Hub) -> None:
    hub.person("support", "lotte", PASSWORD)
    stranger = Person(hub.url)
    hub.closing.callback(stranger.close)
    replies = [stranger.sign_in("lotte", "falsch geraten") for _ in range(6)]
    assert [reply.status_code for reply in replies] == [401] * 5 + [429]
    assert int(replies[-1].headers["Retry-After"]) > 0
    assert stranger.sign_in("lotte", PASSWORD).status_code == 429


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(hub: Hub, owner: Person) -> None:
    stranger = Person(hub.url)
    hub.closing.callback(stranger.close)
    first, second = stranger.sign_in("nobody-here", "falsch"), stranger.sign_in("maria", "falsch")
    assert {**first.json(), "now": 0} == {**second.json(), "now": 0}


def test_signing_out_ends_the_session(hub: Hub) -> None:
    person = hub.person("support", "uwe", PASSWORD)
    assert person.delete("/v1/office/session").status_code == 204
    person.cookies.set("regulars_office", person.token, path="/v1", domain="127.0.0.1")
    assert person.get("/v1/overview").status_code == 401


def test_a_new_password_ends_every_other_session(hub: Hub) -> None:
    here = hub.person("office", "inge", PASSWORD)
    there = Person(hub.url)
    hub.closing.callback(there.close)
    there.sign_in("inge", PASSWORD)
    assert len(here.get("/v1/office/sessions").json()["sessions"]) == 2
    assert here.put("/v1/office/password", json={"old": "falsch", "new": "x" * 20}).status_code == 400
    assert here.put("/v1/office/password", json={"old": PASSWORD, "new": "ganz neuer satz"}).status_code == 204
    assert (here.get("/v1/overview").status_code, there.get("/v1/overview").status_code) == (200, 401)


def test_an_owner_closes_an_account_and_its_sessions_end(hub: Hub, owner: Person) -> None:
    person = hub.person("office", "klaus", PASSWORD)
    closed = owner.put(f"/v1/accounts/{person.account_id}", json={"disabled": True})
    assert closed.json()["disabled_at"] is not None
    assert person.get("/v1/overview").status_code == 401
    assert person.sign_in("klaus", PASSWORD).status_code == 401


def test_who_made_whom_an_owner_and_who_closed_it_again_stands_in_the_log(hub: Hub, owner: Person) -> None:
    path = f"/v1/accounts/{hub.person('office', 'frieda', PASSWORD).account_id}"
    for change in ({"role": "owner"}, {"disabled": True}, {"role": "support", "disabled": False}):
        owner.put(path, json=change).raise_for_status()
    entries = owner.get("/v1/audit", params={"actor": owner.account_id, "action": "account"}).json()["entries"]
    told = [entry["action"] for entry in entries if entry["object"] == path.rpartition("/")[2]]
    assert told == ["account.open", "account.role_support", "account.close", "account.role_owner"]


def test_a_link_from_before_the_closing_opens_the_account_no_more(hub: Hub, owner: Person) -> None:
    person = hub.person("office", "karl", PASSWORD)
    link = owner.post(f"/v1/accounts/{person.account_id}/password-link").json()["setup_url"]
    owner.put(f"/v1/accounts/{person.account_id}", json={"disabled": True}).raise_for_status()
    stale = person.set_up(link, "", "ein anderer satz")
    assert (stale.status_code, stale.json()["error"]) == (400, "error.link_stale")
    link = owner.post(f"/v1/accounts/{person.account_id}/password-link").json()["setup_url"]
    assert person.set_up(link, "", "ein anderer satz").status_code == 201


def test_the_password_that_one_link_sets_no_other_link_sets_again(hub: Hub, owner: Person) -> None:
    person = hub.person("office", "lena", PASSWORD)
    lost, found = (owner.post(f"/v1/accounts/{person.account_id}/password-link").json()["setup_url"] for _ in range(2))
    assert person.set_up(found, "", "ein anderer satz").status_code == 201
    assert person.set_up(lost, "", PASSWORD).status_code == 400


def test_before_there_is_an_owner_others_can_be_closed(tmp_path: Any) -> None:
    with running_hub(tmp_path / "state") as hub:
        person = hub.person("support", "sam", PASSWORD)
        assert hub.command("admin", "close", "sam").returncode == 0
        assert person.get("/v1/overview").status_code == 401


def test_somebody_remains_owner(tmp_path: Any) -> None:
    with running_hub(tmp_path / "state") as hub:
        owner = hub.person("owner", "maria", PASSWORD)
        refused = owner.put(f"/v1/accounts/{owner.account_id}", json={"role": "support"})
        assert (refused.status_code, refused.json()["error"]) == (409, "error.last_owner")


def test_a_key_opens_its_scopes_and_nothing_else(hub: Hub, owner: Person) -> None:
    made = owner.post("/v1/keys", json={"name": "web shop", "scopes": ["catalogue.write"]}).json()
    with httpx.Client(base_url=hub.url, headers={"Authorization": f"Bearer {made['token']}"}) as program:
        assert program.put("/v1/products", json={"products": []}).status_code == 200
        assert program.get("/v1/overview").status_code == 403
        assert program.get("/v1/accounts").status_code == 403
        assert owner.delete(f"/v1/keys/{made['key']['key_id']}").status_code == 204
        assert program.put("/v1/products", json={"products": []}).status_code == 401
    assert made["token"] not in owner.get("/v1/keys").text


def test_a_key_cannot_be_given_accounts_or_the_audit_log(owner: Person) -> None:
    for scope in ("accounts.write", "audit.read"):
        assert owner.post("/v1/keys", json={"name": "x", "scopes": [scope]}).status_code == 400


def test_who_did_what_to_whom_stands_in_the_log(hub: Hub, owner: Person) -> None:
    member_ref = hub.join()["member_ref"]
    owner.post("/v1/withdraw", json={"member_ref": member_ref}).raise_for_status()
    (entry,) = owner.get("/v1/audit", params={"member_ref": member_ref, "action": "member"}).json()["entries"]
    assert (entry["actor"], entry["role"], entry["action"]) == (owner.account_id, "owner", "member.withdraw")
    assert hub.command("withdraw", member_ref).returncode == 0
    owner.post("/v1/members/find", json={"member": member_ref}).raise_for_status()
    looked = owner.get("/v1/audit", params={"member_ref": member_ref, "action": "member.find"}).json()["entries"]
    assert [entry["actor"] for entry in looked] == [owner.account_id]


def test_what_a_person_writes_into_the_catalogue_stands_in_the_log(hub: Hub, owner: Person) -> None:
    article = next(goods(7, 1)).model_dump(mode="json")
    picture = str(httpx.URL("/v1/pictures", params={"product_id": article["product_id"]}))
    variant = article["variants"][0]["variant_id"]
    stock = {"store_id": "de-0001", "variant_id": variant, "pieces": 1, "counted_at": 1}
    for reply in (
        owner.put("/v1/products", json={"products": [article]}),
        owner.put("/v1/stock", json={"stock": [stock]}),
        owner.put(picture, content=photograph(60, 80)),
        owner.delete(picture),
    ):
        reply.raise_for_status()
    entries = owner.get("/v1/audit", params={"action": "catalogue", "actor": owner.account_id}).json()["entries"]
    assert [(entry["action"], entry["object"]) for entry in reversed(entries)] == [
        ("catalogue.products", ""),
        ("catalogue.stock", ""),
        ("catalogue.picture", article["product_id"]),
        ("catalogue.no_picture", article["product_id"]),
    ]


def test_who_wrote_a_profile_stands_in_the_log_unless_it_is_a_programs_daily_work(hub: Hub, owner: Person) -> None:
    member_ref = hub.join()["member_ref"]
    profile = {"member_ref": member_ref, "merchant_id": "house", "alias": "Anna"}
    made = owner.post("/v1/keys", json={"name": "crm", "scopes": ["profiles.write"]}).json()
    by_key = {"Authorization": f"Bearer {made['token']}"}
    httpx.put(f"{hub.url}/v1/profiles/{member_ref}", json=profile, headers=by_key).raise_for_status()
    owner.put(f"/v1/profiles/{member_ref}", json=profile).raise_for_status()
    (entry,) = owner.get("/v1/audit", params={"member_ref": member_ref}).json()["entries"]
    assert (entry["action"], entry["actor"]) == ("member.write", owner.account_id)


def test_looking_for_somebody_who_is_not_there_stands_in_the_log_without_what_was_typed(
    hub: Hub, owner: Person
) -> None:
    clerk = hub.person("office", "nora", PASSWORD)
    assert clerk.post("/v1/members/find", json={"member": "Zyxwvut"}).status_code == 404
    entries = owner.get("/v1/audit", params={"actor": clerk.account_id, "action": "member.find"}).json()["entries"]
    assert [(entry["outcome"], entry["object"]) for entry in entries] == [("refused", "")]


def test_who_signed_out_and_where_stands_in_the_log(hub: Hub, owner: Person) -> None:
    clerk = hub.person("office", "olga", PASSWORD)
    clerk.sign_in("olga", PASSWORD)
    first, *_ = [each for each in clerk.get("/v1/office/sessions").json()["sessions"] if not each["is_this"]]
    clerk.delete(f"/v1/office/sessions/{first['session_id']}").raise_for_status()
    clerk.delete("/v1/office/sessions").raise_for_status()
    clerk.delete("/v1/office/session").raise_for_status()
    entries = owner.get("/v1/audit", params={"actor": clerk.account_id}).json()["entries"]
    assert [entry["action"] for entry in entries][:3] == [
        "account.sign_out",
        "account.end_sessions",
        "account.end_session",
    ]


def test_files_that_were_brought_in_stand_in_the_log(hub: Hub, owner: Person, tmp_path: Path) -> None:
    file = tmp_path / "products.json"
    file.write_text(json.dumps({"products": [next(goods(7, 1)).model_dump(mode="json")]}))
    assert hub.command("import", "--dry-run", str(file)).returncode == 0
    assert hub.command("import", str(file)).returncode == 0
    (entry,) = owner.get("/v1/audit", params={"action": "office.import"}).json()["entries"]
    assert entry["actor_kind"] == "command"


def test_who_made_stores_neighbours_stands_in_the_log(hub: Hub, owner: Person) -> None:
    for store_id in ("de-0201", "de-0202"):
        hub.add_store(store_id)
    owner.put("/v1/stores/de-0201/near", json={"stores": ["de-0202"]}).raise_for_status()
    assert hub.command("near", "de-0201").returncode == 0
    entries = owner.get("/v1/audit", params={"action": "store.near"}).json()["entries"]
    assert [(each["actor_kind"], each["actor"], each["object"]) for each in entries] == [
        ("command", "", "de-0201"),
        ("account", owner.account_id, "de-0201"),
    ]


def test_no_password_and_no_key_lies_in_the_state_folder_or_the_log(hub: Hub, owner: Person) -> None:
    token = owner.post("/v1/keys", json={"name": "till", "scopes": ["stores.read"]}).json()["token"]
    files = [file for file in hub.state.iterdir() if file.is_file()] + [hub.state.parent / "state.log"]
    for file in files:
        octets = file.read_bytes()
        for secret in (PASSWORD, token.rpartition("_")[2], owner.token):
            assert secret.encode() not in octets, file.name
