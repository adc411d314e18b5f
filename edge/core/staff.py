"""What staff ask for on a tablet: take a customer, say where they are, check somebody in, move what is reserved, find.

A command is carried out once however often it comes. No event and no file says which device or person asked.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from edge.core import checkin, reservation, visit
from edge.core.checkin import CheckIns
from edge.core.consent import redacted
from edge.core.effects import KeepVisit, PostPhoneCode, Pull
from edge.core.floor import Floor
from edge.core.inputs import Device
from edge.core.search import Catalogue
from edge.core.shift import Shift
from edge.core.shop import Shop, Wearer, wearer
from edge.core.visit import Visit
from wire.cards import AccessEntry, Note, StaffCard
from wire.event import EventType
from wire.live import Ack, Command
from wire.profile import Reservation
from wire.sync import PhoneCodePost
from wire.views import Assurance, Audience, Fact

if TYPE_CHECKING:
    from pydantic import JsonValue

CODE_LIFETIME_S: Final = 600.0
# Enough for every tablet's last minutes; a key older than that is never sent again.
REMEMBERED_ACKS: Final = 1000
_NOBODY: Final = Wearer({}, {})


class Staff:
    """`cards` are those that hang in the staff's room now, by visit id; `shop` the shop as views show it."""

    def __init__(self, floor: Floor, check_ins: CheckIns, shop: Callable[[], Shop]) -> None:
        self._floor, self._check_ins, self._shop = floor, check_ins, shop
        self._catalogue = Catalogue()
        self._shift = Shift(floor.chance.epoch, floor.chance.day_end)
        self._acks: OrderedDict[tuple[str, str], Ack] = OrderedDict()

    def learn(self) -> None:
        """A little more of the catalogue, so that a search finds it ready."""
        self._catalogue.learn(self._floor.replica.products())

    def obey(
        self, device: Device, command: Command, cards: Mapping[str, StaffCard], now: float, *, online: bool
    ) -> Ack | None:
        """The same key from the same device gets the same answer and does nothing again.

        None: head office is asked first; `obey` again when the member is here, `refuse` when not.
        """
        if (device.id, command.key) in self._acks:
            return self._acks[device.id, command.key]
        if device.kind == "tablet" and online and self._is_strange(command):
            self._floor.out.append(Pull(command.loyalty))
            return None
        return self._settled(device, command, self._answer(device, command, cards, now, online=online))

    def refuse(self, device: Device, command: Command, error: str) -> Ack:
        return self._settled(device, command, _refused(command, error))

    def knows(self, loyalty: str) -> bool:
        """Whether this store holds the member of that card."""
        return self._check_ins.by_loyalty(loyalty) is not None

    def _is_strange(self, command: Command) -> bool:
        is_card = command.name == "checkin" and not command.pick and bool(command.loyalty)
        return is_card and not self.knows(command.loyalty)

    def _settled(self, device: Device, command: Command, ack: Ack) -> Ack:
        self._acks[device.id, command.key] = ack
        if len(self._acks) > REMEMBERED_ACKS:
            self._acks.popitem(last=False)
        return ack

    def _answer(
        self, device: Device, command: Command, cards: Mapping[str, StaffCard], now: float, *, online: bool
    ) -> Ack:
        if device.kind != "tablet":
            return _refused(command, "error.refused")
        match command.name:
            case "checkin":
                return self._check_in(device, command, now, online=online)
            case "find":
                return self._find(device, command, now)
            case "search":
                return self._search(command, now)
            case "step":
                return self._step(command, now)
        here = self._floor.visits.get(command.visit_id)
        if here is None:
            return _refused(command, "error.gone")
        return self._serve(here, device, command, cards.get(here.visit_id), now, online=online)

    def _serve(
        self, here: Visit, device: Device, command: Command, card: StaffCard | None, now: float, *, online: bool
    ) -> Ack:
        match command.name:
            case "claim":
                return self._claim(here, device, command, now)
            case "state":
                return self._state(here, command, now)
            case "phone_code":
                return self._phone_code(here, command, now, online=online)
            case "note":
                return self._note(here, command, now)
            case "release" | "hand_over":
                handed = command.name == "hand_over"
                self._set_state(visit.handed_over(here, now) if handed else visit.released(here), now)
            case "not_this":
                self._disown(here, now)
            case "note_done":
                self._keep(visit.note_done(here, command.note_id), "note.written", {"label": "done"}, now)
            case "open_card":
                self._floor.put(visit.opened(here, AccessEntry(at=now, role="staff", what="card")))
            case "dismiss_hint":
                self._dismiss(here, card, command.reason, now)
        return _done(command)

    # who serves

    def _claim(self, here: Visit, device: Device, command: Command, now: float) -> Ack:
        name = self._shift.name_of(device.id, now)
        taken = visit.claimed(here, name, now, take_over=command.take_over)
        if taken is None:
            return _refused(command, "error.claimed")
        self._set_state(taken, now)
        return _done(command, {"as": name})

    def _state(self, here: Visit, command: Command, now: float) -> Ack:
        if not command.state:
            return _refused(command, "error.invalid")
        if command.state == "left":
            self._floor.end(here, "staff", now)
            return _done(command)
        after = replace(here, state=command.state)
        self._set_state(after, now)
        self._floor.take_along(after, now)
        return _done(command)

    def _set_state(self, after: Visit, now: float) -> None:
        self._keep(after, "visit.state", {"state": after.state}, now)

    def _keep(self, after: Visit, event: EventType, body: "dict[str, JsonValue]", now: float) -> None:
        self._floor.put(after)
        self._floor.record(event, after, now, body, KeepVisit(after))

    # who it is

    def _check_in(self, device: Device, command: Command, now: float, *, online: bool) -> Ack:
        if command.pick:
            member, unknown = self._check_ins.by_pick(command.pick, now), "error.unknown_name"
        else:
            member = self._check_ins.by_loyalty(command.loyalty)
            unknown = "error.unknown_loyalty" if online else "error.card_offline"
        if member is None:
            return _refused(command, unknown)
        here = self._check_ins.check_in(member, "name" if command.pick else "loyalty", device.zone, now)
        if here is None:
            return _refused(command, "error.no_consent")
        return _done(command, {"visit_id": here.visit_id, "shown": self._is_shown(here, now)})

    def _is_shown(self, here: Visit, now: float) -> bool:
        """Whether a card appears: who is on the phone only is checked in and stays a number."""
        scope = self._floor.scope(here, self._floor.profile(here, now), now)
        return scope.allows(Audience.STAFF, Fact.ALIAS)

    def _find(self, device: Device, command: Command, now: float) -> Ack:
        found = self._check_ins.find(device.id, command.text, now)
        if isinstance(found, str):
            return _refused(command, found)
        return _done(command, {"members": checkin.as_json(found)})

    def _disown(self, here: Visit, now: float) -> None:
        """A check-in was somebody else's card: that visit ends. A phone stays a customer whom nobody names."""
        if here.via == "radio":
            self._keep(visit.mistaken(here), "visit.mistaken", {}, now)
        else:
            self._floor.end(here, "mistaken", now)

    # what is on the card

    def _note(self, here: Visit, command: Command, now: float) -> Ack:
        text = " ".join(command.text.split())
        scope = self._floor.scopes.get(here.visit_id)
        if not text and not command.label:
            return _refused(command, "error.invalid")
        if scope is None or not scope.allows(Audience.STAFF, Fact.NOTES):
            return _refused(command, "error.no_consent")
        note = Note(note_id=command.key, label=command.label, text=text, at=now, task=command.reason == "task")
        # The words stay here: what leaves the store is only that one was written.
        self._keep(visit.noted(here, note), "note.written", {"label": command.label}, now)
        return _done(command)

    def _dismiss(self, here: Visit, card: StaffCard | None, reason: str, now: float) -> None:
        if card is None or card.hint is None:
            return
        after = visit.dismissed(here, card.hint.kind)
        self._keep(after, "hint.dismissed", {"hint": card.hint.kind, "reason": reason}, now)

    def _step(self, command: Command, now: float) -> Ack:
        """From the card of somebody who is here, or from the pick list."""
        found = self._held(command, now)
        if found is None:
            return _refused(command, "error.gone")
        member, held = found
        if command.step is None or command.step not in reservation.moves(held, now):
            return _refused(command, "error.step")
        reason = command.reason if command.reason in reservation.REASONS else ""
        if command.step == "returned" and not reason and held.held_until > now:
            return _refused(command, "error.reason")
        self._floor.step(held, member, command.step, reason or ("late" if held.held_until <= now else ""), now)
        return _done(command)

    def _held(self, command: Command, now: float) -> tuple[str, Reservation] | None:
        here = self._floor.visits.get(command.visit_id)
        if here is None:
            return self._floor.picks.listed(command.reservation_id, now)
        scope, profile = self._floor.scopes.get(here.visit_id), self._floor.profile(here, now)
        if scope is None or profile is None or not scope.allows(Audience.STAFF, Fact.RESERVATIONS):
            return None
        held = (one for one in profile.reservations if one.reservation_id == command.reservation_id)
        return next(((here.member_ref, one) for one in held), None)

    # what there is

    def _search(self, command: Command, now: float) -> Ack:
        items, count = self._catalogue.found(
            self._shop(), self._wearer(command, now), command.terms, size=command.size, in_my_size=command.in_my_size
        )
        return _done(command, {"items": [one.model_dump(mode="json") for one in items], "count": count})

    def _wearer(self, command: Command, now: float) -> Wearer:
        """Sizes and prices of the customer whose card is open, as far as staff may see them."""
        here = self._floor.visits.get(command.visit_id)
        scope = None if here is None else self._floor.scopes.get(here.visit_id)
        profile = None if here is None else self._floor.profile(here, now)
        if scope is None or profile is None:
            return _NOBODY
        return wearer(redacted(profile, scope.facts[Audience.STAFF]), now)

    def _phone_code(self, here: Visit, command: Command, now: float, *, online: bool) -> Ack:
        """Binds the shopper's page to a visit that was proved: a replayed tag must not get the page."""
        scope = self._floor.scopes.get(here.visit_id)
        if scope is None or scope.assurance is not Assurance.ANSWERED:
            return _refused(command, "error.refused")
        if not online:
            return _refused(command, "error.offline")
        code, expires_at = self._floor.chance.phone_code(), now + CODE_LIFETIME_S
        url = f"{self._floor.settings.hq.phone_page}#code={code}"
        post = PhoneCodePost(
            code_hash=sha256(code.encode()).hexdigest(),
            member_ref=here.member_ref,
            visit_id=here.visit_id,
            expires_at=expires_at,
        )
        self._floor.out.append(PostPhoneCode(post))
        body: dict[str, JsonValue] = {
            "code": code,
            "url": url,
            "qr_svg": self._floor.chance.qr_svg(url),
            "expires_at": expires_at,
        }
        return _done(command, body)


def _done(command: Command, body: "dict[str, JsonValue] | None" = None) -> Ack:
    return Ack(key=command.key, ok=True, body=body or {})


def _refused(command: Command, error: str) -> Ack:
    return Ack(key=command.key, ok=False, error=error)
