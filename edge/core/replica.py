"""What of a page this store takes in: a decision, made before anything is written.

The rules, in their order: withdrawals before all else; a tombstone beats any put of its revision or older; a put is
taken only when its revision is newer; a profile is kept only under a receipt that names a key of head office; a member
who withdrew comes back only with a verified receipt given after that. So any split, repeat or crash of the feed ends
the same. Bodies are looked into, never changed: they go into the replica as they came.
What a withdrawal took stays away through a restored head office too, whose numbers begin anew: `told_anew`.

Whether head office really signed a receipt is asked here only where the answer decides something; else it is asked
when the profile is read (`edge.core.proof`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Protocol

from pydantic import ValidationError

from edge.core.names import folded
from edge.core.proof import Proof
from wire.dictionary import Dictionaries, UnknownDictionary
from wire.page import Gone, Page, Put
from wire.product import Product, Stock
from wire.profile import Profile
from wire.receipt import ConsentReceipt
from wire.shape import Malformed, Shape
from wire.sync import PhoneCommand, RecordKind, Revocation

Key = tuple[RecordKind, str]
Body = Profile | Product | Stock | PhoneCommand

MODELS: Final[Mapping[RecordKind, type[Profile] | type[Product] | type[Stock] | type[PhoneCommand]]] = {
    "profile": Profile,
    "product": Product,
    "stock": Stock,
    "command": PhoneCommand,
}
_NAMES: Final[Mapping[RecordKind, str]] = {
    "profile": "member_ref",
    "product": "product_id",
    "stock": "variant_id",
    "command": "command_id",
}

# 128 kB of JSON: stays in a small core's cache.
_UNPACKED_AT_ONCE: Final = 64


class Kept(NamedTuple):
    """What the replica has under a key: a row or a tombstone (`body` None) of one revision."""

    rev: int
    body: bytes | None = None
    loyalty: str = ""
    words: str = ""  # of a name, each behind a space: what staff search by
    reserving: bool = False
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Revoked:
    """The last revocation of a member, and the revision of the profile it took away."""

    revocation: Revocation
    rev: int = -1


class Known(Protocol):
    """The replica as it stands; each is asked once for a page."""

    def revs(self, keys: Collection[Key]) -> dict[Key, int]: ...
    def revoked(self, members: Collection[str]) -> Mapping[str, Revoked]: ...
    def receipt(self, member_ref: str) -> ConsentReceipt | None:
        """Of the profile that is kept."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows to write in one transaction with the page's cursor, and what the service has to hear of."""

    rows: Mapping[Key, Kept] = field(default_factory=dict)
    revoked: Mapping[str, Revoked] = field(default_factory=dict)
    commands: tuple[PhoneCommand, ...] = ()  # in the order in which they were given
    unproven: frozenset[str] = frozenset()  # members whose receipt names no key that is known here
    unlearned: int = 0  # bodies under a dictionary that is not known here
    malformed: tuple[str, ...] = ()  # `kind` and place of what was not what it should be
    unknown: int = 0  # fields and records that only a newer version knows

    @property
    def members(self) -> frozenset[str]:
        return frozenset(key for kind, key in self.rows if kind == "profile")

    @property
    def catalogue(self) -> bool:
        return any(kind in {"product", "stock"} for kind, _ in self.rows)


def told_anew(gone: Revoked) -> Revoked:
    """The same withdrawal for another life of head office's database, which may count it otherwise or not know it.

    Number 0 is before every number, so its own will count; the instant stays, and with it what may come back.
    """
    return Revoked(gone.revocation.model_copy(update={"seq": 0}))


def found_by(profile: Any) -> tuple[str, str, bool]:  # noqa: ANN401 - a Profile, or what was checked to be one
    """By what staff find a member: loyalty number, words of the name, whether something is reserved."""
    words = " ".join(("", *folded(profile.name or profile.alias)))
    return profile.loyalty_number, words, bool(profile.reservations)


def plan(page: Page, known: Known, dictionaries: Dictionaries, proof: Proof) -> Plan:
    """What to write for this page over what is `known`."""
    taken = _Taking(page, known, dictionaries, proof)
    for revocation in page.header.revocations:
        taken.revoke(revocation)
    for record, raw in zip(page.records, taken.raw_bodies(page.records), strict=True):
        if isinstance(record, Gone):
            taken.bury(record)
        elif raw is not None:
            taken.put(record, raw)
    return taken.planned(page.strange)


def mended(page: Page, here: Collection[Key], known: Known, dictionaries: Dictionaries, proof: Proof) -> Plan:
    """For a range of keys in which this replica differs: what head office has, whatever revision lies here.

    `here` are the keys in that range; what head office does not have goes. Right only for a page that is no older than
    all that this replica has taken.
    """
    plan_ = plan(page, _Blank(known), dictionaries, proof)
    there = {(record.kind, record.key) for record in page.records}
    lost = {key: Kept(-1) for key in here if key not in there}
    return replace(plan_, rows={**plan_.rows, **lost})


@dataclass(frozen=True, slots=True)
class _Blank:
    """A replica in which nothing is, but whose withdrawals hold."""

    known: Known

    def revs(self, keys: Collection[Key]) -> dict[Key, int]:  # noqa: ARG002 - nothing is
        return {}

    def revoked(self, members: Collection[str]) -> Mapping[str, Revoked]:
        return self.known.revoked(members)

    def receipt(self, member_ref: str) -> ConsentReceipt | None:
        return self.known.receipt(member_ref)


