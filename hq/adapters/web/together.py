"""What many stores do in the same second, done once: news is read and packed once for all, receipts written in one go.

A withdrawal wakes every store. Each of them would read the same rows and then wait for a commit of its own: at 200
stores that is the difference between a proof in a quarter of a second and in three.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wire.page import Page, pack_page
from wire.sync import ReceiptPost

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from hq.adapters.web.desk import Desk
    from hq.core.registry import Device

# Stores that come from further back each have a page of their own; this many at once is a restart of everything.
_PLACES: Final = 64
# Stores set their clocks by a page too: one that was packed longer ago would set them late.
_PACKED_S: Final = 0.1
# One commit of so many takes some 30 ms; more would make the first of them wait for the last.
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as it is sent; `octets` None: nothing is new, though the cursors may have moved."""

    cursor: str
    revoked: int
    octets: bytes | None


def answer(page: Page) -> Answer:
    is_empty = not page.records and not page.header.revocations
    return Answer(page.header.cursor, page.header.revoke_cursor, None if is_empty else pack_page(page))


class Pages:
    """Pages of what is remembered, packed once for all stores that stand at the same place and lack the same."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._packed: dict[Hashable, tuple[float, Answer]] = {}

    def answer(self, device: "Device", cursor: str | None, revoked: int, limit: int) -> Answer | None:
        """None: the database has to be asked."""
        feed, now = self._desk.office.feed, self._desk.clock()
        told = feed.remembered(device, cursor, revoked, limit, now)
        if told is None:
            return None
        packed_at, known = self._packed.get(told.key, (0.0, None))
        if known is None or not 0 <= now - packed_at < _PACKED_S:
            known = answer(feed.page_of(told, now))
            if len(self._packed) >= _PLACES:
                self._packed.clear()
            self._packed[told.key] = (now, known)
        return known


class Receipts:
    """While one commit is under way the next ones gather."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._waiting: list[tuple[Device, ReceiptPost, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def put(self, device: "Device", post: ReceiptPost) -> None:
        """Returns when it is committed. Raises what the service says against it."""
        proved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((device, post, proved))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await proved

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            told: Sequence[Exception | None]
            try:
                posts = [(device, post) for device, post, _ in batch]
                told = await self._desk.run(self._desk.office.stores.receipts, posts, self._desk.clock())
            except Exception as error:  # noqa: BLE001 - each of those who wait answers with it
                told = [error] * len(batch)
            for (_, _, proved), refusal in zip(batch, told, strict=True):
                if proved.done():
                    continue  # its client has gone
                if refusal is None:
                    proved.set_result(None)
                else:
                    proved.set_exception(refusal)
