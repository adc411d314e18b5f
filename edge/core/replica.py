"""What of a page this store takes in: a decision, made before anything is written.

The rules, in their order: withdrawals before all else; a tombstone beats any put of its revision or older; a put is
taken only when its revision is newer; a profile is kept only under a receipt that names a key of head office; a member
who withdrew comes back only with a verified receipt given after that. So any split, repeat or crash of the feed ends
the same. Bodies are looked into, never changed: they go into the replica as they came.
What a withdrawal took stays away through a restored head office too, whose numbers begin anew: `told_anew`.

Whether head office really signed a receipt is asked here only where the answer decides something; else it is asked
when the profile is read (`edge.core.proof`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from pydantic import ValidationError

from edge.core.bodies import Bodies, Kept, Read, read_bodies
from edge.core.proof import Proof
from wire.dictionary import Dictionaries
from wire.page import Gone, Page
from wire.profile import Profile
from wire.receipt import ConsentReceipt
from wire.sync import PhoneCommand, RecordKind, Revocation

Key = tuple[RecordKind, str]


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


def is_cursor(text: str, epoch: str) -> bool:
    """Whether head office's life `epoch` may have said this: `<epoch>.<seq>.`, and after it nothing or `<kind>:<key>`.

    Half of one, as older software kept it from an answer that the line broke off, leads nowhere.
    """
    seq, dot, row = text.removeprefix(f"{epoch}.").partition(".")
    kind, _, key = row.partition(":")
    is_whole = bool(dot) and seq.isascii() and seq.isdigit() and (not row or bool(kind and key))
    return is_whole and text.startswith(f"{epoch}.")


def told_anew(gone: Revoked) -> Revoked:
    """The same withdrawal for another life of head office's database, which may count it otherwise or not know it.

    Number 0 is before every number, so its own will count; the instant stays, and with it what may come back.
    """
    return Revoked(gone.revocation.model_copy(update={"seq": 0}))


def plan(page: Page, known: Known, dictionaries: Dictionaries, proof: Proof) -> Plan:
    """What to write for this page over what is `known`."""
    bodies = read_bodies(page.records, dictionaries)
    taken = _Taking(page, known, dictionaries, proof)
    for revocation in page.header.revocations:
        taken.revoke(revocation)
    for key, record, read in zip(taken.keys, page.records, bodies.read, strict=True):
        if read is not None:
            taken.put(key, read)
        elif isinstance(record, Gone):
            taken.bury(key, record)
    return taken.planned(bodies, page.strange)


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
        self._key_ids = proof.key_ids
        self._rows: dict[Key, Kept] = {}
        self._revoked: dict[str, Revoked] = {}
        self._commands: dict[str, PhoneCommand] = {}
        self._unproven: set[str] = set()
        members = {one.member_ref for one in page.header.revocations}
        self.keys: list[Key] = [(record.kind, record.key) for record in page.records]
        self._revs = known.revs([*self.keys, *(("profile", member) for member in sorted(members))])
        self._gone = {**known.revoked(members.union(name for kind, name in self.keys if kind == "profile"))}

    def planned(self, bodies: Bodies, strange: int) -> Plan:
        return Plan(
            self._rows,
            self._revoked,
            commands=tuple(sorted(self._commands.values(), key=lambda command: (command.at, command.command_id))),
            unproven=frozenset(self._unproven),
            unlearned=bodies.unlearned,
            malformed=bodies.malformed,
            unknown=strange + bodies.unknown,
        )

    def revoke(self, revocation: Revocation) -> None:
        member = revocation.member_ref
        before = self._gone.get(member)
        if before is not None and before.revocation.seq >= revocation.seq:
            return
        if self._came_back_after(revocation):
            return  # this is old news
        if before is not None and before.revocation.at > revocation.at:
            # An older one under a newer number: head office was restored and has lost the one that is known here.
            revocation = revocation.model_copy(update={"at": before.revocation.at, "kind": before.revocation.kind})
        rev = self._rev(("profile", member))
        self._revoked[member] = self._gone[member] = Revoked(revocation, rev)
        self._rows["profile", member] = Kept(rev)

    def bury(self, key: Key, gone: Gone) -> None:
        if gone.rev >= self._rev(key):
            self._rows[key] = Kept(gone.rev)

    def put(self, key: Key, read: Read) -> None:
        rev = self._rev(key)
        if read.row.rev <= rev:
            return
        if read.command is not None:
            self._commands[key[1]] = read.command
        self._rows[key] = self._profile(key[1], read, rev) if key[0] == "profile" else read.row

    def _profile(self, member: str, read: Read, rev: int) -> Kept:
        """The row of a newer put, or nothing in its place."""
        if read.holder != member:
            return Kept(read.row.rev)
        if read.key_id not in self._key_ids:
            self._unproven.add(member)
            # Not at the new revision: head office's next key may prove the very same put.
            return Kept(rev)
        gone = self._gone.get(member)
        return read.row if gone is None or self._is_back(member, read, gone) else Kept(read.row.rev)

    def _rev(self, key: Key) -> int:
        """-1: nothing was ever here."""
        row = self._rows.get(key)
        return self._revs.get(key, -1) if row is None else row.rev

    def _is_back(self, member: str, read: Read, gone: Revoked) -> bool:
        if read.given_at < int(gone.revocation.at):
            return False
        receipt = self._receipt(read.row)
        return receipt is not None and self._proof.holds(receipt, member)

    def _receipt(self, row: Kept) -> ConsentReceipt | None:
        try:
            return Profile.model_validate_json(self._dictionaries.unpacked(row.body or b"")).consent
        except ValidationError:
            return None

    def _came_back_after(self, revocation: Revocation) -> bool:
        """Only a receipt that head office signed can make a withdrawal old news."""
        receipt = self._known.receipt(revocation.member_ref)
        return (
            receipt is not None
            and receipt.given_at > revocation.at
            and self._proof.holds(receipt, revocation.member_ref)
        )
