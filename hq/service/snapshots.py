"""All of a store's scope at once: for a store that is new or begins again, and for one that compares."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from hq.core.changes import PAGE_REVOCATIONS, PAGE_ROWS, Place, cursor_text
from hq.core.erasure import TOMBSTONE_S
from hq.core.registry import Device, Seen
from hq.core.snapshots import COMPARED, Stretch, Total, buckets, is_place, stretches
from hq.errors import BadInput, Rebootstrap
from hq.service.office import Office
from wire.page import Page, PageHeader, Put, Trailer, place
from wire.sync import Bucket, DigestReply

if TYPE_CHECKING:
    from hq.adapters.store_sql import View


class SnapshotDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def pages(
        self, device: Device, after: str, upto: str, revoked: int, *, now: float, is_over: Callable[[], bool]
    ) -> Iterator[Page]:
        """Of one moment: rows and cursors are read in one transaction, which ends with the iterator.

        Revocations come before any row. The last page has no records and the trailer; when `is_over` said that it has
        taken long enough, the trailer says where to go on. Raises at once Rebootstrap for an `after` that is no place,
        since a store that kept it has no other, and BadInput for such an `upto`.
        """
        if not is_place(after):
            raise Rebootstrap("This is not a place in a snapshot.", "Start again without one.")
        if not is_place(upto):
            raise BadInput("This is not a place in a snapshot.", "Send kind:key as the digest's bucket has it.")
        wanted = stretches(after, upto)
        if device.seen_at <= now - TOMBSTONE_S:  # the feed turned it away, and takes it again from here
            self._office.store.change(lambda change: change.seen_devices({device.device_id: Seen(now, "", revoked)}))
        return self._pages(device, wanted, after, revoked, now=now, is_over=is_over)

    def digest(self, device: Device, now: float) -> DigestReply:
        def work(view: "View") -> DigestReply:
            cursor = cursor_text(self._office.epoch, Place(view.counters()["feed"]))
            found: list[Bucket] = []
            for kind in COMPARED:
                found += buckets(kind, _totals(view, device, Stretch(kind)))
            return DigestReply(epoch=self._office.epoch, now=now, cursor=cursor, buckets=tuple(found))

        return self._office.store.read(work)

    def _pages(
        self, device: Device, wanted: tuple[Stretch, ...], after: str, revoked: int,
        *,
        now: float,
        is_over: Callable[[], bool],
    ) -> Iterator[Page]:  # fmt: skip
        with self._office.store.reading() as view:
            counters = view.counters()
            if revoked > counters["revoke"]:
                raise Rebootstrap("This cursor is ahead of head office.", "Start again without a cursor.")
            header = PageHeader(
                epoch=self._office.epoch,
                now=now,
                cursor=cursor_text(self._office.epoch, Place(counters["feed"])),
                revoke_cursor=counters["revoke"],
            )
            yield from _revocations(view, device, header, revoked)
            count, total, at = 0, 0, after
            for records, digest in _held(view, device, wanted):
                count, total, at = count + len(records), (total + digest) % 2**64, place(records[-1])
                yield Page(header, records)
                if is_over():
                    break
            else:
                at = ""
            yield Page(header.model_copy(update={"trailer": Trailer(count=count, digest=total, after=at)}))


def _revocations(view: "View", device: Device, header: PageHeader, revoked: int) -> Iterator[Page]:
    while found := view.revocations_after(device.merchant_id, revoked, PAGE_REVOCATIONS):
        revoked = found[-1].seq
        yield Page(header.model_copy(update={"revocations": found, "revoke_cursor": revoked}))


def _held(view: "View", device: Device, wanted: tuple[Stretch, ...]) -> Iterator[tuple[tuple[Put, ...], int]]:
    for stretch in wanted:
        left = stretch
        while (found := view.held(device.store_id, device.merchant_id, left, PAGE_ROWS))[0]:
            yield found
            left = replace(left, after=found[0][-1].key)


def _totals(view: "View", device: Device, stretch: Stretch) -> Iterator[Total]:
    while rows := view.totals(device.store_id, device.merchant_id, stretch, PAGE_ROWS):
        yield from rows
        stretch = replace(stretch, after=rows[-1].key)
