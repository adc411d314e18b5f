"""What the control API takes and gives, as JSON. Unknown keys are refused."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator, model_validator

from simulator.floor import Floor, Point, Zone
from simulator.movement import WALKING_SPEED_MPS
from simulator.phone import SHORTEST_INTERVAL_S, Answer, Carrier, Mode

_SECRET_BYTES = 32
Waypoints = Annotated[list[tuple[FiniteFloat, FiniteFloat]], Field(min_length=1, max_length=1000)]
Speed = Annotated[FiniteFloat, Field(gt=0, le=10)]
Place = Literal["away", "outside", "inside"]


class Message(BaseModel):
    """Strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewPhone(Message):
    """POST /phones. `secret` is Kc, 32 bytes in hex; `path` is walked at once, starting at its first point."""

    member_ref: str = Field(max_length=200)
    secret: str
    epoch: int = Field(0, ge=0, lt=1 << 16)
    label: str = Field("", max_length=100)
    kind: Literal["light", "full"] = "light"
    carrier: Carrier = Carrier.SERVICE128
    interval_s: FiniteFloat = Field(0.25, ge=SHORTEST_INTERVAL_S, le=60)
    address_lag_s: FiniteFloat = Field(0.0, ge=-60, le=60)
    mode: Mode = Mode.STORED
    x: FiniteFloat | None = None
    y: FiniteFloat | None = None
    path: Waypoints | None = None
    speed_mps: Speed = WALKING_SPEED_MPS
    leave: bool = False

    @field_validator("secret")
    @classmethod
    def _is_a_key(cls, secret: str) -> str:
        try:
            key = bytes.fromhex(secret)
        except ValueError:
            key = b""
        if len(key) != _SECRET_BYTES:
            # Never repeat what was sent: it may be a real key with one digit missing.
            message = "must be 32 bytes in hex"
            raise ValueError(message)
        return secret

    @model_validator(mode="after")
    def _has_a_whole_place(self) -> Self:
        _check_place(self.x, self.y)
        return self

    @property
    def point(self) -> Point | None:
        """Where to put it, None for away."""
        return None if self.x is None or self.y is None else (self.x, self.y)


class Move(Message):
    """POST /phones/ID/move; both null: away."""

    x: FiniteFloat | None
    y: FiniteFloat | None

    @model_validator(mode="after")
    def _has_a_whole_place(self) -> Self:
        _check_place(self.x, self.y)
        return self

    @property
    def point(self) -> Point | None:
        """Where to, None for away."""
        return None if self.x is None or self.y is None else (self.x, self.y)


class Stroll(Message):
    """POST /phones/ID/walk: from where it is along `path`; `leave`: away at the end."""

    path: Waypoints
    speed_mps: Speed = WALKING_SPEED_MPS
    leave: bool = False


class ModeWish(Message):
    """POST /phones/ID/mode."""

    mode: Mode


class Lock(Message):
    """POST /phones/ID/lock."""

    locked: bool


class Epoch(Message):
    """POST /phones/ID/epoch."""

    epoch: int = Field(ge=0, lt=1 << 16)


class CrowdSize(Message):
    """POST /crowd."""

    devices: int = Field(200, ge=1, le=5000)
    adverts_per_s: FiniteFloat = Field(150.0, gt=0, le=5000)


class PhoneState(Message):
    """One phone now. `x`, `y` null: away; `zone` null: between zones, or away."""

    id: str
    label: str
    member_ref: str
    kind: Literal["light", "full"]
    carrier: Carrier
    interval_s: float
    mode: Mode
    x: float | None
    y: float | None
    zone: str | None
    place: Place
    walking: bool
    locked: bool
    speaking: bool
    answer: Answer


class ForeignDevice(Message):
    """An address and payload (hex) that a stranger sent `count` times."""

    address: str
    payload: str
    count: int


class ForeignRecord(Message):
    """GET /foreign."""

    advertisements: int
    devices: list[ForeignDevice]


class ZoneShape(Message):
    """A zone of GET /floor; `corners` in order."""

    id: str
    name: str
    kind: str
    corners: tuple[Point, ...]


class ScannerShape(Message):
    """A scanner of GET /floor."""

    id: str
    position: tuple[float, float, float]


class FloorShape(Message):
    """GET /floor, metres."""

    store: int
    name: str
    bounds: tuple[float, float, float, float]
    door: Point
    zones: list[ZoneShape]
    scanners: list[ScannerShape]


def floor_shape(floor: Floor) -> FloorShape:
    """The floor as the page draws it."""
    return FloorShape(
        store=floor.store,
        name=floor.name,
        bounds=floor.bounds,
        door=floor.door,
        zones=[_zone_shape(zone) for zone in floor.zones],
        scanners=[ScannerShape(id=site.scanner_id, position=site.position) for site in floor.scanners],
    )


def _zone_shape(zone: Zone) -> ZoneShape:
    return ZoneShape(id=zone.zone_id, name=zone.name, kind=zone.kind, corners=zone.corners)


def _check_place(x: float | None, y: float | None) -> None:
    if (x is None) != (y is None):
        message = "x and y belong together: two numbers in metres, or two nulls for away"
        raise ValueError(message)
