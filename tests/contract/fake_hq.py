"""A head office in memory: what `edge.adapters.hq_http.HqClient` gives, without a network."""

import threading
from collections.abc import Collection

from edge.adapters.hq_http import Unchanged
from tests.core.store import ANNA, HUB_KEY, NOW
from wire.event import BatchAck, EventBatch
from wire.sync import BootReply, DayKeys, FeedPage, PhoneCodePost, PhoneViewPost, Revocation


class Office:
    """Answers as head office does; `fault` is raised instead of any answer."""

    def __init__(self) -> None:
        self.epoch = "e1"
        self.cache_key = "0c" * 32
        self.fault: Exception | None = None
        self.pages: list[FeedPage | Exception] = []
        self.members = {ANNA: "07" * 16}
        self.views: list[PhoneViewPost] = []
        self.events_seen: list[int] = []
        self.receipts: list[int] = []
        self.pulled: list[str] = []
        self.cursors: list[tuple[str, int]] = []
        self.hub_keys = {"k1": HUB_KEY.public_key().public_bytes_raw().hex()}
        self.changed = threading.Condition()

    def now(self) -> float:
        return NOW

    def boot(self, *, needs_key: bool = False) -> BootReply:
        self._answer()
        key = self.cache_key if needs_key else ""
        return BootReply(epoch=self.epoch, now=self.now(), lease_s=7 * 86_400, hub_keys=self.hub_keys, cache_key=key)

    def day_keys(self, first_day: int, days: int, members: Collection[str] = ()) -> DayKeys:
        self._answer()
        return DayKeys(store_number=1, days={first_day + 1: dict(self.members)})

    def feed(self, cursor: str, revoke_cursor: int, wait_s: int) -> FeedPage | Unchanged:
        self._answer()
        self.cursors.append((cursor, revoke_cursor))
        with self.changed:
            if not self.pages:
                self.changed.wait(0.1)
            if not self.pages:
                return Unchanged(cursor=cursor, revoke_cursor=revoke_cursor)
            answer = self.pages.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def publish(self, *answers: FeedPage | Exception) -> None:
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
