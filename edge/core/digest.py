"""Many packets a second become two readings a second: what presence can use, and no more for the state thread to do."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from edge.core.inputs import Heard
from edge.core.sighting import Sighting

# Twice a second from each scanner is what a presence decision can use; more only loads the state thread.
_TOLD_EVERY_S: Final = 0.5
# Who was not heard for so long begins anew; presence looks back over a sixth of it.
_KEPT_S: Final = 30.0
# bleak writes -127 when BlueZ has no reading and the HCI writes 127; no phone is louder than this at a wall.
_RSSI_DBM: Final = range(-120, 21)


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
            if now - tally.told_at <= _KEPT_S:
                return
            del self._tallies[place]
