"""One advertisement of a member, heard by one scanner. It stays on the radio thread: no address goes further."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sighting:
    """A member's advertisement, heard by one scanner once. `address` stays on the radio thread."""

    member_ref: str
    scanner: str
    rssi_dbm: int
    mode_bits: int
    tag: bytes
    address: str
    at: float
