"""Tags of a million members in 90 MB: records side by side and an open-addressing index, instead of objects in a dict.

A dict of as many costs 600 MB. Nothing here but the standard library: the store's machine has no numpy and needs none,
for filling the index costs about what hashing by hand saves (`hours`).

A record is some eight-octet units: the member's one to three tags, then two units of member_ref, two of day key. So a
tag that is found has its holder on the same cache line; what a lookup costs is two misses, the slot and the record.
"""

import re
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from edge.core.hours import KEY_LENGTH, hour_blocks
from edge.core.table import Holder, TokenTable
from wire import rst1

Row = tuple[str, int, bytes]
# (hour, first and last octet of what is wanted of its block)
Piece = tuple[int, int, int]

_HEX: Final = re.compile(r"[0-9a-f]*")
_REF_LENGTH: Final = 16
_HOLDER_UNITS: Final = (_REF_LENGTH + KEY_LENGTH) // rst1.TAG_LENGTH
_QUARTERS: Final = rst1.HOUR_S // rst1.QUARTER_S
# Members hashed at a stride: their Python objects fit a core's cache, and are gone before the next.
_STRIDE: Final = 2_048
_as_number: Final[Callable[[bytes], tuple[int]]] = struct.Struct("=Q").unpack


def packed(quarter: int, rows: Iterable[Row], pieces: Mapping[int, Sequence[Piece]]) -> TokenTable:
    """`rows` are (member_ref, day, SK); those of other days and of no known form are passed over."""
    days = {day: _Day(quarter, hours) for day, hours in pieces.items()}
    pending = iter(rows)
    while stride := list(islice(pending, _STRIDE)):
        for day, records in days.items():
            records.add(*_taken(stride, day))
    for records in days.values():
        records.index()
    return _TwoDays(quarter, *days.values()) if len(days) > 1 else next(iter(days.values()))


class _Day(TokenTable):
    """Records made with the keys of one day; `_slots` say at which unit a tag stands, 0 being an empty slot."""

    __slots__ = ("_count", "_mask", "_numbers", "_pieces", "_records", "_slots", "_tags")

    def __init__(self, quarter: int, pieces: Sequence[Piece]) -> None:
        super().__init__(quarter)
        self._pieces = pieces
        self._tags = sum(end - start for _, start, end in pieces) // rst1.TAG_LENGTH
        self._records = bytearray(rst1.TAG_LENGTH)  # one unit ahead, so that no tag stands at 0
        self._numbers = memoryview(bytes(rst1.TAG_LENGTH)).cast("Q")
        self._slots = array("I", [0])
        self._mask = 0
        self._count = 0

    def add(self, refs: bytes, keys: list[bytes]) -> None:
        """Column by column: each lands in its place of every record without an object for any."""
        record = self._tags + _HOLDER_UNITS
        units = memoryview(bytearray(rst1.TAG_LENGTH * record * len(keys))).cast("Q")
        columns = [*self._tag_columns(keys), *_halves(refs), *_halves(b"".join(keys))]
        for unit, column in enumerate(columns):
            units[unit::record] = column
        self._records += units
        self._count += self._tags * len(keys)

    def _tag_columns(self, keys: list[bytes]) -> Iterator[memoryview]:
        for hour, start, end in self._pieces:
            blocks = memoryview(b"".join(hour_blocks(keys, hour))).cast("Q")
            for quarter in range(start // rst1.TAG_LENGTH, end // rst1.TAG_LENGTH):
                yield blocks[quarter::_QUARTERS]

    def index(self) -> None:
        """Fill the slots, at most half of them: 1.3 looks for a tag that is there, 1.7 for one that is not."""
        self._numbers = numbers = memoryview(self._records).cast("Q")
        size = 1 << (2 * self._count).bit_length()
        slots, mask = array("I", [0]) * size, size - 1
        record = self._tags + _HOLDER_UNITS
        for first in range(1, 1 + self._tags):
            # Tags are MACs: nobody without the keys can crowd them into neighbouring slots.
            for unit, tag in zip(range(first, len(numbers), record), numbers[first::record], strict=True):
                slot = tag & mask
                while slots[slot]:
                    slot = slot + 1 & mask
                slots[slot] = unit
        self._slots, self._mask = slots, mask

    def resolve(self, tag: bytes) -> str | None:
        at = self._holder_at(tag)
        return self._records[at : at + _REF_LENGTH].hex() if at else None

    def holder(self, tag: bytes) -> Holder | None:
        at = self._holder_at(tag)
        if not at:
            return None
        key = at + _REF_LENGTH
        return Holder(self._records[at:key].hex(), bytes(self._records[key : key + KEY_LENGTH]))

    def __len__(self) -> int:
        return self._count

    def _holder_at(self, tag: bytes) -> int:
        """The octet at which the holder of this tag stands; 0 for nobody."""
        try:
            (wanted,) = _as_number(tag)
        except struct.error:  # not as long as a tag
            return 0
        slots, numbers, mask = self._slots, self._numbers, self._mask
        slot = wanted & mask
        while unit := slots[slot]:
            if numbers[unit] == wanted:
                tags = self._tags
                return rst1.TAG_LENGTH * (unit + tags - (unit - 1) % (tags + _HOLDER_UNITS))
            slot = slot + 1 & mask
        return 0


class _TwoDays(TokenTable):
    """Around midnight: yesterday's keys serve a quarter of an hour longer, tomorrow's as much sooner."""

    __slots__ = ("_one", "_other")

    def __init__(self, quarter: int, one: _Day, other: _Day) -> None:
        super().__init__(quarter)
        self._one, self._other = one, other

    def resolve(self, tag: bytes) -> str | None:
        return self._one.resolve(tag) or self._other.resolve(tag)

    def holder(self, tag: bytes) -> Holder | None:
        return self._one.holder(tag) or self._other.holder(tag)

    def __len__(self) -> int:
        return len(self._one) + len(self._other)


def _taken(rows: list[Row], wanted: int) -> tuple[bytes, list[bytes]]:
    """Refs, packed, and keys of those of the day; one out of form would shift all behind it to each other's places."""
    rows = [row for row in rows if row[1] == wanted and len(row[0]) == 2 * _REF_LENGTH and len(row[2]) == KEY_LENGTH]
    refs = "".join([row[0] for row in rows])
    if not _HEX.fullmatch(refs):
        rows = [row for row in rows if _HEX.fullmatch(row[0])]
        refs = "".join([row[0] for row in rows])
    return bytes.fromhex(refs), [row[2] for row in rows]


def _halves(octets: bytes) -> tuple[memoryview, memoryview]:
    """First and second unit of values of two units each."""
    units = memoryview(octets).cast("Q")
    return units[::2], units[1::2]
