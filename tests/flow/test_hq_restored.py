"""What an older backup must not open again: whoever was shut out of head office after it was made."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flow.hub import Hub, Person, StoreClient, regulars, running_hub

PASSWORD = "regenschirm am haken"


@dataclass
class Before:
    """What the backup knows; all of it but `kept` was taken away before the disk died."""

    key: str
    code: str
    link: str
    stolen: StoreClient
    kept: StoreClient


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub") / "state"


@pytest.fixture(scope="module")
def before(state: Path) -> Before:
    with running_hub(state) as hub:
        owner = hub.person("owner", "maria", PASSWORD)
        key = owner.post("/v1/keys", json={"name": "till", "scopes": ["stores.read"]}).json()["token"]
        kept, stolen = hub.add_store("de-1"), hub.add_store("de-2")
        code = hub.admin.post("/v1/enrol-codes", json={"store_id": "de-1"}).json()["code"]
        link = hub.command("admin", "invite", "--role", "owner").stdout.strip()
        return Before(key, code, link, stolen, kept)


@pytest.fixture(scope="module")
def printed(state: Path, before: Before) -> dict[str, Any]:
    backup = state.parent / "backup"
    shutil.copytree(state, backup)
    shutil.rmtree(state)
    shutil.copytree(backup, state)
    device_id = before.stolen.enrolled["device_id"]
    refused = regulars("hq", "restored", "--state", str(state), "--revoked", device_id, "--revoked", "d-nobody")
    assert refused.returncode == 2
    done = regulars("hq", "restored", "--state", str(state), "--revoked", device_id)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def hub(state: Path, printed: dict[str, Any]) -> Iterator[Hub]:
    assert printed
    with running_hub(state) as hub:
        yield hub


def test_it_prints_what_has_to_be_looked_through(printed: dict[str, Any], before: Before) -> None:
    assert printed["accounts"] == ["maria"]
    assert [key["name"] for key in printed["keys"]] == ["till"]
    assert printed["devices"] == [{"device_id": before.kept.enrolled["device_id"], "store_id": "de-1"}]


def test_a_password_opens_nothing_until_there_is_a_new_link(hub: Hub) -> None:
    person = Person(hub.url)
    hub.closing.callback(person.close)
    assert person.sign_in("maria", PASSWORD).status_code == 401
    link = hub.command("admin", "invite", "--name", "maria").stdout.strip()
    assert person.set_up(link, "", "ein anderer satz").status_code == 201
    assert person.sign_in("maria", "ein anderer satz").status_code == 201


def test_keys_links_and_codes_open_nothing(hub: Hub, before: Before) -> None:
    with httpx.Client(base_url=hub.url, headers={"Authorization": f"Bearer {before.key}"}) as program:
        assert program.get("/v1/devices").status_code == 401
    person = Person(hub.url)
    hub.closing.callback(person.close)
    assert person.set_up(before.link, "eve", PASSWORD).json()["error"] == "error.link_stale"
    enrolled = httpx.post(f"{hub.url}/v1/enrol", json={"code": before.code, "public_key": "0c" * 32})
    assert enrolled.json()["error"] == "error.code_wrong"


def test_devices_go_on_but_for_those_that_were_named(hub: Hub, before: Before) -> None:
    def status(store: StoreClient) -> int:
        headers = store.headers
        return httpx.get(f"{hub.url}/v1/feed", headers=headers).status_code

    assert status(before.stolen) == 401
    assert status(before.kept) in {200, 204}


def test_the_restore_stands_in_the_log(hub: Hub, before: Before) -> None:
    entries = hub.admin.get("/v1/audit", params={"action": "office.restored"}).json()["entries"]
    assert [entry["actor_kind"] for entry in entries] == ["command"]
    (revoked,) = hub.admin.get("/v1/audit", params={"action": "store.revoke_device"}).json()["entries"]
    assert revoked["object"] == before.stolen.enrolled["device_id"]
