"""The doctor's probes, on a real bus, a real disk and real answers over HTTP."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from inspect import isawaitable
from pathlib import Path

import pytest

from edge.adapters import symptoms
from edge.core.symptoms import Adapter, Bluetooth, Office
from tests.adapters.bluez_stage import Bluez, open_bluez

MAC = "00:1A:7D:DA:71:13"


def seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happen: Callable[[Bluez], object] = lambda _: None
) -> Bluetooth:
    """What the probe sees of a bluetoothd to which `happen` has happened."""

    async def look() -> Bluetooth | None:
        async with open_bluez(tmp_path) as (bluez, address):
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
            done = happen(bluez)
            if isawaitable(done):
                await done
            return await asyncio.to_thread(symptoms.bluetooth)

    found = asyncio.run(look())
    assert found is not None
    return found


@pytest.mark.needs("dbus-daemon")
def test_adapters_are_found_with_their_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(tmp_path, monkeypatch, lambda bluez: bluez.plug_in("hci1", MAC))
    assert found.is_answering
    assert found.adapters == (Adapter("hci1", MAC, is_on=True, has_monitors=True),)


@pytest.mark.needs("dbus-daemon")
def test_a_bluetoothd_without_its_experimental_interfaces_is_seen_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = seen(tmp_path, monkeypatch, lambda bluez: bluez.plug_in("hci0", MAC, is_experimental=False))
    assert found.adapters == (Adapter("hci0", MAC, is_on=True, has_monitors=False),)


@pytest.mark.needs("dbus-daemon")
def test_a_bluetoothd_without_adapters_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(tmp_path, monkeypatch)
    assert (found.is_answering, found.adapters) == (True, ())


@pytest.mark.needs("dbus-daemon")
def test_an_adapter_that_rfkill_switched_off_is_seen_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(tmp_path, monkeypatch, lambda bluez: bluez.plug_in("hci0", MAC).switch_off())
    assert not found.adapters[0].is_on


@pytest.mark.needs("dbus-daemon")
def test_a_bluetoothd_that_does_not_run_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    assert not seen(tmp_path, monkeypatch, Bluez.go).is_answering
    assert time.monotonic() - began < 4


def test_no_system_bus_is_no_answer_within_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")
    found = symptoms.bluetooth()
    assert found is not None
    assert not found.is_answering


def test_a_folder_that_can_be_written_is_found_so_and_left_empty(tmp_path: Path) -> None:
    machine = symptoms.machine(tmp_path)
    assert machine.unwritable == ""
    assert machine.free_bytes > 0
    assert list(tmp_path.iterdir()) == []


def test_a_state_folder_that_is_not_there_yet_is_judged_by_what_will_hold_it(tmp_path: Path) -> None:
    assert symptoms.machine(tmp_path / "not" / "yet").unwritable == ""
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told() -> None:
    assert symptoms.machine(Path("/proc")).unwritable


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], object]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def saying(body: bytes, status: int = 200, date: str = "") -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        if date:
            handler.send_header("Date", date)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_head_offices_clock_is_read_from_its_answer() -> None:
    with serving(saying(b"{}", date="Fri, 01 Jan 2100 00:00:00 GMT")) as url:
        office = symptoms.office(url, 2.0)
    assert office.absence == ""
    assert office.ahead_s is not None
    assert office.ahead_s > 86_400


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_an_answer_without_a_time_is_an_answer(date: str) -> None:
    with serving(saying(b"{}", date=date)) as url:
        assert symptoms.office(url, 2.0) == Office("", None)


def test_a_head_office_that_is_ill_is_not_reachable() -> None:
    with serving(saying(b"", status=503)) as url:
        assert symptoms.office(url, 2.0).absence == "it answers with 503"


def test_nobody_at_the_address_is_told_so() -> None:
    with serving(saying(b"")) as url:
        pass
    assert symptoms.office(url, 2.0).absence == "no connection"


def test_a_head_office_that_says_nothing_is_not_waited_for() -> None:
    held = threading.Event()
    with serving(lambda _: held.wait(5)) as url:
        assert symptoms.office(url, 0.2).absence == "no answer in time"
        held.set()


@pytest.mark.parametrize("body", [b"", b"regulars_visits 1\n", b"<html>", b"\xff"])
def test_somebody_else_at_the_stores_address_is_not_the_store(body: bytes) -> None:
    with serving(saying(body)) as url:
        assert symptoms.running(url) is None
