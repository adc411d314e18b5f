"""What of the feed a store takes in: any split, repeat or crash of the same feed ends in the same replica."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from edge.core.replica import Kept, Key, Plan, Revoked, plan
from tests.core.store import ANNA, BEN, HUB_KEY, NOW, product, profile, receipt
from wire.profile import Profile
from wire.receipt import ConsentReceipt, verified
from wire.sync import FeedPage, Gone, PhoneCommand, Put, Record, Revocation

KEYS = [("k1", HUB_KEY.public_key())]


def is_genuine(given_receipt: ConsentReceipt) -> bool:
    return verified(given_receipt, KEYS)


@dataclass
class Table:
    """A replica as plain dicts, written as the real one is: rows and cursor together or not at all."""

    rows: dict[Key, Kept] = field(default_factory=dict)
    gone: dict[str, Revoked] = field(default_factory=dict)

    def take(self, page: FeedPage) -> Plan:
        decided = plan(page, self.rows.get, self.gone.get, is_genuine)
        self.rows |= decided.rows
        self.gone |= decided.revoked
        return decided

    @property
    def members(self) -> set[str]:
        return {key for (kind, key), kept in self.rows.items() if kind == "profile" and kept.body is not None}


def page(*records: Record, revoked: Sequence[Revocation] = ()) -> FeedPage:
    return FeedPage(epoch="e", now=NOW, cursor="e.1.x", revoke_cursor=0, revocations=tuple(revoked), records=records)


def put(body: Profile, rev: int = 1) -> Put:
    return Put(kind="profile", key=body.member_ref, rev=rev, body=body.model_dump(mode="json"))


def gone(member_ref: str, rev: int) -> Gone:
    return Gone(kind="profile", key=member_ref, rev=rev)


def withdrawal(member_ref: str = ANNA, seq: int = 1, at: float = NOW) -> Revocation:
    return Revocation(seq=seq, member_ref=member_ref, kind="withdraw", at=at)


def test_a_profile_under_a_genuine_receipt_is_kept() -> None:
    table = Table()
    table.take(page(put(profile())))
    assert table.members == {ANNA}


def test_an_older_revision_changes_nothing() -> None:
    table = Table()
    table.take(page(put(profile(alias="New"), rev=5)))
    decided = table.take(page(put(profile(alias="Old"), rev=4)))
    assert not decided.rows


def test_a_tombstone_beats_a_put_of_its_own_revision() -> None:
    table = Table()
    table.take(page(gone(ANNA, 5)))
    table.take(page(put(profile(), rev=5)))
    assert not table.members


def test_a_profile_without_a_receipt_is_not_kept() -> None:
    table = Table()
    table.take(page(put(profile(consent=None))))
    assert not table.members


def test_a_receipt_that_head_office_did_not_sign_keeps_nothing_and_is_told() -> None:
    forged = receipt(ANNA).model_copy(update={"expires_at": int(NOW) + 10**9})
    decided = Table().take(page(put(profile(consent=forged))))
    assert decided.unproven == {ANNA}
    assert not any(kept.body for kept in decided.rows.values())


def test_an_unproven_put_is_taken_once_its_key_is_known() -> None:
    table = Table()
    body = put(profile())
    first = plan(page(body), table.rows.get, table.gone.get, lambda _: False)
    table.rows |= first.rows
    table.take(page(body))
    assert table.members == {ANNA}


def test_somebody_elses_receipt_keeps_nobody() -> None:
    table = Table()
    table.take(page(put(profile(consent=receipt(BEN)))))
    assert not table.members


def test_a_withdrawal_takes_the_profile_of_the_same_page() -> None:
    table = Table()
    table.take(page(put(profile(), rev=9), revoked=[withdrawal()]))
    assert not table.members


def test_who_withdrew_comes_back_only_with_a_newer_receipt() -> None:
    table = Table()
    table.take(page(put(profile(), rev=1)))
    table.take(page(revoked=[withdrawal()]))
    table.take(page(put(profile(), rev=2)))
    assert not table.members
    table.take(page(put(profile(consent=receipt(ANNA, given_at=NOW + 60)), rev=3)))
    assert table.members == {ANNA}


def test_an_old_withdrawal_heard_again_does_not_undo_a_return() -> None:
    table = Table()
    table.take(page(put(profile(consent=receipt(ANNA, given_at=NOW + 60)), rev=3), revoked=[withdrawal()]))
    table.take(page(revoked=[withdrawal()]))
    assert table.members == {ANNA}


def test_what_is_not_a_record_is_counted_and_left_out() -> None:
    decided = Table().take(page(Put(kind="product", key="coat", rev=1, body={"product_id": "coat"})))
    assert (decided.malformed, decided.catalogue) == (1, False)


def test_a_record_filed_under_another_key_is_left_out() -> None:
    record = Put(kind="product", key="other", rev=1, body=product(1).model_dump(mode="json"))
    assert Table().take(page(record)).malformed == 1


def test_commands_come_in_the_order_in_which_they_were_given() -> None:
    late, early = (
        PhoneCommand(command_id=f"c-{at}", member_ref=ANNA, kind="help", at=at, expires_at=NOW + 60)
        for at in (2.0, 1.0)
    )
    records = [
        Put(kind="command", key=one.command_id, rev=1, body=one.model_dump(mode="json")) for one in (late, early)
    ]
    assert Table().take(page(*records)).commands == (early, late)


# A feed of three members: puts and tombstones with rising revisions, and withdrawals in between.
_MEMBERS = (ANNA, BEN, "c" * 32)


@st.composite
def feeds(draw: st.DrawFn) -> list[FeedPage]:
    steps = draw(
        st.lists(st.tuples(st.sampled_from(_MEMBERS), st.sampled_from(["put", "gone", "withdraw"])), max_size=12)
    )
    pages: list[FeedPage] = []
    for number, (member, what) in enumerate(steps, 1):
        at = NOW + 10 * number
        if what == "put":
            body = profile(member, alias=f"rev {number}", consent=receipt(member, given_at=at))
            pages.append(page(put(body, rev=number)))
        elif what == "gone":
            pages.append(page(gone(member, number)))
        else:
            pages.append(page(revoked=[withdrawal(member, seq=number, at=at)]))
    return pages


def replayed(pages: Sequence[FeedPage]) -> Table:
    table = Table()
    for one in pages:
        table.take(one)
    return table


def joined(pages: Sequence[FeedPage]) -> FeedPage:
    """Several pages as one: what a store gets that was away; head office then sends current state only."""
    newest: dict[str, Record] = {}
    for one in pages:
        for record in one.records:
            newest[record.key] = record
    return page(*newest.values(), revoked=[gone_ for one in pages for gone_ in one.revocations])


@given(feeds(), st.data())
def test_pages_repeated_from_any_point_end_in_the_same_replica(pages: list[FeedPage], data: st.DataObject) -> None:
    """A crash before the cursor was written takes the store back to an earlier one."""
    taken: list[FeedPage] = []
    position = 0
    while position < len(pages):
        taken.append(pages[position])
        position += 1
        if data.draw(st.booleans(), label="crash") and len(taken) < 40:
            position = data.draw(st.integers(0, position), label="back to")
    assert replayed(taken).members == replayed(pages).members


@given(feeds())
def test_one_page_for_all_ends_in_the_same_members(pages: list[FeedPage]) -> None:
    assert replayed([joined(pages)]).members == replayed(pages).members


@given(feeds())
def test_whoever_withdrew_last_is_gone(pages: list[FeedPage]) -> None:
    last: dict[str, str] = {}
    for one in pages:
        last |= {revocation.member_ref: "withdrawn" for revocation in one.revocations}
        last |= {record.key: record.op for record in one.records}
    assert replayed(pages).members == {member for member, what in last.items() if what == "put"}
