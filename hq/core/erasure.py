"""How long head office keeps what, in one table; the purge and the compliance pack read the same one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from hq.core.audit import AUDIT_KEPT_S
from wire.rst1 import DAY_S

PRESENCE_HOURS: Final = 24
EVENT_DAYS: Final = 400
# Who was where at what time; all other events tell what was done.
RAW_PRESENCE: Final = ("visit.arrived", "visit.moved", "visit.left")
# The longest lease that a store may be given, and a day for clocks and for the purge itself: a tombstone that goes
# earlier leaves its member in a store that was away meanwhile; one that stays longer names somebody who is gone.
TOMBSTONE_S: Final = 15 * DAY_S


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows of `table` go when `column` (unix seconds) is older than `keep_s`; `types`: only events of these."""

    table: str
    column: str
    keep_s: float
    reason: str
    types: tuple[str, ...] = ()


RETENTION: Final = (
    Retention("command", "expires_at", 0, "a phone's wish that the store did not fetch in time is void"),
    Retention("phone_view", "expires_at", 60, "what a phone shows ends with the visit; a minute lets it read the end"),
    Retention("phone_code", "expires_at", 0, "single use, ten minutes"),
    Retention("session", "expires_at", 0, "a phone signs in again"),
    Retention("enrol_code", "expires_at", 0, "single use, one day"),
    Retention("account_session", "expires_at", 0, "whoever works here signs in again"),
    Retention("account_invite", "expires_at", 0, "single use, two days"),
    Retention("once", "expires_at", 0, "nobody sends a request again after a day"),
    Retention(
        "event", "at", PRESENCE_HOURS * 3600, "who was where when is counted within the day, then gone", RAW_PRESENCE
    ),
    Retention("event", "at", EVENT_DAYS * DAY_S, "measurements compare a day with the same one last year"),
    # A day more than the database itself refuses to give them up: its clock is another one.
    Retention(
        "audit", "at", AUDIT_KEPT_S + DAY_S, "the limitation period is over: nobody can claim anything (BGB § 195)"
    ),
)


def retention(*, presence_hours: int, event_days: int) -> Sequence[Retention]:
    """The table with what a merchant set."""
    set_s = {True: presence_hours * 3600.0, False: event_days * float(DAY_S)}
    return tuple(replace(rule, keep_s=set_s[bool(rule.types)]) if rule.table == "event" else rule for rule in RETENTION)


@dataclass(frozen=True, slots=True)
class Kept:
    """What of an erased member stays in `table`, until when, and why. Nothing else does."""

    table: str
    until: str
    reason: str


# Each holds the random member_ref and nothing that leads from it to a person: profile, number and key are gone.
KEPT_AFTER_ERASURE: Final = (
    Kept("revocation", "for good", "a store that was offline for months must still learn that it has to let go"),
    Kept("applied_receipt", "for good", "each store's signed proof that it let go (GDPR Art. 5(2), 17(1))"),
    Kept("scope", "until every store has fetched it", "the tombstone that takes the copy out of each store"),
    Kept("audit", "three years", "who erased, and when: proof that it was asked for, and was done (BGB § 195)"),
)
