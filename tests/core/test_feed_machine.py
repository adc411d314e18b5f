"""Head office and several stores as values: whatever is split, repeated, lost, cut off or restored in between, every
store ends in head office's state, and nobody is seen again after a store's receipt for a withdrawal.

Both sides' own rules decide: pages are cut as `hq.core.changes` says, taken in as `edge.core.replica` plans it.
"""

import os
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.core.replica import told_anew
from hq.core.changes import Place, ScopeRow, cursor_text, next_place, parse_cursor
from hq.core.consent import lost_withdrawal
from tests.core.pages import Table, put
from tests.core.store import NOW, profile, receipt
from wire.page import Gone, Page, PageHeader, Record
from wire.profile import Profile
from wire.receipt import Purpose
from wire.sync import Revocation

pytestmark = pytest.mark.timeout(600)
MEMBERS = tuple(digit * 32 for digit in "abcd")
STORES = 3
member = st.sampled_from(MEMBERS)
store = st.integers(0, STORES - 1)


@dataclass
class Hub:
    """Head office's tables, with the rules of its services written down once more and shorter."""

    epoch: int = 1
    seq: int = 0
    revoke_seq: int = 0
    profiles: dict[str, Profile] = field(default_factory=dict)
    scope: dict[str, ScopeRow] = field(default_factory=dict)
    revocations: list[Revocation] = field(default_factory=list)
    receipts: set[tuple[int, int]] = field(default_factory=set)  # (store, number of the withdrawal)

    def put(self, body: Profile) -> None:
        self.profiles[body.member_ref] = body
        self.seq += 1
        consented = body.consent is not None and bool(body.consent.purposes)
        self.scope[body.member_ref] = ScopeRow("profile", body.member_ref, body.rev, self.seq, gone=not consented)

    def withdraw(self, ref: str, now: float) -> None:
        was = self.profiles[ref]
        self.put(was.model_copy(update={"rev": was.rev + 1, "consent": receipt(ref, (), now)}))
        self.revoke_seq += 1
        self.revocations.append(Revocation(seq=self.revoke_seq, member_ref=ref, kind="withdraw", at=now))

    def page(self, cursor: str, revoked: int, limit: int) -> Page | None:
        """None: start over."""
        epoch, place = (parse_cursor(cursor) or ("", Place(0))) if cursor else (str(self.epoch), Place(0))
        if epoch != str(self.epoch) or place.seq > self.seq or revoked > self.revoke_seq:
            return None
        rows = sorted(self.scope.values(), key=lambda row: row.place)
        behind = [row for row in rows if (row.seq > place.seq if place.whole else row.place > place)][:limit]
        header = PageHeader(
            epoch=str(self.epoch),
            now=NOW,
            cursor=cursor_text(str(self.epoch), next_place(behind, limit, self.seq)),
            revoke_cursor=self.revoke_seq,
            revocations=tuple(one for one in self.revocations if one.seq > revoked),
        )
        return Page(header, tuple(self._record(row) for row in behind))

    def remembered(self, gone: Revocation, now: float) -> None:
        known = self.profiles.get(gone.member_ref)
        if known is not None and lost_withdrawal(known, gone.at):
            self.withdraw(gone.member_ref, now)

    @property
    def members(self) -> dict[str, Profile]:
        return {row.key: self.profiles[row.key] for row in self.scope.values() if not row.gone}

    def _record(self, row: ScopeRow) -> Record:
        if row.gone:
            return Gone("profile", row.key, row.rev)
        body = self.profiles[row.key]
        return put(body, body.rev)


@dataclass
class Disk:
    """What a store's replica has on its disk."""

    epoch: str = ""
    cursor: str = ""
    revoke_cursor: int = 0
    table: Table = field(default_factory=Table)
    unconfirmed: dict[str, Revocation] = field(default_factory=dict)

    def take(self, page: Page) -> bool:
        """Whether it held a withdrawal: only then is the disk made to keep it at once."""
        decided = self.table.take(page)
        self.unconfirmed |= {ref: one.revocation for ref, one in decided.revoked.items()}
        self.cursor, self.revoke_cursor = page.header.cursor, page.header.revoke_cursor
        return bool(decided.revoked)

    def start_over(self, epoch: str) -> None:
        self.epoch, self.cursor, self.revoke_cursor = epoch, "", 0
        self.table = Table(withdrawn={ref: told_anew(one) for ref, one in self.table.withdrawn.items()})
        self.unconfirmed = {ref: one.revocation for ref, one in self.table.withdrawn.items()}

    @property
    def members(self) -> dict[str, Profile]:
        return {ref: body for ref in self.table.members if (body := self.table.profile(ref)) is not None}


