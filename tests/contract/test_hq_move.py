"""A head office that has grown moves from its SQLite file into PostgreSQL, and nobody notices."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, select, text

from hq.adapters.store_sql.tables import AUDIT, METADATA
from hq.core.changes import Place
from hq.core.wishes import JoinRequest
from hq.errors import Misconfigured
from hq.main import URL_FILE, move, open_office
from hq.settings import DatabaseSettings, Settings
from wire.receipt import Purpose

WHOLE = Place(0)
WISH = JoinRequest(alias="Zoë \U0001f9e5", adult=True, purposes=frozenset({Purpose.RECOGNISE}))


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    """A database of its own, since an audit log lets nobody empty it."""
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE moved"))
    yield make_url(postgres_url).set(database="moved").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE moved WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Members, one of them gone again, a store, an article with its picture, what was written down of it."""
    with open_office(Settings(), tmp_path) as office:
        now = time.time()
        office.registry.add_shop("de-1", "Eins", 4711, "Europe/Berlin", now)
        refs = [office.members.join(WISH, f"client {n}", now).profile.member_ref for n in range(3)]
        office.members.withdraw(refs[0], "withdraw", now, channel="test")
    return tmp_path


def there(url: str) -> Settings:
    return Settings(database=DatabaseSettings(url=url))


def rows(url: str) -> dict[str, list[Any]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in METADATA.sorted_tables}
    engine.dispose()
    return found


def test_every_row_goes_along_and_head_office_goes_on_as_itself(state: Path, url: str) -> None:
    before = rows(f"sqlite:///{state / 'hq.sqlite'}")
    with open_office(Settings(), state) as office:
        epoch, scope = office.office.epoch, office.office.store.read(lambda view: view.scope_after("de-1", WHOLE, 9))
    counts = move(Settings(), state, url)
    after = rows(url)
    assert [line for line in after["audit"] if line not in before["audit"] and "office.moved" not in line] == []
    assert len(after.pop("audit")) == len(before["audit"]) + 1  # that it moved, numbered behind the others
    assert after == {name: found for name, found in before.items() if name != "audit"}
    assert counts == {name: len(found) for name, found in before.items()}
    assert all(counts[name] for name in ("profile", "member_secret", "scope", "revocation", "receipt", "audit"))
    with open_office(there(url), state) as office:
        assert office.office.epoch == epoch
        store = office.office.store
        assert store.read(lambda view: view.scope_after("de-1", WHOLE, 9)) == scope
        seq = store.read(lambda view: view.counters()["feed"])
        office.members.join(WISH, "client", time.time())  # also numbers what is written down, behind what is there
        assert store.read(lambda view: view.counters()["feed"]) == seq + 1
        assert len(store.read(lambda view: view.secrets("de-1", time.time()))) == 3


def test_the_file_is_not_served_from_again(state: Path, url: str) -> None:
    move(Settings(), state, url)
    with pytest.raises(Misconfigured, match=r"moved to PostgreSQL.*hq\.toml"), open_office(Settings(), state):
        pass
    with pytest.raises(Misconfigured, match="moved to PostgreSQL"):
        move(Settings(), state, url)


def test_a_database_that_holds_anything_is_left_as_it_is(state: Path, url: str, tmp_path: Path) -> None:
    with open_office(there(url), tmp_path / "other") as office:
        office.registry.add_shop("fr-1", "Un", 4712, "Europe/Paris", time.time())
    before = rows(url)
    with pytest.raises(Misconfigured, match="not empty"):
        move(Settings(), state, url)
    assert rows(url) == before
    with open_office(Settings(), state) as office:  # and so is the file
        assert office.registry.devices() == ()


def test_what_postgresql_cannot_hold_moves_nothing(state: Path, url: str) -> None:
    engine = create_engine(f"sqlite:///{state / 'hq.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE store SET name = 'a' || char(0) || 'b'"))
    engine.dispose()
    with pytest.raises(Misconfigured, match="a row of store"):
        move(Settings(), state, url)
    assert rows(url)["profile"] == []
    with open_office(Settings(), state):
        pass


def test_not_while_head_office_runs(state: Path, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        (state / URL_FILE).write_text(f"http://127.0.0.1:{service.getsockname()[1]}\n")
        with pytest.raises(Misconfigured, match="Stop it first"):
            move(Settings(), state, url)
    with pytest.raises(Misconfigured, match="Only a PostgreSQL"):
        move(Settings(), state, "sqlite:///elsewhere")
    with pytest.raises(Misconfigured, match="--state"):
        move(Settings(), state / "nowhere", url)
    assert AUDIT.name in move(Settings(), state, url)
