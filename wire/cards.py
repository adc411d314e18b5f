"""What each audience sees: the types that leave the store, one per audience and never one for two.

`ScreenView` cannot hold a name, a size, a personal price, browsing or a reservation: the public screen is public.
`StaffCard` is also what the shopper's mirror shows, byte for byte. Instants are unix seconds UTC; texts that a page
must translate travel as `Line` (a message key and its parameters).
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from wire.profile import Step
from wire.views import Assurance, Mode

State = Literal["arriving", "here", "served", "fitting", "left"]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_View):
    """A message key of the pages' catalogue and its parameters; `product` and `when` are formatted by the page."""

    key: str
    params: dict[str, str | int | float] = {}


class Mark(_View):
    """One fact with its source and age; `stale` ones are greyed and drive nothing."""

    value: str
    label: str = ""
    source: str
    observed_at: int
    confidence: float
    stale: bool = False


class ShelfStock(_View):
    size: str
    pieces: int
    shelf: str = ""


class ElsewhereStock(_View):
    """What a neighbouring store of the same merchant has of an article: size -> pieces, and when that was counted."""

    store_id: str
    store_name: str
    sizes: dict[str, int]
    counted_at: int


class PublicItem(_View):
    """An article as anybody may see it."""

    product_id: str
    name: dict[str, str]
    brand: str
    category: str
    garment: str
    colour: str
    colour_hex: str
    pattern: str = "plain"
    price_cents: int
    was_cents: int | None = None
    lowest_30d_cents: int | None = None
    currency: str = "EUR"
    image: str | None = None


class Item(PublicItem):
    """An article on a card: price for this member, stock by size here and nearby, and the reason that it is shown."""

    member_price_cents: int | None = None
    my_size: str = ""
    in_my_size: int = 0  # pieces here
    shelf: str = ""
    stock: tuple[ShelfStock, ...] = ()
    elsewhere: tuple[ElsewhereStock, ...] = ()
    reason: Line | None = None
    observed_at: int | None = None


class ReservationLine(_View):
    reservation_id: str
    item: Item
    size: str
    room: str
    step: Step
    held_until: int
    moves: tuple[Step, ...] = ()  # where it may go next


class Note(_View):
    """What staff wrote during this visit; `label` is a chip of the pages, `task` something still to be done."""

    note_id: str
    label: str = ""
    text: str = ""
    at: float
    task: bool = False
    done: bool = False


class Hint(_View):
    """At most one next best action; "nothing" is a hint of kind none."""

    kind: Literal["complaint", "reservation", "wish", "follow_up", "look", "none"]
    line: Line
    why: Line | None = None  # where the line itself does not say it


class StaffCard(_View):
    """One visit for staff. Everything after `reason` is empty unless the matrix allowed it."""

    id: str  # the visit's id
    kind: Literal["visit"] = "visit"
    alias: str = ""  # empty: a customer, unnamed
    mode: Mode
    state: State
    zone: str
    zone_name: str
    arrived_at: float
    last_heard_at: float
    assurance: Assurance
    via: Literal["radio", "loyalty", "code", "phone", "name"] = "radio"
    order: int  # position in the list, lowest first
    reason: Line
    waiting: bool = False  # has a reservation to try on
    help_asked_at: float | None = None
    claimed_by: str = ""  # shift pseudonym, in memory only
    handed_at: float | None = None  # a colleague asked for somebody to go on
    escalated: bool = False
    name: str = ""
    language: str = ""
    tier: Mark | None = None
    facts: tuple[Line, ...] = ()  # the three facts
    hint: Hint | None = None
    reservations: tuple[ReservationLine, ...] = ()
    sizes: tuple[Mark, ...] = ()  # label = category
    likes: tuple[Mark, ...] = ()  # label = brand | category
    dislikes: tuple[Mark, ...] = ()
    colours: tuple[Mark, ...] = ()
    seen: tuple[Item, ...] = ()  # viewed and saved
    looks: tuple[Item, ...] = ()
    owned: tuple[Item, ...] = ()  # bought here before, newest first
    notes: tuple[Mark, ...] = ()
    written: tuple[Note, ...] = ()  # during this visit
    purposes: tuple[str, ...] = ()
    as_of: float  # when head office last confirmed this profile
    decided_at: float  # when the service made this card


class QuietCard(_View):
    """How many opted-in shoppers are here who are not to be approached. Never who."""

    id: Literal["quiet"] = "quiet"
    kind: Literal["quiet"] = "quiet"
    count: int


class PickLine(_View):
    """One reserved piece to fetch or to put back; nobody is named, and nothing says whether its owner is here."""

    reservation_id: str
    item: PublicItem
    size: str
    shelf: str = ""
    pieces: int = 0
    room: str = ""
    step: Step
    held_until: int
    moves: tuple[Step, ...] = ()


class PickCard(_View):
    """The store's work with reservations: first what ran out, then what is due soonest; `more` do not fit here."""

    id: Literal["picks"] = "picks"
    kind: Literal["picks"] = "picks"
    lines: tuple[PickLine, ...] = ()
    more: int = 0


class StatusCard(_View):
    """What every device says about the line to head office and the store's radios."""

    id: Literal["status"] = "status"
    kind: Literal["status"] = "status"
    store_id: str
    store_name: str
    offline_since: float | None = None
    scanners: dict[str, Literal["ok", "deaf", "away"]] = {}


class Theme(_View):
    kind: Literal["neutral", "category", "brand"]
    value: str = ""


class ScreenView(_View):
    """One public screen. At least half of what it shows is general."""

    id: Literal["screen"] = "screen"
    kind: Literal["screen"] = "screen"
    screen_id: str
    theme: Theme
    themed: tuple[PublicItem, ...] = ()
    general: tuple[PublicItem, ...]
    phone_url: str
    changed_at: float
    decided_at: float
    offline_since: float | None = None


class AccessEntry(_View):
    """Who opened my card, by role, never by person."""

    at: float
    role: Literal["staff", "screen", "phone", "head_office"]
    what: str


class PhoneView(_View):
    """The shopper's own page during a visit."""

    visit_id: str
    store_id: str
    store_name: str
    mode: Mode
    standing_mode: Mode
    modes_open: tuple[Mode, ...]  # what the consents allow to choose
    assurance: Assurance
    state: State
    arrived_at: float
    help_asked_at: float | None = None
    reservations: tuple[ReservationLine, ...] = ()
    list: tuple[Item, ...] = ()  # viewed and saved, in my size
    member_prices: tuple[Item, ...] = ()
    mirror: StaffCard | None = None  # exactly what staff see now, or None
    screen_theme: Theme | None = None
    access_log: tuple[AccessEntry, ...] = ()
    hidden: tuple[str, ...] = ()
    decided_at: float
    offline_since: float | None = None


Card = StaffCard | QuietCard | PickCard | StatusCard | ScreenView
