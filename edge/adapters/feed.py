"""Head office's state into the replica: boot, snapshot, feed, and the comparison that finds what was lost.

One thread calls this, and it is the only one that writes rows of `cache.db`. While a full page is applied the next one
is already on its way; what is on its way acknowledges nothing, so a crash between the two costs a page and no row. A
snapshot is one answer, which head office sends on while a page of it is applied (docs/decisions/0013-one-thread.md).
"""

import threading
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import structlog

from edge.adapters.cache_sqlite import Cache
from edge.adapters.hq_http import HqClient, StartOver, Unchanged
from edge.core import replica
from edge.core.bodies import Kept
from edge.core.replica import Key, Plan
from wire.page import Gone, Page, Put, Trailer, digest, place, sum8
from wire.sync import BootReply, Bucket, DigestReply

# A difference means that something went wrong unseen, so once a day is enough; it reads the whole replica once.
COMPARE_EVERY_S: Final = 86_400.0

_log = structlog.get_logger("feed")
Answer = Page | Unchanged


@dataclass(frozen=True, slots=True)
class Booted:
    """`is_unlocked`: the replica's file was opened just now; `is_another`: head office's life, so all begins anew."""

    is_unlocked: bool
    is_another: bool


class Feed:
    """`taken` is told what each page changed, after it is in the file."""

    def __init__(self, client: HqClient, cache: Cache, taken: Callable[[Plan], None]) -> None:
        self._client, self._cache, self._taken = client, cache, taken
        self._ahead: _Ahead | None = None
        self._compare_at = 0.0

    def boot(self) -> Booted:
        was_locked = self._cache.is_locked
        reply = self._learn()
        is_another = reply.epoch != self._cache.cursor()[0]
        if is_another:
            self._cache.start_over(reply.epoch)
        return Booted(is_unlocked=was_locked and not self._cache.is_locked, is_another=is_another)

    def poll(self, wait_s: int) -> bool:
        """Whether the replica is up to date now. Raises StartOver, HqUnreachable, ValueError."""
        epoch, cursor, revoke_cursor = self._cache.cursor()
        if cursor and not replica.is_cursor(cursor, epoch):
            _log.warning("feed.cursor_broken", remedy="none needed: everything is fetched again")
            raise StartOver  # an older head office would answer 400 to it for ever
        if not cursor or self._cache.snapshot_after():
            self._bootstrap(epoch, cursor, revoke_cursor)
            return False
        answer = self._answer(cursor, revoke_cursor, wait_s)
        if self._cache.cursor() != (epoch, cursor, revoke_cursor):
            raise StartOver  # begun anew while the poll was parked: this answer belongs to what was there before
        if isinstance(answer, Unchanged):
            _check_cursor(answer.cursor, epoch)
            self._cache.confirm_current(answer.cursor, answer.revoke_cursor, self._client.now())
            self._heal()
            return True
        _same(epoch, answer)
        if not answer.header.cursor.endswith("."):  # it is full: more lies behind it
            self._ahead = _Ahead(self._client, answer)
        self._apply(answer, answer.header.cursor)
        return False

    def _answer(self, cursor: str, revoke_cursor: int, wait_s: int) -> Answer:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.follows == (cursor, revoke_cursor):
            return ahead.answer()
        return self._client.feed(cursor, revoke_cursor, wait_s)

    def _apply(self, page: Page, cursor: str, *, after: str = "") -> None:
        plan = self._planned(page)
        self._cache.apply(plan, cursor, page.header.revoke_cursor, self._client.now(), after=after)
        self._taken(plan)

    def _planned(self, page: Page) -> Plan:
        """Once more with head office's newest keys and dictionaries where the ones that are here do not do."""
        plan = replica.plan(page, self._cache, self._cache.dictionaries(), self._cache.proof())
        if plan.unproven or plan.unlearned:
            self._learn_more()
            plan = replica.plan(page, self._cache, self._cache.dictionaries(), self._cache.proof())
        _tell(plan)
        return plan

    def _learn(self) -> BootReply:
        """Head office's newest keys, dictionaries and lease."""
        reply = self._client.boot(self._cache.dictionaries().ids, needs_key=self._cache.is_locked)
        if self._cache.is_locked and reply.cache_key:
            self._cache.unlock(bytes.fromhex(reply.cache_key))
        self._cache.grant(reply.lease_s)
        self._cache.trust(reply.hub_keys)
        self._cache.learn({number: b64decode(octets) for number, octets in reply.dictionaries.items()})
        return reply

    def _learn_more(self) -> None:
        if self._learn().epoch != self._cache.cursor()[0]:
            raise StartOver

    # all of it

    def _bootstrap(self, epoch: str, cursor: str, revoke_cursor: int) -> None:
        """Goes on where a snapshot was torn. The feed then begins where the first of its parts was read."""
        with closing(self._client.snapshot(self._cache.snapshot_after(), revoke_cursor)) as pages:
            self._take_all(pages, epoch, cursor)

    def _take_all(self, pages: Iterable[Page], epoch: str, cursor: str) -> None:
        after = self._cache.snapshot_after()
        for page in _whole(pages, epoch):
            if (self._cache.snapshot_after(), self._cache.cursor()[1]) != (after, cursor):
                raise StartOver  # the lease ended meanwhile, and what came before this page went
            trailer = page.header.trailer
            if trailer is not None:
                after = trailer.after
                self._compare_at = 0.0  # as soon as the line is quiet, from what then lies in the file
            elif page.records:
                after = place(page.records[-1])
            cursor = cursor or page.header.cursor
            self._apply(page, cursor, after=after)
            if trailer is not None:
                _log.info("snapshot.taken", rows=trailer.count, complete=not after)

    # what was lost

    def _heal(self) -> None:
        """With the line quiet: what could not be shown is fetched again, and now and then all is compared."""
        doubted = self._cache.take_doubted()
        if doubted:
            self._learn_more()
            unproven = [member for member in sorted(doubted) if self._cache.profile(member) is None]
            self._cache.take_doubted()
            self._cache.disown(unproven)
            _log.warning("replica.doubted", profiles=len(doubted), disowned=len(unproven))
            self._taken(Plan(rows={("profile", member): Kept(-1) for member in doubted}))
        now = self._client.now()
        if doubted or now >= self._compare_at:
            self._compare_at = now + COMPARE_EVERY_S
            self._compare(self._client.digest())

    def _compare(self, reply: DigestReply) -> None:
        if reply.epoch != self._cache.cursor()[0]:
            raise StartOver
        after: dict[str, str] = {}
        differing = 0
        for bucket in reply.buckets:
            first = after.get(bucket.kind, "")
            if self._cache.digest_between(bucket.kind, first, bucket.upto) != (bucket.count, bucket.digest):
                differing += 1
                self._mend(bucket, first)
            after[bucket.kind] = bucket.upto
        _log.info("replica.compared", buckets=len(reply.buckets), mended=differing)

    def _mend(self, bucket: Bucket, after: str) -> None:
        """Only this range of keys, and as head office has it now: no older than anything that was taken."""
        epoch, cursor, revoke_cursor = self._cache.cursor()
        records: list[Put | Gone] = []
        header = None
        asked = self._client.snapshot(f"{bucket.kind}:{after}", revoke_cursor, f"{bucket.kind}:{bucket.upto}")
        with closing(asked) as pages:
            for page in _whole(pages, epoch):
                records += page.records
                header = page.header if header is None else header.model_copy(update={"trailer": page.header.trailer})
        if header is None or header.trailer is None or header.trailer.after:
            raise ValueError("the range does not go to its end")
        if self._cache.cursor()[:2] != (epoch, cursor):
            raise StartOver
        here: set[Key] = {(bucket.kind, key) for key in self._cache.keys_between(bucket.kind, after, bucket.upto)}
        page = Page(header, tuple(records))
        plan = replica.mended(page, here, self._cache, self._cache.dictionaries(), self._cache.proof())
        _tell(plan)
        self._cache.apply(plan, cursor, header.revoke_cursor, self._client.now())
        self._taken(plan)


