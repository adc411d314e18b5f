"""The laptop's Bluetooth as a phone's: an advertisement that can be exchanged, and a connection to the store.

A laptop advertises under its own fixed address: for trying a shop out, not for going shopping.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError
from dbus_fast import Variant
from dbus_fast.aio import MessageBus

from edge.adapters import bluez_bus
from edge.adapters.bluez_adapter import ADAPTER_INTERFACE, named_adapter
from edge.adapters.bluez_advertisement import Advertisement, advertise, withdraw
from edge.adapters.bluez_bus import BluezRefused
from regulars.phone.errors import NoAdapter, NoStore
from wire import gatt

_PATH: Final = "/org/regulars/phone"
_INTERVAL_MS: Final = 250
FIND_WITHIN_S: Final = 15.0
_EXCHANGE_WITHIN_S: Final = 15.0
_CONNECT_WITHIN_S: Final = 45.0
_MOST_CONNECTIONS: Final = 4
_MOST_LOOKS: Final = 4
_AGAIN_S: Final = 0.5


class Laptop:
    """One adapter, playing a phone."""

    def __init__(self, bus: MessageBus, path: str) -> None:
        self._bus = bus
        self._path = path
        self._is_speaking = False

    async def say(self, service_data: Mapping[str, bytes]) -> None:
        """Put this on air instead of what was there; nothing at all when it is empty. Raises NoAdapter."""
        if self._is_speaking:
            await withdraw(self._bus, self._path, _PATH)
            self._is_speaking = False
        if not service_data:
            return
        try:
            await advertise(
                self._bus, self._path, _PATH, Advertisement(service_data=service_data, interval_ms=_INTERVAL_MS)
            )
        except (BluezRefused, TimeoutError) as error:
            raise NoAdapter("the adapter refuses to advertise: unplug it and plug it in again.") from error
        self._is_speaking = True

    @asynccontextmanager
    async def call(self) -> AsyncIterator["Call"]:
        """A connection to the store. Raises NoStore when there is none in reach or it does not answer."""
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(_CONNECT_WITHIN_S):
                    client = await self._connect(stack)
                yield Call(client)
        except (BleakError, TimeoutError, EOFError, OSError) as error:
            raise NoStore(f"the store did not answer ({type(error).__name__}): go nearer.") from error

    async def _connect(self, stack: AsyncExitStack) -> BleakClient:
        """Some tries: BlueZ tells of a connection and of its services in no fixed order (bleak #1806).

        So bleak takes a connection that was just made for broken, or for one without services. In the second case it
        still holds, and whoever looks again finds them.
        """
        name = self._path.rpartition("/")[2]
        for attempt in range(1, _MOST_CONNECTIONS + 1):
            store = await BleakScanner.find_device_by_filter(_is_store, FIND_WITHIN_S, bluez={"adapter": name})
            if store is None:
                raise NoStore("no store with a check-in is in reach: is it running, and near?")
            try:
                for _ in range(_MOST_LOOKS):
                    client = BleakClient(store, timeout=_EXCHANGE_WITHIN_S, bluez={"adapter": name})
                    await client.connect()
                    stack.push_async_callback(client.disconnect)
                    if client.services.get_service(str(gatt.SERVICE)) is not None:
                        return client
                    await asyncio.sleep(_AGAIN_S)
            except BleakError:
                if attempt == _MOST_CONNECTIONS:
                    raise
            await asyncio.sleep(_AGAIN_S)
        raise NoStore("the store shows no check-in: is it another one's?")


class Call:
    """A connection to the store."""

    def __init__(self, client: BleakClient) -> None:
        self._client = client

    async def challenge(self) -> bytes:
        """CHAL."""
        return await self._read(str(gatt.CHALLENGE))

    async def respond(self, octets: bytes) -> None:
        """RESP."""
        async with asyncio.timeout(_EXCHANGE_WITHIN_S):
            await self._client.write_gatt_char(str(gatt.RESPONSE), octets, response=True)

    async def acknowledgement(self) -> bytes:
        """ACK; empty when the store refuses to give one."""
        try:
            return await self._read(str(gatt.ACKNOWLEDGEMENT))
        except BleakError:
            return b""

    async def _read(self, uuid: str) -> bytes:
        async with asyncio.timeout(_EXCHANGE_WITHIN_S):
            return bytes(await self._client.read_gatt_char(uuid))


@asynccontextmanager
async def laptop(mac: str) -> AsyncIterator[Laptop]:
    """The adapter with this MAC, the first one when empty, switched on. Raises NoAdapter."""
    async with AsyncExitStack() as stack:
        try:
            bus = await stack.enter_async_context(bluez_bus.system_bus())
            tree = await bluez_bus.objects(bus)
        except (OSError, TimeoutError, BluezRefused) as error:
            raise NoAdapter("Bluetooth does not answer: apt install bluez, then systemctl start bluetooth.") from error
        name = named_adapter(tree, mac)
        if name is None:
            which = f"adapter {mac}" if mac else "Bluetooth adapter"
            raise NoAdapter(f"there is no {which}: plug one in, or name another with --adapter.")
        path = f"/org/bluez/{name}"
        if not tree[path][ADAPTER_INTERFACE].get("Powered", True):
            try:
                await bluez_bus.put(bus, path, ADAPTER_INTERFACE, "Powered", Variant("b", True))
            except (BluezRefused, TimeoutError) as error:
                raise NoAdapter("the adapter cannot be switched on: rfkill unblock bluetooth.") from error
        yield Laptop(bus, path)


def _is_store(device: BLEDevice, advertisement: AdvertisementData) -> bool:
    del device
    return str(gatt.SERVICE) in advertisement.service_uuids
