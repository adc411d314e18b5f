"""Where on air the RST1 challenge lives: one GATT service with three characteristics, none longer than 20 bytes.

All four UUIDs belong to the family of `rst1.SERVICE_UUID128`, whose first four bytes are counted up. The service has
its own number, so that a phone scanning for a store never wakes for another phone's token.
"""

from typing import Final
from uuid import UUID

from wire.rst1 import SERVICE_UUID128


def _relative(offset: int) -> UUID:
    return UUID(int=UUID(bytes=SERVICE_UUID128).int + (offset << 96))


SERVICE: Final = _relative(1)
CHALLENGE: Final = _relative(2)  # CHAL, read
RESPONSE: Final = _relative(3)  # RESP, write with response
ACKNOWLEDGEMENT: Final = _relative(4)  # ACK, read
BEACON: Final = _relative(5)  # the iBeacon that wakes an app: one UUID for all stores, major = store number % 65536
