"""Stores and phones that the check-in contract runs on.

The store's side is the port that the edge declares; a rig for real BlueZ brings another `store` and another phone.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from bumble import hci as bumble_hci
from bumble.core import UUID
from bumble.device import Device, DeviceConfiguration, Peer

from simulator.controller import RadioController
from simulator.peripheral import SimulatedPeripheral
from simulator.propagation import Spot
from simulator.venue import Venue
from tests.simulator.stage import open_shop, until


class Peripheral(Protocol):
    """The store's side."""

    async def start(
        self,
        on_read_challenge: Callable[[str], bytes],
        on_write_response: Callable[[str, bytes], None],
        on_read_ack: Callable[[str], bytes],
        on_disconnect: Callable[[str], None],
    ) -> None:
        """Advertise and serve."""

    async def stop(self) -> None:
        """Serve nobody any more."""

    async def wait_lost(self) -> None:
        """Until the radio is gone."""


class Caller(Protocol):
    """A phone that is connected to the store."""

    async def read(self, uuid: str) -> bytes:
        """Raises when the store answers with an error."""

    async def write(self, uuid: str, octets: bytes) -> None:
        """Raises when the store answers with an error."""

    async def hang_up(self) -> None:
        """Disconnect."""


class PeripheralRig(Protocol):
    """A store's radio and phones in reach of it."""

    def store(self) -> Peripheral:
        """Under test."""

    async def call(self) -> Caller:
        """A new phone, connected."""


class BumbleCaller:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def read(self, uuid: str) -> bytes:
        (found,) = self._peer.get_characteristics_by_uuid(UUID(uuid))
        return bytes(await found.read_value())

    async def write(self, uuid: str, octets: bytes) -> None:
        (found,) = self._peer.get_characteristics_by_uuid(UUID(uuid))
        await found.write_value(octets, with_response=True)

    async def hang_up(self) -> None:
        await self._peer.connection.disconnect()


class SimulatedRig:
    def __init__(self, venue: Venue, endpoint: str) -> None:
        self._venue = venue
        self._endpoint = endpoint
        self._callers = 0

    def store(self) -> Peripheral:
        return SimulatedPeripheral(self._endpoint)

    async def call(self) -> Caller:
        self._callers += 1
        controller = RadioController(f"caller{self._callers}", self._venue.air)
        self._venue.air.place_controller(controller, lambda: Spot(5.0, 2.0))
        address = bumble_hci.Address.generate_static_address()
        device = Device.from_config_with_hci(DeviceConfiguration(name="", address=address), controller, controller)
        await device.power_on()
        found: list[bumble_hci.Address] = []
        device.on(device.EVENT_ADVERTISEMENT, lambda advertisement: found.append(advertisement.address))
        await device.start_scanning(legacy=True, active=False)
        await until(lambda: bool(found))
        await device.stop_scanning(legacy=True)
        peer = Peer(await device.connect(found[0], timeout=5.0))
        await peer.discover_services()
        await peer.discover_characteristics()
        return BumbleCaller(peer)


@asynccontextmanager
async def simulated() -> AsyncIterator[PeripheralRig]:
    async with open_shop() as (venue, radios):
        yield SimulatedRig(venue, radios.peripheral)


RIGS: Final[dict[str, Callable[[], AbstractAsyncContextManager[PeripheralRig]]]] = {"simulated": simulated}
