"""What happens when: a heap of instants, run by the caller's clock.

A test hands `run_until` numbers and gets an afternoon in milliseconds; the process lets `follow` run it in real time.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

Clock = Callable[[], float]

# Fine enough for advertising intervals of 20 ms, coarse enough to wake only 200 times a second.
_GRAIN_S: Final = 0.005
_LONGEST_SLEEP_S: Final = 0.1


@dataclass(order=True, slots=True)
class Entry:
    """One thing to do; cancel it by clearing `action`."""

    at: float
    order: int
    action: Callable[[float], None] | None = field(compare=False)

    def cancel(self) -> None:
        """It will not happen."""
        self.action = None


class Agenda:
    """Instants are unix seconds."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._entries: list[Entry] = []
        self._order = itertools.count()

    def at(self, instant: float, action: Callable[[float], None]) -> Entry:
        """`action` is called with the instant it was due at; an instant in the past comes next."""
        entry = Entry(max(instant, self.now), next(self._order), action)
        heapq.heappush(self._entries, entry)
        return entry

    def run_until(self, now: float) -> None:
        """Everything due up to and including `now`, in order."""
        while self._entries and self._entries[0].at <= now:
            entry = heapq.heappop(self._entries)
            self.now = entry.at
            if entry.action is not None:
                entry.action(entry.at)
        self.now = max(self.now, now)

    async def follow(self, clock: Clock) -> None:
        """Run along with the clock until cancelled."""
        while True:
            self.run_until(clock())
            ahead = self._entries[0].at - clock() if self._entries else _LONGEST_SLEEP_S
            await asyncio.sleep(min(_LONGEST_SLEEP_S, max(_GRAIN_S, ahead)))
