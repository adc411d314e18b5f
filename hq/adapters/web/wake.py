"""Parked polls and streams cost no thread: one watcher reads the counters and wakes whom a change concerns.

Four times a second for what other processes wrote, and at once when this process did: a write calls `nudge`. Each
waiter is an event on the one loop; it is set before anything is read, so no change falls between reading and parking.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

_log: Final = structlog.get_logger("hq.wake")
WATCH_S: Final = 0.25
# After a failed reading: soon enough that a restarted database is found within a second, no busy loop meanwhile.
_FAILED_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened after `counters`: stores and members to wake, or `everybody` when there are too many to name."""

    counters: Mapping[str, int]
    stores: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    everybody: bool = False


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
