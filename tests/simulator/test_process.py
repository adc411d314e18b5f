"""The simulator as its own process."""

import json
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

from simulator.process import main

ROOT = Path(__file__).parents[2]


@contextmanager
def started(*options: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    with as_file(files("simulator") / "shop" / "store.toml") as config:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--config", str(config), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        try:
            assert process.stdout is not None
            assert select.select([process.stdout], [], [], 20.0)[0], "not ready within 20 s"
            line = process.stdout.readline()
            yield process, json.loads(line) if line else {}
        finally:
            process.kill()
            process.communicate()


@contextmanager
def watching(control: str) -> Iterator[HTTPResponse]:
    """An open page: the response to /stream, unread."""
    with closing(HTTPConnection(control.removeprefix("http://"), timeout=5)) as connection:
        connection.request("GET", "/stream")
        with connection.getresponse() as response:
            yield response


def test_a_stop_signal_ends_it_within_a_second_even_with_a_page_watching() -> None:
    with started() as (process, ready), watching(ready["control"]) as page:
        assert page.readline().startswith(b"data: ")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
        assert time.monotonic() - began < 1.0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_tells_where_its_radios_are() -> None:
    with started() as (_, ready):
        assert set(ready) == {"control", "peripheral", "scanners"}
        for endpoint in [ready["peripheral"], *ready["scanners"].values()]:
            host, port = endpoint.split(":")
            socket.create_connection((host, int(port)), timeout=2).close()


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What an operator reads; the exit code is 2 and stdout stays empty."""
    with as_file(files("simulator") / "shop" / "store.toml") as config:
        assert main(["--config", str(config), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.mark.parametrize("option", ["--port", "--hci-port-base"])
def test_a_taken_port_is_one_sentence_and_exit_2(capsys: pytest.CaptureFixture[str], option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert re.fullmatch(rf"simulator: port {port} .*\n", refused(capsys, option, str(port)))


@pytest.mark.parametrize("option", ["--config", "--walk", "--adverts"])
def test_a_missing_file_is_one_sentence_and_exit_2(capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert re.fullmatch(r"simulator: .*none\.toml.*\n", refused(capsys, option, "none.toml"))
