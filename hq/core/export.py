"""Everything that head office holds about one member, in one value (GDPR Art. 15 and 20).

Two rules. What is not in here is not held: a test asks every table that names members. And what would let somebody
play the member (her key, codes, session tokens) is named and not shown: it is on her phone already, or lives for
minutes.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from hq.core.audit import Outcome
from hq.core.erasure import KEPT_AFTER_ERASURE, RETENTION
from wire.cards import PhoneView
from wire.profile import Profile
from wire.receipt import ConsentReceipt


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class StoreCopy(_Part):
    """A store that holds a copy of the profile now; without head office it lets go when its lease ends."""

    store_id: str
    name: str


class HeldBecause(_Part):
    """Why a store holds the copy, besides being the home store or its neighbour, and until when."""

    store_id: str
    reason: str
    until: float


class MemberEvent(_Part):
    """What a store reported under `measure`."""

    type: str
    at: float
    store_id: str
    visit_id: str
    body: dict[str, JsonValue]


class Access(_Part):
    """Somebody at head office, a program or a store did something to this member's data. No employee is named.

    What programs write into the profile all day is not among it: where each fact comes from stands beside it.
    """

    at: float
    by: str
    action: str
    object: str  # the store that a card was shown in; empty where only the member was concerned
    outcome: Outcome


class Proof(_Part):
    """A store's signed word that it let go; `applied_at` null: not yet."""

    store_id: str
    device_id: str
    applied_at: float | None


class Withdrawn(_Part):
    seq: int
    kind: str
    at: float
    proofs: tuple[Proof, ...]


class KeptFor(_Part):
    """How long rows of one kind are kept, and why."""

    what: str
    keep_s: float
    reason: str


class StaysAfterErasure(_Part):
    what: str
    until: str
    reason: str


class Secrets(_Part):
    """Held and not shown."""

    member_key: bool
    sessions: int
    codes: int


class MemberExport(_Part):
    """Everything held about one member; `consent_records` are the receipts as ISO/IEC TS 27560 in JSON-LD."""

    format: Literal["regulars-export-1"] = "regulars-export-1"
    exported_at: float
    controller: str
    profile: Profile
    created_at: float
    consent_receipts: tuple[ConsentReceipt, ...]
    consent_records: tuple[dict[str, JsonValue], ...]
    events: tuple[MemberEvent, ...]
    visits: tuple[PhoneView, ...]
    wishes: tuple[dict[str, JsonValue], ...]
    shared_with: tuple[StoreCopy, ...]
    held_because: tuple[HeldBecause, ...]
    access_log: tuple[Access, ...]
    withdrawals: tuple[Withdrawn, ...]
    secrets: Secrets
    retention: tuple[KeptFor, ...] = tuple(
        KeptFor(what=rule.table, keep_s=rule.keep_s, reason=rule.reason) for rule in RETENTION
    )
    stays_after_erasure: tuple[StaysAfterErasure, ...] = tuple(
        StaysAfterErasure(what=kept.table, until=kept.until, reason=kept.reason) for kept in KEPT_AFTER_ERASURE
    )
