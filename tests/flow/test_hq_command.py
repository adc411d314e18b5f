"""`regulars hq` by hand: what it prints, what it refuses, and with which exit code."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.flow.hub import regulars, running_hub


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what changes nothing."""
    state = tmp_path_factory.mktemp("shop") / "state"
    hq("add-store", "de-0001", "--name", "Eins", state=state)
    return state


@pytest.fixture
def state(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    hq("add-store", "de-0001", "--name", "Eins", state=state)
    return state


def hq(*arguments: str, state: Path) -> "subprocess.CompletedProcess[str]":
    return regulars("hq", *arguments, "--state", str(state))


def test_stores_get_numbers_and_codes(state: Path) -> None:
    added = json.loads(hq("add-store", "de-0002", "--name", "Zwei", state=state).stdout)
    code = hq("enrol-code", "de-0002", state=state)
    assert added["number"] == 2
    assert (code.returncode, len(code.stdout.strip())) == (0, 10)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add-store", "de-0001", "--name", "Zwei"), "there already"),
        (("add-store", "DE 1", "--name", "Eins"), "lower case"),
        (("add-store", "de-3", "--name", "Drei", "--timezone", "Mars/Olympus"), "Europe/Berlin"),
        (("enrol-code", "de-0009"), "no such store"),
        (("add-store", "de-4", "--name", " "), "name is empty"),
        (("run", "--port", "0", "--host", "a" * 64), "--host"),
        (("run", "--port", "0", "--origin", "ftp://there"), "web.origins"),
        (("run", "--port", "0", "--public-url", "javascript:alert(1)"), "web.public_url"),
        (("withdraw", "000000000000"), "no such member"),
        (("withdraw", "ab" * 16, "--erase"), "no such member"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_2(shop: Path, arguments: tuple[str, ...], said: str) -> None:
    done = hq(*arguments, state=shop)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_key_is_made_for_the_scopes_that_everything_else_names(shop: Path) -> None:
    done = hq("admin", "key", "web shop", "--scope", "stores.read", state=shop)
    assert (done.returncode, done.stdout[:3]) == (0, "rk_")


def test_the_stores_are_listed(shop: Path) -> None:
    (line,) = hq("stores", state=shop).stdout.splitlines()
    assert (json.loads(line)["store_id"], json.loads(line)["devices"]) == ("de-0001", 0)


def test_a_link_that_cannot_be_shown_is_not_made(shop: Path) -> None:
    assert hq("admin", "invite", state=shop).returncode == 3
    with sqlite3.connect(shop / "hq.sqlite") as database:
        assert database.execute("SELECT count(*) FROM account_invite").fetchone() == (0,)
    database.close()


def test_settings_in_another_encoding_are_one_sentence(state: Path) -> None:
    (state / "hq.toml").write_bytes('[merchant]\nname = "Müller"\n'.encode("latin-1"))
    done = hq("init", state=state)
    assert (done.returncode, "UTF-8" in done.stderr, done.stderr.count("\n")) == (2, True, 1)


def test_a_damaged_database_is_told_and_kept(state: Path) -> None:
    damaged = b"no database " * 1000
    (state / "hq.sqlite").write_bytes(damaged)
    done = hq("init", state=state)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "damaged. Move it aside and keep it" in done.stderr
    assert (state / "hq.sqlite").read_bytes() == damaged


def test_an_import_with_a_mistake_keeps_nothing(state: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.csv"
    good.write_text(json.dumps({"products": [product("p1")]}))
    bad.write_text("store_id,variant_id,pieces\nde-0001,v1,3\nde-0007,v1,3\nde-0001,v2,many\n")
    refused = hq("import", str(good), str(bad), state=state)
    assert refused.returncode == 2
    assert "bad.csv:4 pieces" in refused.stderr
    report = json.loads(hq("import", str(good), "--dry-run", "--json", state=state).stdout)
    assert (report["applied"], report["counts"]["products"]) == (False, 1)
    assert catalogue_size(state) == 0


def test_stock_of_an_unknown_store_is_named_with_its_line(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("store_id,variant_id,pieces\nde-0001,v1,3\nde-0007,v1,3\n")
    done = hq("import", str(file), "--dry-run", "--json", state=shop)
    assert done.returncode == 1
    assert [(m["line"], m["detail"]) for m in json.loads(done.stdout)["mistakes"]] == [(3, "This store is not here.")]


def test_an_import_reaches_the_stores_of_the_running_service(tmp_path: Path) -> None:
    file = tmp_path / "goods.json"
    file.write_text(json.dumps({"products": [product("p1")], "stock": [stock("de-0001")]}))
    with running_hub(tmp_path / "state") as hub:
        store = hub.add_store("de-0001")
        joined = hub.join()
        profile = {"loyalty_number": joined["loyalty_number"], "alias": "Anna", "name": "Anna Muster"}
        members = tmp_path / "members.json"
        members.write_text(json.dumps({"profiles": [profile]}))
        done = hub.command("import", str(file), str(members))
        assert (done.returncode, done.stdout) == (0, "imported: profiles 1, products 1, stock 1, pictures 0\n")
        store.catch_up()
    assert set(store.here("product")) == {"p1"}
    assert set(store.here("stock")) == {"v1"}
    assert store.here("profile")[joined["member_ref"]]["name"] == "Anna Muster"
    assert store.here("profile")[joined["member_ref"]]["consent"]["purposes"] == ["recognise"]


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub:
        done = hq("run", "--port", hub.url.rpartition(":")[2], state=tmp_path / "other")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is taken" in done.stderr
    assert "--port" in done.stderr


def test_wrong_settings_are_told_all_at_once(state: Path) -> None:
    (state / "hq.toml").write_text('[web]\nport = "x"\nsecret = 1\n[stores]\nlease_days = 99\n')
    done = hq("init", state=state)
    assert done.returncode == 2
    for name in ("web.port", "web.secret", "stores.lease_days"):
        assert name in done.stderr


def test_a_key_file_that_others_may_read_is_refused(state: Path) -> None:
    (state / "seal.key").chmod(0o644)
    done = hq("init", state=state)
    assert done.returncode == 2
    assert "chmod 600" in done.stderr


def test_the_keys_and_the_database_are_for_their_owner_only(shop: Path) -> None:
    assert shop.stat().st_mode & 0o077 == 0
    for file in shop.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_service_within_three_seconds_even_with_a_parked_poll(tmp_path: Path, number: int) -> None:
    with running_hub(tmp_path / "state") as hub:
        store = hub.add_store("de-0001")
        store.catch_up()
        code = "import sys,httpx; httpx.get(sys.argv[1], headers={'Authorization': sys.argv[2]}, timeout=30)"
        url = f"{hub.url}/v1/feed?wait=25&c={store.cursor}"
        with subprocess.Popen([sys.executable, "-c", code, url, store.headers["Authorization"]]) as parked:
            while httpx.get(f"{hub.url}/readyz").json()["parked"] == 0:
                time.sleep(0.05)
            asked_at = time.monotonic()
            hub.process.send_signal(number)
            assert hub.process.wait(10) == 0
            assert time.monotonic() - asked_at < 3
            assert parked.wait(5) == 0
    assert not (tmp_path / "state" / "hq.url").exists()


def catalogue_size(state: Path) -> int:
    with running_hub(state) as hub:
        store = hub.enrol("de-0001")
        store.catch_up()
        return len(store.here("product"))


def product(product_id: str) -> dict[str, object]:
    return {
        "product_id": product_id,
        "brand": "Elm",
        "category": "coat",
        "garment": "coat",
        "name": {"de": "Mantel"},
        "colour": "navy",
        "price_cents": 19900,
        "variants": [{"variant_id": "v1", "size": "38"}],
    }


def stock(store_id: str) -> dict[str, object]:
    return {"store_id": store_id, "variant_id": "v1", "pieces": 2, "counted_at": 1}
