"""Parked polls and streams cost no thread: one watcher reads the counters and wakes whom a change concerns.

Four times a second for what other processes wrote, and at once when this process did: a write calls `nudge`. Each
waiter is an event on the one loop; it is set before anything is read, so no change falls between reading and parking.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from hq.core.changes import ScopeRow
from wire.sync import Revocation

if TYPE_CHECKING:
    from hq.adapters.store_sql import View

_log: Final = structlog.get_logger("hq.wake")
WATCH_S: Final = 0.25
# More rows than this are a large import: every store asks then, and that is all that need be known of it.
_ROWS: Final = 5_000
# After a failed reading: soon enough that a restarted database is found within a second, no busy loop meanwhile.
_FAILED_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened until `counters`: stores and members to wake, or `everybody` when there are too many to name."""

    counters: Mapping[str, int]
    stores: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """`rows` (store_id, row) None: all is new. `withdrawals` (merchant_id, withdrawal). `revoked` None: as before."""

    changes: Changes
    rows: tuple[tuple[str, ScopeRow], ...] | None
    withdrawals: tuple[tuple[str, Revocation], ...]
    revoked: frozenset[str] | None


def news_after(before: Mapping[str, int], view: "View") -> News:
    """What happened after these counters, of one moment; without counters: where everything stands."""
    counters = view.counters()
    gone = view.revoked_devices() if counters["device"] != before.get("device") else None
    revoked = None if gone is None else frozenset(gone)
    if not before:
        return News(Changes(counters, everybody=True), None, (), revoked)
    rows = view.changed_after(before["feed"], _ROWS) if counters["feed"] != before["feed"] else ()
    withdrawals = view.withdrawals_after(before["revoke"], _ROWS) if counters["revoke"] != before["revoke"] else ()
    phones = view.phones_after(before["phone"]) if counters["phone"] != before["phone"] else ()
    changes = Changes(
        counters,
        # Also of the devices that were taken away: what waits for them is refused now.
        stores=frozenset(store_id for store_id, _ in rows) | frozenset((gone or {}).values()),
        members=frozenset(row.key for _, row in rows if row.kind == "profile") | frozenset(phones),
        # A withdrawal concerns every store, also one that never held the member.
        everybody=len(rows) == _ROWS or bool(withdrawals),
    )
    is_whole = len(rows) < _ROWS and len(withdrawals) < _ROWS
    return News(changes, rows if is_whole else None, withdrawals, revoked)


@dataclass(slots=True)
class Wakes:
    """`changes_after` reads one snapshot, off the loop."""

    changes_after: Callable[[Mapping[str, int]], Awaitable[Changes]]
    clock: Callable[[], float]
    counters: Mapping[str, int] = field(default_factory=dict)  # as they were last read
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    failed_at: float | None = None
    _stores: dict[str, set[asyncio.Event]] = field(default_factory=dict)
    _members: dict[str, set[asyncio.Event]] = field(default_factory=dict)
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def parked(self) -> int:
        return sum(map(len, self._stores.values()))

    @property
    def streaming(self) -> int:
        return sum(map(len, self._members.values()))

    def streams_of(self, member_ref: str) -> int:
        return len(self._members.get(member_ref, ()))

    def nudge(self, *members: str) -> None:
        """Call after every write of this process; `members` are those whose own page changed."""
        self._nudged.set()
        _wake(self._members, members)

    def stop(self) -> None:
        """Every parked poll and stream ends now: a service that stops must not wait for them."""
        self.stopping.set()
        _wake(self._stores, list(self._stores))
        _wake(self._members, list(self._members))
        self._nudged.set()

    @contextmanager
    def of_store(self, store_id: str) -> Iterator[asyncio.Event]:
        with _waiting(self._stores, store_id) as event:
            yield event

    @contextmanager
    def of_member(self, member_ref: str) -> Iterator[asyncio.Event]:
        with _waiting(self._members, member_ref) as event:
            yield event

    async def watch(self) -> None:
        """Runs as long as the service does."""
        counters: Mapping[str, int] = {}
        while not self.stopping.is_set():
            self._nudged.clear()
            try:
                changes = await self.changes_after(counters)
                counters = self.counters = changes.counters
                self.failed_at = None
            except Exception as error:  # noqa: BLE001 - the top of a task: said, visible in /readyz, tried again
                _log.error("the counters could not be read", error=type(error).__name__)
                self.failed_at = self.failed_at or self.clock()
                await asyncio.sleep(_FAILED_S)
                continue
            _wake(self._stores, list(self._stores) if changes.everybody else changes.stores)
            _wake(self._members, list(self._members) if changes.everybody else changes.members)
            await wait(self._nudged, WATCH_S)


async def wait(event: asyncio.Event, timeout_s: float) -> bool:
    """Whether it was set in time."""
    try:
        async with asyncio.timeout(timeout_s):
            return await event.wait()
    except TimeoutError:
        return False


@contextmanager
def _waiting(waiters: dict[str, set[asyncio.Event]], key: str) -> Iterator[asyncio.Event]:
    event = asyncio.Event()
    waiters.setdefault(key, set()).add(event)
    try:
        yield event
    finally:
        waiters[key].discard(event)
        if not waiters[key]:
            del waiters[key]


def _wake(waiters: Mapping[str, set[asyncio.Event]], keys: Iterable[str]) -> None:
    for key in keys:
        for event in waiters.get(key, ()):
            event.set()
