"""What can happen to a store: the one queue's vocabulary, in the order the flow meets it.

Nothing here names a stranger: only sightings that resolved to a member of this store become inputs.
Instants are unix seconds UTC.
"""

from dataclasses import dataclass
from typing import Literal

from wire.live import Command, Hello
from wire.sync import PhoneCommand, Revocation

ScannerHealth = Literal["ok", "deaf", "away"]


@dataclass(frozen=True, slots=True)
class Device:
    """A paired tablet or screen; `zone` is where it stands, empty when it is carried about."""

    id: str
    kind: Literal["tablet", "screen"]
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A member's tag, heard by one scanner; `mode_bits` as `wire.rst1.Body.mode_bits` (0 as stored)."""

    member_ref: str
    scanner: str
    rssi_dbm: int
    mode_bits: int
    at: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A member's phone answered the challenge with the right key, over the radio of `scanner` where that is known."""

    member_ref: str
    mode_bits: int
    at: float
    scanner: str = ""


@dataclass(frozen=True, slots=True)
class Contested:
    """The member's tag came from two addresses at once: nothing personal until the challenge is answered."""

    member_ref: str
    at: float


@dataclass(frozen=True, slots=True)
class ScannerChanged:
    scanner: str
    health: ScannerHealth


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; nothing else happened."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A paired device's socket is open; `client` is the socket's own id."""

    client: str
    device: Device
    hello: Hello


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    client: str


@dataclass(frozen=True, slots=True)
class Commanded:
    client: str
    device: Device
    command: Command


@dataclass(frozen=True, slots=True)
class FeedApplied:
    """What the replica took in: who changed, whether any product or stock did, who withdrew, what phones asked for.

    The revocations are already applied to the replica; the service ends their visits and then confirms them.
    """

    members: frozenset[str] = frozenset()
    catalogue: bool = False
    revoked: tuple[Revocation, ...] = ()
    commands: tuple[PhoneCommand, ...] = ()


@dataclass(frozen=True, slots=True)
class PullRefused:
    """Head office did not give the member of this card; `error` is a key of the pages' messages."""

    loyalty: str
    error: str


@dataclass(frozen=True, slots=True)
class LineChanged:
    """The line to head office came up or went down."""

    online: bool


@dataclass(frozen=True, slots=True)
class GoodsChanged:
    """What pages show of articles changed beside the feed: pictures came or went, or neighbours' stock did."""


Input = (
    Heard
    | Answered
    | Contested
    | ScannerChanged
    | Tick
    | Subscribed
    | Unsubscribed
    | Commanded
    | FeedApplied
    | PullRefused
    | LineChanged
    | GoodsChanged
)
