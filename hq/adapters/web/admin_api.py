"""What other systems write (profiles, articles, stock), and what people do about members and stores."""

from typing import Annotated, Literal

from pydantic import Field
from quart import Blueprint, Response, g

from hq.adapters.web import callers
from hq.adapters.web.desk import Desk, Sent, body, model_reply, query
from hq.adapters.web.export_page import ExportQuery, export_reply
from hq.adapters.web.openapi import operation
from hq.adapters.web.replies import (
    AlarmRaised,
    EnrolCodeReply,
    MemberFound,
    Overview,
    ProductsSaved,
    ProfileSaved,
    StockSaved,
    StoreReply,
    StoreSeen,
    WithdrawalBegun,
    WithdrawalStatus,
)
from hq.core.accounts import Right
from hq.core.audit import Entry
from hq.core.export import MemberExport
from hq.errors import BadInput
from wire.product import Product, Stock
from wire.profile import Profile


class Products(Sent):
    products: Annotated[tuple[Product, ...], Field(max_length=20_000)]


class StockLines(Sent):
    stock: Annotated[tuple[Stock, ...], Field(max_length=50_000)]


class WithdrawRequest(Sent):
    """`member_ref` may also be the loyalty number."""

    member_ref: Annotated[str, Field(max_length=40)]
    kind: Literal["withdraw", "erase"] = "withdraw"


class MemberRequest(Sent):
    """A member_ref or a loyalty number; in a body, since addresses stand in the logs of proxies."""

    member: Annotated[str, Field(min_length=1, max_length=40)]


class StoreRequest(Sent):
    store_id: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    number: int | None = None
    timezone: Annotated[str, Field(max_length=60)] = "Europe/Berlin"


class EnrolCodeRequest(Sent):
    store_id: Annotated[str, Field(max_length=40)]


def partner_api(desk: Desk) -> Blueprint:
    """Each says what shall be: sent twice, it is the same."""
    routes = Blueprint("partner_api", __name__, url_prefix="/v1")
    registry, members = desk.office.registry, desk.office.members

    @routes.put("/profiles/<member_ref>")
    @operation("partner", "office", right=Right.PROFILES_WRITE, request=Profile, reply=ProfileSaved)
    async def put_profile(member_ref: str) -> Response:
        caller = await callers.office(desk, Right.PROFILES_WRITE)
        profile = await body(Profile)
        if profile.member_ref != member_ref:
            raise BadInput("The member_ref of the address and of the profile differ.", "Send the same one twice.")
        saved = await desk.run(members.put_profile, profile, desk.clock(), by=caller.actor)
        desk.wakes.nudge(member_ref)
        return model_reply(ProfileSaved(member_ref=member_ref, rev=saved.rev, loyalty_number=saved.loyalty_number))

    @routes.put("/products")
    @operation("partner", "office", right=Right.CATALOGUE_WRITE, request=Products, reply=ProductsSaved)
    async def put_products() -> Response:
        caller, sent = await callers.office(desk, Right.CATALOGUE_WRITE), await body(Products)
        entry = Entry(desk.clock(), caller.actor, "catalogue.products")
        count = await desk.run(registry.put_products, sent.products, entry)
        desk.wakes.nudge()
        return model_reply(ProductsSaved(products=count))

    @routes.put("/stock")
    @operation("partner", "office", right=Right.CATALOGUE_WRITE, request=StockLines, reply=StockSaved)
    async def put_stock() -> Response:
        caller, sent = await callers.office(desk, Right.CATALOGUE_WRITE), await body(StockLines)
        entry = Entry(desk.clock(), caller.actor, "catalogue.stock")
        count = await desk.run(registry.put_stock, sent.stock, entry)
        desk.wakes.nudge()
        return model_reply(StockSaved(stock=count))

    return routes


