"""The rivals' half of `radio.py`: runs in .venv-rivals, reads the frames once, then measures a round for every line.

In: one line of JSON, [[address, rssi_dbm, payload in hex, seconds], ...]; then lines with a rival's name. Out: for each
of those the processor time of one round over all frames, in seconds.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

# habluetooth imports PyRIC for rfkill, which a remote scanner never touches; it exists as source only.
for name in ("", ".utils", ".utils.rfkill", ".net", ".net.wireless", ".net.wireless.rfkill_h"):
    sys.modules[f"pyric{name}"] = ModuleType(name)

import habluetooth  # type: ignore[import-not-found]  # noqa: E402
from bleak_retry_connector import BleakSlotManager  # type: ignore[import-not-found]  # noqa: E402
from bleparser import BleParser  # type: ignore[import-not-found]  # noqa: E402
from bluetooth_adapters import BluetoothAdapters  # type: ignore[import-not-found]  # noqa: E402

Frame = tuple[str, int, bytes, float]


def bleparser(frames: list[Frame]) -> Callable[[], None]:
    """It takes HCI packets, so each payload is put into one before the clock runs."""
    packets = [_hci(address, rssi_dbm, payload) for address, rssi_dbm, payload, _ in frames]
    parse = BleParser().parse_raw_data

    def go() -> None:
        for packet in packets:
            parse(packet)

    return go


def habluetooth_remote(frames: list[Frame]) -> Callable[[], None]:
    """A scanner of its own for every round, as at start; what ESPHome's raw advertisements go through in it."""
    scanner = habluetooth.BaseHaRemoteScanner("node", "node", None, False)
    hear = scanner._async_on_raw_advertisement  # noqa: SLF001 - what its own ESPHome client calls

    def go() -> None:
        for address, rssi_dbm, payload, at in frames:
            hear(address, rssi_dbm, payload, {}, at)

    return go


def _hci(address: str, rssi_dbm: int, payload: bytes) -> bytes:
    report = bytes((0x02, 0x01, 0x00, 0x01)) + bytes.fromhex(address.replace(":", ""))[::-1]
    report += bytes((len(payload),)) + payload + bytes((rssi_dbm & 0xFF,))
    return bytes((0x04, 0x3E, len(report))) + report


class _NoAdapters(BluetoothAdapters):
    adapters: dict[str, Any] = {}  # noqa: RUF012 - as the rival declares it
    default_adapter = "none"
    history: dict[str, Any] = {}  # noqa: RUF012

    async def refresh(self) -> None:
        pass


class _Manager(habluetooth.BluetoothManager):
    def _discover_service_info(self, service_info: Any) -> None:  # noqa: ANN401
        """Nobody listens: the least that the path can cost."""


RIVALS = {"bleparser": bleparser, "habluetooth": habluetooth_remote}


async def main() -> None:
    manager = _Manager(_NoAdapters(), BleakSlotManager())
    habluetooth.set_manager(manager)
    await manager.async_setup()
    told = json.loads(sys.stdin.readline())
    frames = [(address, rssi_dbm, bytes.fromhex(payload), at) for address, rssi_dbm, payload, at in told]
    for line in sys.stdin:
        go = RIVALS[line.strip()](frames)
        started = time.thread_time()
        go()
        print(time.thread_time() - started, flush=True)


asyncio.run(main())
