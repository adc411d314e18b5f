"""Rigs on this machine's own kernel and bluetoothd: controllers of the simulator behind /dev/vhci.

They need a machine that may be spoilt, such as the one of `make test-bluez ARGS=--long`: REGULARS_BLUEZ_RIG=1 says so.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from bleak import BleakScanner
from bleak.backends.scanner import AdvertisementDataCallback
from bumble import hci as bumble_hci
from bumble.device import Device, DeviceConfiguration, Peer

from edge.adapters import bluez_monitor
from edge.adapters.bluez_adapter import AdapterMissing
from edge.adapters.peripheral_bluez import BluezPeripheral
from simulator.air import Air, Transmitter
from simulator.controller import RadioController
from simulator.floor import ScannerSite
from simulator.packet import Packet
from simulator.propagation import Propagation, Spot
from tests.contract.peripherals import BumbleCaller, Caller, Peripheral, PeripheralRig
from tests.contract.scanners import ScannerRig
from tests.simulator.stage import until

_MACS = (f"C0:FF:EE:00:01:{n:02X}" for n in itertools.count(1))
_ADAPTER_WITHIN_S = 30.0
_CALM = Propagation(body_db=0.0, shadow_db=0.0, fading_db=0.0, loss=0.0)


class Socket:
    """Where a controller plugs into the kernel."""

    def __init__(self, controller: RadioController) -> None:
        self._controller = controller
        self._kernel = os.open("/dev/vhci", os.O_RDWR | os.O_NONBLOCK)
        os.write(self._kernel, b"\xff\x00")
        controller.host = self
        asyncio.get_running_loop().add_reader(self._kernel, self._take)

    def on_packet(self, packet: bytes) -> None:
        os.write(self._kernel, packet)

    def pull(self) -> None:
        asyncio.get_running_loop().remove_reader(self._kernel)
        self._controller.host = None
        os.close(self._kernel)

    def _take(self) -> None:
        packet = os.read(self._kernel, 4096)
        # The kernel's answer to being opened is no HCI packet.
        if packet and packet[0] != 0xFF:
            self._controller.on_packet(packet)


@asynccontextmanager
async def _plugged() -> AsyncIterator[tuple[Air, RadioController, str]]:
    """An adapter that bluetoothd has switched on, its air and its MAC."""
    mac = next(_MACS)
    air = Air(1, _CALM)
    controller = RadioController("store", air, mac)
    air.place_controller(controller, lambda: Spot(5.0, 5.0))
    air.attach_ear(ScannerSite("s1", (5.0, 5.0, 2.0)), controller)
    socket = Socket(controller)
    try:
        async with asyncio.timeout(_ADAPTER_WITHIN_S):
            while not await _is_known(mac):  # noqa: ASYNC110 - asking is the only way to know
                await asyncio.sleep(0.1)
        yield air, controller, mac
    finally:
        socket.pull()


async def _is_known(mac: str) -> bool:
    try:
        async with bluez_monitor.held(mac):
            return True
    except AdapterMissing:
        return False


class BluezPeripheralRig:
    def __init__(self, air: Air, mac: str) -> None:
        self._air = air
        self._mac = mac
        self._callers = 0

    def store(self) -> Peripheral:
        return BluezPeripheral(self._mac, 4711)

    async def call(self) -> Caller:
        self._callers += 1
        controller = RadioController(f"caller{self._callers}", self._air)
        self._air.place_controller(controller, lambda: Spot(5.0, 2.0))
        address = bumble_hci.Address.generate_static_address()
        device = Device.from_config_with_hci(DeviceConfiguration(name="", address=address), controller, controller)
        await device.power_on()
        found: list[bumble_hci.Address] = []
        device.on(device.EVENT_ADVERTISEMENT, lambda advertisement: found.append(advertisement.address))
        await device.start_scanning(legacy=True, active=False)
        await until(lambda: bool(found), 20.0)
        await device.stop_scanning(legacy=True)
        peer = Peer(await device.connect(found[0], timeout=20.0))
        await peer.discover_services()
        await peer.discover_characteristics()
        return BumbleCaller(peer)


@asynccontextmanager
async def peripheral() -> AsyncIterator[BluezPeripheralRig]:
    async with _plugged() as (air, _, mac):
        yield BluezPeripheralRig(air, mac)


class BluezScannerRig:
    address = "52:54:53:31:00:01"

    def __init__(self, air: Air, adapter: str) -> None:
        self._air = air
        self._adapter = adapter

    def scanner(self, callback: AdvertisementDataCallback) -> BleakScanner:
        return BleakScanner(callback, bluez={"adapter": self._adapter, "filters": {"DuplicateData": True}})

    async def advertise(self, data: bytes, times: int) -> str:
        packet = Packet(bytes.fromhex(self.address.replace(":", ""))[::-1], data)
        for _ in range(times):
            self._air.transmit(Transmitter("near", Spot(5.0, 3.0)), packet)
            # Slower than on the simulator: bluetoothd on an emulated processor takes its time.
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        return self.address


@asynccontextmanager
async def scanner() -> AsyncIterator[BluezScannerRig]:
    async with _plugged() as (air, _, mac), bluez_monitor.held(mac) as hold:
        yield BluezScannerRig(air, hold.name)


# Empty on a machine that must not be spoilt.
_IS_ALLOWED: Final = bool(os.environ.get("REGULARS_BLUEZ_RIG"))
PERIPHERALS: Final[dict[str, Callable[[], AbstractAsyncContextManager[PeripheralRig]]]] = (
    {"bluez": peripheral} if _IS_ALLOWED else {}
)
SCANNERS: Final[dict[str, Callable[[], AbstractAsyncContextManager[ScannerRig]]]] = (
    {"bluez": scanner} if _IS_ALLOWED else {}
)
