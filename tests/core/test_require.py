"""The rules for tests themselves: a missing thing is never a silent pass, and nothing leaves this machine."""

import socket

import pytest

from tests import require
from tests.conftest import OutsideConnection, is_this_machine


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(require.NEEDS, "chromium", require.Need(lambda: None, "apt install chromium"))


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    ("value", "required"), [("", False), ("all", True), ("chromium", True), ("root, chromium", True), ("root", False)]
)
def test_regulars_require_decides_between_skip_and_failure(value: str, required: bool) -> None:  # noqa: FBT001
    with pytest.raises(require.Missing) as caught:
        require.locate("chromium", {"REGULARS_REQUIRE": value})
    assert caught.value.required is required
    assert str(caught.value) == "needs chromium: apt install chromium"


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
def test_a_test_cannot_reach_another_machine(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(OutsideConnection):
        connection.connect(address)


def test_a_test_cannot_look_up_a_name() -> None:
    with pytest.raises(OutsideConnection):
        socket.getaddrinfo("example.org", 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost", b"localhost", None])
def test_this_machine_is_reached(host: str | bytes | None) -> None:
    assert is_this_machine(host)
