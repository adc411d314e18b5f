"""The store's line to head office: three threads that never hold up the store, and that the store never waits for.

*feed* parks on head office's feed and is the only writer of `cache.db`; *outbox* sends events and receipts and keeps
keys and lease; *phone* posts phone views, newest of each visit first and nothing that is out of date. A line that is
down costs a growing pause, never an end.
"""

import math
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final

import structlog

from edge.adapters.cache_sqlite import Cache
from edge.adapters.feed import Feed
from edge.adapters.hq_http import HqClient, StartOver
from edge.adapters.key_sync import fetch_keys
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.pause import Pause
from edge.adapters.store_sqlite import DatabaseError, OperationalError, told
from edge.core import outbox
from edge.core.inputs import FeedApplied, Input, LineChanged, PullRefused
from edge.core.layout import build_table, days_at
from edge.core.lease import lease_end
from edge.core.replica import Plan
from edge.core.table import TokenTable
from edge.errors import HqRefused, HqUnreachable
from edge.settings import Settings
from wire.sync import PhoneCodePost, PhoneViewPost, Revocation

DAY_S: Final = 86_400
# The first time everything is fetched again at once, but whoever answers 410 to every cursor, a proxy or a head office
# with a fault, would have a whole snapshot a second of each store. After such a time without, it is the first again.
ANEW_PAUSE_S: Final = 300.0
# Events of one moment travel together; longer and head office's own pages would look late.
GATHER_S: Final = 0.2
# Visits at once in the largest store, several times over.
PHONE_POSTS: Final = 1000
RECEIPTS: Final = 10_000
# Cards that wait for head office at once: more tablets than a store has.
CARDS: Final = 64
CARD_REFUSALS: Final = {404: "error.unknown_loyalty", 429: "error.too_fast"}
# Of a few new members only their own keys are fetched; beyond that all of them are one answer and no long address.
FEW_MEMBERS: Final = 50
# Answers that no later try would change: not a message, nobody by that name, already so.
FINAL: Final = frozenset({400, 404, 409, 410, 422})

_log = structlog.get_logger("sync")


