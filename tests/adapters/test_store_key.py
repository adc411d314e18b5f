"""Where the key of the store's files comes from, and what happens when it is gone."""

from pathlib import Path

import pytest

from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_key import KEY_FILE, store_key
from edge.adapters.store_sqlite import SQLITE_VERSION, check_version
from edge.errors import OutboxDamaged, PrerequisiteMissing


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def test_a_key_is_made_once_and_for_the_services_user_only(tmp_path: Path, outbox: Path) -> None:
    made = store_key(tmp_path, outbox)
    assert store_key(tmp_path, outbox) == made
    assert made.source == "file"
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("source", ["tpm", "root"])
def test_a_key_that_systemd_hands_over_is_taken_and_none_is_written(
    tmp_path: Path, outbox: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / f"store.key.{source}").write_text("07" * 32)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    key = store_key(tmp_path, outbox)
    assert (key.octets, key.source) == (b"\x07" * 32, source)
    assert not (tmp_path / KEY_FILE).exists()


def test_no_new_key_is_made_beside_an_outbox_that_needs_the_old_one(tmp_path: Path, outbox: Path) -> None:
    Outbox(outbox, store_key(tmp_path, outbox).of("outbox")).close()
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(OutboxDamaged, match=r"its key .* is missing"):
        store_key(tmp_path, outbox)
    assert not (tmp_path / KEY_FILE).exists()


def test_a_wrong_key_is_told_as_one(tmp_path: Path, outbox: Path) -> None:
    key = store_key(tmp_path, outbox)
    Outbox(outbox, key.of("outbox")).close()
    with pytest.raises(OutboxDamaged, match="its key does not fit"):
        Outbox(outbox, key.of("cache"))


def test_a_key_is_never_printed(tmp_path: Path, outbox: Path) -> None:
    key = store_key(tmp_path, outbox)
    assert key.octets.hex() not in repr(key)
    assert repr(key.octets) not in repr(key)


def test_an_sqlite_that_may_damage_its_files_is_refused() -> None:
    with pytest.raises(PrerequisiteMissing, match=r"SQLite 3\.51\.3 or newer is missing: .* 3\.51\.2") as refused:
        check_version("3.51.2")
    assert refused.value.exit_code == 3
    check_version(SQLITE_VERSION)
