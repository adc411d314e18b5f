"""What of the feed a store takes in: any split, repeat, reorder or crash of the same feed ends in the same replica."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from edge.core.proof import Proof
from tests.core.pages import KEYS, Table, gone, packed, page, put, withdrawal
from tests.core.store import ANNA, BEN, NOW, product, profile, receipt
from wire import dictionary
from wire.page import Gone, Page, Put, Record
from wire.receipt import ConsentReceipt
from wire.sync import PhoneCommand

FUTURE = int(NOW) + 10**9


def forged(member_ref: str = ANNA, given_at: float = NOW - 1000) -> ConsentReceipt:
    """Names head office's key and was not signed by it."""
    return receipt(member_ref, given_at=given_at).model_copy(update={"expires_at": FUTURE})


def test_a_profile_under_a_genuine_receipt_is_kept() -> None:
    table = Table()
    table.take(page(put(profile())))
    assert table.members == {ANNA}


def test_a_body_is_kept_as_it_came() -> None:
    body = packed(profile())
    assert Table().take(page(Put("profile", ANNA, 1, body))).rows["profile", ANNA].body is body


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


def test_a_receipt_under_a_key_that_is_not_known_keeps_nothing_and_is_told() -> None:
    table = Table(proof=Proof())
    decided = table.take(page(put(profile())))
    assert decided.unproven == {ANNA}
    assert not any(kept.body for kept in decided.rows.values())


def test_an_unproven_put_is_taken_once_its_key_is_known() -> None:
    table = Table(proof=Proof())
    table.take(page(put(profile())))
    table.proof = Proof(KEYS)
    table.take(page(put(profile())))
    assert table.members == {ANNA}


def test_a_receipt_that_head_office_did_not_sign_shows_nobody() -> None:
    table = Table()
    table.take(page(put(profile(consent=forged()))))
    assert not table.members


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


def test_nobody_who_withdrew_comes_back_under_a_forged_receipt() -> None:
    table = Table()
    table.take(page(revoked=[withdrawal()]))
    decided = table.take(page(put(profile(consent=forged(given_at=NOW + 60)), rev=3)))
    assert decided.rows["profile", ANNA].body is None


def test_a_forged_receipt_does_not_make_a_withdrawal_old_news() -> None:
    table = Table()
    table.take(page(put(profile(consent=forged(given_at=NOW + 60)), rev=3)))
    decided = table.take(page(revoked=[withdrawal()]))
    assert decided.revoked.keys() == {ANNA}
    assert decided.rows["profile", ANNA].body is None


def test_an_old_withdrawal_heard_again_does_not_undo_a_return() -> None:
    table = Table()
    table.take(page(put(profile(consent=receipt(ANNA, given_at=NOW + 60)), rev=3), revoked=[withdrawal()]))
    table.take(page(revoked=[withdrawal()]))
    assert table.members == {ANNA}


def raw(kind: str, key: str, fields: object, rev: int = 1) -> Put:
    return Put(kind, key, rev, dictionary.packed(json.dumps(fields).encode()))  # type: ignore[arg-type] # one of them


def test_what_is_not_a_record_is_told_by_its_place_and_left_out() -> None:
    decided = Table().take(page(raw("product", "coat", {"product_id": "coat"})))
    assert (decided.malformed, decided.catalogue) == (("product $",), False)


def test_a_record_filed_under_another_key_is_left_out() -> None:
    record = raw("product", "other", product(1).model_dump(mode="json"))
    assert Table().take(page(record)).malformed == ("product $.product_id",)


@pytest.mark.parametrize("body", [b"", b"no zstd", dictionary.packed(b"{}")[:-1], dictionary.packed(b"\xff\xfe")])
def test_one_torn_body_does_not_take_its_neighbours_with_it(body: bytes) -> None:
    table = Table()
    decided = table.take(page(Put("product", "coat-1", 1, body), put(profile())))
    assert decided.malformed == ("product $",)
    assert table.members == {ANNA}


def test_a_body_under_a_dictionary_that_is_not_known_is_told_and_can_come_again() -> None:
    table = Table()
    stranger = bytearray(packed(product(1)))
    at = stranger.index((dictionary.CURRENT).to_bytes(2, "little"))
    stranger[at : at + 2] = (dictionary.CURRENT + 7).to_bytes(2, "little")
    assert table.take(page(Put("product", "coat-1", 1, bytes(stranger)))).unlearned == 1
    assert table.take(page(put(product(1)))).catalogue


def test_what_only_a_newer_version_knows_is_counted() -> None:
    fields = {**product(1).model_dump(mode="json"), "washable": True}
    decided = Table().take(replace(page(raw("product", "coat-1", fields)), strange=2))
    assert (decided.unknown, decided.catalogue) == (3, True)


def test_commands_come_in_the_order_in_which_they_were_given() -> None:
    late, early = (
        PhoneCommand(command_id=f"c-{at}", member_ref=ANNA, kind="help", at=at, expires_at=NOW + 60)
        for at in (2.0, 1.0)
    )
    assert Table().take(page(put(late), put(early))).commands == (early, late)


# A feed of three members: puts and tombstones with rising revisions, and withdrawals in between.
_MEMBERS = (ANNA, BEN, "c" * 32)


