"""One visit: from arriving to having left. Pure transitions; nothing here decides what anybody may see.

A visit is store-owned. The claim (a shift pseudonym) and the access log live in memory only: `kept` is what may be
written, and it holds neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from wire.cards import AccessEntry, State
from wire.views import Assurance, Mode

Via = Literal["radio", "loyalty", "code", "phone"]
LeaveReason = Literal["radio", "invisible", "withdrawn", "staff", "forget", "consent", "closed"]

# RST1 mode bits -> what the shopper wished on air; 0 is "as stored". Invisible is silence, so it has no bits.
AIR_MODES: Final[Mapping[int, Mode | None]] = {0: None, 1: Mode.PHONE, 2: Mode.SCREEN, 3: Mode.ADVICE}
# A visit's page shows the last of them; more would be a diary.
ACCESS_LENGTH: Final = 20
# A claimed or fitting shopper is somebody's customer: these states are set by staff and survive movement.
STAFF_STATES: Final = frozenset({"here", "served", "fitting", "left"})


@dataclass(frozen=True, slots=True)
class Visit:
    """`arrived_at`, `last_heard_at`, ... are unix seconds UTC; `zone` is a zone id."""

    visit_id: str
    member_ref: str
    zone: str
    arrived_at: float
    last_heard_at: float
    state: State = "arriving"
    via: Via = "radio"
    assurance: Assurance = Assurance.HEARD
    mode_choice: Mode | None = None  # chosen for this visit, on the phone
    air_mode: Mode | None = None  # wished on air
    contested: bool = False
    help_asked_at: float | None = None
    claimed_by: str = ""  # memory only
    claimed_at: float | None = None
    access_log: tuple[AccessEntry, ...] = ()  # memory only
    hidden: frozenset[str] = frozenset()  # facts the member hid here, before head office's profile says so
    hint_dismissed: bool = False
