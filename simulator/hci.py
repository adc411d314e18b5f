"""The few HCI packets that a scanner speaks, as bytes (Bluetooth Core 5.4, volume 4, parts A and E).

Bumble builds an object per packet and formats it for its log; at 600 reports a second that is most of a core. Here a
report costs some microseconds on both sides. Addresses are in HCI order, least significant byte first.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

COMMAND: Final = 0x01
ACL_DATA: Final = 0x02
SYNCHRONOUS_DATA: Final = 0x03
EVENT: Final = 0x04
ISO_DATA: Final = 0x05

RESET: Final = 0x0C03
LE_SET_EVENT_MASK: Final = 0x2001
LE_SET_SCAN_PARAMETERS: Final = 0x200B
LE_SET_SCAN_ENABLE: Final = 0x200C

COMMAND_COMPLETE: Final = 0x0E
COMMAND_STATUS: Final = 0x0F
LE_META: Final = 0x3E
LE_ADVERTISING_REPORT: Final = 0x02

ADV_IND: Final = 0x00
ADV_SCAN_IND: Final = 0x02
ADV_NONCONN_IND: Final = 0x03
SCAN_RSP: Final = 0x04

# After the packet type: how many bytes the header has, and how its length field is packed and where.
_HEADERS: Final = {
    COMMAND: (3, "<B", 2),
    ACL_DATA: (4, "<H", 2),
    SYNCHRONOUS_DATA: (3, "<B", 2),
    EVENT: (2, "<B", 1),
    ISO_DATA: (4, "<H", 2),
}
# An event's parameters end at 255; a report spends 12 of them on its own fields.
LONGEST_REPORTED_DATA: Final = 243


class BrokenStream(ValueError):
    """The bytes are not HCI packets; nothing after this point can be understood."""


class Framer:
    """Cuts a byte stream into HCI packets."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """Whole packets, type byte first; raises BrokenStream. The rest waits for the next bytes."""
        self._buffer += octets
        start = 0
        whole = bytes(self._buffer)
        while len(whole) > start:
            header = _HEADERS.get(whole[start])
            if header is None:
                message = f"no HCI packet begins with {whole[start]:#04x}"
                raise BrokenStream(message)
            size, packing, offset = header
            if len(whole) < start + 1 + size:
                break
            (length,) = struct.unpack_from(packing, whole, start + 1 + offset)
            end = start + 1 + size + length
            if len(whole) < end:
                break
            yield whole[start:end]
            start = end
        del self._buffer[:start]


def pack_command(opcode: int, parameters: bytes = b"") -> bytes:
    """One HCI command packet."""
    return struct.pack("<BHB", COMMAND, opcode, len(parameters)) + parameters


@dataclass(frozen=True, slots=True)
class Report:
    """One advertisement as one scanner heard it."""

    event_type: int
    is_random: bool
    address: bytes
    data: bytes
    rssi_dbm: int


def pack_report(report: Report) -> bytes:
    """One LE Advertising Report event with one report in it."""
    data = report.data[:LONGEST_REPORTED_DATA]
    return b"".join(
        (
            bytes((EVENT, LE_META, 12 + len(data), LE_ADVERTISING_REPORT, 1, report.event_type, report.is_random)),
            report.address,
            bytes((len(data),)),
            data,
            struct.pack("b", report.rssi_dbm),
        )
    )


def parse_reports(packet: bytes) -> list[Report]:
    """Empty for every packet that is not an LE Advertising Report event, and for a truncated one."""
    if len(packet) < 5 or packet[0] != EVENT or packet[1] != LE_META or packet[3] != LE_ADVERTISING_REPORT:  # noqa: PLR2004 - type, code, length, subevent, count
        return []
    reports: list[Report] = []
    start = 5
    for _ in range(packet[4]):
        if len(packet) < start + 9:
            return reports
        length = packet[start + 8]
        end = start + 9 + length
        if len(packet) <= end:
            return reports
        level = packet[end]
        reports.append(
            Report(
                packet[start],
                bool(packet[start + 1]),
                packet[start + 2 : start + 8],
                packet[start + 9 : end],
                level - 256 if level > 127 else level,  # noqa: PLR2004 - signed byte
            )
        )
        start = end + 1
    return reports


def parse_completion(packet: bytes) -> tuple[int, int] | None:
    """(opcode, status) of a Command Complete or Command Status event, else None."""
    if len(packet) >= 7 and packet[0] == EVENT and packet[1] == COMMAND_COMPLETE:  # noqa: PLR2004 - status is byte 6
        (opcode,) = struct.unpack_from("<H", packet, 4)
        return opcode, packet[6]
    if len(packet) >= 7 and packet[0] == EVENT and packet[1] == COMMAND_STATUS:  # noqa: PLR2004 - opcode ends at 6
        (opcode,) = struct.unpack_from("<H", packet, 5)
        return opcode, packet[3]
    return None