class Sync:
    """`post` puts an input on the state queue and waits for room; `use` takes each new table of tags.

    `filled` is called once, when the replica is up to date for the first time.
    """

    def __init__(
        self,
        settings: Settings,
        client: HqClient,
        cache: Cache,
        box: Outbox,
        *,
        post: Callable[[Input], None],
        use: Callable[[TokenTable], None],
        filled: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings, self._client, self._cache, self._box = settings, client, cache, box
        self._post, self._use, self._filled = post, use, filled
        self._stopping = threading.Event()
        self._online: bool | None = None
        self._feed = Feed(client, cache, self._taken)
        self._gained: set[str] = set()  # members whose day keys are not here
        self._is_booted = self._is_filled = False
        self._is_lost, self._lost_at = False, -math.inf  # head office does not know where this replica stands
        self._anew = Pause(self._stopping, short_s=ANEW_PAUSE_S, longest_s=ANEW_PAUSE_S)
        self._keys_for = 0
        self._ended_lease = 0.0  # `as_of` of the lease whose end was seen
        self._table_lock = threading.Lock()
        self._table: TokenTable | None = None
        self._something = threading.Event()
        self._receipts: deque[tuple[Revocation, float]] = deque(maxlen=RECEIPTS)
        self._posts: OrderedDict[str, PhoneViewPost | PhoneCodePost] = OrderedDict()
        self._posts_changed = threading.Condition()
        self._cards: queue.Queue[str] = queue.Queue(CARDS)
        self._threads = [
            threading.Thread(target=run, name=f"sync-{name}", daemon=True)
            for name, run in (
                ("feed", self._run_feed),
                ("outbox", self._run_outbox),
                ("phone", self._run_phone),
                ("pull", self._run_pulls),
            )
        ]

    def start(self) -> None:
        """What an earlier run applied and did not finish comes first."""
        self._resume()
        for thread in self._threads:
            thread.start()

    def leave(self) -> None:
        """Begins nothing new. A poll that is parked at head office is left behind; its thread dies with the process."""
        self._stopping.set()
        self._something.set()
        with self._posts_changed:
            self._posts_changed.notify_all()

    def join(self, within_s: float) -> None:
        """For the threads that may be writing; the parked one is not waited for."""
        until = time.monotonic() + within_s
        for thread in self._threads[1:]:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    # the state thread's side: all return at once

    def events_wait(self) -> None:
        self._something.set()

    def confirm(self, revocation: Revocation, applied_at: float) -> None:
        self._receipts.append((revocation, applied_at))
        self._something.set()

    def post_phone(self, post: PhoneViewPost | PhoneCodePost) -> None:
        """The newest view of a visit replaces one that has not gone yet."""
        name = post.visit_id if isinstance(post, PhoneViewPost) else post.code_hash
        with self._posts_changed:
            self._posts.pop(name, None)
            self._posts[name] = post
            if len(self._posts) > PHONE_POSTS:
                self._posts.popitem(last=False)
            self._posts_changed.notify()

    def _resume(self) -> None:
        """What lies in the replica, after whatever kept the service from it."""
        self._end_lease()
        self._rebuild_table()
        revoked, requests = self._cache.unconfirmed(), self._cache.commands(self._client.now())
        catalogue = bool(self._cache.products())
        if revoked or requests or catalogue:
            self._post(FeedApplied(catalogue=catalogue, revoked=revoked, commands=requests))

    def pull(self, loyalty: str) -> None:
        """Asks head office for the member of this card. One too many is not asked for: staff are told in time."""
        with suppress(queue.Full):
            self._cards.put_nowait(loyalty)

    # feed

    def _run_feed(self) -> None:
        pause = Pause(self._stopping)
        is_current = False
        while not self._stopping.is_set():
            try:
                if self._is_lost:
                    self._begin_anew()
                if not self._is_booted:
                    self._boot()
                is_current = self._poll(wait_s=self._settings.hq.wait_s if is_current else 0)
                self._rest(is_current=is_current)
                self._line(online=True)
                pause.reset()
            except StartOver:
                is_current, self._is_lost = False, True
                self._hold_back()
            except (HqUnreachable, ValueError) as error:
                _tell(error)
                self._line(online=False)
                is_current = False
                pause.wait()
            except OperationalError as error:
                _log.warning("cache.write_failed", reason=told(error))
                is_current = False
                pause.wait()
            except DatabaseError:
                if self._stopping.is_set():
                    return  # closed under a poll that was parked: not broken
                _log.exception("cache.broken")
                self._cache.rebuild()
                self._is_booted = is_current = False
                pause.wait()

    def _rest(self, *, is_current: bool) -> None:
        if is_current and not self._is_filled:
            self._is_filled = True
            self._filled()

    def _hold_back(self) -> None:
        """Not the first time. The replica is still there meanwhile: the store serves on, as one without its line."""
        if time.monotonic() - self._lost_at < 2 * ANEW_PAUSE_S:
            self._anew.wait()
        else:
            self._anew.reset()
        self._lost_at = time.monotonic()

    def _begin_anew(self) -> None:
        self._cache.start_over("")
        self._is_lost = self._is_booted = False

    def _boot(self) -> None:
        booted = self._feed.boot()
        if booted.is_unlocked:
            self._resume()
        if booted.is_another:
            now = self._client.now()
            self._receipts.extend((gone, now) for gone in self._cache.unconfirmed())
            self._something.set()
        self._fetch_keys()
        self._is_booted = True

    def _poll(self, wait_s: int) -> bool:
        """Whether the replica is up to date now."""
        is_current = self._feed.poll(wait_s)
        if is_current and self._gained:  # once, behind the last page
            self._fetch_keys(self._gained if len(self._gained) <= FEW_MEMBERS else ())
            self._gained = set()
        return is_current

    def _taken(self, plan: Plan) -> None:
        """Revocations leave radio's table before anything else happens with the page."""
        revoked = tuple(gone.revocation for gone in plan.revoked.values())
        self._post(FeedApplied(members=plan.members, catalogue=plan.catalogue, revoked=revoked, commands=plan.commands))
        if revoked:
            self._rebuild_table()
        gained = [member for (kind, member), kept in plan.rows.items() if kind == "profile" and kept.body is not None]
        self._gained |= set(self._cache.without_day_key(self._keys_for, gained))

    def _fetch_keys(self, members: Collection[str] = ()) -> None:
        """From yesterday, whose key serves a quarter of an hour longer, to the end of the lease; of `members` only."""
        today = int(self._client.now() // DAY_S)
        if today != self._keys_for:
            members = ()  # a new day's keys are missing of everybody
        lease_days = min(self._settings.offline.lease_days, int(self._cache.granted_s() // DAY_S))
        fetch_keys(self._client, self._cache, range(today - 1, today + lease_days + 1), members)
        self._keys_for = today
        self._rebuild_table()

    def _rebuild_table(self) -> None:
        with self._table_lock:
            now = self._client.now()
            self._table = build_table(self._cache.day_keys(days_at(now)), now)
            self._use(self._table)

    # outbox

    def _run_outbox(self) -> None:
        pause = Pause(self._stopping)
        while not self._stopping.is_set():
            self._something.wait(1.0)
            self._something.clear()
            try:
                self._keep_time()
                if self._online:
                    self._send_receipts()
                    while self._send_events():
                        pass
                pause.reset()
            except (HqUnreachable, ValueError) as error:
                _tell(error)
                pause.wait()
            except OperationalError as error:
                _log.warning("outbox.write_failed", reason=told(error))
                pause.wait()
            except DatabaseError:
                if self._stopping.is_set():
                    return
                _log.exception("outbox.broken")
                pause.wait()
            self._stopping.wait(GATHER_S)

    def _keep_time(self) -> None:
        """What a turn of the clock brings: new tags, new keys, the end of the lease."""
        now = self._client.now()
        if self._cache.is_broken:
            _log.warning("cache.rebuilt", reason="a page changed by itself")
            self._cache.rebuild()
            self._rebuild_table()
        if self._table is not None and self._table.is_due(now):
            self._rebuild_table()
        if self._end_lease():
            self._rebuild_table()
        if self._online and int(now // DAY_S) != self._keys_for:
            self._fetch_keys()

    def _end_lease(self) -> bool:
        """Whether it has ended just now; the service refuses what the lease covered by itself, this deletes it."""
        as_of = self._cache.as_of()
        end = lease_end(as_of, self._settings.offline.lease_days, self._cache.granted_s())
        if not as_of or as_of == self._ended_lease or self._client.now() <= end:
            return False
        _log.warning("lease.ended")
        self._cache.forget_members()
        self._ended_lease = as_of
        return True

    def _send_receipts(self) -> None:
        while self._receipts:
            self._cache.scrub()
            revocation, applied_at = self._receipts[0]
            try:
                self._client.receipt(revocation, applied_at)
            except HqRefused as error:
                if error.status not in FINAL:
                    raise
                _log.warning("receipt.refused", status=error.status)
            self._cache.confirm(revocation)
            self._receipts.popleft()

    def _send_events(self) -> bool:
        """Whether there may be more."""
        batch = self._box.batch()
        if batch is None:
            return False
        answer = outbox.settled(batch, self._client.events(batch), self._box.high())
        if isinstance(answer, outbox.Acked):
            self._box.acknowledge(answer.n)
            return len(batch.events) == outbox.BATCH_LENGTH
        if isinstance(answer, outbox.GoBack) and self._box.go_back(answer.n):
            _log.warning("outbox.sent_again")
        else:
            _log.warning("outbox.renumbered")
            self._box.renumber()
        return True

    # phone

    def _run_phone(self) -> None:
        pause = Pause(self._stopping)
        while not self._stopping.is_set():
            post = self._next_post()
            if post is None:
                continue
            try:
                if isinstance(post, PhoneViewPost):
                    self._client.phone_view(post)
                else:
                    self._client.phone_code(post)
                pause.reset()
            except (HqUnreachable, ValueError) as error:
                if isinstance(error, HqRefused) and error.status in FINAL:
                    _log.warning("phone.refused", status=error.status)
                else:
                    self._put_back(post)
                    pause.wait()

    def _next_post(self) -> PhoneViewPost | PhoneCodePost | None:
        with self._posts_changed:
            if not self._posts or not self._online:
                self._posts_changed.wait(1.0)
            return self._posts.popitem(last=False)[1] if self._posts and self._online else None

    def _put_back(self, post: PhoneViewPost | PhoneCodePost) -> None:
        name = post.visit_id if isinstance(post, PhoneViewPost) else post.code_hash
        with self._posts_changed:
            if name not in self._posts:
                self._posts[name] = post
                self._posts.move_to_end(name, last=False)

    # cards

    def _run_pulls(self) -> None:
        """What is given comes with the feed; what is not is told."""
        while not self._stopping.is_set():
            try:
                loyalty = self._cards.get(timeout=1.0)
            except queue.Empty:
                continue
            try:
                self._client.pull(loyalty)
            except HqRefused as error:
                self._post(PullRefused(loyalty, CARD_REFUSALS.get(error.status, "error.card_offline")))
            except (HqUnreachable, ValueError):
                self._post(PullRefused(loyalty, "error.card_offline"))

    # the line

    def _line(self, *, online: bool) -> None:
        if online is not self._online and not self._stopping.is_set():
            self._online = online
            _log.info("line.changed", online=online)
            self._post(LineChanged(online))
            self._something.set()
            with self._posts_changed:
                self._posts_changed.notify()


def _tell(error: Exception) -> None:
    """A line that is down is told once, by `line.changed`."""
    if isinstance(error, HqRefused):
        _log.warning("hq.refused", status=error.status)
    elif not isinstance(error, HqUnreachable):
        _log.warning("hq.unreadable", reason=type(error).__name__)
