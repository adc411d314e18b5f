"""What head office answers to people and programs, as models: the OpenAPI document is made of them."""

from pydantic import BaseModel, ConfigDict

from hq.core.accounts import Account, ApiKey, Caller, Right, Role, Session
from hq.core.audit import ActorKind, Logged, Outcome
from hq.core.overview import Alarm
from hq.core.overview import StoreSeen as Seen
from hq.core.registry import Clash, Shop, Withdrawal
from wire.profile import Profile
from wire.receipt import Purpose


class Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldFault(Reply):
    """`field` is the path within the body, `error` a message key of the pages, `detail` one sentence."""

    field: str
    error: str
    detail: str


class Problem(Reply):
    """RFC 9457. `error` is a message key of the pages, `remedy` what to do; nothing that was sent is repeated."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    remedy: str = ""
    errors: tuple[FieldFault, ...] = ()
    now: float | None = None


class ProfileSaved(Reply):
    member_ref: str
    rev: int
    loyalty_number: str


class ProductsSaved(Reply):
    products: int


class StockSaved(Reply):
    stock: int


class PictureSaved(Reply):
    """`image` is the sha256 of head office's copy, as the article names it."""

    product_id: str
    image: str


class WithdrawalBegun(Reply):
    """`seq` is the withdrawal's number; GET /v1/withdraw/SEQ tells which stores are still open."""

    seq: int


class StoreDone(Reply):
    store_id: str
    name: str
    device_id: str
    applied_at: float


class StoreOpen(Reply):
    """A store that has not proved it yet: it lets go by itself at `lease_ends_at`."""

    store_id: str
    name: str
    device_id: str
    seen_at: float
    lease_ends_at: float
    revoked: bool


class WithdrawalStatus(Reply):
    """Who proved with a signature that it let go of the member, and who did not yet."""

    seq: int
    member_ref: str
    kind: str
    at: float
    done: bool
    applied: tuple[StoreDone, ...]
    pending: tuple[StoreOpen, ...]

    @classmethod
    def of(cls, withdrawal: Withdrawal, lease_s: int) -> "WithdrawalStatus":
        applied = [
            StoreDone(store_id=r.store_id, name=r.name, device_id=r.device_id, applied_at=r.applied_at)
            for r in withdrawal.receipts
            if r.applied_at is not None
        ]
        pending = [
            StoreOpen(
                store_id=r.store_id,
                name=r.name,
                device_id=r.device_id,
                seen_at=r.seen_at,
                lease_ends_at=r.seen_at + lease_s,
                revoked=r.revoked_at is not None,
            )
            for r in withdrawal.receipts
            if r.applied_at is None
        ]
        return cls(
            seq=withdrawal.seq,
            member_ref=withdrawal.member_ref,
            kind=withdrawal.kind,
            at=withdrawal.at,
            done=not pending,
            applied=tuple(applied),
            pending=tuple(pending),
        )


class StoreReply(Reply):
    store_id: str
    merchant_id: str
    number: int
    name: str
    timezone: str
    created_at: float

    @classmethod
    def of(cls, shop: Shop) -> "StoreReply":
        return cls(
            store_id=shop.store_id,
            merchant_id=shop.merchant_id,
            number=shop.number,
            name=shop.name,
            timezone=shop.timezone,
            created_at=shop.created_at,
        )


class EnrolCodeReply(Reply):
    """Good for one device, within a day."""

    code: str
    expires_at: float


class SignedIn(Reply):
    """Whose session it is. Every write of it carries `csrf` as X-CSRF."""

    account_id: str
    name: str
    role: Role
    rights: tuple[Right, ...]
    session_id: str
    csrf: str

    @classmethod
    def of(cls, caller: Caller, name: str) -> "SignedIn":
        return cls(
            account_id=caller.actor.id,
            name=name,
            role=Role(caller.actor.role),
            rights=tuple(sorted(caller.rights)),
            session_id=caller.session_id,
            csrf=caller.csrf,
        )


class SessionReply(Reply):
    session_id: str
    created_at: float
    seen_at: float
    expires_at: float
    is_this: bool


