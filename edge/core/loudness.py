"""How loud each zone hears one phone: the mean of the last seconds, over the scanners of the zone.

Distance from RSSI is hopeless (a body and a pocket move the mean by 11 to 36 dB), so loudness only ranks zones.
A calibrated model takes the place of this module; presence asks both the same question.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final

# Long enough to average a turning body and two advertising intervals of a locked phone, short enough that a walk of
# one zone's width is seen in three to five seconds. On walks made of recorded fingerprints 3 s flaps a fifth more, and
# 5 s is a second later.
WINDOW_S: Final = 4.0
# Readings per scanner and window; the radio tells two a second, a recording may hold every packet.
_READINGS: Final = 64
# What a scanner would at most have read and did not: the edge of what a Raspberry Pi hears.
UNHEARD_DBM: Final = -100.0


class Loudness:
    """Readings of one phone, at most `WINDOW_S` old; memory bounded by the number of scanners."""

    def __init__(self) -> None:
        self._readings: dict[str, deque[tuple[float, int]]] = {}

    def add(self, scanner: str, rssi_dbm: int, at: float) -> None:
        """Scanners that are not on the plan must be left out by the caller."""
        readings = self._readings.get(scanner)
        if readings is None:
            readings = self._readings[scanner] = deque(maxlen=_READINGS)
        readings.append((at, rssi_dbm))

    def by_zone(self, zone_of_scanner: Mapping[str, str], now: float) -> dict[str, float]:
        """Zone id -> mean dBm over its scanners that heard the phone; zones that did not hear it are missing."""
        self._forget(now - WINDOW_S)
        means: dict[str, list[float]] = {}
        for scanner, readings in self._readings.items():
            mean_dbm = sum(rssi_dbm for _, rssi_dbm in readings) / len(readings)
            means.setdefault(zone_of_scanner[scanner], []).append(mean_dbm)
        return {zone: sum(each) / len(each) for zone, each in means.items()}

    def _forget(self, before: float) -> None:
        for scanner, readings in list(self._readings.items()):
            while readings and readings[0][0] < before:
                readings.popleft()
            if not readings:
                del self._readings[scanner]
