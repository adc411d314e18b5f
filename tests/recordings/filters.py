"""The filters that others use, written anew from their published formulas, to be run beside ours on the same walks.

Each is a `Filter` of `tests.recordings.walks`: told what was heard since the last second, it names a zone.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge.core.zone import FloorPlan
from tests.recordings.walks import Filter, Fingerprint, Step

ZoneOf = Mapping[str, str]


def last_value(plan: FloorPlan) -> Filter:
    """The zone of the scanner whose last reading is the loudest."""
    last: dict[str, int] = {}

    def decide(fresh: Sequence[Step], _now: float) -> str | None:
        last.update((step.scanner, step.rssi_dbm) for step in fresh if step.scanner in plan.zone_of_scanner)
        return _loudest(last, plan)

    return decide


def room_assistant(plan: FloorPlan) -> Filter:
    """One Kalman filter for each scanner, R = 0.8 and Q = 15 as in room-assistant; its nearest instance is the room.

    The state is the level, which nothing moves: predict P += R, gain K = P / (P + Q), P *= 1 - K.
    """
    process, measurement = 0.8, 15.0
    levels: dict[str, float] = {}
    covariances: dict[str, float] = {}

    def decide(fresh: Sequence[Step], _now: float) -> str | None:
        for step in fresh:
            if step.scanner not in plan.zone_of_scanner:
                continue
            if step.scanner not in levels:
                levels[step.scanner], covariances[step.scanner] = step.rssi_dbm, measurement
                continue
            covariance = covariances[step.scanner] + process
            gain = covariance / (covariance + measurement)
            levels[step.scanner] += gain * (step.rssi_dbm - levels[step.scanner])
            covariances[step.scanner] = (1 - gain) * covariance
        return _loudest(levels, plan)

    return decide


def windowed(
    plan: FloorPlan, window_s: float, margin_db: float, *, hold_s: float = 0.0, zone_mean: bool = False
) -> Filter:
    """Means of a window; another zone must be louder by a margin, for a while. A zone is its loudest scanner."""
    readings: deque[Step] = deque()
    zone = louder = ""
    louder_since = 0.0

    def decide(fresh: Sequence[Step], now: float) -> str | None:
        nonlocal zone, louder, louder_since
        readings.extend(step for step in fresh if step.scanner in plan.zone_of_scanner)
        while readings and readings[0].at <= now - window_s:
            readings.popleft()
        levels = _zone_levels(readings, plan, zone_mean=zone_mean)
        best = max(levels, key=lambda each: levels[each], default=zone)
        if not zone:
            zone = best
        elif best == zone or levels[best] - levels.get(zone, -100.0) < margin_db:
            louder = ""
        else:
            if louder != best:
                louder, louder_since = best, now
            if now - louder_since >= hold_s:
                zone, louder = best, ""
        return zone or None

    return decide


def _zone_levels(readings: Sequence[Step] | deque[Step], plan: FloorPlan, *, zone_mean: bool) -> dict[str, float]:
    by_scanner: dict[str, list[int]] = defaultdict(list)
    for step in readings:
        by_scanner[step.scanner].append(step.rssi_dbm)
    by_zone: dict[str, list[float]] = defaultdict(list)
    for scanner, each in by_scanner.items():
        by_zone[plan.zone_of_scanner[scanner]].append(sum(each) / len(each))
    return {zone: sum(each) / len(each) if zone_mean else max(each) for zone, each in by_zone.items()}


def _loudest(levels: Mapping[str, float], plan: FloorPlan) -> str | None:
    return plan.zone_of_scanner[max(levels, key=lambda scanner: levels[scanner])] if levels else None


@dataclass(slots=True)
class _Advert:
    """One scanner's view in Bermuda: distances, newest first."""

    raw_m: float = math.inf
    heard_at: float = -math.inf
    history: list[float] = field(default_factory=list)  # by update, at most 20
    stamped: list[tuple[float, float]] = field(default_factory=list)  # (when, distance) of readings
    distance_m: float = math.inf


def bermuda(plan: FloorPlan) -> Filter:
    """Bermuda's own defaults: reference -55 dBm at 1 m, attenuation 3, 3 m/s, 20 samples, a round every second.

    Nearer counts at once; farther only as a mean of the running minimum, and not if somebody would have had to run. A
    scanner takes over when its distance differs by 30 %, or by 15 % and it was nearer all the time.
    """
    adverts: dict[str, _Advert] = {}
    incumbent = ""

    def decide(fresh: Sequence[Step], now: float) -> str | None:
        nonlocal incumbent
        for step in fresh:
            if step.scanner in plan.zone_of_scanner:
                advert = adverts.setdefault(step.scanner, _Advert())
                advert.raw_m = 10 ** ((-55.0 - step.rssi_dbm) / (10 * 3.0))
                advert.heard_at = step.at
                advert.stamped = [(step.at, advert.raw_m), *advert.stamped][:10]
        for advert in adverts.values():
            _smooth(advert)
        for scanner, advert in adverts.items():
            if now - advert.heard_at <= 10.0 and (not incumbent or _wins(advert, adverts[incumbent])):
                incumbent = scanner
        return plan.zone_of_scanner[incumbent] if incumbent else None

    return decide


