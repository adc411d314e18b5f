"""One tag on two phones: a shopper's, and that of somebody who repeats what it says.

Addresses serve this alone. They are kept for resolved tags only, a handful for each, and half a minute long. Somebody
who copies the address too is noticed where two scanners hear both loudly.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edge.core.inputs import Contested
from edge.core.reach import NOWHERE, Point, Reach
from edge.core.sighting import Sighting
from wire import rst1

# A phone's address and its token may change at different moments, so a short overlap is innocent.
CONTESTED_AFTER_S: Final = 10.0
# A phone sends at least every few seconds; an address silent for longer has been changed or has gone.
_ADDRESS_KEPT_S: Final = 30.0
# A phone uses two addresses in a quarter, seldom three.
_ADDRESSES_PER_TAG: Final = 4
# Within ten seconds; an app that starts its advertising anew at every change of mode makes a handful.
_NEW_ADDRESSES: Final = 20
# Members on the floor at once, times three quarters: a full department store; beyond it the oldest are forgotten.
_TAGS_FOLLOWED: Final = 8_192


class Contest:
    """One tag from two addresses for ten seconds and more: a phone and somebody who repeats it.

    The repeater may change his address with every packet: it is enough that the phone is heard before and after ten
    seconds of others, that addresses appear faster than any phone makes them, or that they are heard too loudly too
    far from each other.
    """

    def __init__(self, positions: Mapping[str, Point] = NOWHERE) -> None:
        """`positions`: where the scanners hang; those without one take no part in what strength can prove."""
        self._positions = positions
        self._tags: OrderedDict[bytes, _Bearers] = OrderedDict()
        self._told: dict[bytes, float] = {}

    def enter(self, sighting: Sighting) -> Contested | None:
        """Contested once per tag: who then answers the challenge stays who they are until the quarter turns."""
        self._forget(sighting.at)
        bearers = self._tags.get(sighting.tag)
        if bearers is None:
            bearers = self._tags[sighting.tag] = _Bearers()
        bearers.last_at = max(bearers.last_at, sighting.at)
        self._tags.move_to_end(sighting.tag)
        torn = bearers.reach.tears(sighting.scanner, sighting.rssi_dbm, sighting.at, self._positions)
        crowded = _is_contested(bearers, sighting.address, sighting.at)
        if not (torn or crowded) or sighting.tag in self._told:
            return None
        self._told[sighting.tag] = sighting.at
        return Contested(sighting.member_ref, sighting.at)

    def _forget(self, now: float) -> None:
        """The longest silent tags first, so that a step costs what it forgets and no more."""
        while self._tags:
            tag, bearers = next(iter(self._tags.items()))
            if now - bearers.last_at <= _ADDRESS_KEPT_S and len(self._tags) < _TAGS_FOLLOWED:
                break
            del self._tags[tag]
        # Only tags of the table reach this, so an hour's worth is a bound.
        if len(self._told) > _TAGS_FOLLOWED:
            self._told = {tag: at for tag, at in self._told.items() if now - at < rst1.HOUR_S}


@dataclass(slots=True)
class _Spell:
    """How long one address has carried a tag without a longer silence, and when others carried it meanwhile."""

    first_at: float
    last_at: float
    others_from: float = math.inf
    others_until: float = -math.inf

    def overlap_s(self, other: "_Spell") -> float:
        return min(self.last_at, other.last_at) - max(self.first_at, other.first_at)


@dataclass(slots=True)
class _Bearers:
    """The addresses that carry one tag now."""

    spells: dict[str, _Spell] = field(default_factory=dict)
    reach: Reach = field(default_factory=Reach)
    new_from: float = -math.inf
    new: int = 0  # addresses that appeared since
    last_at: float = -math.inf


def _is_contested(bearers: _Bearers, address: str, at: float) -> bool:
    """Take one packet in and say whether one phone alone can be behind all of them."""
    spells = bearers.spells
    spell = spells.get(address)
    if spell is None or at - spell.last_at > _ADDRESS_KEPT_S:
        spells.pop(address, None)
        spell = _begin(bearers, address, at)
    spell.last_at = max(spell.last_at, at)
    if len(spells) == 1:
        return False
    others = [other for name, other in spells.items() if name != address]
    for other in others:
        if at - other.others_until > _ADDRESS_KEPT_S:
            other.others_from = at
        other.others_until = at
    return (
        bearers.new > _NEW_ADDRESSES
        or spell.others_until - spell.others_from >= CONTESTED_AFTER_S
        or any(spell.overlap_s(other) >= CONTESTED_AFTER_S for other in others)
    )


def _begin(bearers: _Bearers, address: str, at: float) -> _Spell:
    """The shortest spell gives way: a repeater's single packets must not push the phone out."""
    spells = bearers.spells
    if len(spells) >= _ADDRESSES_PER_TAG:
        del spells[min(spells, key=lambda name: (spells[name].last_at - spells[name].first_at, spells[name].last_at))]
    if at - bearers.new_from > CONTESTED_AFTER_S:
        bearers.new_from, bearers.new = at, 0
    bearers.new += 1
    spell = spells[address] = _Spell(at, at)
    return spell
