"""One store's flow, top to bottom: `Service.step` takes what happened and says what is to be done.

The only owner of the store's state; one thread calls it. It knows no file, socket, clock or chance: head office's
state is asked through `Replica`, everything else is handed in.
"""

from collections.abc import Iterable
from typing import Final

from edge.core import presence, visit
from edge.core.checkin import CheckIns
from edge.core.effects import (
    Acknowledge,
    Alive,
    Confirm,
    Effect,
    Erase,
    Keep,
    KeepVisit,
    Record,
    Reply,
    Send,
)
from edge.core.floor import Chance, Floor, NoPictures, Past, Pictures, Replica
from edge.core.inputs import (
    Answered,
    Commanded,
    Contested,
    FeedApplied,
    GoodsChanged,
    Heard,
    Input,
    LineChanged,
    PullRefused,
    ScannerChanged,
    Subscribed,
    Tick,
)
from edge.core.nearby import Nearby, NoNeighbours
from edge.core.pull import Pulls, Waiting
from edge.core.shopper import Shoppers
from edge.core.staff import Staff
from edge.core.views import Views
from edge.core.visit import AIR_MODES, Visit
from edge.core.whereabouts import RadioMap
from edge.settings import Settings
from wire.receipt import Purpose
from wire.sync import Revocation

__all__ = ["Chance", "Past", "Replica", "Service"]

NOTHING: Final = Past()
# Half of it may be missing after a power cut: shorter wears the SD card, longer ends visits that still go on.
ALIVE_S: Final = 30.0
# With nobody inside there is no visit to end, and most of a store's day is such.
ALIVE_IN_QUIET_S: Final = 120.0
# Costs no writing, and who only passed by shall not be known for longer in an empty store than in a full one.
FORGET_EVERY_S: Final = 30.0


