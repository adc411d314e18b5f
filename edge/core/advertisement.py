"""What an advertisement says about a member: the RST1 body on any of its three carriers, or nothing.

Two rules about what may live here. Nothing is remembered and nothing raises: foreign and broken advertisements are the
normal case, some hundred a second. And nobody is identified: a body is ten octets that anyone could have sent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from wire import rst1

# BlueZ piles up the service UUIDs of an address for as long as it knows it, newest last. An iOS phone in the
# foreground changes its UUID four times an hour; what lies further back than this is not of this hour.
_NEWEST_UUIDS: Final = 8
# From closed to open. 0 (as stored) says least, so any wish on air outranks it.
_CLOSED_FIRST: Final = {1: 0, 2: 1, 3: 2, 0: 3}

_SERVICE_DATA_16: Final = 0x16
_SERVICE_DATA_128: Final = 0x21
_UUIDS_128: Final = frozenset({0x06, 0x07})
_UUID_OCTETS: Final = 16


def _dashed(octets: bytes) -> str:
    text = octets.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_UUID16: Final = f"0000{rst1.SERVICE_UUID16:04x}-0000-1000-8000-00805f9b34fb"
_UUID128: Final = _dashed(rst1.SERVICE_UUID128)
_PREFIX: Final = _dashed(rst1.IOS_PREFIX + bytes(10))[:14]
_UUID16_ON_AIR: Final = rst1.SERVICE_UUID16.to_bytes(2, "little")
_UUID128_ON_AIR: Final = rst1.SERVICE_UUID128[::-1]
_PREFIX_ON_AIR: Final = rst1.IOS_PREFIX[::-1]
_KINDS: Final = frozenset({_SERVICE_DATA_16, _SERVICE_DATA_128}) | _UUIDS_128
_any_mark: Final = re.compile(b"|".join(map(re.escape, (_UUID16_ON_AIR, _UUID128_ON_AIR, _PREFIX_ON_AIR)))).search


def token_body(service_data: Mapping[str, bytes], service_uuids: Sequence[str]) -> rst1.Body | None:
    """The likeliest body in what bleak reports; None for a stranger. Never raises."""
    return next(token_bodies(service_data, service_uuids), None)


def token_bodies(service_data: Mapping[str, bytes], service_uuids: Sequence[str]) -> Iterator[rst1.Body]:
    """Every body in what bleak reports, likeliest first: what BlueZ still holds of an address may be of the past.

    Keys and UUIDs are 128-bit UUIDs in text, as bleak gives them.
    """
    if service_data:
        for uuid in (_UUID128, _UUID16):
            body = rst1.parse_body(service_data.get(uuid, b""))
            if body is not None:
                yield body
    if service_uuids:
        yield from _foreground_bodies(service_uuids)


def token_in_payload(payload: bytes) -> rst1.Body | None:
    """The body in a whole advertisement as it was on air, up to its first broken field; None for a stranger."""
    # Nineteen frames of twenty are strangers': one search costs a third of reading their fields.
    if _any_mark(payload) is None:
        return None
    start, size = 0, len(payload)
    while start + 1 < size:
        end = start + 1 + payload[start]
        if end == start + 1 or end > size:
            return None
        if payload[start + 1] in _KINDS:
            body = _in_field(payload[start + 1], payload[start + 2 : end])
            if body is not None:
                return body
        start = end
    return None


def _foreground_bodies(service_uuids: Sequence[str]) -> Iterator[rst1.Body]:
    """Newest tag first, and each with the most closed mode that was wished with it.

    BlueZ does not move a UUID that it knows to the end, so a mode that was taken back cannot be told from the one
    that stands: erring towards closed shows less for at most a quarter of an hour.
    """
    bodies: dict[bytes, rst1.Body] = {}
    for uuid in list(service_uuids)[: -_NEWEST_UUIDS - 1 : -1]:
        body = _foreground_body(uuid)
        if body is None:
            continue
        known = bodies.setdefault(body.tag, body)
        if _CLOSED_FIRST[body.mode_bits] < _CLOSED_FIRST[known.mode_bits]:
            bodies[body.tag] = body
    yield from bodies.values()


def _foreground_body(uuid: str) -> rst1.Body | None:
    if not uuid.startswith(_PREFIX):
        return None
    try:
        octets = bytes.fromhex(uuid.replace("-", ""))
    except ValueError:
        return None
    return rst1.parse_body(octets[len(rst1.IOS_PREFIX) :])


def _in_field(kind: int, octets: bytes) -> rst1.Body | None:
    if kind == _SERVICE_DATA_128 and octets.startswith(_UUID128_ON_AIR):
        return rst1.parse_body(octets[_UUID_OCTETS:])
    if kind == _SERVICE_DATA_16 and octets.startswith(_UUID16_ON_AIR):
        return rst1.parse_body(octets[2:])
    if kind in _UUIDS_128:
        for start in range(0, len(octets) - _UUID_OCTETS + 1, _UUID_OCTETS):
            uuid = octets[start : start + _UUID_OCTETS]
            if uuid.endswith(_PREFIX_ON_AIR):
                return rst1.parse_body(uuid[:10][::-1])
    return None
