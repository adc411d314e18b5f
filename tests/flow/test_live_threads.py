"""However many ask for pages, and however slowly, the tablets' line has threads of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import IO, cast

import pytest

from edge.adapters.web.server import ASKED_WITHIN_S, PAGES_AT_ONCE, THREADS
from tests.flow.test_live_limits import closed_after_s, connected, read_until, text_frame


@pytest.fixture
def port() -> Iterator[int]:
    """The store's own server, in a process of its own."""
    command = [sys.executable, "-m", "tests.flow.live_store"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield int(cast("IO[str]", process.stdout).readline())
        process.terminate()


def slow(port: int) -> socket.socket:
    """Somebody who begins to ask and does not go on."""
    sock = socket.create_connection(("127.0.0.1", port), 10)
    sock.sendall(b"GET /staff HTTP/1.1\r\nHost: ")
    return sock


def test_slow_askers_hold_no_thread_of_the_line_and_are_sent_away(port: int) -> None:
    with ExitStack() as stack:
        tablet = stack.enter_context(closing(connected(port)))
        askers = [stack.enter_context(closing(slow(port))) for _ in range(THREADS)]
        tablet.sendall(text_frame('421["command",{"key":"key-00001","name":"claim"}]'))
        assert b'"ok":true' in read_until(tablet, b"]")
        assert closed_after_s(askers[0], ASKED_WITHIN_S + 5) is not None


def test_a_tablet_is_let_in_while_every_place_for_pages_is_taken(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(PAGES_AT_ONCE):
            stack.enter_context(closing(slow(port)))
        began = time.monotonic()
        stack.enter_context(closing(connected(port)))
        assert time.monotonic() - began < ASKED_WITHIN_S + 5


def test_more_tablets_than_places_for_pages_are_on_the_line_together(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(PAGES_AT_ONCE + 8):
            stack.enter_context(closing(connected(port)))
