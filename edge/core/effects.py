"""What the service wants done. Adapters do it and decide nothing.

They are done in the order given: views, then facts (`Record` and `Keep`, all of a step in one transaction), then
answers and what goes to head office, and receipts last.
"""

from dataclasses import dataclass, field

from pydantic import JsonValue

from edge.core.visit import Visit
from wire.event import EventType
from wire.live import Ack, Patch, Remove, Replay, Snapshot, Upsert
from wire.profile import Step
from wire.sync import PhoneCodePost, PhoneViewPost, Revocation


@dataclass(frozen=True, slots=True)
class KeepVisit:
    """The visit as it stands now replaces what was kept of it."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class DropVisit:
    visit_id: str


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a member narrowed or chose in this store, binding until `until` whatever head office says meanwhile.

    `veil` = not to be seen; `hide` = one fact, named in `fact`; `choice` = the mode in `fact` for the next visit.
    """

    member_ref: str
    kind: str
    until: float
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Lift:
    """The member's restrictions of one kind end."""

    member_ref: str
    kind: str


@dataclass(frozen=True, slots=True)
class Erase:
    """Nothing kept here names the member afterwards: neither facts nor what still waits for head office."""

    member_ref: str


@dataclass(frozen=True, slots=True)
class Done:
    """The phone's command was carried out: the feed may bring it again, and it will not be done twice."""

    command_id: str
    until: float


@dataclass(frozen=True, slots=True)
class KeepStep:
    """How far a reserved piece got in this store; forgotten at `until`, when nothing hangs anywhere because of it."""

    reservation_id: str
    member_ref: str
    step: Step
    until: float


@dataclass(frozen=True, slots=True)
class Alive:
    """The service ran at `at`: after a restart its visits go on only if it was not away for long."""

    at: float


StoreFact = KeepVisit | DropVisit | Restriction | Lift | Erase | Done | KeepStep | Alive


@dataclass(frozen=True, slots=True)
class Record:
    """One event for head office and the store's own facts behind it, in one transaction."""

    type: EventType
    at: float
    visit_id: str = ""
    member_ref: str = ""
    body: dict[str, JsonValue] = field(default_factory=dict)
    facts: tuple[StoreFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """Store-owned facts that head office need not hear of."""

    facts: tuple[StoreFact, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """One change to everybody in `room` (`staff`, `screen:<id>`)."""

    room: str
    message: Upsert | Patch | Remove


@dataclass(frozen=True, slots=True)
class Reply:
    """The state of a room to one client; from now on it receives what is sent to `message.room`."""

    client: str
    message: Snapshot | Replay


@dataclass(frozen=True, slots=True)
class Acknowledge:
    client: str
    ack: Ack


@dataclass(frozen=True, slots=True)
class PostPhone:
    post: PhoneViewPost


@dataclass(frozen=True, slots=True)
class PostPhoneCode:
    post: PhoneCodePost


@dataclass(frozen=True, slots=True)
class Pull:
    """A card whose member is not here: head office is asked, and the feed brings the profile."""

    loyalty: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """The revocation is applied and no view shows the member: the signed receipt may go."""

    revocation: Revocation
    applied_at: float


Effect = Record | Keep | Send | Reply | Acknowledge | PostPhone | PostPhoneCode | Pull | Confirm