class _Ahead:
    """One request on a thread of its own, which ends with it."""

    def __init__(self, client: HqClient, page: Page) -> None:
        self.follows = (page.header.cursor, page.header.revoke_cursor)
        self._client = client
        self._found: Answer | Exception | None = None
        self._thread = threading.Thread(target=self._ask, name="sync-ahead", daemon=True)
        self._thread.start()

    def answer(self) -> Answer:
        """Raises what the request raised."""
        self._thread.join()
        if isinstance(self._found, Exception):
            raise self._found
        assert self._found is not None  # noqa: S101 - the thread has ended
        return self._found

    def _ask(self) -> None:
        try:
            self._found = self._client.feed(*self.follows, 0, ahead=True)
        except Exception as error:  # noqa: BLE001 - raised where the answer is asked for
            self._found = error


def _whole(pages: Iterable[Page], epoch: str) -> Iterator[Page]:
    """Up to the one with the trailer. Raises StartOver for another life's, ValueError when a row is not as it was sent.

    With rows of kinds that only a newer version knows, whose bodies were passed over, they are counted and not summed.
    """
    rows, total, strange = 0, 0, 0
    for page in pages:
        _same(epoch, page)
        puts = [record for record in page.records if isinstance(record, Put)]
        rows, strange = rows + len(puts), strange + page.strange
        total += digest([(put.rev, sum8(put.key, put.body)) for put in puts])
        trailer = page.header.trailer
        if trailer is not None and not _holds(trailer, rows, total % 2**64, strange):
            raise ValueError("the snapshot's rows are not those that its trailer counts")
        yield page
        if trailer is not None:
            return
    raise ValueError("the snapshot ends without its trailer")


def _holds(trailer: Trailer, rows: int, total: int, strange: int) -> bool:
    return trailer.count == rows + strange and (strange > 0 or trailer.digest == total)


def _same(epoch: str, page: Page) -> None:
    if page.header.epoch != epoch:
        raise StartOver
    _check_cursor(page.header.cursor, epoch)


def _check_cursor(cursor: str, epoch: str) -> None:
    """One that is broken is never kept: the answer is asked for again from where the replica stands."""
    if not replica.is_cursor(cursor, epoch):
        raise ValueError("head office's answer has no whole cursor")


def _tell(plan: Plan) -> None:
    """Kinds, places and totals: never what stood there."""
    if plan.unproven or plan.unlearned or plan.malformed:
        _log.warning(
            "feed.refused", unproven=len(plan.unproven), unlearned=plan.unlearned, malformed=len(plan.malformed),
            places=sorted(set(plan.malformed))[:5], remedy="update the store's software, or send it again",
        )  # fmt: skip
    if plan.unknown:
        _log.info("feed.newer", ignored=plan.unknown)
