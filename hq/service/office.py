"""What every part of head office works with: the database, its keys, and where randomness comes from.

One rule about what may live here: parts get the time as an argument and randomness from `random_octets`; only
`hq.main` and the adapters know a clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hq.core.audit import Entry
from hq.core.codes import Rate, Tries
from hq.core.erasure import RETENTION, Retention
from hq.core.keys import HubKeys
from hq.core.known import Known
from hq.core.lately import Lately
from hq.core.registry import LEASE_S

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change, SqlStore

MERCHANT_ID: Final = "house"


@dataclass(slots=True)
class Office:
    """`public_url` is where shoppers reach the pages, without a slash at its end."""

    store: "SqlStore"
    keys: HubKeys
    random_octets: Callable[[int], bytes]
    public_url: str
    merchant_id: str = MERCHANT_ID
    lease_s: int = LEASE_S
    epoch: str = ""
    known: Known = field(default_factory=Known)
    lately: Lately = field(default_factory=Lately)
    retention: Sequence[Retention] = RETENTION
    tries: Tries = field(default_factory=Tries)
    # A family may join from one phone, a shop's Wi-Fi has one address: generous, yet no machine fills the database.
    joins: Rate = field(default_factory=lambda: Rate(burst=60, per_minute=30))
    wishes: Rate = field(default_factory=lambda: Rate(burst=40, per_minute=120))
    # A till at Christmas reads a card every few seconds; trying numbers one after the other has to be slow.
    pulls: Rate = field(default_factory=lambda: Rate(burst=20, per_minute=60))
    # Guesses at one name from many addresses. More would let a network of them try; fewer would let anybody keep
    # somebody out for long. Who is signed in stays so, and a new link gets past it.
    guesses: Rate = field(default_factory=lambda: Rate(burst=20, per_minute=2))
    # What is refused may be repeated by a machine without end; the first of it tells as much as all of it.
    refusals: Rate = field(default_factory=lambda: Rate(burst=20, per_minute=2))

    def new_id(self) -> str:
        return self.random_octets(16).hex()

    def note(self, entry: Entry) -> None:
        """Into the audit log, in a transaction of its own: for what was refused, or only read."""
        if entry.outcome == "refused" and not self.refusals.allows(f"{entry.actor.id} {entry.action}", entry.at):
            return
        self.store.change(lambda change: change.note(self.merchant_id, entry))

    def note_write(self, change: "Change", entry: Entry) -> None:
        """With what it tells, of what programs write all day: who else did it."""
        if not entry.actor.is_program:
            change.note(self.merchant_id, entry)

    @property
    def hub_keys(self) -> dict[str, str]:
        return self.keys.published
