"""Head office's keys on the disk: whole or not there, and never two of them."""

import os
from pathlib import Path

import pytest

from hq.adapters.key_files import admin_token, hub_keys
from hq.errors import Misconfigured
from hq.main import open_office
from hq.settings import Settings


def test_a_key_is_made_once(tmp_path: Path) -> None:
    assert hub_keys(tmp_path, makes_seal=True).public_hex == hub_keys(tmp_path).public_hex
    assert admin_token(tmp_path) == admin_token(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"hub.key", "seal.key", "admin.token"}


def test_what_could_not_be_written_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Misconfigured, match="Make room"):
        hub_keys(tmp_path, makes_seal=True)
    assert list(tmp_path.iterdir()) == []


def test_a_second_seal_is_never_made_by_itself(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="Bring it back from the backup"):
        hub_keys(tmp_path)
    assert not (tmp_path / "seal.key").exists()


@pytest.mark.parametrize("credential", ["seal.key.tpm", "seal.key.root"])
def test_a_seal_that_systemd_hands_over_is_taken_and_none_is_laid_beside_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credential: str
) -> None:
    state, handed = tmp_path / "state", tmp_path / "handed"
    state.mkdir()
    handed.mkdir()
    (handed / credential).write_text("5e" * 32)
    (handed / credential).chmod(0o440)  # what the access list that lets the service in looks like
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    assert hub_keys(state, makes_seal=True).seal == bytes.fromhex("5e" * 32)
    assert {path.name for path in state.iterdir()} == {"hub.key"}
    (handed / credential).write_text("5e" * 31)
    with pytest.raises(Misconfigured, match="does not hold a key"):
        hub_keys(state)


def test_a_database_says_when_it_was_sealed_with_another_key(tmp_path: Path) -> None:
    with open_office(Settings(), tmp_path):
        pass
    (tmp_path / "seal.key").write_text("5e" * 32)
    with pytest.raises(Misconfigured, match="belongs to this database"), open_office(Settings(), tmp_path):
        pass
    (tmp_path / "seal.key").unlink()
    with pytest.raises(Misconfigured, match="Bring it back"), open_office(Settings(), tmp_path):
        pass
