"""The demo as a program: that a broken store is caught, and how it refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flow.demo_run import run_demo
from tests.require import ROOT

pytestmark = pytest.mark.timeout(180)


def test_a_store_without_its_gate_is_caught(tmp_path: Path) -> None:
    run = run_demo(tmp_path / "gateless", "--cut-after", "18", REGULARS_DEMO_STORE="tests.flow.gateless_store")
    assert run.code == 1
    assert run.report["wrong_views"] > 0
    assert run.last_line.startswith("demo: FAIL ")


def test_a_missing_extra_is_one_sentence_with_the_remedy() -> None:
    without = "import sys; sys.modules['bumble'] = None; from regulars.main import cli; cli(['demo'])"
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr == "regulars demo: bumble not installed: run `make demo`, or pip install 'regulars[demo]'.\n"


def test_a_used_state_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("")
    code, words = _refused("--state", str(tmp_path))
    assert code == 2
    assert words == f"regulars demo: {tmp_path} is not empty: remove it or choose another with --state.\n"


def test_an_afternoon_too_short_for_the_script_is_refused() -> None:
    code, words = _refused("--headless", "--seconds", "49")
    assert code == 2
    assert "--seconds" in words
    assert "50" in words


def test_a_walk_that_is_none_is_said_with_the_simulators_own_words(tmp_path: Path) -> None:
    (tmp_path / "walk.jsonl").write_text("this is no walk\n")
    code, words = _refused("--headless", "--walk", str(tmp_path / "walk.jsonl"), TMPDIR=str(tmp_path))
    assert code == 3
    assert "The simulator process ended while it was starting" in words
    assert "Traceback" not in words


def _refused(*options: str, **environment: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "regulars", "demo", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, env={**os.environ, **environment}
    )
    return done.returncode, done.stderr
