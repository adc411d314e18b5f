"""Whether one phone can be where two scanners hear it.

Strength says how far a phone is at the most, and nothing else: walls and bodies only make it weaker. Two scanners that
both hear one tag more loudly than their distance allows hear two senders, whatever addresses these give themselves.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

Point = tuple[float, float, float]

NOWHERE: Final[Mapping[str, Point]] = MappingProxyType({})

# The loudest of 7,689 readings on the recorded walks, taken back to one metre, is -38 dBm, from a beacon of 0 dBm.
# Phones send up to 8 dBm. Lower, and a strong phone between two scanners is contested; higher, and a repeater must be
# nearer to a scanner to be noticed: at -30 two readings of -50 tear a tag apart that is heard 20 m apart.
_LOUDEST_AT_1_M_DBM: Final = -30.0
# Adapters give a reading of +42 dBm now and then: nobody is nearer than this, and one reading proves nothing.
_NEAREST_M: Final = 1.0
_READINGS: Final = 3
_FOR_S: Final = 3.0
_FORGOTTEN_AFTER_S: Final = 10.0
# Two readings belong together when nobody can have run far between them.
_TOGETHER_S: Final = 2.0
_RUNNING_M_PER_S: Final = 5.0


@dataclass(slots=True)
class Reach:
    """How far at the most one tag was from each scanner that has heard it lately."""

    _within: dict[str, tuple[float, float]] = field(default_factory=dict)
    _torn_from: float = -math.inf
    _torn_until: float = -math.inf
    _torn: int = 0

    def tears(self, scanner: str, rssi_dbm: int, at: float, positions: Mapping[str, Point]) -> bool:
        """Take one reading in; True when for some seconds no single phone can have made them all."""
        place = positions.get(scanner)
        if place is None:
            return False
        within_m = max(_NEAREST_M, 10 ** ((_LOUDEST_AT_1_M_DBM - rssi_dbm) / 20))
        self._within[scanner] = (at, within_m)
        if not any(self._is_out_of(place, within_m, other, at, positions) for other in self._within):
            return False
        if at - self._torn_until > _FORGOTTEN_AFTER_S:
            self._torn_from, self._torn = at, 0
        self._torn_until = at
        self._torn += 1
        return self._torn >= _READINGS and at - self._torn_from >= _FOR_S

    def _is_out_of(
        self, place: Point, within_m: float, scanner: str, at: float, positions: Mapping[str, Point]
    ) -> bool:
        heard_at, other_m = self._within[scanner]
        apart_s = at - heard_at
        if not 0 <= apart_s <= _TOGETHER_S:
            return False
        return within_m + other_m + _RUNNING_M_PER_S * apart_s < math.dist(place, positions[scanner])
