"""The demo's afternoon, run for real: what it reports, and what it leaves behind of strangers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from regulars.solo.port import free_ports
from tests.require import RECORDINGS, ROOT

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True, slots=True)
class Run:
    code: int
    last_line: str
    words: str
    report: dict[str, Any]
    foreign: dict[str, Any]
    state: Path


def _demo(folder: Path, *options: str, **environment: str) -> Run:
    folder.mkdir(exist_ok=True)
    report, foreign, state = folder / "report.json", folder / "foreign.json", folder / "state"
    command: list[str | Path] = [
        *(sys.executable, "-m", "regulars", "demo", "--headless", "--seconds", "50", *options),
        *_recorded(),
        *("--report", report, "--foreign", foreign, "--state", state, "--keep"),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=170, check=False, cwd=ROOT, env={**os.environ, **environment}
    )
    assert report.exists(), done.stderr
    return Run(
        done.returncode,
        done.stdout.splitlines()[-1],
        done.stderr,
        json.loads(report.read_text()),
        json.loads(foreign.read_text()),
        state,
    )


def _recorded() -> list[str | Path]:
    """A real walk and real payloads, where the recordings lie beside the checkout; the demo brings its own else."""
    walk, adverts = RECORDINGS / "ble_walks/straight_01_all_sensors.mbd", RECORDINGS / "adverts/adverts.jsonl"
    return ["--walk", walk, "--adverts", adverts] if RECORDINGS.exists() else []


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _demo(tmp_path_factory.mktemp("afternoon"))


def test_the_afternoon_passes(afternoon: Run) -> None:
    assert afternoon.code == 0, afternoon.words
    assert afternoon.last_line.startswith("demo: PASS ")


def test_every_visible_shopper_arrives_once_and_leaves_once(afternoon: Run) -> None:
    assert afternoon.report["arrivals"] == afternoon.report["leavings"] == 15
    assert afternoon.report["false_arrivals"] == 0


def test_no_client_saw_what_it_should_not(afternoon: Run) -> None:
    assert afternoon.report["wrong_views"] == 0, afternoon.words
    assert afternoon.report["cards"] >= 8
    assert afternoon.report["screen_changes"] >= 2


def test_it_is_fast_enough(afternoon: Run) -> None:
    assert afternoon.report["arrival_to_client_ms"]["p95"] <= 100
    assert afternoon.report["withdrawal_to_removal_ms"]["max"] <= 1000
    assert afternoon.report["first_heard_to_arrival_s"]["n"] == 15


def test_the_presence_settings_are_said(afternoon: Run) -> None:
    assert '"arrive_after_s": 2' in afternoon.words


def test_nothing_of_a_stranger_is_left_in_any_file(afternoon: Run) -> None:
    strangers = afternoon.foreign["devices"]
    assert len({one["address"] for one in strangers}) >= 200
    files = [path.read_bytes() for path in afternoon.state.rglob("*") if path.is_file()]
    assert sum(map(len, files)) > 100_000
    found = [one for one in strangers for trace in _traces(one) for file in files if trace in file]
    assert found == []


def _traces(stranger: dict[str, Any]) -> Iterator[bytes]:
    """Every usual way to write the address, and the payload."""
    digits = stranger["address"].replace(":", "").replace("-", "")
    pairs = [digits[index : index + 2] for index in range(0, 12, 2)]
    for order in (pairs, pairs[::-1]):
        for joint in (":", "-", "_", ""):
            yield joint.join(order).lower().encode()
            yield joint.join(order).upper().encode()
        yield bytes.fromhex("".join(order))
    payload = bytes.fromhex(stranger["payload"])
    if len(payload) >= 8:
        yield payload
        yield payload.hex().encode()
        yield payload.hex().upper().encode()


def test_a_store_without_its_gate_is_caught(tmp_path: Path) -> None:
    run = _demo(tmp_path / "gateless", "--cut-after", "18", REGULARS_DEMO_STORE="tests.flow.gateless_store")
    assert run.code == 1
    assert run.report["wrong_views"] > 0
    assert run.last_line.startswith("demo: FAIL ")


def test_the_greping_finds_an_address_where_there_is_one() -> None:
    traces = list(_traces({"address": "0A:1B:2C:3D:4E:5F", "payload": "0201060303aafe"}))
    assert b"0a1b2c3d4e5f" in traces
    assert bytes.fromhex("5f4e3d2c1b0a") in traces


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
