"""A visit as head office knows it: only while some store vouches for it, and only for the member's own phone."""

from dataclasses import dataclass
from typing import Final, Literal

from hq.core.registry import Shop
from wire.cards import PhoneView
from wire.profile import Profile
from wire.receipt import ConsentReceipt

# A store renews what it vouches for; a longer promise than this would outlive a store that went silent.
LONGEST_TTL_S: Final = 900
# How long the store has to fetch what a shopper asked for: longer than a reconnect, shorter than a change of mind.
COMMAND_LIFETIME_S: Final = 120
SESSION_LIFETIME_S: Final = 12 * 3600

CommandKind = Literal["mode", "help", "hide", "checkin", "forget"]
EndKind = Literal["withdraw", "erase"]


@dataclass(frozen=True, slots=True)
class PhoneVisit:
    visit_id: str
    store_id: str
    view: PhoneView
    expires_at: float


@dataclass(frozen=True, slots=True)
class PhoneState:
    """All that a member's own page shows."""

    profile: Profile
    receipts: tuple[ConsentReceipt, ...]
    visit: PhoneVisit | None
    shops: tuple[Shop, ...]
    holders: frozenset[str]
    recognised: bool

    @property
    def held_by(self) -> tuple[Shop, ...]:
        """The stores that have this profile now."""
        return tuple(shop for shop in self.shops if shop.store_id in self.holders)
