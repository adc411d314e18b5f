"""Pages for tests, and a replica as plain dicts that is written as the real one is: rows and cursors or nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from edge.core import replica
from edge.core.bodies import Kept
from edge.core.proof import Proof
from edge.core.replica import Key, Plan, Revoked
from tests.core.store import ANNA, HUB_KEY, NOW
from wire import dictionary
from wire.dictionary import Dictionaries
from wire.page import Gone, Page, PageHeader, Put, Record, digest, sum8
from wire.product import Product
from wire.profile import Profile
from wire.receipt import ConsentReceipt
from wire.sync import PhoneCommand, RecordKind, Revocation

KEYS = [("k1", HUB_KEY.public_key())]
HUB_KEYS = {"k1": HUB_KEY.public_key().public_bytes_raw().hex()}
DICTIONARIES = Dictionaries()


def page(
    *records: Record, revoked: Sequence[Revocation] = (), cursor: str = "e1.1.", epoch: str = "e1", **header: Any
) -> Page:
    seq = max((one.seq for one in revoked), default=0)
    known = {"epoch": epoch, "now": NOW, "cursor": cursor, "revoke_cursor": seq, "revocations": tuple(revoked)}
    return Page(PageHeader.model_validate(known | header), records)


def packed(body: BaseModel) -> bytes:
    return dictionary.packed(body.model_dump_json().encode())


def put(body: Profile | Product | PhoneCommand, rev: int = 1) -> Put:
    if isinstance(body, Profile):
        return Put("profile", body.member_ref, rev, packed(body))
    if isinstance(body, Product):
        return Put("product", body.product_id, rev, packed(body))
    return Put("command", body.command_id, rev, packed(body))


def gone(member_ref: str, rev: int) -> Gone:
    return Gone("profile", member_ref, rev)


def withdrawal(member_ref: str = ANNA, seq: int = 1, at: float = NOW) -> Revocation:
    return Revocation(seq=seq, member_ref=member_ref, kind="withdraw", at=at)


@dataclass
class Table:
    """`members` are those that may be shown, as the real replica tells."""

    rows: dict[Key, Kept] = field(default_factory=dict)
    withdrawn: dict[str, Revoked] = field(default_factory=dict)
    proof: Proof = field(default_factory=lambda: Proof(KEYS))

    def __deepcopy__(self, _memo: object) -> "Table":
        return Table(dict(self.rows), dict(self.withdrawn), self.proof)

    def take(self, page: Page) -> Plan:
        return self.write(replica.plan(page, self, DICTIONARIES, self.proof))

    def mend(self, page: Page, here: Collection[Key]) -> Plan:
        return self.write(replica.mended(page, here, self, DICTIONARIES, self.proof))

    def write(self, decided: Plan) -> Plan:
        self.rows |= decided.rows
        self.withdrawn |= decided.revoked
        return decided

    @property
    def members(self) -> set[str]:
        return {key for kind, key in self.rows if kind == "profile" and self.profile(key) is not None}

    def profile(self, member_ref: str) -> Profile | None:
        found = self._kept(member_ref)
        receipt = None if found is None else found.consent
        return found if receipt is not None and self.proof.holds(receipt, member_ref) else None

    def total(self, kind: RecordKind = "profile") -> tuple[int, int]:
        held = [(key, row) for (its, key), row in self.rows.items() if its == kind and row.body is not None]
        return len(held), digest((row.rev, sum8(key, row.body or b"")) for key, row in held)

    def revs(self, keys: Collection[Key]) -> dict[Key, int]:
        return {key: self.rows[key].rev for key in keys if key in self.rows}

    def revoked(self, members: Collection[str]) -> Mapping[str, Revoked]:
        return {member: self.withdrawn[member] for member in members if member in self.withdrawn}

    def receipt(self, member_ref: str) -> ConsentReceipt | None:
        found = self._kept(member_ref)
        return None if found is None else found.consent

    def _kept(self, member_ref: str) -> Profile | None:
        row = self.rows.get(("profile", member_ref))
        if row is None or row.body is None:
            return None
        return Profile.model_validate_json(DICTIONARIES.unpacked(row.body))
