"""The fields of an advertisement as bleak names them. Broken fields end the reading, they never raise."""

import struct
from dataclasses import dataclass, field
from typing import Final

_SHORT_NAME: Final = 0x08
_NAME: Final = 0x09
_TX_POWER: Final = 0x0A
_UUIDS_16: Final = (0x02, 0x03)
_UUIDS_128: Final = (0x06, 0x07)
_SERVICE_DATA_16: Final = 0x16
_SERVICE_DATA_128: Final = 0x21
_MANUFACTURER: Final = 0xFF


@dataclass(slots=True)
class Fields:
    """What one packet said."""

    name: str | None = None
    tx_power_dbm: int | None = None
    manufacturer_data: dict[int, bytes] = field(default_factory=dict)
    service_data: dict[str, bytes] = field(default_factory=dict)
    service_uuids: list[str] = field(default_factory=list)


def parse_fields(octets: bytes) -> Fields:
    """AD structures up to the first zero length or the first one that overruns the packet."""
    fields = Fields()
    start = 0
    while start + 1 < len(octets):
        length = octets[start]
        end = start + 1 + length
        if length == 0 or end > len(octets):
            break
        _take(fields, octets[start + 1], octets[start + 2 : end])
        start = end
    return fields


def uuid16_text(number: int) -> str:
    """The long form that bleak uses for a 16-bit UUID."""
    return f"0000{number:04x}-0000-1000-8000-00805f9b34fb"


def _take(fields: Fields, kind: int, octets: bytes) -> None:
    size = len(octets)
    if kind == _SERVICE_DATA_128 and size >= 16:  # noqa: PLR2004 - a whole UUID
        fields.service_data[_uuid128_text(octets[:16])] = octets[16:]
    elif kind == _SERVICE_DATA_16 and size >= 2:  # noqa: PLR2004 - a whole UUID
        fields.service_data[uuid16_text(octets[0] | octets[1] << 8)] = octets[2:]
    elif kind in _UUIDS_128:
        fields.service_uuids += [_uuid128_text(octets[at : at + 16]) for at in range(0, size - 15, 16)]
    elif kind in _UUIDS_16:
        fields.service_uuids += [uuid16_text(octets[at] | octets[at + 1] << 8) for at in range(0, size - 1, 2)]
    elif kind == _MANUFACTURER and size >= 2:  # noqa: PLR2004 - a whole company id
        fields.manufacturer_data[octets[0] | octets[1] << 8] = octets[2:]
    elif kind in {_SHORT_NAME, _NAME}:
        fields.name = octets.decode("utf-8", "replace")
    elif kind == _TX_POWER and size:
        (fields.tx_power_dbm,) = struct.unpack_from("b", octets)


def _uuid128_text(little_endian: bytes) -> str:
    text = little_endian[::-1].hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
