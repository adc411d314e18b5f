"""The rules that keep the layers do bite: each is shown something it must refuse."""

import json
import subprocess
import sys

import pytest

from tests.require import ROOT

CLOCKS_AND_CHANCE = (
    "import time\ntime.time()",
    "import time\ntime.monotonic()",
    "import time\ntime.sleep(1)",
    "import datetime\ndatetime.datetime.now(tz=datetime.UTC)",
    "import random",
    "from random import randint",
    "import secrets",
    "import os\nos.urandom(8)",
    "import uuid\nuuid.uuid4()",
)


def rules_broken(source: str, path: str) -> set[str]:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--output-format=json",
        "--no-cache",
        f"--stdin-filename={path}",
        "-",
    ]
    answer = subprocess.run(command, input=source, capture_output=True, text=True, check=False, cwd=ROOT, timeout=30)
    return {finding["code"] for finding in json.loads(answer.stdout)}


@pytest.mark.parametrize("path", ["edge/core/visit.py", "hq/core/scopes.py", "wire/profile.py", "edge/service.py"])
@pytest.mark.parametrize("source", CLOCKS_AND_CHANCE)
def test_those_who_decide_read_no_clock_and_no_chance(source: str, path: str) -> None:
    assert "TID251" in rules_broken(source, path)


@pytest.mark.parametrize(
    "path", ["edge/adapters/system.py", "edge/adapters/web/pages.py", "hq/main.py", "simulator/air.py"]
)
def test_those_who_do_may(path: str) -> None:
    assert "TID251" not in rules_broken("\n".join(CLOCKS_AND_CHANCE), path)