class Feed(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.hub = Hub()
        self.backup = deepcopy(self.hub)
        self.disks = [Disk() for _ in range(STORES)]
        # To where a power cut may take each disk back: cache.db is written with synchronous=NORMAL.
        self.safe = deepcopy(self.disks)
        # With where the store stood when it asked.
        self.seen: list[list[tuple[tuple[str, int], Page]]] = [[] for _ in range(STORES)]
        self.in_this_life = [0] * STORES  # how many of them since the power was last cut
        self.confirmed: list[dict[str, float]] = [{} for _ in range(STORES)]  # store -> member -> instant

    # head office

    @rule(ref=member)
    def join_or_change(self, ref: str) -> None:
        """Who is not a member gives a new consent; a member's profile gets a new revision."""
        self.now += 10
        was = self.hub.profiles.get(ref)
        if was is not None and was.consent is not None and was.consent.purposes:
            given = was.consent
        else:
            given = receipt(ref, tuple(Purpose), self.now)
        rev = was.rev + 1 if was is not None else 1
        self.hub.put(profile(ref, alias=f"at {self.now}", consent=given).model_copy(update={"rev": rev}))

    @precondition(lambda self: self.hub.members)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        self.now += 10
        self.hub.withdraw(data.draw(st.sampled_from(sorted(self.hub.members))), self.now)

    @rule()
    def back_up(self) -> None:
        self.backup = deepcopy(self.hub)

    @rule()
    def restore(self) -> None:
        self.now += 10
        epoch = self.hub.epoch + 1
        self.hub = deepcopy(self.backup)
        self.hub.epoch = epoch

    # the line

    @rule(number=store, limit=st.integers(1, 3), is_lost=st.booleans())
    def poll(self, number: int, limit: int, *, is_lost: bool) -> None:
        disk = self.disks[number]
        page = self.hub.page(disk.cursor, disk.revoke_cursor, limit)
        if page is None:
            disk.start_over(str(self.hub.epoch))
        elif not is_lost:
            self._take(number, (disk.cursor, disk.revoke_cursor), page)

    @precondition(lambda self: any(self.seen))
    @rule(data=st.data())
    def an_old_page_comes_late(self, data: st.DataObject) -> None:
        """The store knows it for the answer to another question, also after its disk went back to before that one."""
        number = data.draw(st.sampled_from([n for n in range(STORES) if self.seen[n]]))
        asked, page = data.draw(st.sampled_from(self.seen[number]))
        if asked == (self.disks[number].cursor, self.disks[number].revoke_cursor):
            self._take(number, asked, page)

    @precondition(lambda self: any(self.in_this_life))
    @rule(data=st.data())
    def an_old_page_of_an_older_head_office_comes_late(self, data: st.DataObject) -> None:
        """Which does not say to what it answers: as long as the store only went on, the page does no harm."""
        number = data.draw(st.sampled_from([n for n in range(STORES) if self.in_this_life[n]]))
        asked, page = data.draw(st.sampled_from(self.seen[number][-self.in_this_life[number] :]))
        self._take(number, asked, page)

    @rule(number=store)
    def receipts_go_out(self, number: int) -> None:
        disk = self.disks[number]
        for ref, gone in sorted(disk.unconfirmed.items()):
            self.now += 1
            # Also under a number that is known: of a member who came back after that, and left again after the backup.
            self.hub.remembered(gone, self.now)
            if gone.seq:
                same = [one.seq for one in self.hub.revocations if one.member_ref == ref and one.seq <= gone.seq]
                self.hub.receipts |= {(number, seq) for seq in same}  # a later one proves those before it
            self.confirmed[number][ref] = max(gone.at, self.confirmed[number].get(ref, 0.0))
        disk.unconfirmed = {}

    # faults of the store

    @rule(number=store)
    def power_cut(self, number: int) -> None:
        self.disks[number] = deepcopy(self.safe[number])
        self.in_this_life[number] = 0

    @rule(number=store)
    def disk_writes_back(self, number: int) -> None:
        self.safe[number] = deepcopy(self.disks[number])

    # what must hold

    @invariant()
    def nobody_is_seen_after_the_receipt(self) -> None:
        for number, disk in enumerate(self.disks):
            for ref, body in disk.members.items():
                assert body.consent is not None
                assert body.consent.given_at > self.confirmed[number].get(ref, 0.0)

    def teardown(self) -> None:
        """The faults end; some polls and receipts later all are one."""
        if not hasattr(self, "hub"):
            return
        for _ in range(3):  # a receipt may bring a lost withdrawal back, which then has to go round
            for number in range(STORES):
                while not self._is_current(number):
                    self.poll(number, 2, is_lost=False)
                self.receipts_go_out(number)
        for number, disk in enumerate(self.disks):
            assert disk.members == self.hub.members
            assert all(self._is_proved(number, one) for one in self.hub.revocations)
        self.nobody_is_seen_after_the_receipt()

    def _is_proved(self, number: int, gone: Revocation) -> bool:
        """A store that was away for two withdrawals of one member proves the later one."""
        later = [one.seq for one in self.hub.revocations if one.member_ref == gone.member_ref and one.seq >= gone.seq]
        return any((number, seq) in self.hub.receipts for seq in later)

    def _is_current(self, number: int) -> bool:
        disk = self.disks[number]
        page = self.hub.page(disk.cursor, disk.revoke_cursor, 2)
        if page is None or page.header.revocations or page.records:
            return False
        disk.cursor, disk.revoke_cursor = page.header.cursor, page.header.revoke_cursor
        return True

    def _take(self, number: int, asked: tuple[str, int], page: Page) -> None:
        disk = self.disks[number]
        if page.header.epoch != disk.epoch:
            disk.start_over(str(self.hub.epoch))
            return
        self.seen[number].append((asked, page))
        self.in_this_life[number] += 1
        if disk.take(page):
            self.safe[number] = deepcopy(disk)


TestFeed = Feed.TestCase
TestFeed.settings = settings(max_examples=3_000 if os.environ.get("LONG") else 100, stateful_step_count=40)
