"""Rules for every test: what it needs, and that it talks to this machine only."""

import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import settings

from tests.require import NEEDS, Missing, locate

# No deadline per example: how busy the machine is says nothing about the code. CI repeats the same examples every time,
# so that a red run means this change; new ones are looked for on desks.
settings.register_profile("regulars", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("regulars")

# A hook cannot be taken out again, so it is put in once and asks this.
_guard: Final = {"active": False}


class OutsideConnection(BaseException):
    """A test tried to reach a machine other than this one."""


def pytest_configure() -> None:
    sys.addaudithook(_refuse_outside)
    _guard["active"] = True


def pytest_unconfigure() -> None:
    _guard["active"] = False


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guard["active"] or event not in {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}:
        return
    if event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        connection, address = arguments[0], arguments[1]
        if connection.family not in {socket.AF_INET, socket.AF_INET6} or address is None:
            return
        host = address[0]
    if not is_this_machine(host):
        raise OutsideConnection(f"a test wanted to reach {host!r}; tests talk to 127.0.0.1 and ::1 only")


def is_this_machine(host: str | bytes | None) -> bool:
    """Names other than localhost are refused too: looking one up already asks another machine."""
    text = host.decode() if isinstance(host, bytes) else host
    if text in {None, "", "localhost", "0.0.0.0", "::"}:  # noqa: S104 - nothing is bound here
        return True
    try:
        return ipaddress.ip_address(text or "").is_loopback
    except ValueError:
        return False


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if name not in NEEDS:
                pytest.fail(f"unknown need {name!r}; tests/require.py lists {', '.join(sorted(NEEDS))}", pytrace=False)
            ensure(name)


def ensure(name: str) -> Path:
    """Where the thing is; skips the test when it is missing, or fails it under REGULARS_REQUIRE."""
    try:
        return locate(name)
    except Missing as missing:
        if missing.required:
            pytest.fail(f"{missing} (REGULARS_REQUIRE makes this a failure)", pytrace=False)
        pytest.skip(str(missing))


@pytest.fixture
def recordings() -> Path:
    """The folder of recordings that lies beside the checkout; skips without it."""
    return ensure("shared")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of the installed browser; skips without one."""
    return ensure("chromium")
