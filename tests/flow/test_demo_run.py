"""The demo as a program: that a broken store is caught, how it ends, and how it refuses."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from regulars.solo.port import free_ports
from tests.flow.demo_run import run_demo
from tests.require import ROOT

pytestmark = pytest.mark.timeout(180)


def test_a_store_without_its_gate_is_caught(tmp_path: Path) -> None:
    run = run_demo(tmp_path / "gateless", "--cut-after", "18", REGULARS_DEMO_STORE="tests.flow.gateless_store")
    assert run.code == 1
    assert run.report["wrong_views"] > 0
    assert run.last_line.startswith("demo: FAIL ")


def test_ctrl_c_ends_everything_within_three_seconds_and_leaves_nothing(tmp_path: Path) -> None:
    with _interactive(tmp_path) as process:
        assert len(_naming(tmp_path)) >= 3
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 3
    assert _naming(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_killed_demo_takes_its_processes_along(tmp_path: Path) -> None:
    with _interactive(tmp_path) as process:
        process.kill()
        process.wait(5)
        deadline = time.monotonic() + 5
        while _naming(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert _naming(tmp_path) == []


def test_a_missing_extra_is_one_sentence_with_the_remedy() -> None:
    without = "import sys; sys.modules['bumble'] = None; from regulars.main import cli; cli(['demo'])"
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr == "regulars demo: bumble not installed: run `make demo`, or pip install 'regulars[demo]'.\n"


@contextmanager
def _interactive(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A running demo whose temporary files lie in `folder`."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "regulars", "demo", "--port", str(port)]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        assert process.stdout is not None
        assert any(line.strip() == f"http://127.0.0.1:{port}" for line in process.stdout)
        try:
            yield process
        finally:
            process.kill()


def _naming(folder: Path) -> list[int]:
    """Every living process that names the folder on its command line."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words:
            found.append(int(process.name))
    return found


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
