"""What many stores do in the same second, done once: withdrawals are read once for all, receipts written in one go.

A withdrawal wakes every store. Each of them would read the same rows and then wait for a commit of its own: at 200
stores that is the difference between a proof in half a second and in three.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from hq.core.changes import PAGE_REVOCATIONS
from wire.sync import ReceiptPost, Revocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hq.adapters.web.desk import Desk
    from hq.core.registry import Device

# Stores that come from further back each have a reading of their own; this many at once is a restart of everything.
_READINGS: Final = 64
# One commit of so many takes some 30 ms; more would make the first of them wait for the last.
_AT_ONCE: Final = 200


class Withdrawals:
    """Those after a store's own number, shared by all that stand at the same one."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._readings: dict[tuple[str, int, int], asyncio.Future[tuple[Revocation, ...]]] = {}

    async def after(self, merchant_id: str, revoked: int) -> tuple[Revocation, ...]:
        """Empty when the counter says so, without a look at the database."""
        high = self._desk.wakes.counters.get("revoke", 0)
        if high <= revoked:
            return ()
        key = (merchant_id, revoked, high)
        if key not in self._readings:
            if len(self._readings) >= _READINGS:
                self._readings.clear()
            read = self._desk.office.office.store.read
            work = self._desk.run(read, lambda view: view.revocations_after(merchant_id, revoked, PAGE_REVOCATIONS))
            self._readings[key] = asyncio.ensure_future(work)
        reading = self._readings[key]
        try:
            return await asyncio.shield(reading)
        except Exception:
            self._readings.pop(key, None)
            raise


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
