"""The service's word to systemd, heard on a real notify socket."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.adapters.supervisor import Supervisor


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def environment(systemd: socket.socket, watchdog_s: float = 0.3) -> dict[str, str]:
    return {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": str(round(watchdog_s * 1e6)), "WATCHDOG_PID": "1"}


def said(systemd: socket.socket, within_s: float) -> list[str]:
    """Everything that arrives within the time."""
    words, until = [], time.monotonic() + within_s
    while (left_s := until - time.monotonic()) > 0:
        systemd.settimeout(left_s)
        try:
            words += systemd.recv(4096).decode().splitlines()
        except TimeoutError:
            break
    return words


def test_gunicorn_finds_no_socket_to_say_ready_too_early(systemd: socket.socket) -> None:
    variables = environment(systemd)
    Supervisor(variables)
    assert variables == {}


def test_ready_is_said_when_the_store_is_ready_and_not_before(systemd: socket.socket) -> None:
    ready: list[bool] = []
    supervisor = Supervisor(environment(systemd))
    supervisor.watch(lambda: 0, lambda: bool(ready))
    assert said(systemd, 0.3) == []
    ready.append(True)
    assert said(systemd, 0.3)[:2] == ["READY=1", "STATUS=serving"]
    supervisor.stopping()


def test_a_state_thread_that_gets_on_feeds_the_watchdog(systemd: socket.socket) -> None:
    supervisor = Supervisor(environment(systemd))
    supervisor.watch(time.monotonic_ns, lambda: True)
    assert said(systemd, 1.0).count("WATCHDOG=1") >= 4
    supervisor.stopping()


def test_a_state_thread_that_hangs_starves_the_watchdog(systemd: socket.socket) -> None:
    supervisor = Supervisor(environment(systemd))
    supervisor.watch(lambda: 7, lambda: True)
    assert said(systemd, 1.0).count("WATCHDOG=1") == 1
    supervisor.stopping()


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0regulars-{time.monotonic_ns()}")
        Supervisor({"NOTIFY_SOCKET": f"@{listening.getsockname()[1:].decode()}"}).ready("waiting")
        assert said(listening, 0.5) == ["READY=1", "STATUS=waiting"]


def test_without_systemd_nothing_is_said() -> None:
    supervisor = Supervisor({})
    supervisor.ready()
    supervisor.ping()
    assert supervisor.ping_every_s == 0


def test_a_systemd_that_is_gone_does_not_stop_the_store(tmp_path: Path) -> None:
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