def _smooth(advert: _Advert) -> None:
    (newest_at, newest_m), *older = advert.stamped
    speeds = [(newest_m - metres) / (newest_at - at) for at, metres in older if newest_at > at]
    runs = bool(speeds) and max(speeds) > 3.0 and newest_m > older[0][1]
    taken = advert.history[0] if runs and advert.history else advert.raw_m
    advert.history = [taken, *advert.history][:20]
    lowest, total = advert.raw_m, 0.0
    for metres in advert.history:
        lowest = min(lowest, metres)
        total += lowest
    advert.distance_m = min(advert.raw_m, total / len(advert.history))


def _wins(challenger: _Advert, incumbent: _Advert) -> bool:
    ours, theirs = challenger.distance_m, incumbent.distance_m
    if challenger is incumbent or ours >= theirs:
        return False
    difference = abs(ours - theirs) / ((ours + theirs) / 2)
    if len(challenger.history) > 3 and max(challenger.history[:5]) < min(incumbent.history[:5]) and difference > 0.15:
        return True
    return difference >= 0.30


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """How far somebody walks in a second, and how much of a packet's likelihood counts."""

    step_m: float
    weight: float


# As in the papers that come with the walks, where every packet counts as independent, and milder. The best of the six
# comes out a little above the figures published for such a filter on these walks (.831 and .892). With 12 receivers
# a weight of 0.1 reaches .938 at 2.2 changes, as good as ours; on routes made of another day's fingerprints it is not.
FORWARD: Final = tuple(ForwardSettings(step_m, weight) for step_m in (0.8, 1.6) for weight in (1.0, 0.4, 0.15))
# What a body and another day add to the histogram of one place and minute; as it is, it rules out too much.
_BLUR_DB: Final = 4.0
_FLOOR: Final = 1e-4
_FIRST_DBM: Final = -100
_LAST_DBM: Final = -21


def forward(plan: FloorPlan, fingerprints: Sequence[Fingerprint], settings: ForwardSettings) -> Callable[[], Filter]:
    """A hidden Markov model over the fingerprints of another day: histograms as they are, a Gaussian step."""
    points = [(one.x, one.y) for one in fingerprints]
    steps = [_row(points, point, settings.step_m) for point in points]
    logs = [_logs(one, plan) for one in fingerprints]
    zones = [one.zone for one in fingerprints]

    def begin() -> Filter:
        weights = [1 / len(points)] * len(points)

        def decide(fresh: Sequence[Step], _now: float) -> str | None:
            nonlocal weights
            carried = [0.0] * len(points)
            for weight, row in zip(weights, steps, strict=True):
                for n, chance in row:
                    carried[n] += weight * chance
            heard = [step for step in fresh if step.scanner in plan.zone_of_scanner]
            told = [settings.weight * sum(log[s.scanner][_bin(s.rssi_dbm)] for s in heard) for log in logs]
            best = max(told)
            weights = [weight * math.exp(each - best) for weight, each in zip(carried, told, strict=True)]
            total = sum(weights)
            weights = [weight / total for weight in weights]
            by_zone: dict[str, float] = defaultdict(float)
            for zone, weight in zip(zones, weights, strict=True):
                by_zone[zone] += weight
            return max(by_zone, key=lambda zone: by_zone[zone])

        return decide

    return begin


def _bin(rssi_dbm: int) -> int:
    return min(max(rssi_dbm, _FIRST_DBM), _LAST_DBM) - _FIRST_DBM


def _row(points: Sequence[tuple[float, float]], start: tuple[float, float], step_m: float) -> list[tuple[int, float]]:
    chances = [math.exp(-0.5 * (math.dist(start, end) / step_m) ** 2) + 1e-6 for end in points]
    total = sum(chances)
    return [(n, chance / total) for n, chance in enumerate(chances)]


def _logs(fingerprint: Fingerprint, plan: FloorPlan) -> dict[str, list[float]]:
    return {
        scanner: [math.log(share + _FLOOR) for share in _blurred(shares)]
        for scanner, shares in fingerprint.shares.items()
        if scanner in plan.zone_of_scanner
    }


def _blurred(shares: Sequence[float]) -> list[float]:
    kernel = [math.exp(-0.5 * (n / _BLUR_DB) ** 2) for n in range(len(shares))]
    total = 2 * sum(kernel) - kernel[0]
    present = [(n, share) for n, share in enumerate(shares) if share > 0]
    return [sum(share * kernel[abs(n - m)] for m, share in present) / total for n in range(len(shares))]
