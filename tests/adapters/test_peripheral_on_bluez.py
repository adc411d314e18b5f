"""The store's service as bluetoothd sees it, and what happens when that goes away.

Phones that connect for real are in `tests/contract/test_peripheral.py`, in the machine of `make test-bluez`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from dbus_fast import MessageType, Variant

from edge.adapters.bluez_adapter import AdapterMissing
from edge.adapters.bluez_advertisement import beacon
from edge.adapters.peripheral_bluez import BluezPeripheral
from edge.main import _peripheral
from edge.settings import Settings
from edge.settings_file import parse_settings
from tests.adapters.bluez_stage import Bluez, open_bluez
from tests.simulator.stage import until
from wire import gatt

pytestmark = pytest.mark.needs("dbus-daemon")

MAC = "B8:27:EB:00:00:01"
PHONE = "/org/bluez/hci0/dev_4A_00_00_00_00_01"
Story = Callable[[Bluez, BluezPeripheral], Awaitable[None]]


class Desk:
    """The four callbacks, remembering."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, bytes]] = []
        self.gone: list[str] = []

    def challenge(self, connection: str) -> bytes:
        return b"challenge " + connection.encode()

    def respond(self, connection: str, octets: bytes) -> None:
        self.answers.append((connection, octets))

    def acknowledge(self, connection: str) -> bytes:
        raise PermissionError


@pytest.fixture
def on_bluez(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], None]:
    async def tell(story: Story) -> None:
        async with open_bluez(tmp_path) as (bluez, address):
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
            store = BluezPeripheral(MAC, 4711)
            try:
                await story(bluez, store)
            finally:
                await store.stop()

    return lambda story: asyncio.run(tell(story))


async def start(store: BluezPeripheral, desk: Desk | None = None) -> Desk:
    desk = desk or Desk()
    await store.start(desk.challenge, desk.respond, desk.acknowledge, desk.gone.append)
    return desk


def phone(**more: Variant) -> dict[str, Variant]:
    return {"device": Variant("o", PHONE), **more}


def test_the_service_and_both_advertisements_are_registered(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, store: BluezPeripheral) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        await start(store)
        assert (len(adapter.gatt.applications), len(adapter.advertising.advertisements)) == (1, 2)

    on_bluez(story)


def test_a_controller_with_room_for_one_advertisement_still_serves(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, store: BluezPeripheral) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        adapter.advertising.room = 1
        await start(store)
        assert len(adapter.advertising.advertisements) == 1

    on_bluez(story)


def test_an_adapter_that_is_not_there_is_named(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, store: BluezPeripheral) -> None:
        with pytest.raises(AdapterMissing):
            await start(store)

    on_bluez(story)


def test_a_phone_that_bluez_no_longer_knows_has_hung_up(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, store: BluezPeripheral) -> None:
        bluez.plug_in("hci0", MAC)
        desk = await start(store)
        reply = await bluez.ask("ReadValue", "a{sv}", [phone()], characteristic="challenge")
        assert bytes(reply.body[0]) == b"challenge c1"
        await until(lambda: desk.gone == ["c1"])

    on_bluez(story)


@pytest.mark.parametrize(
    ("characteristic", "options"),
    [("ack", phone()), ("response", phone()), ("challenge", phone(offset=Variant("q", 5))), ("challenge", {})],
)
def test_what_a_phone_may_not_read_is_an_error(
    on_bluez: Callable[[Story], None], characteristic: str, options: dict[str, Variant]
) -> None:
    async def story(bluez: Bluez, store: BluezPeripheral) -> None:
        bluez.plug_in("hci0", MAC)
        await start(store)
        reply = await bluez.ask("ReadValue", "a{sv}", [options], characteristic=characteristic)
        assert reply.message_type is MessageType.ERROR
        assert str(reply.error_name).startswith("org.bluez.Error.")

    on_bluez(story)


@pytest.mark.parametrize("how", ["unplugged", "switched off", "bluetoothd ended"])
def test_a_lost_radio_is_told_and_hangs_up(on_bluez: Callable[[Story], None], how: str) -> None:
    async def story(bluez: Bluez, store: BluezPeripheral) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        await start(store)
        if how == "unplugged":
            bluez.unplug("hci0")
        elif how == "switched off":
            adapter.switch_off()
        else:
            await bluez.go()
        async with asyncio.timeout(5):
            await store.wait_lost()

    on_bluez(story)


def test_it_starts_again_after_it_was_stopped(on_bluez: Callable[[Story], None]) -> None:
    async def story(bluez: Bluez, store: BluezPeripheral) -> None:
        adapter = bluez.plug_in("hci0", MAC)
        await start(store)
        await store.stop()
        adapter.advertising.advertisements.clear()
        await start(store)
        assert len(adapter.gatt.applications) == 2

    on_bluez(story)


def test_the_beacon_carries_the_apps_uuid_and_the_stores_number() -> None:
    (company,) = beacon(70_000)._company_data
    content = beacon(70_000)._company_data[company]
    assert company == 0x004C
    assert content == b"\x02\x15" + gatt.BEACON.bytes + (70_000 % 65_536).to_bytes(2, "big") + b"\0\0" + b"\xc5"


def store_with(*sources: str) -> Settings:
    scanners = [{"id": f"s{n}", "zone": "room", "source": source} for n, source in enumerate(sources)]
    tables = {
        "store": {"number": 4711, "id": "de-0042", "name": "Test"},
        "zone": [{"id": "room", "rect": [0, 0, 10, 10]}],
        "scanner": scanners,
        "hq": {"url": "http://127.0.0.1:1"},
    }
    return parse_settings(tables, Path("store.toml"))


@pytest.mark.parametrize("sources", [["bluez"], ["esphome:door.local", f"bluez:{MAC}"]])
def test_a_store_with_an_adapter_of_its_own_serves_the_challenge_on_it(sources: list[str]) -> None:
    assert isinstance(_peripheral(store_with(*sources), 4711), BluezPeripheral)


@pytest.mark.parametrize("sources", [[], ["simulator"], ["esphome:door.local", "replay"]])
def test_a_store_without_one_has_no_peripheral(sources: list[str]) -> None:
    assert _peripheral(store_with(*sources), 4711) is None
