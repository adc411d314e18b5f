"""An advertisement on its way through the air."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Packet:
    """An advertisement on air. `address` is in HCI order; `scan_response` None means not scannable."""

    address: bytes
    data: bytes
    is_random: bool = True
    is_connectable: bool = False
    scan_response: bytes | None = None
