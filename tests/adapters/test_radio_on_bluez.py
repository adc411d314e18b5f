"""The default way in: bleak's own BlueZ backend on a real D-Bus, adapters told apart by MAC."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.adapters.radio_bluez import Radio, RadioInput
from edge.core.identity import build_table
from edge.core.inputs import Heard, ScannerChanged
from edge.settings import ScannerSettings
from tests.adapters.bluez_stage import Bluez, open_bluez
from tests.simulator.stage import until
from wire import rst1

pytestmark = pytest.mark.needs("dbus-daemon")

INSIDE, DOOR = "B8:27:EB:00:00:01", "00:1A:7D:DA:71:13"
SERVICE = "6f1d0f2c-9a33-4d1e-8c5b-7a2e1f3d4c5b"
KEY = bytes(range(16))
SCANNERS = [
    ScannerSettings(id="inside", zone="room", source=f"bluez:{INSIDE}"),
    ScannerSettings(id="door", zone="door", source=f"bluez:{DOOR}"),
]
Story = Callable[[Bluez, Radio, list[RadioInput]], Awaitable[None]]


@pytest.fixture
def on_bluez(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], None]:
    monkeypatch.setattr("edge.adapters.radio_bluez._FIRST_PAUSE_S", 0.05)

    async def tell(story: Story) -> None:
        async with open_bluez(tmp_path) as (bluez, address):
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
            told: list[RadioInput] = []

            def tell_service(each: RadioInput) -> bool:
                told.append(each)
                return True

            radio = Radio(SCANNERS, tell_service)
            radio.use(build_table([("anna", int(time.time()) // rst1.DAY_S, KEY)], time.time()))
            radio.start()
            try:
                await story(bluez, radio, told)
            finally:
                assert await asyncio.to_thread(radio.stop)

    return lambda story: asyncio.run(tell(story))


def body() -> dict[str, bytes]:
    return {SERVICE: rst1.body_at(KEY, int(time.time()))}


def is_listening(radio: Radio) -> bool:
    return all(scanner.health == "ok" for scanner in radio.status().scanners.values())


def test_each_adapter_is_the_scanner_that_names_its_mac(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, radio: Radio, told: list[RadioInput]) -> None:
        bluez.plug_in("hci0", DOOR)
        bluez.plug_in("hci1", INSIDE)
        await until(lambda: is_listening(radio))
        bluez.hear("hci1", "4A:00:00:00:00:01", body(), -55)
        bluez.hear("hci0", "4A:00:00:00:00:01", body(), -81)
        await until(lambda: len([each for each in told if isinstance(each, Heard)]) == 2)
        assert {(each.scanner, each.rssi_dbm) for each in told if isinstance(each, Heard)} == {
            ("inside", -55),
            ("door", -81),
        }

    on_bluez(story)


def test_every_packet_is_asked_for(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, radio: Radio, told: list[RadioInput]) -> None:
        adapter, _ = bluez.plug_in("hci0", INSIDE), bluez.plug_in("hci1", DOOR)
        await until(lambda: is_listening(radio))
        assert adapter.is_discovering
        assert adapter.filters == {"Transport": "le", "DuplicateData": True}
        for rssi_dbm in range(-60, -50):
            bluez.hear("hci0", "4A:00:00:00:00:01", body(), rssi_dbm)
        await until(lambda: radio.status().scanners["inside"].reports == 10)

    on_bluez(story)


def test_strangers_are_counted(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, radio: Radio, told: list[RadioInput]) -> None:
        bluez.plug_in("hci0", INSIDE)
        await until(lambda: radio.status().scanners["inside"].health == "ok")
        bluez.hear("hci0", "4A:00:00:00:00:02", {SERVICE: b"\x10" + bytes(9)}, -60)
        bluez.hear("hci0", "4A:00:00:00:00:03", {}, -60)
        await until(lambda: radio.status().foreign == 2)
        assert [each for each in told if isinstance(each, Heard)] == []

    on_bluez(story)


def test_an_adapter_plugged_in_later_is_found_and_the_other_does_not_wait(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, radio: Radio, told: list[RadioInput]) -> None:
        bluez.plug_in("hci0", INSIDE)
        await until(lambda: radio.status().scanners["inside"].health == "ok")
        assert radio.status().scanners["door"].health == "away"
        assert "adapter plugged in" in radio.status().scanners["door"].fault
        bluez.plug_in("hci1", DOOR)
        await until(lambda: is_listening(radio))
        assert [each for each in told if isinstance(each, ScannerChanged)][-1] == ScannerChanged("door", "ok")

    on_bluez(story)


def test_stopping_ends_the_discovery(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, radio: Radio, told: list[RadioInput]) -> None:
        adapter, _ = bluez.plug_in("hci0", INSIDE), bluez.plug_in("hci1", DOOR)
        await until(lambda: is_listening(radio))
        assert await asyncio.to_thread(radio.stop)
        assert not adapter.is_discovering

    on_bluez(story)