@st.composite
def feeds(draw: st.DrawFn, *, forging: bool = False) -> list[Page]:
    whats = ["put", "gone", "withdraw", *(["forge"] if forging else [])]
    steps = draw(st.lists(st.tuples(st.sampled_from(_MEMBERS), st.sampled_from(whats)), max_size=12))
    pages: list[Page] = []
    for number, (member, what) in enumerate(steps, 1):
        at = NOW + 10 * number
        if what == "put":
            body = profile(member, alias=f"rev {number}", consent=receipt(member, given_at=at))
            pages.append(page(put(body, rev=number)))
        elif what == "forge":
            body = profile(member, alias="forged", consent=forged(member, given_at=at + draw(st.integers(0, 10**6))))
            pages.append(page(put(body, rev=number + draw(st.integers(0, 3)))))
        elif what == "gone":
            pages.append(page(gone(member, number)))
        else:
            pages.append(page(revoked=[withdrawal(member, seq=number, at=at)]))
    return pages


def replayed(pages: Sequence[Page]) -> Table:
    table = Table()
    for one in pages:
        table.take(one)
    return table


def joined(pages: Sequence[Page]) -> Page:
    """Several pages as one: what a store gets that was away; head office then sends current state only."""
    newest: dict[str, Record] = {}
    for one in pages:
        for record in one.records:
            newest[record.key] = record
    return page(*newest.values(), revoked=[gone_ for one in pages for gone_ in one.header.revocations])


def snapshot(pages: Sequence[Page]) -> list[Put]:
    """What head office holds at the end: no tombstone, nobody who withdrew since."""
    held: dict[str, Put] = {}
    for one in pages:
        for revocation in one.header.revocations:
            held.pop(revocation.member_ref, None)
        for record in one.records:
            if isinstance(record, Gone):
                held.pop(record.key, None)
            else:
                held[record.key] = record
    return [held[key] for key in sorted(held)]


@given(feeds(), st.data())
def test_pages_repeated_from_any_point_end_in_the_same_replica(pages: list[Page], data: st.DataObject) -> None:
    """A crash before the cursor was written takes the store back to an earlier one."""
    taken: list[Page] = []
    position = 0
    while position < len(pages):
        taken.append(pages[position])
        position += 1
        if data.draw(st.booleans(), label="crash") and len(taken) < 40:
            position = data.draw(st.integers(0, position), label="back to")
    assert replayed(taken).members == replayed(pages).members


@given(feeds(), st.data())
def test_an_old_page_that_comes_late_changes_nothing(pages: list[Page], data: st.DataObject) -> None:
    late = [*pages, *data.draw(st.permutations(pages))]
    assert replayed(late).members == replayed(pages).members
    assert replayed(late).total() == replayed(pages).total()


@given(feeds())
def test_one_page_for_all_ends_in_the_same_members(pages: list[Page]) -> None:
    assert replayed([joined(pages)]).members == replayed(pages).members


@given(feeds(), st.data())
def test_a_snapshot_and_the_feed_from_its_cursor_end_in_the_same_replica(
    pages: list[Page], data: st.DataObject
) -> None:
    """Torn anywhere: its parts are of different moments, and the feed goes on from the first of them."""
    first = data.draw(st.integers(0, len(pages)), label="first part read at")
    second = data.draw(st.integers(first, len(pages)), label="second part read at")
    torn_at = data.draw(st.sampled_from(["", *_MEMBERS]), label="torn after")
    parts = [one for one in snapshot(pages[:first]) if one.key <= torn_at]
    parts += [one for one in snapshot(pages[:second]) if one.key > torn_at]
    before = [gone_ for one in pages[:first] for gone_ in one.header.revocations]
    table = Table()
    for part in (page(revoked=before), page(*parts), *pages[first:]):
        table.take(part)
    assert table.members == replayed(pages).members
    assert table.total() == replayed(pages).total()


@given(feeds())
def test_whoever_withdrew_last_is_gone(pages: list[Page]) -> None:
    last: dict[str, str] = {}
    for one in pages:
        last |= {revocation.member_ref: "withdrawn" for revocation in one.header.revocations}
        last |= {record.key: "put" if isinstance(record, Put) else "gone" for record in one.records}
    assert replayed(pages).members == {member for member, what in last.items() if what == "put"}


@given(feeds(forging=True), st.data())
def test_nothing_unsigned_is_ever_shown_whatever_comes_in_whatever_order(
    pages: list[Page], data: st.DataObject
) -> None:
    table = Table()
    for one in data.draw(st.permutations(pages)):
        table.take(one)
        shown = [body for member in _MEMBERS if (body := table.profile(member)) is not None]
        assert not [body for body in shown if body.alias == "forged"]


@given(feeds(), st.data())
def test_a_replica_that_lost_or_altered_rows_is_mended_by_its_range(pages: list[Page], data: st.DataObject) -> None:
    right = replayed(pages)
    broken = replayed(pages)
    for key in list(broken.rows):
        damage = data.draw(st.sampled_from(["none", "lost", "rev", "body", "stays"]))
        row = broken.rows[key]
        if damage == "lost":
            del broken.rows[key]
        elif damage == "rev":
            broken.rows[key] = structs.replace(row, rev=row.rev + 1000)
        elif damage == "body" and row.body is not None:
            broken.rows[key] = structs.replace(row, body=row.body[:-1] + b"!")
        elif damage == "stays" and row.body is None:
            broken.rows[key] = structs.replace(
                row, body=packed(profile(key[1], consent=receipt(key[1], given_at=NOW - 1)))
            )
    here = [key for key, row in broken.rows.items() if row.body is not None]
    broken.mend(page(*snapshot(pages)), here)
    assert broken.total() == right.total()
    assert broken.members == right.members


def test_mending_does_not_bring_back_who_withdrew() -> None:
    table = Table()
    table.take(page(put(profile())))
    table.take(page(revoked=[withdrawal()]))
    table.mend(page(put(profile(), rev=9)), [])
    assert not table.members
