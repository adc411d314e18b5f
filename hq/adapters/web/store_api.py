"""The store API of SYNC.md: enrolment, keys, the feed with its parked polls, and what stores report."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, Response, request
from quart_schema import document_querystring, document_request, document_response

from hq.adapters.web.desk import Desk, body, client
from hq.adapters.web.wake import wait
from hq.core.changes import PAGE_ROWS, WAIT_S
from hq.core.registry import Device, Seen
from hq.errors import TooFast
from wire.event import BatchAck, EventBatch
from wire.sync import (
    PAGE_TYPE,
    BootReply,
    BootRequest,
    DayKeys,
    EnrolReply,
    EnrolRequest,
    FeedPage,
    PhoneCodePost,
    PhoneViewPost,
    PullPost,
    PullReply,
    ReceiptPost,
    pack_page,
)

# 2,000 stores with one poll each is the bar; twice that says that something asks without waiting.
PARKED_LIMIT: Final = 4_000


class _Query(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class FeedQuery(_Query):
    """`c` and `r` of the last page; without `c` the store starts from nothing. `v` is the store's profile schema."""

    c: Annotated[str, Field(max_length=300)] | None = None
    r: Annotated[int, Field(ge=0)] = 0
    wait: Annotated[float, Field(ge=0, le=WAIT_S)] = 0
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS)] = PAGE_ROWS
    v: int | None = None


class DayKeysQuery(_Query):
    """Days are unix seconds // 86400."""

    first: Annotated[int, Field(alias="from")] = 0
    days: Annotated[int, Field(ge=1, le=40)] = 1
    # member_refs with commas: a store that gained a few members asks for theirs, not for all of its again.
    members: Annotated[str, Field(max_length=2_000)] = ""


def store_api(desk: Desk) -> Blueprint:
    routes = Blueprint("store_api", __name__, url_prefix="/v1")
    stores = desk.office.stores

    @routes.post("/enrol")
    @document_request(EnrolRequest)
    @document_response(EnrolReply)
    async def enrol() -> Response:
        reply = await desk.run(stores.enrol, await body(EnrolRequest), client(), desk.clock())
        return _model(reply)

    @routes.post("/boot")
    @document_request(BootRequest)
    @document_response(BootReply)
    async def boot() -> Response:
        device = await desk.device()
        return _model(await desk.run(stores.boot, device, await body(BootRequest), desk.clock()))

    @routes.get("/daykeys")
    @document_querystring(DayKeysQuery)
    @document_response(DayKeys)
    async def day_keys() -> Response:
        device = await desk.device()
        query = DayKeysQuery.model_validate(request.args.to_dict())
        members = tuple(filter(None, query.members.split(",")))
        reply = await desk.run(stores.day_keys, device, query.first, query.days, desk.clock(), members)
        return _model(reply)

    @routes.get("/feed")
    @document_querystring(FeedQuery)
    async def feed() -> Response:
        device = await desk.device()
        query = FeedQuery.model_validate(request.args.to_dict())
        stores.check_schema(query.v)
        if desk.wakes.parked >= PARKED_LIMIT:
            raise TooFast("Too many stores are waiting.", "Try again later.", retry_after_s=10)
        page = await _next_page(desk, device, query)
        if not page.records and not page.revocations:
            return Response(
                status=204, headers={"X-Regulars-Cursor": page.cursor, "X-Regulars-Revoke": str(page.revoke_cursor)}
            )
        return Response(await desk.run(pack_page, page), content_type=PAGE_TYPE)

    return routes


def report_api(desk: Desk) -> Blueprint:
    """What stores tell head office."""
    routes = Blueprint("report_api", __name__, url_prefix="/v1")
    stores = desk.office.stores

    @routes.post("/events")
    @document_request(EventBatch)
    @document_response(BatchAck)
    async def events() -> Response:
        device = await desk.device()
        return _model(await desk.run(stores.events, device, await body(EventBatch), desk.clock()))

    @routes.post("/receipts")
    @document_request(ReceiptPost)
    async def receipts() -> Response:
        device = await desk.device()
        await desk.run(stores.receipt, device, await body(ReceiptPost), desk.clock())
        return Response(status=204)

    @routes.post("/phone-views")
    @document_request(PhoneViewPost)
    async def phone_views() -> Response:
        device = await desk.device()
        post = await body(PhoneViewPost)
        await desk.run(stores.phone_view, device, post, desk.clock())
        desk.wakes.nudge(post.member_ref)
        return Response(status=204)

    @routes.post("/pull")
    @document_request(PullPost)
    @document_response(PullReply)
    async def pull() -> Response:
        device = await desk.device()
        post = await body(PullPost)
        reason = await desk.run(stores.pull, device, post.loyalty_number, desk.clock())
        desk.wakes.nudge()
        return _model(PullReply(member_ref=reason.member_ref, until=reason.until))

    @routes.post("/phone-codes")
    @document_request(PhoneCodePost)
    async def phone_codes() -> Response:
        device = await desk.device()
        await desk.run(stores.phone_code, device, await body(PhoneCodePost), desk.clock())
        return Response(status=204)

    return routes


async def _next_page(desk: Desk, device: Device, query: FeedQuery) -> FeedPage:
    """The first page that holds something, or the empty one at the end of the wait."""
    now = desk.clock()
    until = now + query.wait
    desk.seen[device.device_id] = Seen(now, query.c or "", query.r, query.v)
    cursor, revoked = query.c, query.r
    with desk.wakes.of_store(device.store_id) as woken:
        while True:
            woken.clear()
            page = await desk.run(desk.office.stores.page, device, cursor, revoked, query.limit, desk.clock())
            left_s = until - desk.clock()
            if page.records or page.revocations or left_s <= 0 or desk.wakes.stopping.is_set():
                return page
            cursor, revoked = page.cursor, page.revoke_cursor
            if not cursor.endswith("."):
                continue  # a full page of things that were purged meanwhile: more may lie behind it
            await wait(woken, left_s)


def _model(model: BaseModel) -> Response:
    response = Response(model.model_dump_json(), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