class _Taking:
    """The replica as it will be, while the page is read."""

    def __init__(self, page: Page, known: Known, dictionaries: Dictionaries, proof: Proof) -> None:
        self._known, self._dictionaries, self._proof = known, dictionaries, proof
        self._rows: dict[Key, Kept] = {}
        self._revoked: dict[str, Revoked] = {}
        self._commands: dict[str, PhoneCommand] = {}
        self._unproven: set[str] = set()
        self._unlearned = 0
        self._malformed: list[str] = []
        self._shapes = {kind: Shape(model) for kind, model in MODELS.items()}
        members = {one.member_ref for one in page.header.revocations}
        keys: list[Key] = [(record[0], record[1]) for record in page.records]
        self._revs = known.revs([*keys, *(("profile", member) for member in sorted(members))])
        self._revoked_before = known.revoked(members | {key for kind, key in keys if kind == "profile"})

    def planned(self, strange: int) -> Plan:
        return Plan(
            self._rows,
            self._revoked,
            commands=tuple(sorted(self._commands.values(), key=lambda command: (command.at, command.command_id))),
            unproven=frozenset(self._unproven),
            unlearned=self._unlearned,
            malformed=tuple(self._malformed),
            unknown=strange + sum(shape.unknown for shape in self._shapes.values()),
        )

    def revoke(self, revocation: Revocation) -> None:
        member = revocation.member_ref
        before = self._revoked_of(member)
        if before is not None and before.revocation.seq >= revocation.seq:
            return
        if self._came_back_after(revocation):
            return  # this is old news
        if before is not None and before.revocation.at > revocation.at:
            # An older one under a newer number: head office was restored and has lost the one that is known here.
            revocation = revocation.model_copy(update={"at": before.revocation.at, "kind": before.revocation.kind})
        rev = self._revs.get(("profile", member), -1)
        self._revoked[member] = Revoked(revocation, rev)
        self._keep(("profile", member), Kept(rev))

    def bury(self, gone: Gone) -> None:
        key = (gone.kind, gone.key)
        if gone.rev >= self._revs.get(key, -1):
            self._keep(key, Kept(gone.rev))

    def put(self, record: Put, raw: bytes | memoryview) -> None:
        kind, name, rev, body = record
        if rev <= self._revs.get((kind, name), -1):
            return
        shaped = self._shapes[kind].read(raw)
        if isinstance(shaped, Malformed):
            self._malformed.append(f"{kind} {shaped.place}")
        elif getattr(shaped, _NAMES[kind]) != name:
            self._malformed.append(f"{kind} $.{_NAMES[kind]}")
        elif kind == "profile":
            self._put_profile(record, raw, shaped)
        elif kind == "command":
            self._commands[name] = PhoneCommand.model_validate_json(bytes(raw))
            self._keep((kind, name), Kept(rev, body, until=shaped.expires_at))
        else:
            self._keep((kind, name), Kept(rev, body))

    def raw_bodies(self, records: Sequence[Put | Gone]) -> Iterator[bytes | memoryview | None]:
        """None for what is not newer than what is here, and for what cannot be unpacked.

        A few at a time: a call each costs as much again, and a whole page's would be written and read in slow memory.
        """
        for start in range(0, len(records), _UNPACKED_AT_ONCE):
            some = records[start : start + _UNPACKED_AT_ONCE]
            newer = [
                record if isinstance(record, Put) and record.rev > self._revs.get((record[0], record[1]), -1) else None
                for record in some
            ]
            found = iter(self._some_unpacked([record for record in newer if record is not None]))
            for record in newer:
                yield None if record is None else next(found)

    def _some_unpacked(self, puts: Sequence[Put]) -> Sequence[bytes | memoryview | None]:
        try:
            return self._dictionaries.all_unpacked([put.body for put in puts])
        except ValueError:
            return [self._unpacked(put.kind, put.body) for put in puts]

    def _unpacked(self, kind: RecordKind, body: bytes) -> bytes | None:
        try:
            return self._dictionaries.unpacked(body)
        except UnknownDictionary:
            self._unlearned += 1
        except ValueError:
            self._malformed.append(f"{kind} $")
        return None

    def _put_profile(self, record: Put, raw: bytes | memoryview, shaped: Any) -> None:  # noqa: ANN401 - a checked body
        key: Key = ("profile", record.key)
        consent = shaped.consent
        if consent is None or consent.member_ref != record.key:
            self._keep(key, Kept(record.rev))
        elif consent.key_id not in self._proof.key_ids:
            self._unproven.add(record.key)
            # Not at the new revision: head office's next key may prove the very same put.
            self._keep(key, Kept(self._revs.get(key, -1)))
        elif self._may_keep(record.key, raw, consent.given_at):
            self._keep(key, Kept(record.rev, record.body, *found_by(shaped)))
        else:
            self._keep(key, Kept(record.rev))

    def _may_keep(self, member: str, raw: bytes | memoryview, given_at: int) -> bool:
        gone = self._revoked_of(member)
        if gone is None:
            return True
        if given_at < int(gone.revocation.at):
            return False
        receipt = _receipt(raw)
        return receipt is not None and self._proof.holds(receipt, member)

    def _came_back_after(self, revocation: Revocation) -> bool:
        """Only a receipt that head office signed can make a withdrawal old news."""
        receipt = self._known.receipt(revocation.member_ref)
        return (
            receipt is not None
            and receipt.given_at > revocation.at
            and self._proof.holds(receipt, revocation.member_ref)
        )

    def _revoked_of(self, member: str) -> Revoked | None:
        return self._revoked.get(member) or self._revoked_before.get(member)

    def _keep(self, key: Key, row: Kept) -> None:
        self._rows[key] = row
        self._revs[key] = row.rev


def _receipt(raw: bytes | memoryview) -> ConsentReceipt | None:
    try:
        return Profile.model_validate_json(bytes(raw)).consent
    except ValidationError:
        return None
