"""The first minute on a new machine: what is missing is said, and the pins are what they claim to be."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.require import ROOT

SCRIPT = ROOT / "requirements" / "environment.py"
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def run_script(*arguments: str, python_path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"PYTHONPATH": str(python_path)} if python_path else {})
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30, env=environment)


def pins_of(name: str) -> set[tuple[str, str]]:
    return set(PIN.findall((ROOT / "requirements" / f"{name}.txt").read_text()))


def test_a_missing_venv_module_is_named_with_its_package(tmp_path: Path) -> None:
    # As on Debian without python3-venv: ensurepip cannot be imported.
    (tmp_path / "ensurepip.py").write_text("raise ImportError")
    answer = run_script("demo", python_path=tmp_path)
    assert answer.returncode == 3
    assert answer.stderr.splitlines() == [
        "Python's venv module is missing: apt install python3-venv (or python3-full)."
    ]


def test_an_old_python_is_turned_away_with_the_remedy() -> None:
    code = "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    answer = subprocess.run(
        [sys.executable, "-c", code, str(SCRIPT), "demo"], capture_output=True, text=True, check=False, timeout=30
    )
    assert answer.returncode == 3
    assert len(answer.stderr.splitlines()) == 1
    assert "this is 3.9" in answer.stderr
    assert "make PYTHON=python3.11" in answer.stderr


def test_unknown_pins_are_refused() -> None:
    answer = run_script("everything")
    assert answer.returncode == 2
    assert "base, demo, dev" in answer.stderr


@pytest.mark.parametrize("name", ["base", "demo", "dev"])
def test_the_pins_name_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert not re.search(r"https?:|file:|--index|--extra-index|--find-links|@ ", text)


@pytest.mark.parametrize("name", ["base", "demo", "dev"])
def test_every_pin_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_each_set_of_pins_holds_the_smaller_ones() -> None:
    assert pins_of("base") < pins_of("demo") < pins_of("dev")


@pytest.mark.parametrize("name", ["base", "demo", "dev"])
def test_the_pins_cover_what_the_project_asks_for(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {"base": [], "demo": ["demo"], "dev": ["demo", "postgres", "dev"]}[name]
    asked = [Requirement(line) for line in project["dependencies"]]
    asked += [Requirement(line) for extra in extras for line in project["optional-dependencies"][extra]]
    for wish in asked:
        if canonicalize_name(wish.name) == "regulars":
            continue
        pinned = [version for package, version in pins_of(name) if package == canonicalize_name(wish.name)]
        assert pinned, f"{wish} is not pinned: make requirements"
        assert all(wish.specifier.contains(version) for version in pinned), f"{wish} is pinned to {pinned}"


def test_the_store_never_loads_numpy() -> None:
    # sqlite-utils imports it wherever it is installed: 73 MB of a 120 MB budget.
    assert {package for package, _ in pins_of("base") | pins_of("demo")} & {"numpy", "scipy", "pandas"} == set()
