"""From a tag to a member: the table of tags that are good now, and what one radio thread remembers of those it heard.

Two rules about what may live here. Of strangers nothing is kept: their packets raise one number. And the address of a
phone goes no further than `contest`, for resolved tags only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from edge.core.contest import Contest
from edge.core.digest import Digest
from edge.core.inputs import Contested, Heard
from edge.core.sighting import Sighting
from wire import rst1


class Holder(NamedTuple):
    """Whose tag it is, and the day key that made it."""

    member_ref: str
    key: bytes


@dataclass(frozen=True, slots=True)
class TokenTable:
    """Tags of the previous, the current and the next quarter. Never mutated: build another and swap it in.

    Resolving is one dict lookup; some 400 bytes per member.
    """

    quarter: int
    _holders: dict[bytes, Holder] = field(default_factory=dict, repr=False)

    def resolve(self, tag: bytes) -> str | None:
        """The member, or None for a tag that is not of this store and these three quarters."""
        holder = self._holders.get(tag)
        return holder.member_ref if holder else None

    def holder(self, tag: bytes) -> Holder | None:
        """The member with the key, for the challenge."""
        return self._holders.get(tag)

    def is_due(self, now_s: float) -> bool:
        """The quarter has turned since this was built; the table still serves phones for one more."""
        return int(now_s) // rst1.QUARTER_S != self.quarter

    def __len__(self) -> int:
        return len(self._holders)


EMPTY_TABLE: Final = TokenTable(0)


def build_table(keys: Iterable[tuple[str, int, bytes]], now_s: float) -> TokenTable:
    """`keys` are (member_ref, day, SK of that day) for as many days as there are; other days are passed over.

    The previous quarter belongs to yesterday until 00:15 UTC, the next one to tomorrow from 23:45 on: each quarter is
    made with the key of its own day. 1.6 us per member and hour touched; call it off the hot path.
    """
    quarter = int(now_s) // rst1.QUARTER_S
    wanted = _hours_by_day(quarter)
    holders: dict[bytes, Holder] = {}
    for member_ref, day, key in keys:
        hours = wanted.get(day)
        if hours is None:
            continue
        holder = Holder(member_ref, key)
        for hour, starts in hours:
            block = rst1.hour_block(key, hour)
            for start in starts:
                holders[block[start : start + rst1.TAG_LENGTH]] = holder
    return TokenTable(quarter, holders)


def _hours_by_day(quarter: int) -> dict[int, list[tuple[int, list[int]]]]:
    """By day: hours, and where in their blocks the wanted tags start."""
    hours: dict[int, list[int]] = {}
    for each in (quarter - 1, quarter, quarter + 1):
        hours.setdefault(each // 4, []).append(rst1.TAG_LENGTH * (each % 4))
    days: dict[int, list[tuple[int, list[int]]]] = {}
    for hour, starts in hours.items():
        days.setdefault(hour // 24, []).append((hour, starts))
    return days


class Identity:
    """What one radio thread knows: the table in force, and those of its members who are on air.

    Not shared between threads, but for `use`, which swaps one reference.
    """

    def __init__(self, table: TokenTable = EMPTY_TABLE) -> None:
        self.table = table
        self.foreign = 0
        self._contest = Contest()
        self._digest = Digest()

    def use(self, table: TokenTable) -> None:
        """Swap the table; safe from any thread."""
        self.table = table

    def hear(
        self, scanner: str, address: str, rssi_dbm: int, bodies: Iterable[rst1.Body], at: float
    ) -> tuple[Heard | Contested, ...]:
        """What the service must know of one advertisement: mostly nothing. Strangers are counted in `foreign`."""
        sighting = self._resolve(scanner, address, rssi_dbm, bodies, at)
        if sighting is None:
            self.foreign += 1
            return ()
        contested = self._contest.enter(sighting)
        heard = self._digest.add(sighting)
        return (*((contested,) if contested else ()), *((heard,) if heard else ()))

    def _resolve(
        self, scanner: str, address: str, rssi_dbm: int, bodies: Iterable[rst1.Body], at: float
    ) -> Sighting | None:
        table = self.table
        for body in bodies:
            member_ref = table.resolve(body.tag)
            if member_ref is not None:
                return Sighting(member_ref, scanner, rssi_dbm, body.mode_bits, body.tag, address, at)
        return None
