"""The store API of SYNC.md: enrolment, keys, the feed with its parked polls, and what stores report."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Final

from pydantic import Field
from quart import Blueprint, Response, g

from hq.adapters.store_sql.connection import THREADS
from hq.adapters.web.desk import Desk, Sent, body, client, model_reply, query
from hq.adapters.web.openapi import operation
from hq.adapters.web.together import Answer, answer
from hq.adapters.web.wake import wait
from hq.core.changes import PAGE_ROWS, WAIT_S
from hq.core.keys import KeyPage
from hq.core.registry import Device, Seen
from hq.core.snapshots import SNAPSHOT_S
from hq.errors import TooFast
from wire.event import BatchAck, EventBatch
from wire.nearby import NEARBY_TYPE, NearbyAsk, pack_nearby
from wire.page import PAGE_TYPE, PAGES_TYPE, Page, pack_page
from wire.sync import (
    ASKED_HEADER,
    CURSOR_LENGTH,
    BootReply,
    BootRequest,
    DayKeys,
    DigestReply,
    EnrolReply,
    EnrolRequest,
    PhoneCodePost,
    PhoneViewPost,
    PullPost,
    PullReply,
    ReceiptPost,
    asked_from,
)

# 2,000 stores with one poll each is the bar; twice that says that something asks without waiting.
PARKED_LIMIT: Final = 4_000
# Each holds a connection of the database for up to a minute; the other half of them is for everybody else.
SNAPSHOTS: Final = THREADS // 2

# What a connection takes at once, however slow the store reads.
_BUFFERED: Final = 32 * 1024


class FeedQuery(Sent):
    """`c` and `r` of the last page; without `c` the store starts from nothing. `v` is the store's profile schema.

    A `c` that is no cursor is answered like one of another life of the database: only a new start helps either.
    """

    c: str | None = None
    r: Annotated[int, Field(ge=0)] = 0
    wait: Annotated[float, Field(ge=0, le=WAIT_S)] = 0
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS)] = PAGE_ROWS
    v: int | None = None
    ahead: bool = False  # the page before is still being applied: `c` and `r` acknowledge nothing


class SnapshotQuery(Sent):
    """`after` and `upto` are places, `kind:key`; `r` as in the feed. Without them: everything.

    An `after` that is no place is answered as a cursor that is none.
    """

    after: str = ""
    upto: Annotated[str, Field(max_length=CURSOR_LENGTH)] = ""
    r: Annotated[int, Field(ge=0)] = 0
    v: int | None = None


class DayKeysQuery(Sent):
    """Days are unix seconds // 86400."""

    first: Annotated[int, Field(alias="from")] = 0
    days: Annotated[int, Field(ge=1, le=40)] = 1
    # member_refs with commas: a store that gained a few members asks for theirs, not for all of its again.
    members: Annotated[str, Field(max_length=2_000)] = ""
    # At most so many members, behind this one: a department store's keys at once are 60 MB and a quarter of a minute.
    limit: Annotated[int, Field(ge=0, le=10_000)] = 0
    after: Annotated[str, Field(max_length=32)] = ""


def store_api(desk: Desk) -> Blueprint:
    routes = Blueprint("store_api", __name__, url_prefix="/v1")
    stores = desk.office.stores

    @routes.post("/enrol")
    @operation("store", "anybody", request=EnrolRequest, reply=EnrolReply)
    async def enrol() -> Response:
        desk.count(desk.rates.devices, client())
        reply = await desk.run(stores.enrol, await body(EnrolRequest), client(), desk.clock())
        return model_reply(reply)

    @routes.post("/boot")
    @operation("store", "device", request=BootRequest, reply=BootReply)
    async def boot() -> Response:
        device = await desk.device()
        return model_reply(await desk.run(stores.boot, device, await body(BootRequest), desk.clock()))

    @routes.get("/daykeys")
    @operation("store", "device", query=DayKeysQuery, reply=DayKeys)
    async def day_keys() -> Response:
        device = await desk.device()
        asked = query(DayKeysQuery)
        members = tuple(filter(None, asked.members.split(",")))
        page = KeyPage(members, asked.after, asked.limit)
        reply = await desk.run(stores.day_keys, device, asked.first, asked.days, desk.clock(), page)
        return model_reply(reply)

    @routes.get("/feed")
    @operation("store", "device", query=FeedQuery, content_type=PAGE_TYPE, may_be_empty=True, also=(409, 410))
    async def feed() -> Response:
        device = await desk.device()
        asked = query(FeedQuery)
        desk.office.feed.check_schema(asked.v)
        desk.office.feed.check_place(asked.c, asked.r)  # before it is written down for all to see where this store is
        if desk.wakes.parked >= PARKED_LIMIT:
            raise TooFast("Too many stores are waiting.", "Try again later.", retry_after_s=10)
        said = await _next_answer(desk, device, asked)
        headers = {ASKED_HEADER: asked_from(asked.c or "", asked.r)}
        if said.octets is None:
            headers |= {"X-Regulars-Cursor": said.cursor, "X-Regulars-Revoke": str(said.revoked)}
            return Response(status=204, headers=headers)
        response = Response(said.octets, content_type=PAGE_TYPE, headers=headers)
        if len(said.octets) <= _BUFFERED:
            response.timeout = None  # nothing that can be waited for; a timer and a task of its own for each store
        return response

    return routes


