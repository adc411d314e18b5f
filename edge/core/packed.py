"""Tags of a million members in 90 MB: records side by side and an open-addressing index, instead of objects in a dict.

A dict of as many costs 600 MB. Nothing here but the standard library: the store's machine has no numpy and needs none,
for filling the index costs about what hashing by hand saves (`hours`).

A record is some eight-octet units: the member's one to three tags, then two units of member_ref, two of day key. So a
tag that is found has its holder on the same cache line; what a lookup costs is two misses, the slot and the record.
"""

import re
import struct
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from edge.core.hours import KEY_LENGTH, hour_blocks
from edge.core.table import Holder, TokenTable
from wire import rst1

Row = tuple[str, int, bytes]
# (hour, first and last octet of what is wanted of its block)
Piece = tuple[int, int, int]

_REFS: Final = re.compile(r"[0-9a-f]*")
_REF_LENGTH: Final = 16
_HOLDER_UNITS: Final = (_REF_LENGTH + KEY_LENGTH) // rst1.TAG_LENGTH
# Members hashed at a stride: their Python objects fit a core's cache, and are gone before the next.
_STRIDE: Final = 2_048
_as_number: Final[Callable[[bytes], tuple[int]]] = struct.Struct("=Q").unpack


def packed(quarter: int, rows: Iterable[Row], pieces: Mapping[int, Sequence[Piece]]) -> TokenTable:
    """`rows` are (member_ref, day, SK); those of other days and of no known form are passed over."""
    days = {day: _Day(quarter, wanted) for day, wanted in pieces.items()}
    pending = iter(rows)
    while stride := list(islice(pending, _STRIDE)):
        for day, records in days.items():
            records.add([row for row in stride if row[1] == day])
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

    def add(self, rows: list[Row]) -> None:
        rows = _well_formed(rows)
        refs = [bytes.fromhex(member_ref) for member_ref, _, _ in rows]
        keys = [key for _, _, key in rows]
        columns = [[block[start:end] for block in hour_blocks(keys, hour)] for hour, start, end in self._pieces]
        self._records += b"".join([part for record in zip(*columns, refs, keys, strict=True) for part in record])
        self._count += self._tags * len(rows)

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


def _well_formed(rows: list[Row]) -> list[Row]:
    """One row out of form would shift all behind it into each other's places."""
    rows = [row for row in rows if len(row[0]) == 2 * _REF_LENGTH and len(row[2]) == KEY_LENGTH]
    if _REFS.fullmatch("".join([row[0] for row in rows])):
        return rows
    return [row for row in rows if _REFS.fullmatch(row[0])]
