"""What shoppers ask for on their own phones: another mode, help, a fact hidden, a check-in, to be forgotten today.

Narrowing always works, with or without a visit. The feed may bring a request again; it is served once.
"""

from collections.abc import Mapping
from typing import Final

from edge.core import visit
from edge.core.checkin import CheckIns
from edge.core.effects import Done, Erase, Keep, KeepVisit, Lift, Restriction, StoreFact
from edge.core.floor import Floor
from edge.core.restriction import CHOICE, HIDE, VEIL
from edge.core.visit import Visit
from wire.sync import PhoneCommand
from wire.views import Fact, Mode

# Until head office's own copy says so; if that never comes, the member is asked again.
HIDE_S: Final = 30 * 86_400.0
_FACTS: Final = frozenset(Fact)


class Shoppers:
    def __init__(self, floor: Floor, check_ins: CheckIns, done: Mapping[str, float]) -> None:
        self._floor, self._check_ins = floor, check_ins
        self._done = dict(done)

    def serve(self, request: PhoneCommand, now: float) -> None:
        if request.command_id in self._done or request.expires_at <= now:
            return
        self._done[request.command_id] = request.expires_at
        done = Done(request.command_id, request.expires_at)
        member = request.member_ref
        here = self._floor.here(member)
        match request.kind:
            case "mode" if request.mode is Mode.INVISIBLE:
                self._veil(member, "invisible", now, done)
            case "mode" if request.mode is not None:
                self._choose(member, request.mode, now, done)
            case "forget":
                self._veil(member, "forget", now, Erase(member), done)
            case "hide" if request.fact in _FACTS:
                self._hide(member, request.fact, now, done)
            case "help" if here is not None:
                self._help(here, now, done)
            case "checkin":
                self._floor.out.append(Keep((done,)))
                self._check_ins.check_in(member, "phone", "", now)
            case _:
                self._floor.out.append(Keep((done,)))

    def forget_done(self, now: float) -> None:
        self._done = {command_id: until for command_id, until in self._done.items() if until > now}

    def take_over(self, member: str, now: float) -> None:
        """A fact hidden here that head office hides too is head office's to show again."""
        hidden = self._floor.restrictions.hidden(member, now)
        profile = self._floor.replica.profile(member) if hidden else None
        if profile is not None and hidden <= profile.hidden:
            self._floor.restrictions.lift(member, HIDE)
            self._floor.out.append(Keep((Lift(member, HIDE),)))

    def _veil(self, member: str, reason: str, now: float, *facts: StoreFact) -> None:
        """Ends the visit, if there is one, and sees nothing of the member until another mode or the day's end."""
        floor = self._floor
        floor.restrictions.lift(member, CHOICE)
        veil = floor.restrictions.add(Restriction(member, VEIL, floor.chance.day_end(now)))
        facts = (*facts, Lift(member, CHOICE), veil)
        here = floor.here(member)
        if here is not None:
            floor.end(here, reason, now, *facts)
        else:
            floor.out.append(Keep(facts))
            floor.lose_sight(member)

    def _choose(self, member: str, mode: Mode, now: float, done: Done) -> None:
        """For the visit that is, or the next one of the day."""
        floor = self._floor
        floor.restrictions.lift(member, VEIL)
        choice = floor.restrictions.add(Restriction(member, CHOICE, floor.chance.day_end(now), mode))
        floor.change(member, lambda here: visit.chosen(here, mode))
        here = floor.here(member)
        kept = (KeepVisit(here),) if here is not None else ()
        floor.record_of(member, "visit.mode", now, {"mode": mode}, Lift(member, VEIL), choice, *kept, done)

    def _hide(self, member: str, fact: str, now: float, done: Done) -> None:
        hide = self._floor.restrictions.add(Restriction(member, HIDE, now + HIDE_S, fact))
        self._floor.change(member, lambda same: same)
        self._floor.look_at_picks([member], now)
        self._floor.record_of(member, "fact.hidden", now, {"fact": fact}, hide, done)

    def _help(self, here: Visit, now: float, done: Done) -> None:
        """Asking for help asks staff to come: it opens the card for this visit, as far as the consents go."""
        asked = visit.asked_help(visit.chosen(here, Mode.ADVICE), now)
        self._floor.put(asked)
        self._floor.record("visit.help", asked, now, {}, KeepVisit(asked), done)
