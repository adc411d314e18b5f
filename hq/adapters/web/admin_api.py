"""What the people and programs at head office write: profiles, catalogue, stock, stores, withdrawals."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, Response, jsonify
from quart_schema import document_request

from hq.adapters.web.desk import Desk, body
from hq.core.registry import Withdrawal
from hq.errors import BadInput
from wire.product import Product, Stock
from wire.profile import Profile


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Products(_Request):
    products: Annotated[tuple[Product, ...], Field(max_length=20_000)]


class StockLines(_Request):
    stock: Annotated[tuple[Stock, ...], Field(max_length=50_000)]


class WithdrawRequest(_Request):
    """`member_ref` may also be the loyalty number."""

    member_ref: Annotated[str, Field(max_length=40)]
    kind: Literal["withdraw", "erase"] = "withdraw"


class StoreRequest(_Request):
    store_id: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    number: int | None = None
    timezone: Annotated[str, Field(max_length=60)] = "Europe/Berlin"


class EnrolCodeRequest(_Request):
    store_id: Annotated[str, Field(max_length=40)]


def admin_api(desk: Desk) -> Blueprint:
    routes = Blueprint("admin_api", __name__, url_prefix="/v1")
    registry, members = desk.office.registry, desk.office.members

    @routes.put("/profiles/<member_ref>")
    @document_request(Profile)
    async def put_profile(member_ref: str) -> Response:
        desk.require_admin()
        profile = await body(Profile)
        if profile.member_ref != member_ref:
            raise BadInput("The member_ref of the address and of the profile differ.", "Send the same one twice.")
        saved = await desk.run(members.put_profile, profile, desk.clock())
        desk.wakes.nudge(member_ref)
        return jsonify({"member_ref": member_ref, "rev": saved.rev, "loyalty_number": saved.loyalty_number})

    @routes.put("/products")
    @document_request(Products)
    async def put_products() -> Response:
        desk.require_admin()
        count = await desk.run(registry.put_products, (await body(Products)).products)
        desk.wakes.nudge()
        return jsonify({"products": count})

    @routes.put("/stock")
    @document_request(StockLines)
    async def put_stock() -> Response:
        desk.require_admin()
        count = await desk.run(registry.put_stock, (await body(StockLines)).stock)
        desk.wakes.nudge()
        return jsonify({"stock": count})

    @routes.post("/withdraw")
    @document_request(WithdrawRequest)
    async def withdraw() -> Response:
        desk.require_admin()
        wish = await body(WithdrawRequest)
        seq = await desk.run(members.withdraw, wish.member_ref, wish.kind, desk.clock(), channel="head-office")
        desk.wakes.nudge(wish.member_ref)
        return jsonify({"seq": seq})

    @routes.get("/withdraw/<int:seq>")
    async def withdrawal(seq: int) -> Response:
        desk.require_admin()
        return jsonify(_status(await desk.run(registry.withdrawal, seq), desk.office.office.lease_s))

    @routes.post("/stores")
    @document_request(StoreRequest)
    async def add_store() -> Response:
        desk.require_admin()
        wish = await body(StoreRequest)
        shop = await desk.run(registry.add_shop, wish.store_id, wish.name, wish.number, wish.timezone, desk.clock())
        desk.wakes.nudge()
        response = jsonify(asdict(shop))
        response.status_code = 201
        return response

    @routes.post("/enrol-codes")
    @document_request(EnrolCodeRequest)
    async def enrol_code() -> Response:
        desk.require_admin()
        return jsonify(
            asdict(await desk.run(registry.enrol_code, (await body(EnrolCodeRequest)).store_id, desk.clock()))
        )

    return routes


def _status(withdrawal: Withdrawal, lease_s: int) -> dict[str, object]:
    """Who proved it and who did not; an open store lets go by itself when its lease ends."""
    applied = [r for r in withdrawal.receipts if r.applied_at is not None]
    pending = [r for r in withdrawal.receipts if r.applied_at is None]
    return {
        "seq": withdrawal.seq,
        "kind": withdrawal.kind,
        "at": withdrawal.at,
        "done": not pending,
        "applied": [
            {"store_id": r.store_id, "name": r.name, "device_id": r.device_id, "applied_at": r.applied_at}
            for r in applied
        ],
        "pending": [
            {
                "store_id": r.store_id,
                "name": r.name,
                "device_id": r.device_id,
                "seen_at": r.seen_at,
                "lease_ends_at": r.seen_at + lease_s,
                "revoked": r.revoked_at is not None,
            }
            for r in pending
        ],
    }
