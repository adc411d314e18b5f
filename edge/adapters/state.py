"""The state thread: takes inputs from one bounded queue, runs the step, and hands the effects to those who do them.

A step's facts are one transaction: one fsync, however much happened. A fault in one step does not stop the next. What
a full disk does not take waits here and is written when there is room; until then nobody is told that it was done.
"""

import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Final, Protocol

import structlog

from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_sqlite import DatabaseError, OperationalError, told
from edge.core.effects import (
    Acknowledge,
    Confirm,
    Effect,
    Keep,
    PostPhone,
    PostPhoneCode,
    Pull,
    Record,
    Reply,
    Send,
)
from edge.core.inputs import Input, Tick
from wire.live import Ack
from wire.sync import PhoneCodePost, PhoneViewPost, Revocation

# Ten seconds of the loudest store (2,000 sightings/s); beyond that the newest sightings are worth more than these.
QUEUE_LENGTH: Final = 20_000
# Within a quarter of a second an arrival is decided; a store with nobody in it looks once a second.
TICK_S: Final = 0.25
IDLE_TICK_S: Final = 1.0
_NOT_KEPT: Final = "error.busy"  # as the pages say it: try again in a moment

# An hour of a large store. What does not fit any more was never promised to anybody.
LATER: Final = 10_000
AGAIN_S: Final = 1.0

_log = structlog.get_logger("state")


class Line(Protocol):
    """What goes to head office. All return at once."""

    def events_wait(self) -> None: ...
    def confirm(self, revocation: Revocation, applied_at: float) -> None: ...
    def post_phone(self, post: PhoneViewPost | PhoneCodePost) -> None: ...
    def pull(self, loyalty: str) -> None: ...


class Pages(Protocol):
    """What goes to tablets and screens."""

    def run(self, effect: Send | Reply | Acknowledge) -> None: ...


class State:
    """`step` decides; `is_busy` says whether anybody is in or around the store."""

    def __init__(
        self,
        step: Callable[[Input, float], list[Effect]],
        is_busy: Callable[[], bool],
        box: Outbox,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._step, self._is_busy, self._box, self._clock = step, is_busy, box, clock
        self._queue: queue.Queue[Input] = queue.Queue(QUEUE_LENGTH)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)
        self._line: Line | None = None
        self._pages: Pages | None = None
        self._later: list[Record | Keep] = []
        self._owed: list[Confirm] = []
        self._again_at = 0.0
        self._told = ""  # why it cannot write, once and not once a second
        self.faults = 0
        self.steps = 0

    def connect(self, line: Line, pages: Pages) -> None:
        """Before `start`: both need `post` to be made, and the state needs both."""
        self._line, self._pages = line, pages

    def post(self, happened: Input) -> bool:
        """False when the queue is full."""
        try:
            self._queue.put_nowait(happened)
        except queue.Full:
            return False
        return True

    def post_surely(self, happened: Input) -> None:
        """Waits for room: what head office said must not be lost. Gives up only when the service stops."""
        while not self._stopping.is_set():
            try:
                self._queue.put(happened, timeout=1.0)
            except queue.Full:
                continue
            return

    @property
    def is_running(self) -> bool:
        """The thread runs and has shown the store once."""
        return self._thread.is_alive() and self.steps > 0

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float = 1.0) -> None:
        self._stopping.set()
        self.post(Tick())
        if self._thread.is_alive():
            self._thread.join(within_s)

    def _run(self) -> None:
        self._take(Tick())
        tick_at = time.monotonic() + TICK_S
        while not self._stopping.is_set():
            happened = self._next(tick_at - time.monotonic())
            if happened is not None:
                self._take(happened)
            if time.monotonic() >= tick_at:
                self._take(Tick())
                tick_at = time.monotonic() + (TICK_S if self._is_busy() else IDLE_TICK_S)

    def _next(self, within_s: float) -> Input | None:
        try:
            return self._queue.get(timeout=max(0.0, within_s))
        except queue.Empty:
            return None

    def _take(self, happened: Input) -> None:
        try:
            effects = self._step(happened, self._clock())
        except Exception:  # noqa: BLE001 - the top of this thread: the next input must not suffer
            self.faults += 1
            _log.exception("step.failed", input=type(happened).__name__)
            return
        self.steps += 1
        is_kept = self._catch_up()
        for is_fact, group in groupby(effects, lambda effect: isinstance(effect, Record | Keep)):
            if is_fact:
                is_kept = self._guarded("facts", partial(self._write, list(group)))
                continue
            for effect in group:
                self._do(effect, is_kept=is_kept)
        self._guarded("tidy", self._box.tidy)

    def _do(self, effect: Effect, *, is_kept: bool) -> None:
        """A receipt says that nothing of the member is left, an answer that the store will remember: not unless so."""
        if isinstance(effect, Confirm) and not (is_kept and self._guarded("tidy", self._box.tidy)):
            if is_kept or self._later:  # else a restart begins with it again
                self._owed.append(effect)
            return
        if isinstance(effect, Acknowledge) and effect.ack.ok and not is_kept:
            effect = Acknowledge(effect.client, Ack(key=effect.ack.key, ok=False, error=_NOT_KEPT))
        self._guarded(type(effect).__name__, partial(self._hand_on, effect))

    def _write(self, facts: list[Effect]) -> None:
        """In their order, behind what waits. Raises DatabaseError when they wait too, or are lost."""
        step = [*self._later, *(one for one in facts if isinstance(one, Record | Keep))]
        try:
            self._box.write(step)
        except OperationalError:
            self._later = step[:LATER]
            raise
        self._later, self._told = [], ""
        if self._line is not None:
            self._line.events_wait()

    def _catch_up(self) -> bool:
        """Whether nothing waits for room; tried again once a second, and receipts behind it."""
        if (self._later or self._owed) and time.monotonic() >= self._again_at:
            self._again_at = time.monotonic() + AGAIN_S
            is_kept = not self._later or self._guarded("facts", partial(self._write, []))
            owed, self._owed = self._owed, []
            for receipt in owed:
                self._do(receipt, is_kept=is_kept)
        return not self._later

    def _guarded(self, what: str, act: Callable[[], None]) -> bool:
        """Whether it went well. One effect's fault must not keep a removal behind it from happening."""
        try:
            act()
        except DatabaseError as error:
            # Disk full or broken: the store goes on showing and forgetting, and health says so.
            self.faults += 1
            reason = told(error)
            if reason != self._told:
                _log.error("outbox.write_failed", reason=reason, effect=what)
            self._told = reason
        except Exception:  # noqa: BLE001 - see above
            self.faults += 1
            _log.exception("effect.failed", effect=what)
        else:
            return True
        return False

    def _hand_on(self, effect: Effect) -> None:
        line, pages = self._line, self._pages
        if line is None or pages is None:
            raise RuntimeError("connect() comes before start()")
        match effect:
            case Send() | Reply() | Acknowledge():
                pages.run(effect)
            case PostPhone(post) | PostPhoneCode(post):
                line.post_phone(post)
            case Pull(loyalty):
                line.pull(loyalty)
            case Confirm(revocation, applied_at):
                line.confirm(revocation, applied_at)
