"""The copy of the outbox that support opens with tools of its own."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.adapters.outbox_export import export
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_key import store_key
from edge.core.effects import Keep, KeepVisit, Record, Restriction
from edge.core.visit import Visit
from edge.errors import UsageError
from tests.core.store import ANNA, FILE_KEY, NOW

VISIT = Visit("v1", ANNA, "coats", NOW, NOW)


def written(folder: Path, key: bytes = FILE_KEY) -> Path:
    path = folder / "outbox.db"
    box = Outbox(path, key)
    box.write([Record("visit.arrived", NOW, "v1", ANNA, {"zone": "coats"}, (KeepVisit(VISIT),))])
    box.write([Record("visit.help", NOW + 1, "v1"), Keep((Restriction(ANNA, "veil", NOW + 60),))])
    box.acknowledge(1)
    box.create_code("tablet", "t1", "5ec2e7", NOW + 60)
    box.redeem("5ec2e7", "70cce7", NOW)
    box.close()
    return path


def test_stock_sqlite_utils_opens_it(tmp_path: Path) -> None:
    export(written(tmp_path), FILE_KEY, tmp_path / "copy.db", with_members=False)
    shown = subprocess.run(
        [Path(sys.executable).with_name("sqlite-utils"), "rows", tmp_path / "copy.db", "event"],
        check=True,
        capture_output=True,
        timeout=30,
    )
    events = json.loads(shown.stdout)
    assert [(one["n"], one["acknowledged"], one["type"]) for one in events] == [
        (1, 1, "visit.arrived"),
        (2, 0, "visit.help"),
    ]
    assert all(one["boot_id"] and one["mono_s"] for one in events)


def test_it_names_no_member_unless_asked_to(tmp_path: Path) -> None:
    outbox = written(tmp_path)
    export(outbox, FILE_KEY, tmp_path / "copy.db", with_members=False)
    assert ANNA.encode() not in (tmp_path / "copy.db").read_bytes()
    export(outbox, FILE_KEY, tmp_path / "all.db", with_members=True)
    with closing(sqlite3.connect(tmp_path / "all.db")) as copy:
        assert copy.execute("SELECT member_ref FROM event WHERE n = 1").fetchone() == (ANNA,)


def test_nothing_in_it_opens_a_page(tmp_path: Path) -> None:
    export(written(tmp_path), FILE_KEY, tmp_path / "copy.db", with_members=True)
    octets = (tmp_path / "copy.db").read_bytes()
    assert b"tablet" in octets
    assert not any(secret in octets for secret in (b"5ec2e7", b"70cce7"))


def test_only_its_owner_may_read_it_and_nothing_is_overwritten(tmp_path: Path) -> None:
    outbox = written(tmp_path)
    export(outbox, FILE_KEY, tmp_path / "copy.db", with_members=False)
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="name a new file"):
        export(outbox, FILE_KEY, tmp_path / "copy.db", with_members=False)


def test_the_command_takes_the_stores_own_key(tmp_path: Path) -> None:
    written(tmp_path, store_key(tmp_path, tmp_path / "outbox.db").of("outbox"))
    said = ["edge", "outbox", "export", "--state", str(tmp_path), str(tmp_path / "copy.db")]
    ended = subprocess.run([sys.executable, "-m", "regulars", *said], check=True, capture_output=True, timeout=30)
    assert json.loads(ended.stdout) == {"events": 2}
