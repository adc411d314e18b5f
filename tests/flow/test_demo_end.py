"""How the demo ends: soon, whole, and leaving nothing behind. Held to seconds, so it has the machine to itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars.solo.port import free_ports
from tests.require import ROOT


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
