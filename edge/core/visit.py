"""One visit: from arriving to having left. Pure transitions; nothing here decides what anybody may see.

A visit is store-owned. The claim (a shift pseudonym) and the access log live in memory only: `kept` is what may be
written down, and it holds neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from wire.cards import AccessEntry, Note, State
from wire.views import Assurance, Mode, narrower

Via = Literal["radio", "loyalty", "code", "phone", "name"]

# RST1 mode bits -> what the shopper wished on air; 0 is "as stored". Invisible is silence, so it has no bits.
AIR_MODES: Final[Mapping[int, Mode | None]] = {0: None, 1: Mode.PHONE, 2: Mode.SCREEN, 3: Mode.ADVICE}
# Long enough to walk from the door to the first rail and be seen as new; longer and "arriving" stops meaning anything.
ARRIVING_S: Final = 30.0
# The shopper's page shows the last of them; more would be a diary.
ACCESS_LENGTH: Final = 20
# One role opening the same card again within this time is one look at it.
ACCESS_PAUSE_S: Final = 60.0
# What one visit's colleagues tell each other; who has more to say writes it to head office.
NOTES_LENGTH: Final = 8


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
    air_mode: Mode | None = None  # wished on air, under the answer's signature
    heard_mode: Mode | None = None  # wished on air, unproved: may only narrow
    contested: bool = False
    mistaken: bool = False  # staff saw that this is somebody else: only a card or a code says who it is
    help_asked_at: float | None = None
    claimed_by: str = ""  # memory only
    claimed_at: float | None = None  # memory only
    handed_at: float | None = None  # a colleague let go and asked for somebody
    access_log: tuple[AccessEntry, ...] = ()  # memory only
    dismissed: frozenset[str] = frozenset()  # kinds of hint that staff put away
    notes: tuple[Note, ...] = ()  # what staff wrote during the visit; ends with it


def moved(visit: Visit, zone: str, *, into_fitting: bool) -> Visit:
    """Going into a fitting room says so on the list; coming out of it ends that."""
    if into_fitting:
        return replace(visit, zone=zone, state="fitting")
    return replace(visit, zone=zone, state=_attended(visit) if visit.state == "fitting" else visit.state)


def wished(visit: Visit, air_mode: Mode | None) -> Visit:
    """Heard on air, where anybody could have changed the bits: it narrows and stays until the phone answers."""
    return replace(visit, heard_mode=closer(visit.heard_mode, air_mode))


def answered(visit: Visit, air_mode: Mode | None) -> Visit:
    """The answer's bits are under its signature, so they may also open. It does not undo what staff saw."""
    if visit.mistaken:
        return replace(visit, air_mode=air_mode, heard_mode=None)
    return replace(visit, assurance=Assurance.ANSWERED, contested=False, air_mode=air_mode, heard_mode=None)


def contested(visit: Visit) -> Visit:
    """Two radios say they are this member: nothing personal until one of them proves it."""
    return replace(visit, assurance=Assurance.HEARD, contested=True)


def mistaken(visit: Visit) -> Visit:
    """Staff stand before somebody else: nothing personal until a card or a code says who it is."""
    return replace(visit, assurance=Assurance.HEARD, contested=True, mistaken=True, notes=())


def checked_in(visit: Visit, via: Via) -> Visit:
    """Loyalty card or code proves the member as an answered challenge does."""
    return replace(visit, via=via, assurance=Assurance.ANSWERED, contested=False, mistaken=False)


def settled(visit: Visit, now: float) -> Visit:
    if visit.state == "arriving" and now - visit.arrived_at >= ARRIVING_S:
        return replace(visit, state="here")
    return visit


def chosen(visit: Visit, mode: Mode) -> Visit:
    """What the shopper chose on the phone replaces what the phone wished on air before."""
    return replace(visit, mode_choice=mode, air_mode=None, heard_mode=None)


def claimed(visit: Visit, claimed_by: str, at: float, *, take_over: bool = False) -> Visit | None:
    """None when somebody else was first; `take_over` takes the customer from them."""
    if visit.claimed_by and visit.claimed_by != claimed_by and not take_over:
        return None
    state: State = "fitting" if visit.state == "fitting" else "served"
    return replace(visit, claimed_by=claimed_by, claimed_at=at, state=state, help_asked_at=None, handed_at=None)


def released(visit: Visit) -> Visit:
    state: State = "fitting" if visit.state == "fitting" else "here"
    return replace(visit, claimed_by="", claimed_at=None, state=state)


def handed_over(visit: Visit, at: float) -> Visit:
    """Nobody serves, and somebody should: the row rises for all."""
    return replace(released(visit), handed_at=at)


def put_in(visit: Visit, state: State) -> Visit:
    """What staff say the shopper is doing."""
    return replace(visit, state=state)


def asked_help(visit: Visit, at: float) -> Visit:
    return visit if visit.help_asked_at is not None else replace(visit, help_asked_at=at)


def dismissed(visit: Visit, kind: str) -> Visit:
    return replace(visit, dismissed=visit.dismissed | {kind})


def noted(visit: Visit, note: Note) -> Visit:
    return replace(visit, notes=(*visit.notes, note)[-NOTES_LENGTH:])


def note_done(visit: Visit, note_id: str) -> Visit:
    done = (one.model_copy(update={"done": not one.done}) if one.note_id == note_id else one for one in visit.notes)
    return replace(visit, notes=tuple(done))


def opened(visit: Visit, entry: AccessEntry) -> Visit:
    """The log that the shopper reads; looking twice within a minute is one look."""
    if any(_repeats(entry, earlier) for earlier in visit.access_log):
        return visit
    return replace(visit, access_log=(*visit.access_log, entry)[-ACCESS_LENGTH:])


def kept(visit: Visit) -> Visit:
    """What may be written down: no claim, no log, and so nothing about staff."""
    return replace(visit, claimed_by="", claimed_at=None, access_log=())


def _attended(visit: Visit) -> State:
    return "served" if visit.claimed_by else "here"


def closer(known: Mode | None, heard_now: Mode | None) -> Mode | None:
    """The more private of two wishes; None is no wish."""
    if known is None or heard_now is None:
        return heard_now if known is None else known
    return narrower(known, heard_now)


def _repeats(entry: AccessEntry, earlier: AccessEntry) -> bool:
    same = (entry.role, entry.what) == (earlier.role, earlier.what)
    return same and entry.at - earlier.at < ACCESS_PAUSE_S
