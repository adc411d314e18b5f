"""`regulars solo`, run for real: one shop, both sides on this machine."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from edge.settings_file import load_settings
from regulars.solo.port import free_ports, listening
from regulars.solo.shop import write_template
from tests.require import ROOT

pytestmark = pytest.mark.timeout(120)


def _state(folder: Path) -> Path:
    """A state directory whose store.toml uses free ports."""
    folder.mkdir()
    config = folder / "store.toml"
    write_template(config)
    office, pages = free_ports(2)
    text = config.read_text().replace(":8300", f":{office}")
    config.write_text(f"{text}\n[web]\nport = {pages}\n")
    return folder


@contextmanager
def _solo(state: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and what it told the operator."""
    command = [sys.executable, "-m", "regulars", "solo", "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if "Ctrl-C" in line:
                break
        try:
            yield process, "".join(told)
        finally:
            process.kill()


def _refused(state: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "regulars", "solo", "--state", str(state)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    return done.returncode, done.stderr


def _children_of(state: Path) -> list[int]:
    """Every living process that names the state directory, but for the one that the test started."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(str(state).encode() in word for word in words) and b"solo" not in words:
            found.append(int(folder.name))
    return found


def _answers(url: str) -> bool:
    try:
        return urllib3.request("GET", url, timeout=2, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def _is_heard(url: str) -> bool:
    metrics = urllib3.request("GET", f"{url}/metrics", timeout=2, retries=False).data.decode()
    return bool(re.search(r'scanner_health\{[^}]*health="ok"[^}]*\} 1', metrics))


def _until(holds: Iterator[bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if next(holds):
            return True
        time.sleep(0.1)
    return False


def test_the_shop_opens_heals_and_ends_without_a_trace(tmp_path: Path) -> None:
    state = _state(tmp_path / "state")
    with _solo(state) as (process, told):
        tablet = re.search(r"(http://127\.0\.0\.1:\d+)/staff#code=(\d{6})", told)
        assert tablet, told
        url, code = tablet.groups()
        assert ("No radio hears anything yet" in told) is not _is_heard(url)
        paired = urllib3.request("POST", f"{url}/pair", json={"code": code}, headers={"Origin": url}, retries=False)
        assert paired.json()["kind"] == "tablet"
        store = next(pid for pid in _children_of(state) if b"edge" in Path(f"/proc/{pid}/cmdline").read_bytes())
        os.killpg(os.getpgid(store), signal.SIGKILL)
        assert _until(iter(lambda: not _answers(f"{url}/readyz"), None), 5)
        assert _until(iter(lambda: _answers(f"{url}/readyz"), None), 20)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 3
    assert _children_of(state) == []


def test_the_second_start_is_the_same_shop_and_another_one_is_refused(tmp_path: Path) -> None:
    state = _state(tmp_path / "state")
    keys = []
    for _ in range(2):
        with _solo(state) as (process, _):
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        keys.append((state / "store" / "device.key").read_text())
    assert keys[0] == keys[1]
    config = state / "store.toml"
    config.write_text(config.read_text().replace('id = "store-1"', 'id = "store-2"'))
    code, words = _refused(state)
    assert code == 2
    assert 'describes store "store-2" number 1, and this shop was set up as store "store-1" number 1' in words


def test_head_offices_taken_port_is_told_with_the_line_that_moves_it(tmp_path: Path) -> None:
    state = _state(tmp_path / "state")
    office = urlsplit(load_settings(state / "store.toml").hq.url).port
    assert office
    with listening(office):
        code, words = _refused(state)
    assert code == 2
    assert f"Port {office} is taken" in words
    assert "[hq] url" in words


def test_a_head_office_elsewhere_is_refused_with_the_remedy(tmp_path: Path) -> None:
    state = _state(tmp_path / "state")
    config = state / "store.toml"
    config.write_text(re.sub(r'url = "[^"]*"', 'url = "https://hq.example"', config.read_text()))
    code, words = _refused(state)
    assert code == 2
    assert "regulars edge run" in words
    assert words.count("\n") == 1


def test_a_broken_store_toml_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    state = _state(tmp_path / "state")
    (state / "store.toml").write_text("[store]\nnumber = 1\ncolour = 'red'\n")
    code, words = _refused(state)
    assert code == 2
    assert "Traceback" not in words
    assert "colour" in words


def test_a_state_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    code, words = _refused(tmp_path / "state")
    assert code == 2
    assert "Traceback" not in words