def snapshot_api(desk: Desk) -> Blueprint:
    """All of a store's scope, for one that is new, begins again or compares; and what its neighbours have."""
    routes = Blueprint("snapshot_api", __name__, url_prefix="/v1")
    office = desk.office

    @routes.get("/snapshot")
    @operation("store", "device", query=SnapshotQuery, content_type=PAGES_TYPE, also=(409, 410))
    async def snapshot() -> Response:
        device = await desk.device()
        asked = query(SnapshotQuery)
        office.feed.check_schema(asked.v)
        office.feed.check_place(None, asked.r)
        if desk.snapshots >= SNAPSHOTS:
            raise TooFast("Other stores are fetching everything.", "Try again in a moment.", retry_after_s=5)
        until = desk.clock() + SNAPSHOT_S
        pages = office.snapshots.pages(
            device, asked.after, asked.upto, asked.r, now=desk.clock(), is_over=lambda: desk.clock() > until
        )
        first = await desk.run(next, pages)  # what it refuses is answered before anything is sent
        response = Response(_framed(desk, first, pages), content_type=PAGES_TYPE)
        response.timeout = None  # Quart would cut it off in the middle
        return response

    @routes.post("/nearby")
    @operation("store", "device", request=NearbyAsk, content_type=NEARBY_TYPE)
    async def nearby() -> Response:
        device = await desk.device()
        reply = await desk.run(office.nearby.nearby, device, await body(NearbyAsk))
        return Response(await desk.run(pack_nearby, reply), content_type=NEARBY_TYPE)

    @routes.get("/digest")
    @operation("store", "device", reply=DigestReply)
    async def digest() -> Response:
        device = await desk.device()
        return model_reply(await desk.run(office.snapshots.digest, device, desk.clock()))

    return routes


def report_api(desk: Desk) -> Blueprint:
    """What stores tell head office."""
    routes = Blueprint("report_api", __name__, url_prefix="/v1")
    stores = desk.office.stores

    @routes.post("/events")
    @operation("store", "device", request=EventBatch, reply=BatchAck)
    async def events() -> Response:
        device = await desk.device()
        return model_reply(await desk.run(stores.events, device, await body(EventBatch), desk.clock()))

    @routes.post("/receipts")
    @operation("store", "device", request=ReceiptPost, status=204)
    async def receipts() -> Response:
        device = await desk.device()
        await desk.receipts.put(device, await body(ReceiptPost))
        return Response(status=204)

    @routes.post("/phone-views")
    @operation("store", "device", request=PhoneViewPost, status=204)
    async def phone_views() -> Response:
        device = await desk.device()
        post = await body(PhoneViewPost)
        await desk.run(stores.phone_view, device, post, desk.clock())
        desk.wakes.nudge(post.member_ref)
        return Response(status=204)

    @routes.post("/pull")
    @operation("store", "device", request=PullPost, reply=PullReply)
    async def pull() -> Response:
        device = await desk.device()
        post = await body(PullPost)
        reason = await desk.run(stores.pull, device, post.loyalty_number, desk.clock())
        g.about = reason.member_ref
        desk.wakes.nudge()
        return model_reply(PullReply(member_ref=reason.member_ref, until=reason.until))

    @routes.post("/phone-codes")
    @operation("store", "device", request=PhoneCodePost, status=204)
    async def phone_codes() -> Response:
        device = await desk.device()
        await desk.run(stores.phone_code, device, await body(PhoneCodePost), desk.clock())
        return Response(status=204)

    return routes


async def _framed(desk: Desk, first: Page, pages: Iterator[Page]) -> AsyncIterator[bytes]:
    """Each page behind its length; the next is read when the line has taken this one."""
    desk.snapshots += 1
    try:
        page: Page | None = first
        while page is not None:
            octets = await desk.run(pack_page, page)
            yield len(octets).to_bytes(4, "big") + octets
            page = await desk.run(next, pages, None)
    finally:
        desk.snapshots -= 1
        close: Callable[[], None] = pages.close  # type: ignore[attr-defined] # it is a generator: ends its transaction
        await desk.run(close)


async def _next_answer(desk: Desk, device: Device, asked: FeedQuery) -> Answer:
    """The first page that holds something, or the empty one at the end of the wait."""
    now = desk.clock()
    until = now + asked.wait
    if not asked.ahead:
        desk.seen[device.device_id] = Seen(now, asked.c or "", asked.r, asked.v)
    cursor, revoked = asked.c, asked.r
    with desk.wakes.of_store(device.store_id) as woken:
        while True:
            woken.clear()
            # Who does not wait wants to know what is there now, not what was a quarter of a second ago.
            said = desk.pages.answer(device, cursor, revoked, asked.limit) if asked.wait else None
            if said is None:
                said = await desk.run(_read, desk, device, cursor, revoked, asked.limit)
            if said.octets is not None:
                return said
            cursor, revoked = said.cursor, said.revoked
            if not cursor.endswith("."):  # a full page of things that were purged meanwhile: more may lie behind it
                continue
            left_s = until - desk.clock()
            if left_s <= 0 or desk.wakes.stopping.is_set():
                return said
            await wait(woken, left_s)
            desk.still(device)


def _read(desk: Desk, device: Device, cursor: str | None, revoked: int, limit: int) -> Answer:
    return answer(desk.office.feed.page(device, cursor, revoked, limit, desk.clock()))
