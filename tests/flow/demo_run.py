"""One headless run of the demo as a process of its own, and what came of it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.require import RECORDINGS, ROOT


@dataclass(frozen=True, slots=True)
class Run:
    code: int
    last_line: str
    words: str
    report: dict[str, Any]
    foreign: dict[str, Any]
    state: Path


def run_demo(folder: Path, *options: str, **environment: str) -> Run:
    folder.mkdir(exist_ok=True)
    report, foreign, state = folder / "report.json", folder / "foreign.json", folder / "state"
    command: list[str | Path] = [
        *(sys.executable, "-m", "regulars", "demo", "--headless", "--seconds", "50", *options),
        *recorded(),
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


def recorded() -> list[str | Path]:
    """A real walk and real payloads, where the recordings lie beside the checkout; the demo brings its own else."""
    walk, adverts = RECORDINGS / "ble_walks/straight_01_all_sensors.mbd", RECORDINGS / "adverts/adverts.jsonl"
    return ["--walk", walk, "--adverts", adverts] if RECORDINGS.exists() else []
