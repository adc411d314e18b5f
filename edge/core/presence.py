"""Who is here, in which zone: arrived, moved and left, from sightings of all scanners.

Causal and bounded: only what was heard before `now` counts, and of a member who left nothing is kept. One arrival and
one leaving per visit. Whoever is only heard at the door or outside does not arrive.

    unknown --heard--> around --inside for arrive_after_s--> here --silent, or staying outside--> unknown
    unknown --answers, unheard, arrive_after_s apart------> here --no answer for a quarter of an hour--> unknown
    unknown --put (a check-in)----------------------------> here --the same at the door, max_visit_s--> unknown
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from edge.core.loudness import UNHEARD_DBM, Loudness
from edge.core.whereabouts import RadioMap, Whereabouts
from edge.core.zone import FloorPlan, Zone

# Another zone must be louder by this much, where each has one scanner; the mean over several is calmer and needs less.
# With a lower margin a shopper between two scanners flaps, with a higher one the new zone shows later (walks made of
# recorded fingerprints, 4 receivers: 1.9 changes per crossing at 3 dB, 1.5 at 4 dB).
_MARGIN_DB: Final = 4.0
# And for this long, where a zone has but one scanner: a shopper who stands between two of them is else told to and fro
# twice a minute. A mean over several needs no hold, it would only delay.
_HOLD_S: Final = 2.0
# Between two readings at most this much counts as time inside, so an arrival rests on several: a locked phone sends
# once a second, and a packet that a wall mirrored in is alone.
_COUNTED_GAP_S: Final = 1.5
# What a second in doubt takes back. With a whole one, somebody who stands still by the wall to the street may never
# arrive; with nothing, somebody who waits outside it does.
_DOUBT: Final = 0.5
# Whoever is inside is heard there clearly louder than at the door. Less, and the noise of the mean lets passers-by in;
# more, and whoever browses beside the door arrives late.
_DOOR_MARGIN_DB: Final = 3.0
# Fainter than this in the loudest zone is behind a wall: on the recorded walks a carried beacon among four receivers
# of a floor of 18 by 18 m falls below -76 dBm one second in a hundred; a body in the way takes some 10 dB more.
_FAINTEST_INSIDE_DBM: Final = -85.0
# Somebody not heard for so long before arriving has walked past; what comes later is another approach.
_APPROACH_S: Final = 30.0
# Outside for so long has left. Shorter ends the visit of somebody who looks at the window display from within.
_OUTSIDE_S: Final = 10.0
# Silence at the door means gone more often than a pocket does; silence deep inside is a phone that sleeps.
_DOOR_SHARE: Final = 0.5
# A phone on air is heard every second, so an answer that comes after this much silence came from a pocket.
_ON_AIR_S: Final = 2.0
# Answers further apart are two approaches. An iPhone that is woken at the door has some ten to thirty seconds.
_ANSWERS_WITHIN_S: Final = 120.0
# A phone in a pocket answers when its system wakes the app, not when the store would like it. Shorter ends visits that
# go on; longer shows staff somebody who has gone. An app ends its own visit after as long (docs/app-kit/PHONES.md).
_ANSWER_HOLDS_S: Final = 900.0
# With a calibration that knows the door: inside must be this probable (recorded entrance: at a half, 5 % of the time
# outside is called inside; at 0.7, 8 % of the time inside is missed).
_SURELY_INSIDE: Final = 0.65
# How many dB make a zone e times as likely; only orders confidences, a calibrated model measures them.
_CONFIDENCE_DB: Final = 4.0


# No receiver measures more. 127 means that the radio could not measure; the recorded walks hold a +29 and a +42 too.
LOUDEST_DBM: Final = 20


class PresenceSettings(Protocol):
    """[presence] of store.toml, in seconds."""

    @property
    def arrive_after_s(self) -> float: ...
    @property
    def left_after_s(self) -> float: ...
    @property
    def max_visit_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """`reason` is `inside`, or `answered` for a phone that is not heard."""

    member_ref: str
    zone: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """To another zone within the store, or to its door; `reason` is `louder`, or with a calibration `likelier`."""

    member_ref: str
    zone: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Left:
    """`zone` is the last one; `reason` is `silent`, `outside` or `dwell` (a check-in that went on too long)."""

    member_ref: str
    zone: str
    at: float
    reason: str


Change = Arrived | Moved | Left


class Estimate(NamedTuple):
    """Where somebody seems to be, arrived or not; `confidence` 0..1 against the other zones that hear them."""

    zone: str
    confidence: float


@dataclass(slots=True)
class _Stay:
    """One member, from the first sighting to the leaving. `last_heard` is None until a scanner hears them."""

    zone: str = ""  # where they seem to be
    shown_zone: str = ""  # the last one that was told
    is_here: bool = False
    put_at: float | None = None  # the check-in that began the visit
    last_heard: float | None = None
    is_fresh: bool = False  # heard since the last look
    answered_at: float | None = None  # the last answer to the challenge, and where and since when they go on
    answered_from: float = 0.0
    answered_in: str = ""

    @property
    def is_in_pocket(self) -> bool:
        """The last sign of the phone is an answer: it is not on air."""
        if self.answered_at is None:
            return False
        return self.last_heard is None or self.answered_at - self.last_heard > _ON_AIR_S

    louder: str = ""  # a zone that may take over, since when
    louder_since: float = 0.0
    weighed_at: float | None = None  # when it was last judged whether they are inside
    inside_s: float = 0.0  # how long they have been, in balance
    outside_since: float | None = None
    loudness: Loudness = field(default_factory=Loudness)
    by_zone: Mapping[str, float] = field(default_factory=dict)
    whereabouts: Whereabouts | None = None  # with a calibration


class Presence:
    """Everybody in and around one store."""

    def __init__(self, plan: FloorPlan, settings: PresenceSettings, radio_map: RadioMap | None = None) -> None:
        """Without a `radio_map` the loudest zone counts. Every zone of the map must be on the plan."""
        self._plan = plan
        self._settings = settings
        self._map = radio_map
        self._stays: dict[str, _Stay] = {}
        self._scanners = Counter(plan.zone_of_scanner.values())
        calibrated = radio_map.zone_ids if radio_map else ()
        self._map_knows_door = any(not plan.zones[zone].is_inside for zone in calibrated)

    def hear(self, member_ref: str, scanner: str, rssi_dbm: int, at: float) -> None:
        """One sighting; scanners not on the plan and levels that nobody can have measured are passed over."""
        if scanner not in self._plan.zone_of_scanner or rssi_dbm > LOUDEST_DBM:
            return
        stay = self._stays.get(member_ref)
        if stay is None:
            stay = self._stays[member_ref] = self._new_stay()
        stay.loudness.add(scanner, rssi_dbm, at)
        if stay.whereabouts is not None:
            stay.whereabouts.add(scanner, rssi_dbm, at)
        stay.last_heard = at
        stay.is_fresh = True

    def answer(self, member_ref: str, scanner: str, at: float) -> None:
        """The phone answered the challenge over that scanner's radio, so it is in reach of it.

        That counts for phones that cannot be heard (an iPhone in a pocket); the others say more precisely where they
        are. Passed over for a scanner that is not on the plan.
        """
        zone = self._plan.zone_of_scanner.get(scanner)
        if zone is None:
            return
        stay = self._stays.get(member_ref)
        if stay is None:
            stay = self._stays[member_ref] = self._new_stay()
        is_new = not stay.is_in_pocket or at - (stay.answered_at or 0.0) > _ANSWERS_WITHIN_S or stay.answered_in != zone
        if is_new:
            stay.answered_from, stay.answered_in = at, zone
        stay.answered_at = at

    def put(self, member_ref: str, zone: str, at: float) -> None:
        """A check-in: here from now on, no arrival is told.

        Radio may move them and see them go, but silence inside does not end what radio did not begin.
        """
        stay = self._stays.setdefault(member_ref, self._new_stay())
        if stay.is_here:
            return
        stay.is_here, stay.put_at = True, at
        stay.zone = stay.shown_zone = zone
        stay.louder, stay.outside_since = "", None

    def resume(self, member_ref: str, zone: str, last_heard: float) -> None:
        """A visit that radio had begun before a restart goes on, silent since `last_heard`."""
        self.put(member_ref, zone, last_heard)
        stay = self._stays[member_ref]
        stay.last_heard, stay.put_at = last_heard, None

    def forget(self, member_ref: str) -> None:
        """Nothing is kept and nothing is told: the visit ended for another reason."""
        self._stays.pop(member_ref, None)

    def zone_of(self, member_ref: str) -> str | None:
        """Where the member seems to be; None for somebody neither heard nor put."""
        stay = self._stays.get(member_ref)
        return (stay.zone or None) if stay else None

    def last_heard(self, member_ref: str) -> float | None:
        """When the phone last gave a sign, on air or by an answer."""
        stay = self._stays.get(member_ref)
        return max(filter(None, (stay.last_heard, stay.answered_at)), default=None) if stay else None

    def estimate(self, member_ref: str) -> Estimate | None:
        """As of the last `advance`; None before the first decision."""
        stay = self._stays.get(member_ref)
        if stay is None or not stay.zone:
            return None
        if stay.whereabouts is not None:
            return Estimate(stay.zone, round(stay.whereabouts.by_zone.get(stay.zone, 0.0), 3))
        loudest = max(stay.by_zone.values(), default=UNHEARD_DBM)
        weights = {zone: math.exp((dbm - loudest) / _CONFIDENCE_DB) for zone, dbm in stay.by_zone.items()}
        return Estimate(stay.zone, round(weights.get(stay.zone, 0.0) / sum(weights.values()), 3) if weights else 0.0)

    def members(self) -> list[str]:
        """Everybody in and around the store."""
        return list(self._stays)

    def __len__(self) -> int:
        return len(self._stays)

    def advance(self, now: float) -> list[Change]:
        """What changed up to `now`. Costs one comparison for each member who was not heard since the last call."""
        changes: list[Change] = []
        for member_ref, stay in list(self._stays.items()):
            if stay.is_fresh:
                stay.is_fresh = False
                self._locate(stay, now)
                changes += self._changes(member_ref, stay, now)
            elif stay.is_in_pocket and not stay.is_here:
                changes += self._arrival_unheard(member_ref, stay)
            reason = self._ending(stay, now)
            if reason:
                del self._stays[member_ref]
                if stay.is_here:
                    changes.append(Left(member_ref, stay.shown_zone, now, reason))
        return changes

    def _new_stay(self) -> _Stay:
        return _Stay(whereabouts=Whereabouts(self._map) if self._map else None)

    def _locate(self, stay: _Stay, now: float) -> None:
        """The likeliest zone of the calibration.

        Without one the loudest, by a margin over the zone so far, before the arrival too: whoever comes in is shown in
        the zone that it named.
        """
        if stay.whereabouts is not None:
            stay.whereabouts.look(now)
            stay.zone = stay.whereabouts.zone or stay.zone
        stay.by_zone = by_zone = stay.loudness.by_zone(self._plan.zone_of_scanner, now)
        if not by_zone or stay.whereabouts is not None:
            return
        loudest = max(by_zone, key=lambda zone: by_zone[zone])
        if not stay.zone:
            stay.zone = loudest
        elif loudest == stay.zone or not self._is_clearly_louder(loudest, stay):
            stay.louder = ""
        elif self._scanners[loudest] == 1 and stay.louder != loudest:
            stay.louder, stay.louder_since = loudest, now
        elif self._scanners[loudest] > 1 or now - stay.louder_since >= _HOLD_S:
            stay.zone, stay.louder = loudest, ""

    def _is_clearly_louder(self, zone: str, stay: _Stay) -> bool:
        """The noise of a mean over n scanners falls with the root of n, so what is clear does too."""
        noise = (1 / self._scanners[zone] + 1 / max(1, self._scanners[stay.zone])) / 2
        return stay.by_zone[zone] - stay.by_zone.get(stay.zone, UNHEARD_DBM) >= _MARGIN_DB * math.sqrt(noise)

    def _changes(self, member_ref: str, stay: _Stay, now: float) -> list[Change]:
        zone = self._plan.zones.get(stay.zone)
        if zone is None:
            return []
        stay.outside_since = _since(stay.outside_since, now, holds=zone.is_outside)
        if not stay.is_here:
            self._weigh(stay)
            return self._arrival(member_ref, stay)
        if zone.zone_id == stay.shown_zone or zone.is_outside:
            return []
        stay.shown_zone = zone.zone_id
        return [Moved(member_ref, zone.zone_id, now, "likelier" if self._map else "louder")]

    def _weigh(self, stay: _Stay) -> None:
        """Time clearly inside counts, time in doubt takes half of itself back, the door takes all."""
        heard_at, weighed_at = stay.last_heard or 0.0, stay.weighed_at
        stay.weighed_at = heard_at
        if not self._likeliest(stay).is_inside:
            stay.inside_s = 0.0
        elif weighed_at is not None:
            passed_s = min(max(0.0, heard_at - weighed_at), _COUNTED_GAP_S)
            clear = self._is_clearly_inside(stay)
            stay.inside_s = stay.inside_s + passed_s if clear else max(0.0, stay.inside_s - passed_s * _DOUBT)

    def _is_clearly_inside(self, stay: _Stay) -> bool:
        """Against everything that hears them at the door and outside; a scanner cannot see the wall between."""
        if stay.whereabouts is not None and self._map_knows_door:
            return self._share_inside(stay.whereabouts.by_zone) >= _SURELY_INSIDE
        inside, doors = [UNHEARD_DBM], [UNHEARD_DBM]
        for zone, dbm in stay.by_zone.items():
            (inside if self._plan.zones[zone].is_inside else doors).append(dbm)
        return max(inside) >= _FAINTEST_INSIDE_DBM and max(inside) - max(doors) >= _DOOR_MARGIN_DB

    def _likeliest(self, stay: _Stay) -> Zone:
        """The zone without hysteresis, for nobody arrives because of where they were before."""
        by_zone = stay.whereabouts.by_zone if stay.whereabouts is not None else stay.by_zone
        return self._plan.zones[max(by_zone, key=lambda zone: by_zone[zone]) if by_zone else stay.zone]

    def _share_inside(self, by_zone: Mapping[str, float]) -> float:
        return sum(share for zone, share in by_zone.items() if self._plan.zones[zone].is_inside)

    def _arrival(self, member_ref: str, stay: _Stay) -> list[Change]:
        """Only time between readings counts: silence after one packet proves nothing."""
        if stay.inside_s < self._settings.arrive_after_s or stay.last_heard is None:
            return []
        if not self._plan.zones[stay.zone].is_inside:
            stay.zone = self._likeliest(stay).zone_id
        stay.is_here, stay.shown_zone = True, stay.zone
        return [Arrived(member_ref, stay.zone, stay.last_heard, "inside")]

    def _arrival_unheard(self, member_ref: str, stay: _Stay) -> list[Change]:
        """Two answers as far apart as an arrival takes, by a radio that hangs inside: one may come from the street."""
        answered_at = stay.answered_at or 0.0
        if not self._plan.zones[stay.answered_in].is_inside:
            return []
        if answered_at - stay.answered_from < self._settings.arrive_after_s:
            return []
        stay.is_here = True
        stay.zone = stay.shown_zone = stay.answered_in
        return [Arrived(member_ref, stay.zone, answered_at, "answered")]

    def _ending(self, stay: _Stay, now: float) -> str:
        """Why the stay is over, empty while it is not."""
        silent_s = math.inf if stay.last_heard is None else now - stay.last_heard
        left_after_s = self._settings.left_after_s
        if stay.is_in_pocket:
            silent_s = now - (stay.answered_at or 0.0)
            left_after_s = max(_ANSWER_HOLDS_S, left_after_s)
        if not stay.is_here:
            patience_s = _ANSWERS_WITHIN_S if stay.is_in_pocket else _APPROACH_S
            return "silent" if silent_s >= min(patience_s, left_after_s) else ""
        if stay.outside_since is not None and now - stay.outside_since >= _OUTSIDE_S:
            return "outside"
        if stay.last_heard is not None and self._is_at_door(stay):
            return "silent" if silent_s >= left_after_s * _DOOR_SHARE else ""
        if silent_s < left_after_s:
            return ""
        if stay.put_at is None:
            return "silent"
        return "dwell" if now - stay.put_at >= self._settings.max_visit_s else ""

    def _is_at_door(self, stay: _Stay) -> bool:
        zone = self._plan.zones.get(stay.zone)
        return zone is not None and not zone.is_inside


def _since(since: float | None, now: float, *, holds: bool) -> float | None:
    if not holds:
        return None
    return now if since is None else since
