"""bleak's scanner over one of the shop's radios: `BleakScanner(..., backend=BleakScannerSimulated, simulated={...})`.

It behaves as bleak's BlueZ backend with duplicate data on: every packet heard is reported; manufacturer and service
data are those of the latest packet that had any, service UUIDs pile up per address, and a device unheard for 30 s is
forgotten. It imports neither Bumble nor the rest of the shop, so the store's process stays as small as on BlueZ.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final, Literal

from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakError

from simulator import hci
from simulator.advertisement import Fields, parse_fields

# A loopback radio answers in a millisecond; a hung simulator must not hang the store.
_ANSWER_WITHIN_S: Final = 3.0
# How long bluetoothd keeps a device that nobody asked for.
_FORGET_AFTER_S: Final = 30.0
_SWEEP_EVERY_S: Final = 5.0
_LE_EVENT_MASK_REPORTS: Final = (1 << 1).to_bytes(8, "little")
_SCAN_SLOTS: Final = (0x0010).to_bytes(2, "little")


class BleakScannerSimulated(BaseBleakScanner):
    """`simulated` takes `hci` ("127.0.0.1:PORT") and `filter_duplicates` (false, as it must be in a store)."""

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: Literal["active", "passive"],
        *,
        simulated: Mapping[str, Any],
        **_of_other_backends: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        host, _, port = str(simulated["hci"]).rpartition(":")
        self._endpoint = (host, int(port))
        self._is_active = scanning_mode == "active"
        self._filters_duplicates = bool(simulated.get("filter_duplicates", False))
        self._line: _Line | None = None
        self._heard_at: dict[str, float] = {}
        self._swept_at = 0.0

    async def start(self) -> None:
        """Raises BleakBluetoothNotAvailableError when the shop is not there."""
        if self._line is not None:
            message = "scanning is already on"
            raise BleakError(message)
        self.seen_devices = {}
        self._heard_at = {}
        line = _Line(self)
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await asyncio.get_running_loop().create_connection(lambda: line, *self._endpoint)
                await self._enable(line)
        except BleakError:
            line.close()
            raise
        except (OSError, TimeoutError) as error:
            line.close()
            message = "the simulated radio does not answer; is the simulator running?"
            raise BleakBluetoothNotAvailableError(message, BleakBluetoothNotAvailableReason.NO_BLUETOOTH) from error
        self._line = line

    async def stop(self) -> None:
        """Nothing is reported after this returns, even when the shop went away before."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    async def _enable(self, line: "_Line") -> None:
        await line.command(hci.RESET)
        await line.command(hci.LE_SET_EVENT_MASK, _LE_EVENT_MASK_REPORTS)
        kind = bytes((self._is_active,))
        await line.command(hci.LE_SET_SCAN_PARAMETERS, kind + _SCAN_SLOTS + _SCAN_SLOTS + b"\x01\x00")
        await line.command(hci.LE_SET_SCAN_ENABLE, bytes((1, self._filters_duplicates)))

    def on_report(self, report: hci.Report) -> None:
        """One packet from the radio."""
        if report.event_type == hci.SCAN_RSP and not report.data:
            return  # the kernel joins it to its advertisement, which was reported already
        address = report.address[::-1].hex(":").upper()
        self._heard_at[address] = now = time.monotonic()
        if now - self._swept_at > _SWEEP_EVERY_S:
            self._forget_unheard(now)
        fields = parse_fields(report.data)
        known = self.seen_devices.get(address)
        if known is not None:
            _add_known(fields, known[1])
        if not self.is_allowed_uuid(fields.service_uuids):
            return
        heard = AdvertisementData(
            local_name=fields.name,
            manufacturer_data=fields.manufacturer_data,
            service_data=fields.service_data,
            service_uuids=fields.service_uuids,
            tx_power=fields.tx_power_dbm,
            rssi=report.rssi_dbm,
            platform_data=(),
        )
        details = {"props": {"AddressType": "random" if report.is_random else "public"}}
        device = self.create_or_update_device(address, address, fields.name, details, heard)
        self.call_detection_callbacks(device, heard)

    def _forget_unheard(self, now: float) -> None:
        self._swept_at = now
        for address, heard_at in list(self._heard_at.items()):
            if now - heard_at > _FORGET_AFTER_S:
                del self._heard_at[address]
                self.seen_devices.pop(address, None)


class _Line(asyncio.Protocol):
    """The connection to one radio."""

    def __init__(self, scanner: BleakScannerSimulated) -> None:
        self._scanner: BleakScannerSimulated | None = scanner
        self._framer = hci.Framer()
        self._transport: asyncio.Transport | None = None
        self._awaited: dict[int, asyncio.Future[int]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        for answer in self._awaited.values():
            if not answer.done():
                answer.set_exception(exc or ConnectionResetError("the simulated radio hung up"))

    def data_received(self, data: bytes) -> None:
        try:
            for packet in self._framer.feed(data):
                self._take(packet)
        except hci.BrokenStream:
            self.close()

    async def command(self, opcode: int, parameters: bytes = b"") -> None:
        """Send and wait for its completion; raises BleakError when the radio refuses."""
        if self._transport is None:
            message = "the simulated radio hung up"
            raise ConnectionResetError(message)
        answer = self._awaited[opcode] = asyncio.get_running_loop().create_future()
        self._transport.write(hci.pack_command(opcode, parameters))
        status = await answer
        if status:
            message = f"the simulated radio refused command {opcode:#06x} with status {status}"
            raise BleakError(message)

    def close(self) -> None:
        """Hang up; packets still on the way are not reported."""
        self._scanner = None
        if self._transport is not None:
            self._transport.abort()

    def _take(self, packet: bytes) -> None:
        completion = hci.parse_completion(packet)
        if completion is not None:
            answer = self._awaited.pop(completion[0], None)
            if answer is not None and not answer.done():
                answer.set_result(completion[1])
            return
        for report in hci.parse_reports(packet):
            if self._scanner is not None:
                self._scanner.on_report(report)


def _add_known(fields: Fields, known: AdvertisementData) -> None:
    """What bluetoothd still holds of this address."""
    fields.name = fields.name or known.local_name
    fields.manufacturer_data = fields.manufacturer_data or known.manufacturer_data
    fields.service_data = fields.service_data or known.service_data
    if fields.tx_power_dbm is None:
        fields.tx_power_dbm = known.tx_power
    fresh = fields.service_uuids
    fields.service_uuids = [uuid for uuid in known.service_uuids if uuid not in fresh] + fresh
