"""Every setting of a store, typed and described, as store.toml has them (`settings_file`).

Read once, passed down. Unknown keys are refused. Lengths are metres, times seconds.
"""

from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from edge.core.card import DEFAULT_FACTS, FactKind
from wire.gatt import BEACON
from wire.views import Assurance

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Point = tuple[float, float]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=False)


class StoreSettings(_Table):
    number: Annotated[int, Field(ge=0, lt=2**32, description="The store's number in every token on air (u32).")]
    id: Annotated[Id, Field(description="The store's id at head office.")]
    name: Annotated[str, Field(min_length=1, max_length=80, description="What pages call the store.")]
    timezone: Annotated[str, Field(description="IANA name; the store's day ends at its midnight.")] = "Europe/Berlin"

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise PydanticCustomError("timezone", "there is no such time zone; write one like Europe/Berlin") from None
        return name


class PresenceSettings(_Table):
    arrive_after_s: Annotated[
        float, Field(gt=0, le=300, description="A member inside for this long has arrived; shorter greets passers-by.")
    ] = 8.0
    left_after_s: Annotated[
        float, Field(gt=0, le=7200, description="Unheard for this long, a visit ends; phones fall silent in pockets.")
    ] = 180.0
    assurance: Annotated[
        Assurance,
        Field(description="What personal views need: an answered challenge, or (weaker) a heard tag is enough."),
    ] = Assurance.ANSWERED
    answer_within_ms: Annotated[
        float,
        Field(
            ge=50,
            le=10_000,
            description="A phone must answer the challenge so soon; longer also lets answers through that are relayed.",
        ),
    ] = 300.0
    max_visit_s: Annotated[
        float, Field(gt=0, le=86_400, description="A check-in without radio ends after this long by itself.")
    ] = 3 * 3600.0
    escalate_after_s: Annotated[
        float, Field(gt=0, le=7200, description="An unclaimed customer's row is raised after this long.")
    ] = 240.0
    calibration: Annotated[
        str,
        Field(description="What `regulars edge calibrate` wrote, seen from this file's folder; empty: loudness alone."),
    ] = ""


class ZoneSettings(_Table):
    id: Annotated[Id, Field(description="The zone's id, unique in the file.")]
    name: Annotated[str, Field(max_length=80, description="What pages call the zone; its id when empty.")] = ""
    kind: Annotated[
        Literal["floor", "entrance", "vestibule", "fitting", "outside"],
        Field(description="Only floor and fitting zones make an arrival."),
    ] = "floor"
    rect: Annotated[
        tuple[float, float, float, float] | None,
        Field(description="Corners x0, y0, x1, y1; the upper and right edges belong to the neighbour."),
    ] = None
    polygon: Annotated[
        tuple[Point, ...] | None, Field(description="At least three corners in order, instead of rect.")
    ] = None

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        if (self.rect is None) == (self.polygon is None):
            raise PydanticCustomError("shape", "give the zone either a rect or a polygon")
        if self.rect is not None and not (self.rect[0] < self.rect[2] and self.rect[1] < self.rect[3]):
            raise PydanticCustomError("shape", "rect is empty: write x0 < x1 and y0 < y1")
        if self.polygon is not None and len(self.polygon) < 3:  # noqa: PLR2004 - two corners have no inside
            raise PydanticCustomError("shape", "a polygon needs at least three corners")
        return self


class ScannerSettings(_Table):
    id: Annotated[Id, Field(description="The scanner's id, unique in the file.")]
    position: Annotated[tuple[float, float, float] | None, Field(description="Where it hangs: x, y, height.")] = None
    zone: Annotated[str, Field(description="The zone it hangs in, where the exact position is not known.")] = ""
    source: Annotated[
        str,
        Field(
            pattern=r"^(bluez(:([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})?|esphome:[A-Za-z0-9.-]+(:[0-9]{1,5})?|replay|simulator)$",
            description="Its radio: bluez or bluez:MAC (this machine's adapter), esphome:HOST, replay or simulator.",
        ),
    ] = "bluez"
    board: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9-]{0,40}$",
            description="An ESPHome node's board, by a name that `regulars firmware boards` lists.",
        ),
    ] = ""
    # 100 ms to 300 ms between advertisements is what phones do; one channel per interval, so three go by in a second.
    interval_ms: Annotated[
        int, Field(ge=20, le=10_240, description="An ESPHome node changes the radio channel this often.")
    ] = 320
    window_ms: Annotated[
        int | None,
        Field(ge=20, le=10_240, description="It listens for this much of each interval; unset: what its board can."),
    ] = None

    @model_validator(mode="after")
    def _is_placed(self) -> Self:
        if self.position is None and not self.zone:
            raise PydanticCustomError("place", "give the scanner a position = [x, y, z] or a zone")
        return self

    @model_validator(mode="after")
    def _listens_within_its_interval(self) -> Self:
        if self.window_ms is not None and self.window_ms > self.interval_ms:
            longer = f"window_ms = {self.window_ms} is longer than interval_ms = {self.interval_ms}"
            raise PydanticCustomError("window", "{longer}; write at most the interval", {"longer": longer})
        return self


class ScreenSettings(_Table):
    id: Annotated[Id, Field(description="The screen's id, unique in the file.")]
    name: Annotated[str, Field(max_length=80, description="What the set-up page calls it.")] = ""
    zone: Annotated[str, Field(description="The zone whose shoppers it may react to; empty: none, only the loop.")] = ""


class TabletSettings(_Table):
    id: Annotated[Id, Field(description="The tablet's id, unique in the file.")]
    name: Annotated[str, Field(max_length=80, description="What the set-up page calls it.")] = ""
    zone: Annotated[
        str, Field(description="Where it stands, empty when carried; a check-in there takes this zone.")
    ] = ""


