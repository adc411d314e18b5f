"""The live protocol from store to browser: state is made right by numbers, not by hope.

Every message of a room carries `seq`, counted from 1 within `epoch` (one start of the service). A client that sees
a gap asks to `resume`; the store answers with `replay` (the missing messages) or a fresh `snapshot`.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from wire.profile import Step

PROTOCOL: Final = 1
RING_LENGTH: Final = 256
INBOUND_LIMIT: Final = 64 * 1024

CardBody = dict[str, JsonValue]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    room: str
    seq: int


class Snapshot(_Message):
    """All cards of a room as they stand at `seq`."""

    event: Literal["snapshot"] = "snapshot"
    epoch: str
    cards: tuple[CardBody, ...]
    ttl_s: int


class Upsert(_Message):
    event: Literal["upsert"] = "upsert"
    ttl_s: int
    card: CardBody


class Patch(_Message):
    """`set` replaces top-level fields of the card `id`."""

    event: Literal["patch"] = "patch"
    ttl_s: int
    id: str
    set: CardBody


class Remove(_Message):
    event: Literal["remove"] = "remove"
    id: str


Change = Annotated[Upsert | Patch | Remove, Field(discriminator="event")]


class Replay(_Message):
    """The changes after the client's last one, in order; `seq` is that of the last."""

    event: Literal["replay"] = "replay"
    epoch: str
    changes: tuple[Change, ...]


class Hello(BaseModel):
    """A client's `auth` when it connects. Rooms follow from the token on the server and are never asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    token: Annotated[str, Field(max_length=200)]
    proto: int = PROTOCOL
    epoch: Annotated[str, Field(max_length=64)] = ""
    seq: dict[Annotated[str, Field(max_length=80)], int] = {}


NOTE_LIMIT: Final = 200
CommandName = Literal[
    "claim",
    "release",
    "hand_over",
    "state",
    "open_card",
    "dismiss_hint",
    "not_this",
    "phone_code",
    "checkin",
    "find",
    "step",
    "search",
    "note",
    "note_done",
]
# One word of a search in all the ways in which the catalogue may write it.
Term = Annotated[tuple[Annotated[str, Field(max_length=60)], ...], Field(max_length=12)]


class Command(BaseModel):
    """Something a device asks for; the same `key` twice is one command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(min_length=8, max_length=64)]
    name: CommandName
    visit_id: Annotated[str, Field(max_length=64)] = ""
    take_over: bool = False  # for `claim`: also from a colleague
    state: Literal["", "here", "served", "fitting", "left"] = ""
    loyalty: Annotated[str, Field(max_length=80)] = ""
    reason: Annotated[str, Field(max_length=80)] = ""
    pick: Annotated[str, Field(max_length=64)] = ""  # for `checkin`: one of the people that `find` named
    text: Annotated[str, Field(max_length=NOTE_LIMIT)] = ""  # for `find` and `note`
    label: Annotated[str, Field(max_length=40)] = ""  # for `note`: a chip
    note_id: Annotated[str, Field(max_length=64)] = ""  # for `note_done`
    reservation_id: Annotated[str, Field(max_length=120)] = ""
    step: Step | None = None
    terms: Annotated[tuple[Term, ...], Field(max_length=8)] = ()  # for `search`: each one must be found
    size: Annotated[str, Field(max_length=20)] = ""
    in_my_size: bool = False  # for `search` with a visit


class Ack(BaseModel):
    """The answer to one command, to its sender only. `error` is a message key of the pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    ok: bool
    error: str = ""
    body: dict[str, JsonValue] = {}
