"""RST1, the Rotating Store Token: the arithmetic that the store, head office and phones share.

Two rules about what may live here. Only HMAC-SHA256 and integers: an app developer must be able to port this
file in an afternoon. And no clock and no randomness: the caller says what time it is and brings the nonce.

Byte layouts are those of `docs/app-kit/RST1.md`; every integer is unsigned big-endian unless it says otherwise.
"""

import hmac
import struct
from dataclasses import dataclass
from typing import Final

DAY_S: Final = 86_400
HOUR_S: Final = 3_600
QUARTER_S: Final = 900
BODY_LENGTH: Final = 10
TAG_LENGTH: Final = 8
NONCE_LENGTH: Final = 8
VERSION: Final = 1
MODE_BITS: Final = 0b0011
FLAG_BITS: Final = 0b1111

# One UUID of our own instead of a fee to the Bluetooth SIG; the 16-bit one belongs to a deployment that paid it.
SERVICE_UUID128: Final = bytes.fromhex("6f1d0f2c9a334d1e8c5b7a2e1f3d4c5b")
SERVICE_UUID16: Final = 0xFFF0
IOS_PREFIX: Final = bytes.fromhex("525354310001")

# iOS and Android both send these flags: LE general discoverable, and LE+BR/EDR host and controller.
_FLAGS_AD: Final = bytes((2, 0x01, 0x1A))


def day_key(customer_secret: bytes, store: int, day: int, epoch: int = 0) -> bytes:
    """SK, 16 bytes: good for one store (u32) on one day (unix seconds // 86400) under one consent epoch (u16)."""
    return _mac(customer_secret, b"RST1 day" + struct.pack(">IIH", store, day, epoch))[:16]


def hour_block(key: bytes, hour: int) -> bytes:
    """B_h, 32 bytes: the four tags of one hour (unix seconds // 3600), in order of their quarters."""
    return _mac(key, b"RST1 hour" + struct.pack(">I", hour))


def tag_at(key: bytes, unix_s: int) -> bytes:
    """The 8-byte tag on air at `unix_s`. All phones turn over together, on the quarter of the UTC hour."""
    quarter = unix_s // QUARTER_S % 4
    start = TAG_LENGTH * quarter
    return hour_block(key, unix_s // HOUR_S)[start : start + TAG_LENGTH]


@dataclass(frozen=True, slots=True)
class Body:
    """The ten bytes on air. `tx_power_dbm` is not authenticated: a hint, clamp it before use."""

    tag: bytes
    flags: int
    tx_power_dbm: int

    @property
    def mode_bits(self) -> int:
        """0 as stored, 1 my phone only, 2 screen anonymous, 3 advice welcome (invisible is silence)."""
        return self.flags & MODE_BITS


def body_at(key: bytes, unix_s: int, flags: int = 0, tx_power_dbm: int = -59) -> bytes:
    """The body a phone sends at `unix_s`; flags 0..15, tx power -128..127 dBm."""
    return pack_body(Body(tag_at(key, unix_s), flags, tx_power_dbm))


def pack_body(body: Body) -> bytes:
    """Ten bytes; raises ValueError when flags do not fit their four bits."""
    if not 0 <= body.flags <= FLAG_BITS:
        raise ValueError(f"RST1 flags must be 0..15, got {body.flags}")
    return bytes((VERSION << 4 | body.flags,)) + body.tag + struct.pack("b", body.tx_power_dbm)


def parse_body(octets: bytes) -> Body | None:
    """None for anything that is not a version-1 body: foreign advertisements are normal, not errors."""
    if len(octets) != BODY_LENGTH or octets[0] >> 4 != VERSION:
        return None
    return Body(bytes(octets[1:9]), octets[0] & FLAG_BITS, struct.unpack_from("b", octets, 9)[0])


def service_data_16(body: bytes, uuid16: int = SERVICE_UUID16) -> bytes:
    """The whole advertisement, 17 bytes, body as 16-bit service data."""
    return _FLAGS_AD + bytes((3 + len(body), 0x16)) + struct.pack("<H", uuid16) + body


def service_data_128(body: bytes, uuid128: bytes = SERVICE_UUID128) -> bytes:
    """The whole advertisement, exactly 31 bytes, body as 128-bit service data; needs no SIG fee."""
    return _FLAGS_AD + bytes((17 + len(body), 0x21)) + uuid128[::-1] + body


def ios_foreground(body: bytes, prefix: bytes = IOS_PREFIX) -> bytes:
    """The whole advertisement as iOS sends it in the foreground: one 128-bit service UUID = prefix || body."""
    return _FLAGS_AD + bytes((17, 0x07)) + (prefix + body)[::-1]


@dataclass(frozen=True, slots=True)
class Challenge:
    """CHAL, 17 bytes: what the store asks a connected phone."""

    store: int
    unix_s: int
    nonce: bytes


def pack_challenge(challenge: Challenge) -> bytes:
    """CHAL on air: version 1 | store 4 | unix 4 | nonce 8."""
    return struct.pack(">BII", VERSION, challenge.store, challenge.unix_s) + challenge.nonce


def parse_challenge(octets: bytes) -> Challenge | None:
    """None when it is not a version-1 challenge."""
    if len(octets) != 9 + NONCE_LENGTH or octets[0] != VERSION:
        return None
    _, store, unix_s = struct.unpack_from(">BII", octets)
    return Challenge(store, unix_s, bytes(octets[9:]))


def response_mac(key: bytes, challenge: Challenge, version_flags: int, tag: bytes) -> bytes:
    """Eight bytes; covers the version/flags byte, so nobody can widen the mode on the way."""
    instant = struct.pack(">II", challenge.store, challenge.unix_s)
    return _mac(key, b"RST1 rsp" + challenge.nonce + instant + bytes((version_flags,)) + tag)[:8]


def pack_response(key: bytes, challenge: Challenge, flags: int, tag: bytes) -> bytes:
    """RESP, 17 bytes: version/flags 1 | tag 8 | mac 8."""
    version_flags = VERSION << 4 | flags
    return bytes((version_flags,)) + tag + response_mac(key, challenge, version_flags, tag)


@dataclass(frozen=True, slots=True)
class Response:
    """RESP as heard; nothing in it is believed before `verify_response`."""

    flags: int
    tag: bytes
    mac: bytes


def parse_response(octets: bytes) -> Response | None:
    """None when it is not a version-1 response."""
    if len(octets) != 1 + TAG_LENGTH + 8 or octets[0] >> 4 != VERSION:
        return None
    return Response(octets[0] & FLAG_BITS, bytes(octets[1:9]), bytes(octets[9:]))


def verify_response(key: bytes, challenge: Challenge, response: Response) -> bool:
    """Constant-time."""
    expected = response_mac(key, challenge, VERSION << 4 | response.flags, response.tag)
    return hmac.compare_digest(expected, response.mac)


def ack_mac(key: bytes, nonce: bytes, tag: bytes) -> bytes:
    """ACK, 8 bytes: the store proves itself; a phone that reads anything else stops talking."""
    return _mac(key, b"RST1 ack" + nonce + tag)[:8]


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
