"""From a tag to a member: the table of tags that are good now, and what one radio thread remembers of those it heard.

Two rules about what may live here. Of strangers nothing is kept: their packets raise one number. And the address of a
phone never leaves this module: it serves to notice one tag on two phones, for resolved tags only, and is forgotten
within half a minute.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from edge.core.inputs import Contested, Heard
from wire import rst1

# A phone's address and its token may change at different moments, so a short overlap is innocent (INTERFACES.md, 5).
CONTESTED_AFTER_S: Final = 10.0
# A phone sends at least every few seconds; an address silent for longer has been changed or has gone.
_ADDRESS_KEPT_S: Final = 30.0
# A phone uses two addresses in a quarter, seldom three; more are somebody's game and need no further proof.
_ADDRESSES_PER_TAG: Final = 4
# Members on the floor at once, times three quarters: a full department store; beyond it the oldest are forgotten.
_TAGS_FOLLOWED: Final = 8_192
# Twice a second from each scanner is what a presence decision can use; more only loads the state thread.
_TOLD_EVERY_S: Final = 0.5
# bleak writes -127 when BlueZ has no reading and the HCI writes 127; no phone is louder than this at a wall.
_RSSI_DBM: Final = range(-120, 21)


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


@dataclass(slots=True)
class _Spell:
    """How long one address has carried a tag, without a longer silence."""

    first_at: float
    last_at: float


class Contest:
    """One tag from two addresses for ten seconds and more: a phone and somebody who repeats it."""

    def __init__(self) -> None:
        self._tags: OrderedDict[bytes, dict[str, _Spell]] = OrderedDict()
        self._told: dict[bytes, float] = {}

    def enter(self, sighting: Sighting) -> Contested | None:
        """Contested once per tag: who then answers the challenge stays who they are until the quarter turns."""
        self._forget(sighting.at)
        spells = self._tags.setdefault(sighting.tag, {})
        self._tags.move_to_end(sighting.tag)
        spell = spells.get(sighting.address)
        if spell is None or sighting.at - spell.last_at > _ADDRESS_KEPT_S:
            spells.pop(sighting.address, None)
            if len(spells) >= _ADDRESSES_PER_TAG:
                del spells[min(spells, key=lambda address: spells[address].last_at)]
            spell = spells[sighting.address] = _Spell(sighting.at, sighting.at)
        spell.last_at = max(spell.last_at, sighting.at)
        if sighting.tag in self._told or not any(_overlap(spells)):
            return None
        self._told[sighting.tag] = sighting.at
        return Contested(sighting.member_ref, sighting.at)

    def _forget(self, now: float) -> None:
        """The longest silent tags first, so that a step costs what it forgets and no more."""
        while self._tags:
            tag, spells = next(iter(self._tags.items()))
            silent_s = now - max(spell.last_at for spell in spells.values())
            if silent_s <= _ADDRESS_KEPT_S and len(self._tags) < _TAGS_FOLLOWED:
                return
            del self._tags[tag]
        # Only tags of the table reach this, so an hour's worth is a bound.
        if len(self._told) > _TAGS_FOLLOWED:
            self._told = {tag: at for tag, at in self._told.items() if now - at < rst1.HOUR_S}


def _overlap(spells: dict[str, _Spell]) -> Iterator[bool]:
    if len(spells) < 2:  # noqa: PLR2004 - one phone alone
        return
    by_start = sorted(spells.values(), key=lambda spell: spell.first_at)
    for index, later in enumerate(by_start):
        yield from (
            min(earlier.last_at, later.last_at) - later.first_at >= CONTESTED_AFTER_S for earlier in by_start[:index]
        )


@dataclass(slots=True)
class _Tally:
    """Readings of one member at one scanner since the service was last told."""

    told_at: float
    mode_bits: int
    total_dbm: int = 0
    count: int = 0


class Digest:
    """At most two `Heard` a second per member and scanner, each the mean of what came since the last.

    The first reading and a changed mode are told at once.
    """

    def __init__(self) -> None:
        self._tallies: OrderedDict[tuple[str, str], _Tally] = OrderedDict()

    def add(self, sighting: Sighting) -> Heard | None:
        """None while there is nothing to tell yet, and for a packet without a usable RSSI."""
        if sighting.rssi_dbm not in _RSSI_DBM:
            return None
        self._forget(sighting.at)
        place = (sighting.member_ref, sighting.scanner)
        tally = self._tallies.get(place)
        if tally is None:
            tally = self._tallies[place] = _Tally(sighting.at - _TOLD_EVERY_S, sighting.mode_bits)
        tally.total_dbm += sighting.rssi_dbm
        tally.count += 1
        waited_s = sighting.at - tally.told_at
        # A clock that was set back must not silence anybody.
        if 0 <= waited_s < _TOLD_EVERY_S and sighting.mode_bits == tally.mode_bits:
            return None
        rssi_dbm = round(tally.total_dbm / tally.count)
        self._tallies[place] = _Tally(sighting.at, sighting.mode_bits)
        self._tallies.move_to_end(place)
        return Heard(sighting.member_ref, sighting.scanner, rssi_dbm, sighting.mode_bits, sighting.at)

    def _forget(self, now: float) -> None:
        while self._tallies:
            place, tally = next(iter(self._tallies.items()))
            if now - tally.told_at <= _ADDRESS_KEPT_S:
                return
            del self._tallies[place]
