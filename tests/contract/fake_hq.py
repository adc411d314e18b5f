"""A head office in memory: what `edge.adapters.hq_http.HqClient` gives, without a network.

It keeps the contract of the real one (`HqContract`); and a test may put pages and faults of its own before its answers.
"""

import threading
from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from edge.adapters.hq_http import StartOver, Unchanged
from edge.errors import HqRefused
from hq.core.changes import Place, parse_cursor
from hq.core.snapshots import is_place
from tests.core.store import ANNA, HUB_KEY, NOW, product
from wire import dictionary
from wire.dictionary import SHIPPED, shipped_octets
from wire.event import BatchAck, EventBatch
from wire.nearby import NearbyAsk, NearbyReply
from wire.page import Gone, Page, PageHeader, Put, Record, Trailer, digest, place, sum8
from wire.sync import (
    BootReply,
    Bucket,
    DayKeys,
    DigestReply,
    PhoneCodePost,
    PhoneViewPost,
    RecordKind,
    Revocation,
)

COMPARED: tuple[RecordKind, ...] = ("product", "profile", "stock")


class Office:
    """Answers as head office does; `fault` is raised instead of any answer."""

    def __init__(self) -> None:
        self.epoch = "e1"
        self.cache_key = "0c" * 32
        self.fault: Exception | None = None
        self.pages: list[Page | Exception] = []
        self.members = {ANNA: "07" * 16}
        self.key_members = 0
        self.views: list[PhoneViewPost] = []
        self.events_seen: list[int] = []
        self.receipts: list[int] = []
        self.pulled: list[str] = []
        self.pictures: dict[str, bytes] = {}
        self.cursors: list[tuple[str, int]] = []
        self.ahead: list[tuple[str, int]] = []
        self.snapshots: list[tuple[str, str]] = []
        self.hub_keys = {"k1": HUB_KEY.public_key().public_bytes_raw().hex()}
        self.changed = threading.Condition()
        self.rows: dict[tuple[RecordKind, str], tuple[int, Record]] = {}
        self.revocations: list[Revocation] = []
        self.seq = 0
        self.page_rows = 2_000

    # what the contract's tests write

    def put_products(self, ids: Sequence[str]) -> None:
        """One transaction: one seq."""
        for name in ids:
            was = self.rows.get(("product", name))
            body = product(1).model_copy(update={"product_id": name})
            self._write(Put("product", name, was[1].rev + 1 if was else 1, _packed(body.model_dump_json())))
        self.seq += 1

    def write(self, *records: Record) -> None:
        for record in records:
            self._write(record)
        self.seq += 1
        with self.changed:
            self.changed.notify()

    def _write(self, record: Record) -> None:
        self.rows[record.kind, record.key] = (self.seq + 1, record)

    # what a store asks

    def now(self) -> float:
        return NOW

    def boot(self, dictionaries: Collection[int] = (), *, needs_key: bool = False) -> BootReply:
        self._answer()
        lacking = [number for number in SHIPPED if number not in dictionaries]
        return BootReply(
            epoch=self.epoch,
            now=self.now(),
            lease_s=7 * 86_400,
            hub_keys=self.hub_keys,
            cache_key=self.cache_key if needs_key else "",
            dictionaries={number: b64encode(shipped_octets(number)).decode() for number in lacking},
        )

    def day_keys(self, first_day: int, days: int, members: Collection[str] = (), after: str = "") -> DayKeys:
        """`key_members` at a time, 0 all at once as an older head office does."""
        self._answer()
        behind = sorted(member for member in self.members if member > after)
        some = behind[: self.key_members] if self.key_members else sorted(self.members)
        upto = some[-1] if len(some) < len(behind) else ""
        return DayKeys(store_number=1, upto=upto, days={first_day + 1: {one: self.members[one] for one in some}})

    def feed(self, cursor: str, revoke_cursor: int, wait_s: int, *, ahead: bool = False) -> Page | Unchanged:
        self._answer()
        (self.ahead if ahead else self.cursors).append((cursor, revoke_cursor))
        with self.changed:
            if not self.pages and not self._news(cursor, revoke_cursor):
                self.changed.wait(0.1)
            if self.pages:
                answer = self.pages.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                self._remember(answer)
                return answer
        return self._page(cursor, revoke_cursor)

    def snapshot(self, after: str, revoke_cursor: int, upto: str = "") -> Iterator[Page]:
        self._answer()
        if not is_place(after):
            raise StartOver
        self.snapshots.append((after, upto))
        with self.changed:
            canned = self.pages[:1] if not upto else []
            del self.pages[: len(canned)]
        held = [row for row in self._held() if after < place(row) and (not upto or _within(row, upto))]
        for one in canned:
            if isinstance(one, Exception):
                raise one
            self._remember(one)
            yield one
        header = self._header(f"{self.epoch}.{self.seq}.", len(self.revocations))
        if self.revocations[revoke_cursor:]:
            yield Page(header.model_copy(update={"revocations": tuple(self.revocations[revoke_cursor:])}))
        for at in range(0, len(held), self.page_rows):
            yield Page(header, tuple(held[at : at + self.page_rows]))
        count, total = len(held), _total(held)
        for one in canned:
            if isinstance(one, Page):
                puts = [record for record in one.records if isinstance(record, Put)]
                count, total = count + len(puts), (total + _total(puts)) % 2**64
        yield Page(header.model_copy(update={"trailer": Trailer(count=count, digest=total)}))

    def picture(self, name: str) -> bytes:
        self._answer()
        if name not in self.pictures:
            raise HqRefused("http://hq", 404, "There is no such picture.")
        return self.pictures[name]

    def nearby(self, ask: NearbyAsk) -> NearbyReply:
        self._answer()
        return NearbyReply(near=())

    def digest(self) -> DigestReply:
        self._answer()
        held = self._held()
        buckets: list[Bucket] = []
        for kind in COMPARED:
            some = [row for row in held if row.kind == kind]
            buckets.append(Bucket.model_validate({"kind": kind, "count": len(some), "digest": _total(some)}))
        return DigestReply(epoch=self.epoch, now=NOW, cursor=f"{self.epoch}.{self.seq}.", buckets=tuple(buckets))

    def publish(self, *answers: Page | Exception) -> None:
        with self.changed:
            self.pages += answers
            self.changed.notify()

    def events(self, batch: EventBatch) -> BatchAck:
        self._answer()
        high = max(self.events_seen, default=0)
        if batch.first > high + 1:
            return BatchAck(acked=high, gap=True)
        self.events_seen += [event.n for event in batch.events if event.n > high]
        return BatchAck(acked=max(self.events_seen, default=0))

    def receipt(self, revocation: Revocation, applied_at: float) -> None:
        self._answer()
        self.receipts.append(revocation.seq)

    def phone_view(self, post: PhoneViewPost) -> None:
        self._answer()
        self.views.append(post)

    def phone_code(self, post: PhoneCodePost) -> None:
        self._answer()

    def pull(self, loyalty_number: str) -> None:
        self._answer()
        self.pulled.append(loyalty_number)

    def _answer(self) -> None:
        if self.fault is not None:
            raise self.fault

    def _news(self, cursor: str, revoke_cursor: int) -> bool:
        return not isinstance(self._page(cursor, revoke_cursor), Unchanged)

    def _page(self, cursor: str, revoke_cursor: int) -> Page | Unchanged:
        epoch, after = parse_cursor(cursor) or ("", Place(0)) if cursor else (self.epoch, Place(0))
        if epoch != self.epoch:
            raise StartOver
        at = (after.seq, "~" if after.whole else f"{after.kind}:{after.key}")
        rows = sorted((number, place(record), record) for number, record in self.rows.values())
        some = list(islice((row for row in rows if row[:2] > at), self.page_rows))
        end = f"{self.epoch}.{self.seq}."
        moved = f"{self.epoch}.{some[-1][0]}.{some[-1][1]}" if len(some) == self.page_rows else end
        revocations = tuple(self.revocations[revoke_cursor:])
        if not some and not revocations:
            return Unchanged(cursor=cursor if not self.rows else moved, revoke_cursor=revoke_cursor)
        header = self._header(moved, len(self.revocations)).model_copy(update={"revocations": revocations})
        return Page(header, tuple(row[2] for row in some))

    def _remember(self, page: Page) -> None:
        """A page of a test's own is head office's state too, or a store that compares would let it go."""
        for gone in page.header.revocations:
            self.rows.pop(("profile", gone.member_ref), None)
        for record in page.records:
            self.rows[record.kind, record.key] = (0, record)

    def _header(self, cursor: str, revoke_cursor: int) -> PageHeader:
        return PageHeader(epoch=self.epoch, now=NOW, cursor=cursor, revoke_cursor=revoke_cursor)

    def _held(self) -> list[Put]:
        held = [record for _, record in self.rows.values() if not isinstance(record, Gone)]
        return sorted(held, key=lambda record: (record.kind, record.key))


def _packed(text: str) -> bytes:
    return dictionary.packed(text.encode())


def _total(rows: Collection[Put]) -> int:
    return digest((row.rev, sum8(row.key, row.body)) for row in rows)


def _within(row: Put, upto: str) -> bool:
    kind, _, key = upto.partition(":")
    return row.kind < kind or (row.kind == kind and (not key or row.key <= key))
