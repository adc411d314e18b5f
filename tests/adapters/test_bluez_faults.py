"""What goes wrong with Bluetooth in a shop, and that the scanner comes back by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.adapters.radio_bluez import Radio, RadioInput, ScannerStatus
from edge.core.inputs import ScannerChanged
from edge.settings import ScannerSettings
from tests.adapters.bluez_stage import Bluez, open_bluez
from tests.simulator.stage import until

pytestmark = pytest.mark.needs("dbus-daemon")

MAC = "B8:27:EB:00:00:01"
SCANNERS = [ScannerSettings(id="inside", zone="room", source=f"bluez:{MAC}")]
# From here on a shopper has walked into another zone unseen.
RECOVERED_WITHIN_S = 10.0
Story = Callable[[Bluez, "Watcher"], Awaitable[None]]


class Watcher:
    """The one scanner as health shows it."""

    def __init__(self) -> None:
        self.changes: list[str] = []
        self.radio = Radio(SCANNERS, self._note)

    @property
    def scanner(self) -> ScannerStatus:
        return self.radio.status().scanners["inside"]

    def is_ok(self) -> bool:
        return self.scanner.health == "ok"

    def is_away(self) -> bool:
        return self.scanner.health == "away"

    def _note(self, told: RadioInput) -> bool:
        if isinstance(told, ScannerChanged):
            self.changes.append(told.health)
        return True


@pytest.fixture
def in_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], None]:
    monkeypatch.setattr("edge.adapters.bluez_bus.CALL_WITHIN_S", 0.5)
    monkeypatch.setattr("edge.adapters.radio_bluez._START_WITHIN_S", 1.0)

    async def tell(story: Story) -> None:
        async with open_bluez(tmp_path) as (bluez, address):
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
            watcher = Watcher()
            try:
                await story(bluez, watcher)
            finally:
                assert await asyncio.to_thread(watcher.radio.stop)

    return lambda story: asyncio.run(tell(story))


def test_a_monitor_is_held_while_the_scan_runs(in_shop: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, watcher: Watcher) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        watcher.radio.start()
        await until(watcher.is_ok)
        assert len(adapter.monitoring.monitors) == 1
        assert watcher.scanner.fault == ""

    in_shop(story)


def test_a_bluetoothd_without_monitors_is_used_and_named_as_the_fault(in_shop: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, watcher: Watcher) -> None:
        adapter = bluez.plug_in("hci0", MAC, is_experimental=False)
        watcher.radio.start()
        await until(watcher.is_ok)
        assert adapter.is_discovering
        assert "start it with -E" in watcher.scanner.fault

    in_shop(story)


def test_a_bluetoothd_that_comes_late_is_found(in_shop: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, watcher: Watcher) -> None:
        await bluez.go()
        bluez.plug_in("hci0", MAC)
        began = time.monotonic()
        watcher.radio.start()
        assert time.monotonic() - began < 0.5
        await until(lambda: "is bluetoothd running" in watcher.scanner.fault)
        await bluez.come()
        await until(watcher.is_ok, RECOVERED_WITHIN_S)

    in_shop(story)


def test_a_bluetoothd_that_was_restarted_is_scanned_with_again(in_shop: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, watcher: Watcher) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        watcher.radio.start()
        await until(watcher.is_ok)
        await bluez.go()
        await until(watcher.is_away)
        await bluez.come()
        await until(lambda: adapter.starts == 2, RECOVERED_WITHIN_S)
        await until(watcher.is_ok)
        assert watcher.changes == ["ok", "away", "ok"]
        assert len(adapter.monitoring.monitors) == 2

    in_shop(story)


def test_an_adapter_that_is_unplugged_is_away_at_once_and_back_under_another_number(
    in_shop: Callable[[Story], None],
) -> None:
    async def story(bluez: Bluez, watcher: Watcher) -> None:
        bluez.plug_in("hci0", MAC)
        watcher.radio.start()
        await until(watcher.is_ok)
        bluez.unplug("hci0")
        await until(watcher.is_away)
        assert "unplugged" in watcher.scanner.fault
        adapter = bluez.plug_in("hci1", MAC)
        await until(watcher.is_ok, RECOVERED_WITHIN_S)
        assert adapter.is_discovering

    in_shop(story)


def test_an_adapter_behind_rfkill_is_named_and_switched_on_when_it_may(in_shop: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, watcher: Watcher) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        watcher.radio.start()
        await until(watcher.is_ok)
        adapter.switch_off()
        await until(lambda: "rfkill unblock bluetooth" in watcher.scanner.fault)
        adapter.is_blocked = False
        await until(watcher.is_ok, RECOVERED_WITHIN_S)
        assert adapter.is_powered

    in_shop(story)


def test_a_bluetoothd_that_hangs_costs_its_time_limit_only(in_shop: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, watcher: Watcher) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        adapter.is_hanging = True
        watcher.radio.start()
        await until(lambda: "did not answer in time" in watcher.scanner.fault)
        adapter.is_hanging = False
        await until(watcher.is_ok, RECOVERED_WITHIN_S)

    in_shop(story)


def test_a_silent_adapter_is_switched_off_and_on(
    in_shop: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.adapters.radio_bluez._REOPEN_AFTER_S", 0.5)

    async def story(bluez: Bluez, watcher: Watcher) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        watcher.radio.start()
        await until(lambda: adapter.starts == 2, RECOVERED_WITHIN_S)
        assert adapter.switched == [False, True]

    in_shop(story)


def test_an_adapter_that_refuses_to_scan_is_switched_off_and_on(in_shop: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, watcher: Watcher) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        adapter.refuses_until_switched = True
        watcher.radio.start()
        await until(watcher.is_ok, RECOVERED_WITHIN_S)
        assert adapter.switched == [False, True]

    in_shop(story)
