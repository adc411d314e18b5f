"""What staff ask for on a tablet: take a customer, say where they are, check a card in, bind a phone.

A command is carried out once however often it comes. No event and no file says which device or person asked.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from edge.core import visit
from edge.core.effects import KeepVisit, PostPhoneCode
from edge.core.floor import Floor
from edge.core.inputs import Device
from edge.core.visit import Via, Visit
from wire.cards import AccessEntry, StaffCard
from wire.live import Ack, Command
from wire.sync import PhoneCodePost
from wire.views import Assurance

if TYPE_CHECKING:
    from pydantic import JsonValue

CODE_LIFETIME_S: Final = 600.0
# Enough for every tablet's last minutes; a key older than that is never sent again.
REMEMBERED_ACKS: Final = 1000


class Staff:
    """`cards` are those that hang in the staff's room now, by visit id."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._acks: OrderedDict[tuple[str, str], Ack] = OrderedDict()

    def obey(
        self, device: Device, command: Command, cards: Mapping[str, StaffCard], now: float, *, online: bool
    ) -> Ack:
        """The same key from the same device gets the same answer and does nothing again."""
        key = (device.id, command.key)
        if key not in self._acks:
            self._acks[key] = self._answer(device, command, cards, now, online=online)
            if len(self._acks) > REMEMBERED_ACKS:
                self._acks.popitem(last=False)
        return self._acks[key]

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

    def _answer(
        self, device: Device, command: Command, cards: Mapping[str, StaffCard], now: float, *, online: bool
    ) -> Ack:
        if device.kind != "tablet":
            return _refused(command, "error.refused")
        if command.name == "checkin":
            return self._check_in_card(device, command, now)
        here = self._floor.visits.get(command.visit_id)
        if here is None:
            return _refused(command, "error.gone")
        match command.name:
            case "claim":
                return self._claim(here, device, command, now)
            case "state":
                return self._state(here, command, now)
            case "phone_code":
                return self._phone_code(here, command, now, online=online)
            case "release":
                self._set_state(visit.released(here), now)
            case "open_card":
                self._floor.put(visit.opened(here, AccessEntry(at=now, role="staff", what="card")))
            case "dismiss_hint":
                self._dismiss(here, cards.get(here.visit_id), command.reason, now)
        return Ack(key=command.key, ok=True)

    def _claim(self, here: Visit, device: Device, command: Command, now: float) -> Ack:
        taken = visit.claimed(here, device.id, now)
        if taken is None:
            return _refused(command, "error.claimed")
        self._set_state(taken, now)
        return Ack(key=command.key, ok=True)

    def _state(self, here: Visit, command: Command, now: float) -> Ack:
        if not command.state:
            return _refused(command, "error.invalid")
        if command.state == "left":
            self._floor.end(here, "staff", now)
        else:
            self._set_state(self._floor.with_steps(replace(here, state=command.state), now), now)
        return Ack(key=command.key, ok=True)

    def _set_state(self, after: Visit, now: float) -> None:
        self._floor.put(after)
        self._floor.record("visit.state", after, now, {"state": after.state}, KeepVisit(after))

    def _dismiss(self, here: Visit, card: StaffCard | None, reason: str, now: float) -> None:
        if card is None or card.hint is None:
            return
        after = visit.dismissed(here, card.hint.kind)
        self._floor.put(after)
        body: dict[str, JsonValue] = {"hint": card.hint.kind, "reason": reason}
        self._floor.record("hint.dismissed", after, now, body, KeepVisit(after))

    def _check_in_card(self, device: Device, command: Command, now: float) -> Ack:
        member = self._floor.replica.member_by_loyalty(command.loyalty.replace(" ", "").replace("-", ""))
        if member is None:
            return _refused(command, "error.unknown_loyalty")
        here = self.check_in(member, "loyalty", device.zone, now)
        if here is None:
            return _refused(command, "error.no_consent")
        return Ack(key=command.key, ok=True, body={"visit_id": here.visit_id})

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
        return Ack(key=command.key, ok=True, body=body)


def _refused(command: Command, error: str) -> Ack:
    return Ack(key=command.key, ok=False, error=error)
