"""Who is in the store: visits, what radio and members said, and what is still to be done about it.

The one place where a visit begins, changes and ends, so that no view, file or event can miss it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from edge.core import consent, reservation
from edge.core.approach import Approaches
from edge.core.consent import Scope
from edge.core.effects import DropVisit, Effect, Keep, KeepStep, KeepVisit, Record, Restriction, StoreFact
from edge.core.lease import lease_end
from edge.core.nearby import Nearby
from edge.core.picks import Picks
from edge.core.presence import Presence
from edge.core.restriction import Restrictions
from edge.core.visit import Visit
from edge.core.whereabouts import RadioMap
from edge.core.zone import INSIDE_KINDS, FloorPlan
from edge.settings import Settings
from wire.event import EventType
from wire.product import Product, Stock
from wire.profile import Profile, Reservation, Step
from wire.receipt import Purpose
from wire.views import Audience, Fact, Mode, narrower


class Replica(Protocol):
    """What the service reads of head office's state. Every profile in it came under a verified receipt."""

    def profile(self, member_ref: str) -> Profile | None: ...
    def member_by_loyalty(self, number: str) -> str | None: ...
    def reserving(self) -> tuple[str, ...]: ...
    def members_named(self, words: Sequence[str], limit: int) -> tuple[str, ...]: ...
    def products(self) -> Mapping[str, Product]: ...
    def stock(self) -> Mapping[str, Stock]: ...
    def as_of(self) -> float: ...
    def granted_s(self) -> float: ...


class Pictures(Protocol):
    """Which pictures of articles this store can show."""

    def names(self) -> Collection[str]: ...


class NoPictures:
    def names(self) -> Collection[str]:
        return ()


