"""How long head office keeps what, in one table; the purge and the compliance pack read the same one."""

from dataclasses import dataclass
from typing import Final

from wire.rst1 import DAY_S


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows of `table` go when `column` (unix seconds) is older than `keep_s`."""

    table: str
    column: str
    keep_s: float
    reason: str


RETENTION: Final = (
    Retention("command", "expires_at", 0, "a phone's wish that the store did not fetch in time is void"),
    Retention("phone_view", "expires_at", 60, "what a phone shows ends with the visit; a minute lets it read the end"),
    Retention("phone_code", "expires_at", 0, "single use, ten minutes"),
    Retention("session", "expires_at", 0, "a phone signs in again"),
    Retention("enrol_code", "expires_at", 0, "single use, one day"),
    Retention("event", "at", 400 * DAY_S, "measurements compare a day with the same one last year"),
)