def members_api(desk: Desk) -> Blueprint:
    """For a member who asks: finding her, ending her consent, and following that until every store has proved it."""
    routes = Blueprint("members_api", __name__, url_prefix="/v1")
    registry, members = desk.office.registry, desk.office.members

    @routes.post("/members/find")
    @operation("office", "office", right=Right.MEMBERS_READ, request=MemberRequest, reply=MemberFound)
    async def find() -> Response:
        caller, wish = await callers.office(desk, Right.MEMBERS_READ), await body(MemberRequest)
        profile, recognised, stores = await desk.run(
            desk.office.overview.member, wish.member, caller.actor, desk.clock()
        )
        g.about = profile.member_ref
        return model_reply(MemberFound.of(profile, stores, recognised=recognised))

    @routes.get("/members/<member_ref>/export")
    @operation("office", "office", right=Right.MEMBERS_READ, query=ExportQuery, reply=MemberExport, or_page=True)
    async def export(member_ref: str) -> Response:
        caller, asked = await callers.office(desk, Right.MEMBERS_READ), query(ExportQuery)
        return export_reply(await desk.run(desk.office.exports.export, member_ref, caller.actor, desk.clock()), asked)

    @routes.post("/withdraw")
    @operation("office", "office", right=Right.MEMBERS_END, request=WithdrawRequest, reply=WithdrawalBegun)
    async def withdraw() -> Response:
        caller = await callers.office(desk, Right.MEMBERS_END)
        wish = await body(WithdrawRequest)
        seq = await desk.run(
            members.withdraw, wish.member_ref, wish.kind, desk.clock(), channel="head-office", by=caller.actor
        )
        desk.wakes.nudge(wish.member_ref)
        return model_reply(WithdrawalBegun(seq=seq))

    @routes.get("/withdraw/<int:seq>")
    @operation("office", "office", right=Right.STORES_READ, reply=WithdrawalStatus)
    async def withdrawal(seq: int) -> Response:
        await callers.office(desk, Right.STORES_READ)
        found = await desk.run(registry.withdrawal, seq)
        return model_reply(WithdrawalStatus.of(found, desk.office.office.lease_s))

    return routes


def stores_api(desk: Desk) -> Blueprint:
    routes = Blueprint("stores_api", __name__, url_prefix="/v1")
    registry = desk.office.registry

    @routes.get("/overview")
    @operation("office", "office", right=Right.STORES_READ, reply=Overview)
    async def overview() -> Response:
        await callers.office(desk, Right.STORES_READ)
        now, lease_s = desk.clock(), desk.office.office.lease_s
        found = await desk.run(desk.office.overview.overview, now)
        return model_reply(
            Overview(
                now=now,
                lease_s=lease_s,
                members=found.members,
                recognised=found.recognised,
                stores=tuple(StoreSeen.of(store, found.open_at(store.store_id)) for store in found.stores),
                open=tuple(WithdrawalStatus.of(withdrawal, lease_s) for withdrawal in found.open),
                alarms=tuple(map(AlarmRaised.of, found.alarms)),
            )
        )

    @routes.post("/stores")
    @operation("office", "office", right=Right.STORES_WRITE, request=StoreRequest, reply=StoreReply, status=201)
    async def add_store() -> Response:
        caller = await callers.office(desk, Right.STORES_WRITE)
        wish = await body(StoreRequest)
        shop = await desk.run(
            registry.add_shop, wish.store_id, wish.name, wish.number, wish.timezone, desk.clock(), by=caller.actor
        )
        desk.wakes.nudge()
        return model_reply(StoreReply.of(shop), 201)

    @routes.post("/enrol-codes")
    @operation("office", "office", right=Right.STORES_WRITE, request=EnrolCodeRequest, reply=EnrolCodeReply)
    async def enrol_code() -> Response:
        caller = await callers.office(desk, Right.STORES_WRITE)
        wish = await body(EnrolCodeRequest)
        code = await desk.run(registry.enrol_code, wish.store_id, desk.clock(), by=caller.actor)
        return model_reply(EnrolCodeReply(code=code.code, expires_at=code.expires_at))

    return routes
