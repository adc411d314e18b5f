"""Radios that the scanner contract runs on. A rig advertises and hands out bleak scanners that should hear it.

A rig for real BlueZ fits the same protocol: its `advertise` is a second adapter.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from bleak import BleakScanner
from bleak.backends.scanner import AdvertisementDataCallback

from simulator.air import Transmitter
from simulator.backend import BleakScannerSimulated
from simulator.packet import Packet
from simulator.propagation import Spot
from simulator.venue import Venue
from tests.simulator.stage import open_shop


class ScannerRig(Protocol):
    """One radio under test and somebody who advertises near it."""

    def scanner(self, callback: AdvertisementDataCallback) -> BleakScanner:
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


RIGS: Final[dict[str, Callable[[], AbstractAsyncContextManager[ScannerRig]]]] = {"simulated": simulated}
