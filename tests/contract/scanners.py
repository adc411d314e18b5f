"""Radios that the scanner contract runs on. A rig advertises and hands out scanners that should hear it.

A rig for real BlueZ fits the same protocol: its `advertise` is a second adapter.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Final, Protocol, Self

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback

from edge.adapters import radio_esphome
from simulator.advertisement import parse_fields
from simulator.air import Transmitter
from simulator.backend import BleakScannerSimulated
from simulator.packet import Packet
from simulator.propagation import Spot
from simulator.venue import Venue
from tests.contract import esphome_node
from tests.simulator.stage import open_shop, until


class Scanner(Protocol):
    """What the store does with one, bleak's or another."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ScannerRig(Protocol):
    """One radio under test and somebody who advertises near it."""

    def scanner(self, callback: AdvertisementDataCallback) -> Scanner:
        """As the store makes it."""

    async def advertise(self, data: bytes, times: int) -> str:
        """Send the same packet so often, 10 ms apart; the address it was sent from, as bleak writes it."""


class SimulatedRig:
    """The simulator's backend over TCP."""

    address: Final = "52:54:53:31:00:01"

    def __init__(self, venue: Venue, endpoint: str) -> None:
        self._venue = venue
        self._endpoint = endpoint

    def scanner(self, callback: AdvertisementDataCallback) -> BleakScanner:
        return BleakScanner(callback, backend=BleakScannerSimulated, simulated={"hci": self._endpoint})

    async def advertise(self, data: bytes, times: int) -> str:
        packet = Packet(bytes.fromhex(self.address.replace(":", ""))[::-1], data)
        for _ in range(times):
            self._venue.air.transmit(Transmitter("near", Spot(2.0, 2.0)), packet)
            await asyncio.sleep(0.01)
        return self.address


@asynccontextmanager
async def simulated() -> AsyncIterator[ScannerRig]:
    async with open_shop() as (venue, radios):
        yield SimulatedRig(venue, radios.scanners["s1"])


class NodeScanner:
    """The store's line to a node, in the shape of bleak's scanner; the simulator's parser reads what it passes on."""

    def __init__(self, node: esphome_node.FakeNode, callback: AdvertisementDataCallback) -> None:
        self._node = node
        self._callback = callback
        self._held = AsyncExitStack()

    async def start(self) -> None:
        where = f"127.0.0.1:{self._node.port}"
        await self._held.enter_async_context(radio_esphome.connected(where, esphome_node.KEY, self._hear))
        await until(lambda: self._node.listeners == 1)

    async def stop(self) -> None:
        await self._held.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _hear(self, address: int, rssi_dbm: int, payload: bytes) -> None:
        fields = parse_fields(payload)
        data = AdvertisementData(
            fields.name, fields.manufacturer_data, fields.service_data, fields.service_uuids, None, rssi_dbm, ()
        )
        self._callback(BLEDevice(radio_esphome.written(address), None, None), data)


class NodeRig:
    """An ESPHome node with an encrypted API, on the network."""

    address: Final = "C0:54:53:31:00:02"

    def __init__(self, node: esphome_node.FakeNode) -> None:
        self._node = node

    def scanner(self, callback: AdvertisementDataCallback) -> NodeScanner:
        return NodeScanner(self._node, callback)

    async def advertise(self, data: bytes, times: int) -> str:
        for _ in range(times):
            self._node.hear(int(self.address.replace(":", ""), 16), -61, data)
            await asyncio.sleep(0.01)
        return self.address


@asynccontextmanager
async def esphome() -> AsyncIterator[ScannerRig]:
    async with esphome_node.node() as node:
        yield NodeRig(node)


RIGS: Final[dict[str, Callable[[], AbstractAsyncContextManager[ScannerRig]]]] = {
    "simulated": simulated,
    "esphome": esphome,
}
