"""What travels in the wheel. In a checkout these hold too; `.ci/wheel` runs them on the installed one."""

import os
import subprocess
import sys
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest

from tests.require import ROOT

PACKAGES = ("edge", "hq", "wire", "simulator", "display", "regulars", "firmware_config")


@pytest.mark.parametrize("name", PACKAGES)
def test_each_package_is_installed_with_its_types(name: str) -> None:
    assert files(name).joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", PACKAGES)
def test_the_package_meant_is_the_one_tested(name: str) -> None:
    meant = Path(sys.prefix) if "REGULARS_INSTALLED" in os.environ else ROOT
    origin = import_module(name).__file__
    assert origin is not None
    assert Path(origin).is_relative_to(meant)


def test_the_pages_travel_along() -> None:
    display = Path(str(files("display")))
    assert (display / "shared" / "tokens.css").is_file()
    assert list(display.glob("vendor/**/*.js"))


def test_the_installed_command_answers() -> None:
    command = Path(sys.executable).with_name("regulars")
    answer = subprocess.run([command, "--version"], capture_output=True, text=True, check=True, timeout=30)
    assert answer.stdout.startswith("regulars, version ")