class CardSettings(_Table):
    facts: Annotated[
        tuple[FactKind, ...],
        Field(
            max_length=3,
            description="The staff card's three facts, by preference; what a member lacks makes room for others.",
        ),
    ] = DEFAULT_FACTS


class BeaconSettings(_Table):
    id: Annotated[Id, Field(description="The beacon's id, unique in the file.")]
    zone: Annotated[str, Field(description="The zone it stands in.")] = ""
    position: Annotated[tuple[float, float, float] | None, Field(description="Where it stands: x, y, height.")] = None
    uuid: Annotated[UUID, Field(description="Its iBeacon UUID, the same in every store: the app watches one.")] = BEACON
    major: Annotated[
        int | None,
        Field(ge=0, le=0xFFFF, description="Its iBeacon major number; unset: the store's number modulo 65536."),
    ] = None
    minor: Annotated[int, Field(ge=0, le=0xFFFF, description="Its iBeacon minor number, unique in the store.")] = 0


class PiSettings(_Table):
    bluetooth: Annotated[
        Literal["usb", "internal"],
        Field(description="usb switches the built-in radio off: it hears less and shares its antenna with Wi-Fi."),
    ] = "usb"
    wifi: Annotated[bool, Field(description="Keep the Pi's own Wi-Fi on; it disturbs Bluetooth beside it.")] = False
    watchdog_s: Annotated[
        int, Field(ge=5, le=15, description="A machine that hangs this long is reset; the Pi's timer ends at 15.")
    ] = 15


class OfflineSettings(_Table):
    policy: Annotated[
        Literal["resilient", "strict"],
        Field(
            description="resilient: a week without head office, key on the machine; strict: two days, key in memory."
        ),
    ] = "resilient"

    @property
    def lease_days(self) -> int:
        """How many days of keys lie in the store beyond today (SYNC.md)."""
        return 7 if self.policy == "resilient" else 2


class HqSettings(_Table):
    url: Annotated[
        str,
        Field(pattern=r"^https?://[^/?#]+$", description="Head office, scheme and host, no path: https://hq.example"),
    ]
    phone_url: Annotated[
        str, Field(description="The address in the QR code that opens the phone page; empty: url + /phone.")
    ] = ""
    timeout_s: Annotated[
        float,
        Field(gt=0, le=60, description="One ordinary call to head office may take this long; the feed parks longer."),
    ] = 5.0
    wait_s: Annotated[
        int, Field(ge=0, le=55, description="How long a feed poll parks; longer saves calls, proxies cut at 60.")
    ] = 25
    proxy_token: Annotated[
        SecretStr, Field(description="A secret header value that a reverse proxy before head office may ask for.")
    ] = SecretStr("")

    @property
    def phone_page(self) -> str:
        return self.phone_url or f"{self.url}/phone"


class PictureSettings(_Table):
    limit_mb: Annotated[
        int,
        Field(ge=0, le=100_000, description="Pictures of articles may take so much of the disk; 0: all are drawn."),
    ] = 400


class WebSettings(_Table):
    host: Annotated[str, Field(description="Where the pages listen; a reverse proxy with TLS stands before it.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Field(ge=0, le=65_535, description="0 takes a free port; --port wins.")] = 8470
    origins: Annotated[
        tuple[str, ...],
        Field(description="Origins whose pages may open the live socket, besides the service's own address."),
    ] = ()
    frame_ancestors: Annotated[
        tuple[str, ...], Field(description="Origins that may show the pages in a frame; empty: nobody.")
    ] = ()
    direct_send: Annotated[
        bool,
        Field(
            description="Changes go to tablets and screens without waking a thread for each; false: the library's way."
        ),
    ] = True


class Settings(_Table):
    """One store."""

    store: Annotated[StoreSettings, Field(description="Which store this is.")]
    presence: Annotated[PresenceSettings, Field(description="When somebody is here.")] = PresenceSettings()
    zone: Annotated[tuple[ZoneSettings, ...], Field(description="The floor plan, in metres.")]
    scanner: Annotated[tuple[ScannerSettings, ...], Field(description="The radios that listen.")] = ()
    screen: Annotated[tuple[ScreenSettings, ...], Field(description="The public screens.")] = ()
    tablet: Annotated[tuple[TabletSettings, ...], Field(description="The staff's tablets.")] = ()
    beacon: Annotated[tuple[BeaconSettings, ...], Field(description="Beacons that wake the app.")] = ()
    card: Annotated[CardSettings, Field(description="What the staff card says first.")] = CardSettings()
    pi: Annotated[PiSettings, Field(description="The machine in the store, for `regulars firmware`.")] = PiSettings()
    offline: Annotated[OfflineSettings, Field(description="What the store may keep without head office.")] = (
        OfflineSettings()
    )
    hq: Annotated[HqSettings, Field(description="Head office.")]
    pictures: Annotated[PictureSettings, Field(description="Pictures of articles, kept here.")] = PictureSettings()
    web: Annotated[WebSettings, Field(description="The service's own pages.")] = WebSettings()

    @model_validator(mode="after")
    def _has_an_inside(self) -> Self:
        if not any(zone.kind in {"floor", "fitting"} for zone in self.zone):
            raise PydanticCustomError(
                "plan", "[[zone]]: none is of kind floor or fitting, so nobody could arrive; add one"
            )
        return self

    def zone_name(self, zone_id: str) -> str:
        return next((zone.name or zone.id for zone in self.zone if zone.id == zone_id), zone_id)

    @property
    def check_in_zone(self) -> str:
        """Where somebody is who checked in and was not heard: the first place that counts as inside."""
        return next(zone.id for zone in self.zone if zone.kind in {"floor", "fitting"})