@dataclass(frozen=True, slots=True)
class Chance:
    """What nobody here may make up, so that a test can."""

    epoch: str  # one start of the service
    visit_id: Callable[[], str]
    phone_code: Callable[[], str]
    delay_s: Callable[[], float]  # within `screen.DELAY_S`
    day_end: Callable[[float], float]  # the store's next midnight
    qr_svg: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Past:
    """What the store kept over a restart."""

    visits: tuple[Visit, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    done: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[KeepStep, ...] = ()
    alive_at: float = 0.0


class Floor:
    """`out` collects what is to be done; `dirty` are the visits to look at again, `gone` those that ended."""

    def __init__(
        self,
        replica: Replica,
        settings: Settings,
        chance: Chance,
        past: Past,
        now: float,
        *,
        radio_map: RadioMap | None = None,
        pictures: Pictures,
        nearby: Nearby,
    ) -> None:
        self.replica, self.settings, self.chance = replica, settings, chance
        self.pictures, self.nearby = pictures, nearby
        self.presence = Presence(FloorPlan.draw(settings.zone, settings.scanner), settings.presence, radio_map)
        self.approaches = Approaches()
        self.restrictions = Restrictions(past.restrictions)
        self.steps = reservation.Steps(past.steps)
        self.visits: dict[str, Visit] = {}
        self.scopes: dict[str, Scope] = {}
        self.dirty: set[str] = set()
        self.gone: dict[str, Visit] = {}
        self.out: list[Effect] = []
        self.picks_changed = True
        self.zone_names = {zone.id: zone.name or zone.id for zone in settings.zone}
        self._inside = {zone.id for zone in settings.zone if zone.kind in INSIDE_KINDS}
        self._of_member: dict[str, str] = {}
        self.picks = Picks(self.profile_of)
        self.look_at_picks(replica.reserving(), now)
        self._restore(past, now)

    def here(self, member: str) -> Visit | None:
        """The member's visit."""
        return self.visits.get(self._of_member.get(member, ""))

    def profile(self, here: Visit, now: float) -> Profile | None:
        return self.profile_of(here.member_ref, now)

    def profile_of(self, member: str, now: float) -> Profile | None:
        """With what the member hid here and the store's own reservation steps; None when the lease has run out."""
        profile = self.replica.profile(member) if self.is_leased(now) else None
        if profile is None:
            return None
        hidden = profile.hidden | self.restrictions.hidden(member, now)
        if hidden != profile.hidden:
            profile = profile.model_copy(update={"hidden": hidden})
        return self.steps.of(profile)

    def is_leased(self, now: float) -> bool:
        """Whether head office was heard of lately enough to use what it sent about people."""
        return now <= lease_end(self.replica.as_of(), self.settings.offline.lease_days, self.replica.granted_s())

    def scope(self, here: Visit, profile: Profile | None, now: float) -> Scope:
        found = self._asked(here, profile, here.mode_choice, here.air_mode, now)
        if here.heard_mode is None or narrower(found.mode, here.heard_mode) is found.mode:
            return found
        return self._asked(here, profile, here.heard_mode, None, now)

    def admits(self, here: Visit, now: float) -> bool:
        """Whether there may be such a visit at all."""
        return self.scope(here, self.profile(here, now), now).here

    def begin(self, arrived: Visit, event: EventType, now: float) -> None:
        self.visits[arrived.visit_id] = arrived
        self._of_member[arrived.member_ref] = arrived.visit_id
        self.scopes[arrived.visit_id] = self.scope(arrived, self.profile(arrived, now), now)
        self.dirty.add(arrived.visit_id)
        body: dict[str, JsonValue] = {"zone": arrived.zone, "via": arrived.via}
        self.record(event, arrived, now, body, KeepVisit(arrived))

    def end(self, ended: Visit, reason: str, now: float, *facts: StoreFact) -> None:
        """Gone from every view within this step; what was kept of the visit goes with it."""
        body: dict[str, JsonValue] = {"reason": reason, "dwell_s": max(0, round(now - ended.arrived_at))}
        self.record("visit.left", ended, now, body, DropVisit(ended.visit_id), *facts)
        del self.visits[ended.visit_id], self._of_member[ended.member_ref]
        self.scopes.pop(ended.visit_id, None)
        self.dirty.discard(ended.visit_id)
        self.gone[ended.visit_id] = ended
        self.lose_sight(ended.member_ref)

    def lose_sight(self, member: str) -> None:
        """What radio said is forgotten: only what it says from now on counts."""
        self.approaches.forget(member)
        self.presence.forget(member)

    def is_inside(self, zone: str | None) -> bool:
        return zone in self._inside

    def put(self, after: Visit) -> None:
        self.visits[after.visit_id] = after
        self.dirty.add(after.visit_id)

    def change(self, member: str, change: Callable[[Visit], Visit]) -> None:
        """The member's visit, if there is one, changed and looked at again in this step."""
        here = self.here(member)
        if here is not None:
            self.put(change(here))

    def record(self, kind: EventType, here: Visit, at: float, body: dict[str, JsonValue], *facts: StoreFact) -> None:
        """An event names the member only under the purpose `measure`."""
        scope = self.scopes.get(here.visit_id)
        named = scope is not None and Purpose.MEASURE in scope.purposes
        self.out.append(Record(kind, at, here.visit_id, here.member_ref if named else "", body, facts))

    def record_of(self, member: str, kind: EventType, at: float, body: dict[str, JsonValue], *facts: StoreFact) -> None:
        here = self.here(member)
        if here is None:
            self.out.append(Keep(facts))
        else:
            self.record(kind, here, at, body, *facts)

    def take_along(self, after: Visit, now: float) -> None:
        """Reserved pieces go into the fitting room with the shopper, where staff may know of them."""
        scope = self.scopes.get(after.visit_id)
        if after.state != "fitting" or scope is None or not scope.allows(Audience.STAFF, Fact.RESERVATIONS):
            return
        profile = self.profile(after, now)
        for held in () if profile is None else reservation.into_fitting(profile, now):
            self.step(held, after.member_ref, "fitting", "", now)

    def step(self, held: Reservation, member: str, step: Step, reason: str, now: float) -> None:
        """The piece is at `step` from now on, on the card and on the pick list."""
        kept = self.steps.put(held, member, step)
        self.look_at_picks([member], now)
        body: dict[str, JsonValue] = {"reservation_id": held.reservation_id, "step": step}
        if reason:
            body["reason"] = reason
        here = self.here(member)
        if here is None:
            self.out.append(Record("reservation.step", now, body=body, facts=(kept,)))
        else:
            self.dirty.add(here.visit_id)
            self.record("reservation.step", here, now, body, kept)

    def look_at_picks(self, members: Iterable[str], now: float) -> None:
        """What is reserved, hidden or granted may have changed for these members."""
        self.picks.look(members, now)
        self.picks_changed = True

    def forget(self, member: str) -> None:
        """A member who withdrew: nothing of theirs stays on the floor's own lists."""
        self.restrictions.forget(member)
        self.steps.forget(member)
        self.picks.forget(member)
        self.picks_changed = True

    def _asked(self, here: Visit, profile: Profile | None, choice: Mode | None, air: Mode | None, now: float) -> Scope:
        return consent.scope(
            profile,
            choice,
            air,
            assurance=here.assurance,
            policy=self.settings.presence.assurance,
            now=now,
            contested=here.contested,
        )

    def _restore(self, past: Past, now: float) -> None:
        """Visits go on unless the store was away for longer than anybody may be silent."""
        was_away = now - past.alive_at > self.settings.presence.left_after_s
        for kept in past.visits:
            self.put(kept)
            self._of_member[kept.member_ref] = kept.visit_id
            if was_away or kept.zone not in self.zone_names:
                self.end(kept, "silent", max(past.alive_at, kept.arrived_at))
            elif kept.via == "radio":
                self.presence.resume(kept.member_ref, kept.zone, now)
            else:
                self.presence.put(kept.member_ref, kept.zone, now)
