"""Where one phone is, by a calibration: a forward filter over its spots, one step a second.

It weighs for every spot how well it explains what all scanners just read, carries the weights on as people walk, and
sums them up by zone. What moves all levels alike (a pocket, a body, another phone) says nothing about the place and
is taken out; what a body does to single scanners makes all levels uncertain.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from edge.core.calibration import Calibration, Spot

# A step of the filter. Shorter, and one reading of one scanner is all there is; longer, and walkers are seen late.
STEP_S: Final = 1.0
# A tick of the service comes a little early at times.
_EARLY_S: Final = 0.1
# Older than this when looked at, a reading was long on its way.
_OLDEST_S: Final = 5.0
_READINGS: Final = 64
# A walking shopper. From 0.5 to 1.2 m/s no walk is told better or worse.
_SPEED_M_S: Final = 0.8
# Who walks stops once in ten seconds, and else keeps the direction rather than turns.
_STOPS_PER_S: Final = 0.1
_STRAIGHTNESS: Final = 2.0
# Who stands starts half as readily as who walks goes on.
_START: Final = 0.5
# Spots have this many neighbours, and those who have them as neighbours.
_NEIGHBOURS: Final = 6
# Now and then the filter is lost, and finds back only if every place stays possible.
_JUMP_PER_S: Final = 0.001
# Where only zones are known: a shopper stays a minute.
_ZONE_CHANGES_PER_S: Final = 1 / 60
# Readings of one second deviate this much from a level besides the calibration's own deviation: the carrier's body and
# hour; and all of them together by this much more. 3 to 5 and 2 to 8 dB are one plateau.
_SPREAD_DB: Final = 3.0
_COMMON_DB: Final = 5.0
# Errors of successive seconds are alike, as the phone hangs at the same side of the body (on recorded walks a quarter
# of the variance lasts several seconds), so a second counts for half of one. At 0.4 a move is told a second later and
# with four scanners two seconds in a hundred are worse; at 0.6 there are a tenth more changes and nothing is won.
_WEIGHT: Final = 0.5
# Another zone must be this probable to be told. At 0.6 there are a fifth more changes, at 0.8 moves come 1 s later.
_SURE: Final = 0.7
# The first zone is told when it is likelier than all others together, or after so many seconds whatever it is: a first
# guess from one second's readings is wrong half the time and is taken back soon after.
_LIKELY: Final = 0.5
_UNDECIDED_STEPS: Final = 5
# Beyond this, silence tells no more about where somebody walked meanwhile.
_MOST_STEPS: Final = 30
# Nobody is surely heard and nobody surely not: collisions on air cost one reading in ten.
_DOUBT: Final = 0.1
# Less weight than this is dropped; it keeps a phone's memory to some dozen numbers beside one for each spot.
_NEGLIGIBLE: Final = 1e-6

Readings = Mapping[str, float]  # scanner id -> mean dBm of the last second


class RadioMap:
    """A calibration made ready for filters: shared by all phones, never changed."""

    def __init__(self, calibration: Calibration) -> None:
        spots = calibration.spots
        self.zones = tuple(spot.zone for spot in spots)
        self.zone_ids = frozenset(self.zones)
        self.scanners = frozenset(scanner for spot in spots for scanner in spot.levels)
        self.steps = _Steps(spots)
        self._columns = {scanner: [_cell(spot, scanner) for spot in spots] for scanner in self.scanners}

    def likelihoods(self, readings: Readings) -> list[float]:
        """For each spot, how probable the readings are there, the best being 1."""
        heard = [(self._columns[scanner], dbm) for scanner, dbm in readings.items()]
        missed = [column for scanner, column in self._columns.items() if scanner not in readings]
        logs = []
        for n in range(len(self.zones)):
            weights = weighted = squares = log = 0.0
            for column, dbm in heard:
                mean_dbm, weight, log_heard, _ = column[n]
                off = dbm - mean_dbm
                weights += weight
                weighted += weight * off
                squares += weight * off * off
                log += log_heard
            for column in missed:
                log += column[n][3]
            common = _COMMON_DB * _COMMON_DB
            logs.append(log - 0.5 * (squares - common * weighted * weighted / (1 + common * weights)))
        best = max(logs)
        return [math.exp(_WEIGHT * (log - best)) for log in logs]


def _cell(spot: Spot, scanner: str) -> tuple[float, float, float, float]:
    """Mean, weight, and the logarithms of being heard (with the weight's normaliser) and of not being heard."""
    level = spot.levels[scanner]
    weight = 1 / (level.spread_db**2 + _SPREAD_DB**2)
    heard = min(1 - _DOUBT, max(_DOUBT, level.share))
    return (level.rssi_dbm, weight, 0.5 * math.log(weight) + math.log(heard), math.log(1 - heard))


class _Steps:
    """How people walk between spots: standing at one, or on the way over a link from one to a neighbour."""

    def __init__(self, spots: tuple[Spot, ...]) -> None:
        links = sorted(_links(spots))
        number = {link: n for n, link in enumerate(links)}
        onward: dict[int, list[int]] = {n: [] for n in range(len(spots))}
        for start, end in links:
            onward[start].append(end)
        self.size = len(spots)
        self.end_of = [end for _, end in links]
        self.jumps = [_JUMP_PER_S if spot.point is not None else _ZONE_CHANGES_PER_S for spot in spots]
        # standing spot -> (link, chance per step); link -> the same, the spot's own standing taking the stops
        self.starts = [
            [(number[n, end], chance * _START) for end, chance in _chances(spots, None, n, onward[n])]
            for n in range(len(spots))
        ]
        self.turns = [
            [(number[end, after], chance) for after, chance in _chances(spots, start, end, onward[end])]
            for start, end in links
        ]
        self.starting = [sum(chance for _, chance in row) for row in self.starts]
        self.turning = [sum(chance for _, chance in row) for row in self.turns]


def _links(spots: tuple[Spot, ...]) -> set[tuple[int, int]]:
    """Between near spots, both ways."""
    places = [(n, spot.point) for n, spot in enumerate(spots) if spot.point is not None]
    links: set[tuple[int, int]] = set()
    for n, point in places:
        others = sorted((math.dist(point, other), m) for m, other in places if m != n)
        for _, m in others[:_NEIGHBOURS]:
            links |= {(n, m), (m, n)}
    return links


def _chances(
    spots: tuple[Spot, ...], came_from: int | None, here: int, onward: Iterable[int]
) -> list[tuple[int, float]]:
    """(next spot, chance within a step) of somebody who walks."""
    around = [(end, *_way(spots, came_from, here, end)) for end in onward]
    total = sum(liking for _, _, liking in around)
    if total <= 0:
        return []
    length_m = sum(metres * liking for _, metres, liking in around) / total
    going = min(0.6, _SPEED_M_S * STEP_S / length_m)
    return [(end, going * liking / total) for end, _, liking in around]


def _way(spots: tuple[Spot, ...], came_from: int | None, here: int, end: int) -> tuple[float, float]:
    """Metres from here to the end, at least one, and how readily somebody goes there: near and straight ahead."""
    (x0, y0), (x1, y1) = spots[here].point or (0.0, 0.0), spots[end].point or (0.0, 0.0)
    metres = max(1.0, math.dist((x0, y0), (x1, y1)))
    if came_from is None:
        return metres, 1 / metres
    x, y = spots[came_from].point or (0.0, 0.0)
    ahead = math.hypot(x0 - x, y0 - y) * math.hypot(x1 - x0, y1 - y0)
    cosine = ((x0 - x) * (x1 - x0) + (y0 - y) * (y1 - y0)) / ahead if ahead > 0 else 0.0
    return metres, math.exp(_STRAIGHTNESS * cosine) / metres


class Whereabouts:
    """One phone. Weights sum to 1: of standing at each spot, and of walking over the links that matter."""

    def __init__(self, radio_map: RadioMap) -> None:
        self._map = radio_map
        count = len(radio_map.zones)
        self._standing = [1 / count] * count
        self._walking: dict[int, float] = {}
        self._readings: dict[str, deque[tuple[float, int]]] = {}
        self._stepped_at: float | None = None
        self._steps = 0
        self.zone = ""
        self.by_zone: Mapping[str, float] = {}

    def add(self, scanner: str, rssi_dbm: int, at: float) -> None:
        """Scanners that the calibration does not know say nothing."""
        if scanner in self._map.scanners:
            self._readings.setdefault(scanner, deque(maxlen=_READINGS)).append((at, rssi_dbm))

    def look(self, now: float) -> None:
        """One step, if one is due and something was heard: `zone` and `by_zone` (probabilities) are as of then."""
        if self._stepped_at is not None and now - self._stepped_at < STEP_S - _EARLY_S:
            return
        readings = self._taken(now)
        if not readings:
            return
        passed_s = 0.0 if self._stepped_at is None else now - self._stepped_at
        for _ in range(min(_MOST_STEPS, round(passed_s / STEP_S))):
            self._walk()
        self._weigh(self._map.likelihoods(readings))
        self._stepped_at = now
        self._decide()

    def _taken(self, now: float) -> Readings:
        """Means by scanner; the same readings never count twice."""
        means: dict[str, float] = {}
        for scanner, readings in self._readings.items():
            fresh = [rssi_dbm for at, rssi_dbm in readings if at >= now - _OLDEST_S]
            if fresh:
                means[scanner] = sum(fresh) / len(fresh)
        self._readings.clear()
        return means

    def _walk(self) -> None:
        steps = self._map.steps
        lost = 0.0
        standing = [0.0] * steps.size
        walking: dict[int, float] = {}
        for n, weight in enumerate(self._standing):
            lost += weight * steps.jumps[n]
            going = weight * (1 - steps.jumps[n])
            standing[n] += going * (1 - steps.starting[n])
            if going > _NEGLIGIBLE:
                for link, chance in steps.starts[n]:
                    walking[link] = walking.get(link, 0.0) + going * chance
        for here, weight in self._walking.items():
            standing[steps.end_of[here]] += weight * _STOPS_PER_S
            walking[here] = walking.get(here, 0.0) + weight * (1 - _STOPS_PER_S - steps.turning[here])
            for link, chance in steps.turns[here]:
                walking[link] = walking.get(link, 0.0) + weight * chance
        self._standing = [weight + lost / steps.size for weight in standing]
        self._walking = walking

    def _weigh(self, likelihoods: list[float]) -> None:
        end_of = self._map.steps.end_of
        standing = [weight * likelihood for weight, likelihood in zip(self._standing, likelihoods, strict=True)]
        walking = {link: weight * likelihoods[end_of[link]] for link, weight in self._walking.items()}
        total = sum(standing) + sum(walking.values())
        self._standing = [weight / total for weight in standing]
        self._walking = {link: weight / total for link, weight in walking.items() if weight / total > _NEGLIGIBLE}

    def _decide(self) -> None:
        """The likeliest zone, but another one only when it is sure, and the first one not at once."""
        end_of, zones = self._map.steps.end_of, self._map.zones
        by_zone = dict.fromkeys(sorted(self._map.zone_ids), 0.0)
        for n, weight in enumerate(self._standing):
            by_zone[zones[n]] += weight
        for link, weight in self._walking.items():
            by_zone[zones[end_of[link]]] += weight
        self.by_zone = by_zone
        likeliest = max(by_zone, key=lambda zone: by_zone[zone])
        self._steps += 1
        enough = _SURE if self.zone else _LIKELY
        if by_zone[likeliest] >= enough or (not self.zone and self._steps > _UNDECIDED_STEPS):
            self.zone = likeliest
