"""How a table of tags lies in memory: as a dict in most stores, as packed records where members are very many.

Either way it is built off the hot path, never changed, and swapped for the next one.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from edge.core.hours import KEY_LENGTH, hour_blocks
from edge.core.packed import Piece, Row, packed
from edge.core.table import Holder, TokenTable
from wire import rst1

# A dict answers in 0.1 us while its few members fit the cache and takes 600 octets each. From here on packed records
# answer as fast or faster (100,000 members at random: 0.7 us against 0.85) in a fifth of the memory.
DICT_LIMIT: Final = 20_000


class Spread(TokenTable):
    """One dict of objects: tag to holder."""

    __slots__ = ("_holders",)

    def __init__(self, quarter: int, holders: Mapping[bytes, Holder]) -> None:
        super().__init__(quarter)
        self._holders = holders

    def resolve(self, tag: bytes) -> str | None:
        holder = self._holders.get(tag)
        return holder.member_ref if holder else None

    def holder(self, tag: bytes) -> Holder | None:
        return self._holders.get(tag)

    def __len__(self) -> int:
        return len(self._holders)


def days_at(now_s: float) -> frozenset[int]:
    """Whose keys a table of this moment needs: one day's, or two days' for a quarter on either side of midnight UTC."""
    return frozenset(_pieces_by_day(int(now_s) // rst1.QUARTER_S))


def build_table(keys: Iterable[Row], now_s: float, *, dict_limit: int = DICT_LIMIT) -> TokenTable:
    """`keys` are (member_ref, day, SK of that day) for as many days as there are; other days are passed over.

    The previous quarter belongs to yesterday until 00:15 UTC, the next one to tomorrow from 23:45 on: each quarter is
    made with the key of its own day. About 2 us per member; call it off the hot path. `keys` is read once and may be
    an iterator: a million rows need not be in memory.
    """
    quarter = int(now_s) // rst1.QUARTER_S
    pieces = _pieces_by_day(quarter)
    rows = iter(keys)
    first = deque(islice((row for row in rows if row[1] in pieces), dict_limit + 1))
    if len(first) <= dict_limit:
        return Spread(quarter, _holders(first, pieces))
    return packed(quarter, chain(_drained(first), rows), pieces)


def _pieces_by_day(quarter: int) -> dict[int, list[Piece]]:
    """Which octets of which hours' blocks the three quarters are, by the day whose keys make them."""
    hours: dict[int, list[int]] = {}
    for each in (quarter - 1, quarter, quarter + 1):
        hours.setdefault(each // 4, []).append(rst1.TAG_LENGTH * (each % 4))
    days: dict[int, list[Piece]] = {}
    for hour, starts in hours.items():
        days.setdefault(hour // 24, []).append((hour, min(starts), max(starts) + rst1.TAG_LENGTH))
    return days


def _holders(rows: Iterable[Row], pieces: Mapping[int, Sequence[Piece]]) -> dict[bytes, Holder]:
    holders: dict[bytes, Holder] = {}
    known = [(day, Holder(member_ref, key)) for member_ref, day, key in rows if len(key) == KEY_LENGTH]
    for wanted, day_pieces in pieces.items():
        todays = [holder for day, holder in known if day == wanted]
        for hour, start, end in day_pieces:
            for holder, block in zip(todays, hour_blocks([each.key for each in todays], hour), strict=True):
                for at in range(start, end, rst1.TAG_LENGTH):
                    holders[block[at : at + rst1.TAG_LENGTH]] = holder
    return holders


def _drained(rows: deque[Row]) -> Iterator[Row]:
    """Each row is let go as it is handed on."""
    while rows:
        yield rows.popleft()
