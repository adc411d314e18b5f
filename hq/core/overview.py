"""What the people at head office see first: how the stores are, and which withdrawals are still open."""

from dataclasses import dataclass
from typing import Final

from hq.core.registry import Clash, Withdrawal

# A store whose lease is at most 14 days has let go by itself long before; older ones only make the list unreadable.
OPEN_WITHIN_S: Final = 30 * 86_400
OPEN_MOST: Final = 20
EVENTS_WITHIN_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class StoreSeen:
    """`seen_at` 0: no device of it was ever heard. `events` are those of the last day."""

    store_id: str
    name: str
    number: int
    devices: int
    seen_at: float
    events: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """A device that two machines speak as; `at` is when the second was found."""

    device_id: str
    store_id: str
    name: str
    kind: Clash
    at: float


@dataclass(frozen=True, slots=True)
class Overview:
    """`recognised` of `members` may be recognised by a store now; `open` newest first, at most `OPEN_MOST`."""

    members: int
    recognised: int
    stores: tuple[StoreSeen, ...]
    open: tuple[Withdrawal, ...]
    alarms: tuple[Alarm, ...]

    def open_at(self, store_id: str) -> int:
        """How many of the open withdrawals this store has not proved."""
        return sum(
            any(receipt.store_id == store_id and receipt.applied_at is None for receipt in each.receipts)
            for each in self.open
        )
