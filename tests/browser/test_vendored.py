"""What others wrote is what they published, and is named with its licence."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.require import ROOT

FOLDERS = (ROOT / "display" / "vendor", ROOT / "tests" / "browser" / "vendor")


def packages(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "VENDORED.json").read_text(encoding="utf-8"))["packages"]
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=("display", "tests"))
def test_every_vendored_file_is_the_one_that_was_recorded(folder: Path) -> None:
    recorded = {
        f"{package['folder']}/{name}": digest
        for package in packages(folder)
        for name, digest in package["sha256"].items()
    }
    present = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "VENDORED.json"
    }
    assert present == recorded


@pytest.mark.parametrize("folder", FOLDERS, ids=("display", "tests"))
def test_every_vendored_package_names_version_licence_and_origin(folder: Path) -> None:
    for package in packages(folder):
        assert package["version"]
        assert package["licence"] in {"MIT", "BSD-3-Clause", "MPL-2.0"}
        assert package["integrity"].startswith("sha512-")
        assert "LICENSE" in package["sha256"]