class Sessions(Reply):
    sessions: tuple[SessionReply, ...]

    @classmethod
    def of(cls, found: tuple[Session, ...], this: str) -> "Sessions":
        return cls(
            sessions=tuple(
                SessionReply(
                    session_id=each.session_id,
                    created_at=each.created_at,
                    seen_at=each.seen_at,
                    expires_at=each.expires_at,
                    is_this=each.session_id == this,
                )
                for each in found
            )
        )


class Ended(Reply):
    ended: int


class AccountReply(Reply):
    account_id: str
    name: str
    role: Role
    created_at: float
    disabled_at: float | None

    @classmethod
    def of(cls, account: Account) -> "AccountReply":
        return cls(
            account_id=account.account_id,
            name=account.name,
            role=account.role,
            created_at=account.created_at,
            disabled_at=account.disabled_at,
        )


class Accounts(Reply):
    accounts: tuple[AccountReply, ...]


class InviteReply(Reply):
    """The link works once; whoever opens it chooses the password."""

    setup_url: str
    expires_at: float


class KeyReply(Reply):
    key_id: str
    name: str
    scopes: tuple[Right, ...]
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyReply":
        return cls(
            key_id=key.key_id,
            name=key.name,
            scopes=tuple(sorted(key.scopes)),
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
        )


class Keys(Reply):
    keys: tuple[KeyReply, ...]


class KeyMade(Reply):
    """`token` is shown here and nowhere again."""

    key: KeyReply
    token: str


class AuditEntry(Reply):
    """`actor` is an account's, a key's or a device's id; `object` what it was done to, when that is not a member."""

    n: int
    at: float
    actor_kind: ActorKind
    actor: str
    role: str
    action: str
    object: str
    member_ref: str
    outcome: Outcome

    @classmethod
    def of(cls, logged: Logged) -> "AuditEntry":
        entry = logged.entry
        return cls(
            n=logged.n,
            at=entry.at,
            actor_kind=entry.actor.kind,
            actor=entry.actor.id,
            role=entry.actor.role,
            action=entry.action,
            object=entry.object,
            member_ref=entry.member_ref,
            outcome=entry.outcome,
        )


class AuditPage(Reply):
    """Newest first; `next` is `before` of the next page, null at the end."""

    entries: tuple[AuditEntry, ...]
    next: int | None


class StoreSeen(Reply):
    """`seen_at` 0: no device was ever heard. `events` of the last day; `open` withdrawals that it has not proved."""

    store_id: str
    name: str
    number: int
    devices: int
    seen_at: float
    events: int
    open: int

    @classmethod
    def of(cls, store: Seen, still_open: int) -> "StoreSeen":
        return cls(
            store_id=store.store_id,
            name=store.name,
            number=store.number,
            devices=store.devices,
            seen_at=store.seen_at,
            events=store.events,
            open=still_open,
        )


class AlarmRaised(Reply):
    """Two machines speak as this device, since `at` at the latest: `processes` take turns, `events` contradict."""

    device_id: str
    store_id: str
    name: str
    kind: Clash
    at: float

    @classmethod
    def of(cls, alarm: Alarm) -> "AlarmRaised":
        return cls(device_id=alarm.device_id, store_id=alarm.store_id, name=alarm.name, kind=alarm.kind, at=alarm.at)


class Overview(Reply):
    """`recognised` of `members` may be recognised by a store now."""

    now: float
    lease_s: int
    members: int
    recognised: int
    stores: tuple[StoreSeen, ...]
    open: tuple[WithdrawalStatus, ...]
    alarms: tuple[AlarmRaised, ...]


class MemberFound(Reply):
    """Enough to act for somebody who asks, and no more: not a name, not a preference."""

    member_ref: str
    loyalty_number: str
    recognised: bool
    purposes: tuple[Purpose, ...]
    given_at: int | None
    expires_at: int | None
    stores: tuple[str, ...]

    @classmethod
    def of(cls, profile: Profile, stores: tuple[str, ...], *, recognised: bool) -> "MemberFound":
        consent = profile.consent
        return cls(
            member_ref=profile.member_ref,
            loyalty_number=profile.loyalty_number,
            recognised=recognised,
            purposes=tuple(sorted(consent.purposes)) if consent else (),
            given_at=consent.given_at if consent else None,
            expires_at=consent.expires_at if consent else None,
            stores=stores,
        )
