"""What the store relies on in a bleak scanner, whichever radio is behind it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from tests.contract import vhci
from tests.contract.scanners import RIGS as SIMULATED
from tests.contract.scanners import ScannerRig
from wire import rst1

OpenRig = Callable[[], AbstractAsyncContextManager[ScannerRig]]
BODY = rst1.pack_body(rst1.Body(bytes(range(8)), 3, -59))
OUR_SERVICE = "6f1d0f2c-9a33-4d1e-8c5b-7a2e1f3d4c5b"


class Heard:
    """A detection callback that remembers."""

    def __init__(self) -> None:
        self.all: list[tuple[BLEDevice, AdvertisementData]] = []

    def __call__(self, device: BLEDevice, advertisement: AdvertisementData) -> None:
        self.all.append((device, advertisement))

    def of(self, address: str) -> list[AdvertisementData]:
        return [advertisement for device, advertisement in self.all if device.address == address]


RIGS = {**SIMULATED, **vhci.SCANNERS}


@pytest.fixture(params=RIGS)
def open_rig(request: pytest.FixtureRequest) -> OpenRig:
    return RIGS[request.param]


def with_rig(open_rig: OpenRig, story: Callable[[ScannerRig, Heard], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with open_rig() as rig:
            await story(rig, Heard())

    asyncio.run(tell())


def test_an_advertisement_is_heard_with_address_and_strength(open_rig: OpenRig) -> None:
    async def story(rig: ScannerRig, heard: Heard) -> None:
        async with rig.scanner(heard):
            address = await rig.advertise(rst1.service_data_128(BODY), 10)
        assert heard.of(address)
        assert all(-100 < advertisement.rssi < 0 for advertisement in heard.of(address))

    with_rig(open_rig, story)


def test_service_data_arrives_intact(open_rig: OpenRig) -> None:
    async def story(rig: ScannerRig, heard: Heard) -> None:
        async with rig.scanner(heard):
            address = await rig.advertise(rst1.service_data_128(BODY), 10)
        assert heard.of(address)[-1].service_data == {OUR_SERVICE: BODY}

    with_rig(open_rig, story)


def test_a_service_uuid_arrives_intact(open_rig: OpenRig) -> None:
    async def story(rig: ScannerRig, heard: Heard) -> None:
        async with rig.scanner(heard):
            address = await rig.advertise(rst1.ios_foreground(BODY), 10)
        (uuid,) = heard.of(address)[-1].service_uuids
        assert bytes.fromhex(uuid.replace("-", "")) == rst1.IOS_PREFIX + BODY

    with_rig(open_rig, story)


def test_the_same_packet_is_reported_again_and_again(open_rig: OpenRig) -> None:
    async def story(rig: ScannerRig, heard: Heard) -> None:
        async with rig.scanner(heard):
            address = await rig.advertise(rst1.service_data_16(BODY), 50)
        assert len(heard.of(address)) >= 40

    with_rig(open_rig, story)


def test_nothing_is_reported_after_stop(open_rig: OpenRig) -> None:
    async def story(rig: ScannerRig, heard: Heard) -> None:
        scanner = rig.scanner(heard)
        await scanner.start()
        await scanner.stop()
        heard.all.clear()
        await rig.advertise(rst1.service_data_128(BODY), 20)
        assert heard.all == []

    with_rig(open_rig, story)


def test_it_scans_again_after_stop(open_rig: OpenRig) -> None:
    async def story(rig: ScannerRig, heard: Heard) -> None:
        scanner = rig.scanner(heard)
        for _ in range(2):
            await scanner.start()
            await scanner.stop()
        async with scanner:
            address = await rig.advertise(rst1.service_data_128(BODY), 10)
        assert heard.of(address)

    with_rig(open_rig, story)


@pytest.mark.parametrize(
    "broken", [b"", b"\x00", b"\xff\xff", bytes((30, 0xFF, 1)), bytes(31), b"\x01\x09\x02\x16\x01"]
)
def test_a_broken_advertisement_does_not_stop_the_next(open_rig: OpenRig, broken: bytes) -> None:
    async def story(rig: ScannerRig, heard: Heard) -> None:
        async with rig.scanner(heard):
            await rig.advertise(broken, 2)
            address = await rig.advertise(rst1.service_data_128(BODY), 5)
        assert heard.of(address)[-1].service_data == {OUR_SERVICE: BODY}

    with_rig(open_rig, story)
