"""What of a feed page this store takes in: a decision, made before anything is written.

The rules, in their order: withdrawals before all else; a tombstone beats any put of its revision or older; a put is
taken only when its revision is newer; a profile is kept only under a receipt that head office signed; a member who
withdrew comes back only with a receipt given after that. So any split, repeat or crash of the feed ends the same.
What a withdrawal took stays away through a restored head office too, whose numbers begin anew: `told_anew`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ValidationError

from wire.product import Product, Stock
from wire.profile import Profile
from wire.receipt import ConsentReceipt
from wire.sync import FeedPage, Gone, PhoneCommand, Put, RecordKind, Revocation

Key = tuple[RecordKind, str]
Body = Profile | Product | Stock | PhoneCommand

_MODELS: Final[Mapping[RecordKind, type[Profile] | type[Product] | type[Stock] | type[PhoneCommand]]] = {
    "profile": Profile,
    "product": Product,
    "stock": Stock,
    "command": PhoneCommand,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the replica has under a key: a row or a tombstone (`body` None) of one revision."""

    rev: int
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Revoked:
    """The last revocation of a member, and the revision of the profile it took away."""

    revocation: Revocation
    rev: int = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows to write in one transaction with the page's cursor, and what the service has to hear of."""

    rows: Mapping[Key, Kept] = field(default_factory=dict)
    revoked: Mapping[str, Revoked] = field(default_factory=dict)
    unproven: frozenset[str] = frozenset()  # members whose receipt no known key signed
    malformed: int = 0

    @property
    def members(self) -> frozenset[str]:
        return frozenset(key for kind, key in self.rows if kind == "profile")

    @property
    def catalogue(self) -> bool:
        return any(kind in {"product", "stock"} for kind, _ in self.rows)

    @property
    def commands(self) -> tuple[PhoneCommand, ...]:
        """In the order in which they were given."""
        found = [row.body for row in self.rows.values() if isinstance(row.body, PhoneCommand)]
        return tuple(sorted(found, key=lambda command: (command.at, command.command_id)))


def told_anew(gone: Revoked) -> Revoked:
    """The same withdrawal for another life of head office's database, which may count it otherwise or not know it.

    Number 0 is before every number, so its own will count; the instant stays, and with it what may come back.
    """
    return Revoked(gone.revocation.model_copy(update={"seq": 0}))


def plan(
    page: FeedPage,
    kept: Callable[[Key], Kept | None],
    revoked: Callable[[str], Revoked | None],
    is_genuine: Callable[[ConsentReceipt], bool],
) -> Plan:
    """`kept` and `revoked` answer from the replica as it stands; `is_genuine` checks head office's signature."""
    taken = _Taking(kept, revoked, is_genuine)
    for revocation in page.revocations:
        taken.revoke(revocation)
    for record in page.records:
        if isinstance(record, Gone):
            taken.bury(record)
        else:
            taken.put(record)
    return Plan(taken.rows, taken.revoked, frozenset(taken.unproven), taken.malformed)


class _Taking:
    """The replica as it will be, while the page is read."""

    def __init__(
        self,
        kept: Callable[[Key], Kept | None],
        revoked: Callable[[str], Revoked | None],
        is_genuine: Callable[[ConsentReceipt], bool],
    ) -> None:
        self.rows: dict[Key, Kept] = {}
        self.revoked: dict[str, Revoked] = {}
        self.unproven: set[str] = set()
        self.malformed = 0
        self._kept, self._revoked, self._is_genuine = kept, revoked, is_genuine

    def revoke(self, revocation: Revocation) -> None:
        member = revocation.member_ref
        before = self.revoked.get(member) or self._revoked(member)
        if before is not None and before.revocation.seq >= revocation.seq:
            return
        row = self._row(("profile", member))
        if row is not None and _given_since(row, revocation):
            return  # the member has come back since; this is old news
        rev = row.rev if row is not None else -1
        if before is not None and before.revocation.at > revocation.at:
            # An older one under a newer number: head office was restored and has lost the one that is known here.
            revocation = revocation.model_copy(update={"at": before.revocation.at, "kind": before.revocation.kind})
        self.revoked[member] = Revoked(revocation, rev)
        self.rows["profile", member] = Kept(rev)

    def bury(self, gone: Gone) -> None:
        key = (gone.kind, gone.key)
        row = self._row(key)
        if row is None or gone.rev >= row.rev:
            self.rows[key] = Kept(gone.rev)

    def put(self, record: Put) -> None:
        key = (record.kind, record.key)
        row = self._row(key)
        if row is not None and record.rev <= row.rev:
            return
        body = _parsed(record)
        if body is None:
            self.malformed += 1
        elif not isinstance(body, Profile) or self._may_keep(body):
            self.rows[key] = Kept(record.rev, body)
        elif body.member_ref in self.unproven:
            # Not at the new revision: head office's next key may prove the very same put.
            self.rows[key] = Kept(row.rev if row is not None else -1)
        else:
            self.rows[key] = Kept(record.rev)

    def _may_keep(self, profile: Profile) -> bool:
        receipt = profile.consent
        if receipt is None or receipt.member_ref != profile.member_ref:
            return False
        if not self._is_genuine(receipt):
            self.unproven.add(profile.member_ref)
            return False
        gone = self.revoked.get(profile.member_ref) or self._revoked(profile.member_ref)
        return gone is None or receipt.given_at >= int(gone.revocation.at)

    def _row(self, key: Key) -> Kept | None:
        return self.rows.get(key) or self._kept(key)


def _given_since(row: Kept, revocation: Revocation) -> bool:
    receipt = row.body.consent if isinstance(row.body, Profile) else None
    return receipt is not None and receipt.given_at > revocation.at


def _parsed(record: Put) -> Body | None:
    model: type[BaseModel] = _MODELS[record.kind]
    try:
        body = model.model_validate(record.body)
    except ValidationError:
        return None
    assert isinstance(body, Profile | Product | Stock | PhoneCommand)  # noqa: S101 - tells the type checker
    return body if _names(body) == record.key else None


def _names(body: Body) -> str:
    if isinstance(body, Profile):
        return body.member_ref
    if isinstance(body, Product):
        return body.product_id
    return body.variant_id if isinstance(body, Stock) else body.command_id
