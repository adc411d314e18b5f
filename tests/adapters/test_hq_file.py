"""Head office's database file: a page that changed by itself is found before the service answers from it."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hq.adapters.store_sql import SqlStore
from hq.errors import Misconfigured

PAGE = 4096


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """With rows in every page of some tables and their indexes."""
    path = tmp_path / "hq.sqlite"
    store = SqlStore(f"sqlite:///{path}")
    store.migrate()
    store.close()
    scope = "INSERT INTO scope (store_id, kind, key, rev, seq, gone) VALUES (?, 'profile', ?, 1, ?, false)"
    with closing(sqlite3.connect(path)) as db:
        with db:
            db.executemany(scope, ((f"de-{number % 7}", f"{number:032x}", number) for number in range(3_000)))
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path


def test_a_whole_file_passes(file: Path) -> None:
    checked(file)


def test_damage_in_any_page_is_told_with_its_remedy(file: Path) -> None:
    whole = file.read_bytes()
    chance = random.Random(4711)
    # The first page also holds room that nothing uses.
    for at in range(PAGE, len(whole), PAGE):
        file.write_bytes(whole[:at] + chance.randbytes(PAGE) + whole[at + PAGE :])
        with pytest.raises(Misconfigured, match=r"damaged.*backup"):
            checked(file)
    assert len(whole) > 100 * PAGE


def checked(file: Path) -> None:
    store = SqlStore(f"sqlite:///{file}")
    try:
        store.check()
    finally:
        store.close()
