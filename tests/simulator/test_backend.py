"""How the simulated scanner treats bleak's callers, beyond the contract that every radio keeps."""

import asyncio

import pytest
from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback
from bleak.exc import BleakBluetoothNotAvailableError

from simulator import backend, hci
from simulator.air import Transmitter
from simulator.backend import BleakScannerSimulated
from simulator.packet import Packet
from simulator.peripheral import SimulatedPeripheral
from simulator.phone import Habits, Membership
from simulator.propagation import Spot
from tests.simulator.stage import SECRET, open_shop, until
from wire import rst1


def scanner_without_radio(heard: list[AdvertisementData]) -> BleakScannerSimulated:
    def remember(_device: BLEDevice, advertisement: AdvertisementData) -> None:
        heard.append(advertisement)

    return BleakScannerSimulated(remember, None, "passive", simulated={"hci": "127.0.0.1:1"})


def report(data: bytes, *, address: int = 1) -> hci.Report:
    return hci.Report(
        hci.ADV_NONCONN_IND, is_random=True, address=address.to_bytes(6, "little"), data=data, rssi_dbm=-60
    )


def remember_in(levels: list[int]) -> AdvertisementDataCallback:
    return lambda _device, heard: levels.append(heard.rssi)


def test_a_radio_that_is_not_there_is_a_bluetooth_that_is_not_available() -> None:
    with pytest.raises(BleakBluetoothNotAvailableError, match="simulator"):
        asyncio.run(scanner_without_radio([]).start())


def test_a_radio_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        lines: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda _reader, writer: lines.append(writer), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        mute = BleakScanner(backend=BleakScannerSimulated, simulated={"hci": f"127.0.0.1:{port}"})
        with pytest.raises(BleakBluetoothNotAvailableError):
            await mute.start()
        for line in lines:
            line.close()
        server.close()

    monkeypatch.setattr(backend, "_ANSWER_WITHIN_S", 0.1)
    asyncio.run(story())


def test_service_data_is_that_of_the_latest_packet_and_uuids_pile_up_newest_last() -> None:
    heard: list[AdvertisementData] = []
    scanner = scanner_without_radio(heard)
    first, second = (rst1.pack_body(rst1.Body(bytes([n]) * 8, 0, 0)) for n in (1, 2))
    for body in (first, second):
        scanner.on_report(report(rst1.service_data_16(body)))
        scanner.on_report(report(rst1.ios_foreground(body)))
    assert list(heard[-1].service_data.values()) == [second]
    assert [uuid[:14] for uuid in heard[-1].service_uuids] == ["52535431-0001-", "52535431-0001-"]
    assert bytes.fromhex(heard[-1].service_uuids[-1].replace("-", ""))[6:] == second


def test_a_device_unheard_for_half_a_minute_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = scanner_without_radio([])
    scanner.on_report(report(b"", address=1))
    monkeypatch.setattr(backend, "_FORGET_AFTER_S", -1.0)
    monkeypatch.setattr(backend, "_SWEEP_EVERY_S", -1.0)
    scanner.on_report(report(b"", address=2))
    assert [device.address for device, _ in scanner.seen_devices.values()] == ["00:00:00:00:00:02"]


def test_the_trap_of_the_duplicate_filter_can_be_set_on_purpose() -> None:
    async def story() -> None:
        heard: list[str] = []
        async with open_shop() as (venue, radios):
            trapped = BleakScanner(
                lambda device, _: heard.append(device.address),
                backend=BleakScannerSimulated,
                simulated={"hci": radios.scanners["s1"], "filter_duplicates": True},
            )
            async with trapped:
                for _ in range(20):
                    venue.air.transmit(Transmitter("near", Spot(2.0, 2.0)), Packet(bytes(6), b"\x02\x01\x06"))
                await asyncio.sleep(0.1)
        assert len(heard) == 1

    asyncio.run(story())


def test_stopping_after_the_shop_closed_is_no_error() -> None:
    async def story() -> None:
        async with open_shop() as (_, radios):
            scanner = BleakScanner(backend=BleakScannerSimulated, simulated={"hci": radios.scanners["s1"]})
            await scanner.start()
        await scanner.stop()

    asyncio.run(story())


def test_check_in_learns_that_its_phones_are_gone_when_the_shop_closes() -> None:
    async def story() -> None:
        gone: list[str] = []
        async with open_shop() as (venue, radios):
            peripheral = SimulatedPeripheral(radios.peripheral)
            asked: list[str] = []

            def ask(connection: str) -> bytes:
                asked.append(connection)
                return bytes(17)

            await peripheral.start(ask, lambda *_: None, lambda _: b"", gone.append)
            phone = venue.add_phone(Membership("m1", SECRET))
            venue.equip(phone)
            phone.move((5.0, 5.0))
            await until(lambda: bool(asked))
        await until(lambda: gone == asked)
        await peripheral.stop()

    asyncio.run(story())


def test_check_in_without_a_radio_says_so() -> None:
    async def story() -> None:
        with pytest.raises(ConnectionError, match="simulator"):
            await SimulatedPeripheral("127.0.0.1:1").start(
                lambda _: b"", lambda *_: None, lambda _: b"", lambda _: None
            )

    asyncio.run(story())


def test_the_nearer_scanner_hears_a_phone_more_strongly() -> None:
    async def story() -> None:
        levels: dict[str, list[int]] = {"s1": [], "s2": []}
        async with open_shop() as (venue, radios):
            scanners = [
                BleakScanner(
                    remember_in(levels[name]),
                    backend=BleakScannerSimulated,
                    simulated={"hci": radios.scanners[name]},
                )
                for name in levels
            ]
            for scanner in scanners:
                await scanner.start()
            venue.add_phone(Membership("m1", SECRET), Habits(interval_s=0.02)).move((2.0, 2.0))
            await until(lambda: all(levels.values()))
            for scanner in scanners:
                await scanner.stop()
        assert levels["s1"][0] - levels["s2"][0] > 10

    asyncio.run(story())


def test_a_new_host_replaces_one_whose_end_was_not_noticed() -> None:
    async def story() -> None:
        heard: list[str] = []
        async with open_shop() as (venue, radios):
            simulated = {"hci": radios.scanners["s1"]}
            old = BleakScanner(backend=BleakScannerSimulated, simulated=simulated)
            await old.start()
            new = BleakScanner(
                lambda device, _: heard.append(device.address), backend=BleakScannerSimulated, simulated=simulated
            )
            async with new:
                venue.air.transmit(Transmitter("near", Spot(2.0, 2.0)), Packet(bytes(6), b"\x02\x01\x06"))
                await until(lambda: bool(heard))
            await old.stop()

    asyncio.run(story())


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x01\x0b\x20\x00", b"\x01\xff\xff\x01\x00", b"\x02\x01\x00\x00\x00", b"\x04\x0e\x00"],
)
def test_garbage_on_a_radio_port_does_not_harm_the_next_host(garbage: bytes) -> None:
    async def story() -> None:
        async with open_shop() as (_, radios):
            host, port = radios.scanners["s1"].split(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(garbage)
            await writer.drain()
            async with BleakScanner(backend=BleakScannerSimulated, simulated={"hci": radios.scanners["s1"]}):
                pass
            writer.close()

    asyncio.run(story())
