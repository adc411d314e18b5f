"""A page: what head office sends of a store's scope, in the feed and in a snapshot.

A header (JSON under zstd) with the cursors and the revocations, the number of records (u32), then one record after
another; header and records are prefixed with their length (u32; all numbers are big-endian). A record's body travels
as it lies in head office's database and goes into the replica as it came; `wire.dictionary` reads it. Revocations are
in the header, so that a torn page can only lose news, never a withdrawal. What a newer head office adds, fields or
kinds of record, is passed over and counted.
"""

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Final

import zstandard
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from wire.sync import RecordKind, Revocation

PAGE_TYPE: Final = "application/vnd.regulars.page"
# Pages one after another, each prefixed with its length (u32, big-endian).
PAGES_TYPE: Final = "application/vnd.regulars.pages"
# A page of 2,000 profiles is 1 MB; 16 MiB ends a flood long before it hurts a 512 MB Pi.
PAGE_LIMIT: Final = 16 * 1024 * 1024
# 5,000 revocations are 0.7 MB of JSON.
HEADER_LIMIT: Final = 4 * 1024 * 1024

_LENGTH: Final = struct.Struct(">I")
# Length of what follows it, kind, flags, rev, length of the key; then the key, then the body.
_RECORD: Final = struct.Struct(">IBBQH")
_KINDS: Final[dict[int, RecordKind]] = {1: "profile", 2: "product", 3: "stock", 4: "command"}
_NUMBERS: Final[dict[RecordKind, int]] = {kind: number for number, kind in _KINDS.items()}
_GONE: Final = 1
_HEX: Final = 2  # the key is 32 hex digits, sent as 16 octets: member_ref
# Odd, so that no two revisions of one row weigh the same: 2**64 divided by the golden ratio.
_REV_WEIGHT: Final = 0x9E3779B97F4A7C15
_MEMBER_REF: Final = re.compile(r"[0-9a-f]{32}\Z")


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


# A page holds thousands of these, and a Struct is made in a tenth of a NamedTuple's time. gc=False: they refer to
# nothing that could refer back, so the collector need not look at them.
class Put(Struct, frozen=True, gc=False):
    """The current state of one thing in this store's scope; applied only when `rev` is newer than what is there."""

    kind: RecordKind
    key: str
    rev: int
    body: bytes  # JSON under a dictionary: `wire.dictionary`


class Gone(Struct, frozen=True, gc=False):
    """A tombstone: it always wins over a put of the same or an older revision."""

    kind: RecordKind
    key: str
    rev: int


Record = Put | Gone


class Trailer(_Message):
    """Ends a snapshot: how many rows it holds and their digest; `after` says where to go on, if anywhere."""

    count: Annotated[int, Field(ge=0)]
    digest: Annotated[int, Field(ge=0, lt=2**64)]
    after: str = ""


class PageHeader(_Message):
    """`cursor` is `<epoch>.<seq>.<key>` and `revoke_cursor` a seq: sent back, they are the acknowledgement."""

    epoch: str
    now: float
    cursor: str
    revoke_cursor: int
    revocations: tuple[Revocation, ...] = ()
    trailer: Trailer | None = None


@dataclass(frozen=True, slots=True)
class Page:
    header: PageHeader
    records: tuple[Record, ...] = ()
    strange: int = 0  # records of a kind that only a newer version knows


def pack_page(page: Page) -> bytes:
    """The octets of one page."""
    header = zstandard.ZstdCompressor(level=3).compress(page.header.model_dump_json().encode())
    chunks = [_LENGTH.pack(len(header)), header, _LENGTH.pack(len(page.records))]
    # One look a record, as in reading: there are thousands.
    pack, numbers, is_ref, rest = _RECORD.pack, _NUMBERS, _MEMBER_REF.match, _RECORD.size - _LENGTH.size
    for record in page.records:
        name, flags, body = record.key, _GONE, b""
        if isinstance(record, Put):
            flags, body = 0, record.body
        if is_ref(name):
            key, flags = bytes.fromhex(name), flags | _HEX
        else:
            key = name.encode()
        chunks += (pack(rest + len(key) + len(body), numbers[record.kind], flags, record.rev, len(key)), key, body)
    return b"".join(chunks)


def unpack_page(octets: bytes) -> Page:
    """Raises ValueError (pydantic's or ours) when the page is torn, too large or not a page."""
    if len(octets) > PAGE_LIMIT:
        raise ValueError(f"the page is larger than {PAGE_LIMIT} octets")
    header = PageHeader.model_validate_json(_header(octets))
    return Page(header, *_records(octets, _end(octets, 0)))


def place(record: Record) -> str:
    """Where a snapshot stands after this record, and where the next one goes on."""
    return f"{record.kind}:{record.key}"


def sum8(key: str, body: bytes) -> int:
    """Eight octets over what a row holds, signed as databases keep them; a body that changes by one bit has another."""
    return int.from_bytes(blake2b(body, digest_size=8, key=key.encode()[:64]).digest(), "big", signed=True)


def digest(rows: Iterable[tuple[int, int]]) -> int:
    """Of a set of rows as (rev, sum8), in whatever order: both sides compare theirs to find out where they differ."""
    pairs = [*rows]
    return (_REV_WEIGHT * sum([rev for rev, _ in pairs]) + sum([octets for _, octets in pairs])) % 2**64


def _header(octets: bytes) -> bytes:
    frame = octets[_LENGTH.size : _end(octets, 0)]
    try:
        # A frame that declares its size is unpacked to that size whatever `max_output_size` says, so ask it first.
        if zstandard.frame_content_size(frame) > HEADER_LIMIT:
            raise ValueError(f"the page's header would unpack to more than {HEADER_LIMIT} octets")
        return zstandard.ZstdDecompressor().decompress(frame, max_output_size=HEADER_LIMIT)
    except zstandard.ZstdError as error:
        raise ValueError(f"the page is not whole: {error}") from None


def _records(octets: bytes, position: int) -> tuple[tuple[Record, ...], int]:
    """All of a kind that is known here, and how many are of others."""
    if position + _LENGTH.size > len(octets):
        raise ValueError("the page ends before its records")
    (count,) = _LENGTH.unpack_from(octets, position)
    position += _LENGTH.size
    found: list[Record] = []
    # One look a record, at everything it says of itself: there are thousands, and each call is a fifth of one.
    unpack, head, total, kinds = _RECORD.unpack_from, _RECORD.size, len(octets), _KINDS
    for _ in range(count):
        key_at = position + head
        if key_at > total:
            raise ValueError("the page ends inside a record")
        length, number, flags, rev, key_length = unpack(octets, position)
        position += _LENGTH.size + length
        body_at = key_at + key_length
        if position > total or key_at > position:
            raise ValueError("the page ends inside a record")
        if body_at > position:
            raise ValueError("the page ends inside a key")
        kind = kinds.get(number)
        if kind is None:
            continue
        key = octets[key_at:body_at]
        name = key.hex() if flags & _HEX else key.decode()
        found.append(Gone(kind, name, rev) if flags & _GONE else Put(kind, name, rev, octets[body_at:position]))
    if position != total:
        raise ValueError("the page goes on behind its records")
    return tuple(found), count - len(found)


def _end(octets: bytes, position: int) -> int:
    """Where the chunk ends that begins with its length at `position`."""
    if position + _LENGTH.size > len(octets):
        raise ValueError("the page ends inside a length")
    end: int = position + _LENGTH.size + _LENGTH.unpack_from(octets, position)[0]
    if end > len(octets):
        raise ValueError("the page ends inside a record")
    return end
