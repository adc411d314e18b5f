"""Head office's keys on the disk: whole or not there, and never two of them."""

import os
from pathlib import Path

import pytest

from hq.adapters.key_files import admin_token, hub_keys
from hq.errors import Misconfigured


def test_a_key_is_made_once(tmp_path: Path) -> None:
    assert hub_keys(tmp_path).public_hex == hub_keys(tmp_path).public_hex
    assert admin_token(tmp_path) == admin_token(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"hub.key", "seal.key", "admin.token"}


def test_what_could_not_be_written_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Misconfigured, match="Make room"):
        hub_keys(tmp_path)
    assert list(tmp_path.iterdir()) == []