class Service:
    """`past` is what an earlier start kept, `radio_map` what the store was calibrated with."""

    def __init__(
        self,
        replica: Replica,
        settings: Settings,
        chance: Chance,
        now: float,
        past: Past = NOTHING,
        *,
        radio_map: RadioMap | None = None,
        pictures: Pictures | None = None,
        nearby: Nearby | None = None,
    ) -> None:
        self._floor = Floor(
            replica,
            settings,
            chance,
            past,
            now,
            radio_map=radio_map,
            pictures=pictures or NoPictures(),
            nearby=nearby or NoNeighbours(),
        )
        self._fitting = {zone.id for zone in settings.zone if zone.kind == "fitting"}
        self._views = Views(self._floor)
        check_ins = CheckIns(self._floor)
        self._staff = Staff(self._floor, check_ins, self._views.shop)
        self._pulls = Pulls()
        self._shoppers = Shoppers(self._floor, check_ins, past.done)
        self._alive_at = self._forgot_at = 0.0

    def step(self, happened: Input, now: float) -> list[Effect]:
        """The flow. `now` is unix seconds. The order of effects is theirs to be done in: `_turn` says why."""
        match happened:
            case Heard() | Answered() | Contested():  # radio: who was heard, and how sure that is
                self._listen(happened)
            case FeedApplied():  # head office: withdrawals, profiles, stock, what phones ask for
                self._take_in(happened, now)
            case PullRefused(loyalty, error):
                self._refuse(self._pulls.of(loyalty), error)
            case Subscribed() | Commanded():  # tablets and screens
                self._attend(happened, now)
            case LineChanged(online):
                self._views.line(now, online=online)
            case GoodsChanged():
                self._views.catalogue()
            case ScannerChanged(scanner, health):
                self._views.scanner(scanner, health)
            case Tick():
                self._pass_time(now)  # presence: who arrived, moved, left
        self._admit(now)  # consent and mode: whose visit may be at all
        self._views.show(now)  # staff cards, screens, phones
        return self._drained()

    @property
    def visits(self) -> int:
        """How many there are now."""
        return len(self._floor.visits)

    @property
    def is_busy(self) -> bool:
        """Whether anybody is in or around the store."""
        return bool(self._floor.visits) or len(self._floor.presence) > 0 or len(self._pulls) > 0

    def _listen(self, happened: Heard | Answered | Contested) -> None:
        floor, member = self._floor, happened.member_ref
        if floor.restrictions.is_veiled(member, happened.at):
            return
        match happened:
            case Heard(_, scanner, rssi_dbm, mode_bits, at):
                floor.presence.hear(member, scanner, rssi_dbm, at)
                if floor.approaches.hear(member, mode_bits, at):
                    floor.change(member, lambda here: visit.wished(here, AIR_MODES[mode_bits]))
            case Answered(_, mode_bits, at, scanner):
                floor.presence.answer(member, scanner, at)
                floor.approaches.answer(member, mode_bits, at)
                floor.change(member, lambda here: visit.answered(here, AIR_MODES[mode_bits]))
            case Contested(_, at):
                floor.approaches.contest(member, at)
                floor.change(member, visit.contested)

    def _take_in(self, applied: FeedApplied, now: float) -> None:
        for revocation in applied.revoked:
            self._revoke(revocation, now)
        for member in applied.members:
            self._floor.change(member, lambda here: here)
            self._shoppers.take_over(member, now)
        self._floor.look_at_picks(applied.members, now)
        if applied.catalogue:
            self._views.catalogue()
        for request in applied.commands:
            self._shoppers.serve(request, now)
        for waiting in self._pulls.arrived(self._staff.knows):
            self._attend(Commanded(waiting.client, waiting.device, waiting.command), now)

    def _revoke(self, revocation: Revocation, now: float) -> None:
        """Nothing of the member stays; the receipt goes out after the views have changed."""
        floor, member = self._floor, revocation.member_ref
        here = floor.here(member)
        if here is None:
            floor.out.append(Keep((Erase(member),)))
        else:
            floor.end(here, "withdrawn", now, Erase(member))
        floor.forget(member)
        floor.lose_sight(member)
        floor.out.append(Confirm(revocation, now))

    def _attend(self, happened: Subscribed | Commanded, now: float) -> None:
        floor, rooms = self._floor, self._views.rooms
        match happened:
            case Subscribed(client, device, hello):
                floor.out += rooms.replies(client, device, hello, now)
            case Commanded(client, device, command):
                online = self._views.offline_since is None
                ack = self._staff.obey(device, command, rooms.cards, now, online=online)
                if ack is None:
                    self._pulls.wait(client, device, command, now)
                else:
                    floor.out.append(Acknowledge(client, ack))

    def _refuse(self, waiting: Iterable[Waiting], error: str) -> None:
        for one in waiting:
            self._floor.out.append(Acknowledge(one.client, self._staff.refuse(one.device, one.command, error)))

    def _pass_time(self, now: float) -> None:
        self._refuse(self._pulls.late(now), "error.card_offline")
        for change in self._floor.presence.advance(now):
            self._follow(change, now)
        for here in list(self._floor.visits.values()):
            settled = visit.settled(here, now)
            if settled is not here:
                self._floor.put(settled)
        self._views.review(now)
        self._staff.learn()
        if now - self._alive_at >= (ALIVE_S if self._floor.visits else ALIVE_IN_QUIET_S):
            self._alive_at = now
            self._floor.out.append(Keep((Alive(now),)))
        if now - self._forgot_at >= FORGET_EVERY_S:
            self._forgot_at = now
            self._floor.approaches.forget_old(now, lambda member: self._floor.presence.last_heard(member) is not None)
            self._shoppers.forget_done(now)
            self._floor.steps.forget_old(now)

    def _follow(self, change: presence.Change, now: float) -> None:
        here = self._floor.here(change.member_ref)
        match change:
            case presence.Arrived(member, zone, at) if here is None:
                self._arrive(member, zone, at, now)
            case presence.Moved(_, zone, at) if here is not None:
                moved = visit.moved(here, zone, into_fitting=zone in self._fitting)
                self._floor.put(moved)
                self._floor.take_along(moved, now)
                self._floor.record("visit.moved", moved, at, {"zone": zone}, KeepVisit(moved))
            case presence.Left(_, _, at, reason) if here is not None:
                self._floor.end(here, reason, at)

    def _arrive(self, member: str, zone: str, at: float, now: float) -> None:
        """Nobody whom consent or mode keeps out leaves a trace: radio's memory of them goes too."""
        radio = self._floor.approaches.of(member, at)
        arrived = Visit(
            self._floor.chance.visit_id(),
            member,
            zone,
            arrived_at=at,
            last_heard_at=at,
            assurance=radio.assurance,
            mode_choice=self._floor.restrictions.choice(member, now),
            air_mode=radio.air_mode,
            heard_mode=radio.heard_mode,
            contested=radio.contested,
        )
        if self._floor.admits(arrived, now):
            self._floor.begin(arrived, "visit.arrived", now)
        else:
            self._floor.lose_sight(member)

    def _admit(self, now: float) -> None:
        """Every changed visit goes through consent again; one that may not be ends here."""
        for visit_id in list(self._floor.dirty):
            here = self._floor.visits[visit_id]
            profile = self._floor.profile(here, now)
            scope = self._floor.scope(here, profile, now)
            if profile is None or Purpose.RECOGNISE not in scope.purposes:
                self._floor.end(here, "consent", now)
            elif not scope.here:
                self._floor.end(here, "invisible", now)
            else:
                self._floor.scopes[visit_id] = scope
                self._views.see(here, profile, now)

    def _drained(self) -> list[Effect]:
        done, self._floor.out = self._floor.out, []
        return sorted(done, key=_turn)


def _turn(effect: Effect) -> int:
    """Views first: a tablet must not wait for a disk, and what a power cut takes back radio or feed bring again.
    Then facts, then the answers that promise them, and receipts when all else is done.
    """
    if isinstance(effect, Send | Reply):
        return 0
    if isinstance(effect, Record | Keep):
        return 1
    return 3 if isinstance(effect, Confirm) else 2
