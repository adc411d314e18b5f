"""Check-in without radio: the loyalty card, the shopper's own phone, or a name said to staff. One visit, one card.

A name search is for somebody who stands at the counter. It finds only members who let staff see their card and name,
asks for most of the name, refuses to list many, and is paced; member numbers and references stay in the store.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from pydantic import JsonValue

from edge.core import visit
from edge.core.effects import KeepVisit
from edge.core.floor import Floor
from edge.core.names import folded
from edge.core.visit import Via, Visit
from wire.profile import Profile
from wire.receipt import Purpose
from wire.views import Assurance, Fact, Mode

# Shorter would page through the members by their initials.
LETTERS: Final = 4
# More than this is no answer: another word of the name tells them apart.
SHOWN: Final = 4
# A counter on a Saturday asks every few seconds at most; a directory would need thousands.
FINDS: Final = 8
FINDS_WITHIN_S: Final = 60.0
# Long enough to ask "Weber with which number?", short enough that a tablet left lying holds nothing.
PICK_S: Final = 120.0
PICKS_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Found:
    """One person as the counter sees them before check-in: the name they said, and the card's last two digits."""

    pick: str
    name: str
    digits: str


@dataclass(slots=True)
class _Pace:
    asked_at: deque[float] = field(default_factory=lambda: deque(maxlen=FINDS))

    def take(self, now: float) -> bool:
        if len(self.asked_at) == FINDS and now - self.asked_at[0] < FINDS_WITHIN_S:
            return False
        self.asked_at.append(now)
        return True


class CheckIns:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._picks: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._paces: dict[str, _Pace] = {}

    def check_in(self, member: str, via: Via, zone: str, now: float) -> Visit | None:
        """The member's one visit, begun if there is none; None when the member may not or will not be seen."""
        floor = self._floor
        if floor.restrictions.is_veiled(member, now):
            return None
        here = floor.here(member)
        if here is None:
            return self._begin(member, via, zone, now)
        proved = visit.checked_in(here, via)
        floor.put(proved)
        floor.record("visit.checkin", proved, now, {"via": via}, KeepVisit(proved))
        return proved

    def by_loyalty(self, number: str) -> str | None:
        return self._floor.replica.member_by_loyalty(number.replace(" ", "").replace("-", ""))

    def by_pick(self, pick: str, now: float) -> str | None:
        """Whom a search of the last two minutes named."""
        member, until = self._picks.get(pick, ("", 0.0))
        return member if until > now else None

    def find(self, device_id: str, name: str, now: float) -> tuple[Found, ...] | str:
        """Who bears this name, or the message key that says why nobody is shown."""
        words = folded(name)
        if sum(map(len, words)) < LETTERS:
            return "error.name_short"
        if not self._paces.setdefault(device_id, _Pace()).take(now):
            return "error.too_fast"
        members = self._floor.replica.members_named(words, SHOWN * 4)
        profiles = [profile for one in members if (profile := self._floor.profile_of(one, now)) is not None]
        found = [one for one in profiles if may_be_found(one, now) and not self._is_veiled(one, now)]
        if not found:
            return "error.unknown_name"
        if len(found) > SHOWN or len(members) == SHOWN * 4:
            return "error.name_many"
        return tuple(self._offer(one, now) for one in found)

    def _is_veiled(self, profile: Profile, now: float) -> bool:
        return self._floor.restrictions.is_veiled(profile.member_ref, now)

    def _offer(self, profile: Profile, now: float) -> Found:
        key = f"{self._floor.chance.epoch}/{now}/{profile.member_ref}"
        pick = sha256(key.encode()).hexdigest()[:24]
        self._picks[pick] = (profile.member_ref, now + PICK_S)
        if len(self._picks) > PICKS_KEPT:
            self._picks.popitem(last=False)
        return Found(pick, profile.name or profile.alias, profile.loyalty_number[-2:])

    def _begin(self, member: str, via: Via, zone: str, now: float) -> Visit | None:
        floor = self._floor
        radio = floor.approaches.of(member, now)
        heard_in = floor.presence.zone_of(member) or ""
        where = heard_in if floor.is_inside(heard_in) else zone or floor.settings.check_in_zone
        begun = Visit(
            floor.chance.visit_id(),
            member,
            where,
            arrived_at=now,
            last_heard_at=now,
            via=via,
            assurance=Assurance.ANSWERED,
            mode_choice=floor.restrictions.choice(member, now),
            air_mode=radio.air_mode,
            heard_mode=radio.heard_mode,
        )
        if not floor.admits(begun, now):
            return None
        floor.presence.put(member, where, now)
        floor.begin(begun, "visit.arrived", now)
        return begun


def may_be_found(profile: Profile, now: float) -> bool:
    """By name, by somebody at the counter: what the card would show of a member who wants advice, they may ask for."""
    receipt = profile.consent
    if receipt is None or receipt.member_ref != profile.member_ref or profile.standing_mode is Mode.INVISIBLE:
        return False
    hidden = {Fact.NAME.value, Fact.ALIAS.value, Fact.PRESENCE.value} & profile.hidden
    return not hidden and all(receipt.granted(purpose, now) for purpose in (Purpose.RECOGNISE, Purpose.STAFF))


def as_json(found: tuple[Found, ...]) -> list[JsonValue]:
    return [{"pick": one.pick, "name": one.name, "digits": one.digits} for one in found]
