"""The registry: which stores are neighbours; which devices speak for them, how far they are, what is odd about them."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response

from hq.adapters.web import callers
from hq.adapters.web.desk import Desk, Sent, body, model_reply
from hq.adapters.web.openapi import operation
from hq.adapters.web.replies import Reply
from hq.core.accounts import Right
from hq.core.registry import Device


class NearRequest(Sent):
    """The stores that also hold those who are at home in this one; replaces the list."""

    stores: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=50)]


class Near(Reply):
    store_id: str
    near: tuple[str, ...]


class Alarm(Reply):
    """Two machines speak as one device."""

    kind: str
    at: float | None


class DeviceReply(Reply):
    """The registry's line of one device; its key is nobody's business."""

    device_id: str
    store_id: str
    enrolled_at: float
    revoked_at: float | None
    seen_at: float
    cursor: str
    revoke_seq: int
    schema_version: Annotated[int | None, Field(serialization_alias="schema")]
    clock_offset_s: float | None
    alarm: Alarm | None

    @classmethod
    def of(cls, device: Device) -> "DeviceReply":
        return cls(
            device_id=device.device_id,
            store_id=device.store_id,
            enrolled_at=device.enrolled_at,
            revoked_at=device.revoked_at,
            seen_at=device.seen_at,
            cursor=device.cursor,
            revoke_seq=device.revoke_seq,
            schema_version=device.schema_version,
            clock_offset_s=device.clock_offset_s,
            alarm=Alarm(kind=device.conflict, at=device.conflict_at) if device.conflict else None,
        )


class Devices(Reply):
    devices: tuple[DeviceReply, ...]


def registry_api(desk: Desk) -> Blueprint:
    routes = Blueprint("registry_api", __name__, url_prefix="/v1")
    registry = desk.office.registry

    @routes.put("/stores/<store_id>/near")
    @operation("office", "office", right=Right.STORES_WRITE, request=NearRequest, reply=Near)
    async def set_near(store_id: str) -> Response:
        caller, wish = await callers.office(desk, Right.STORES_WRITE), await body(NearRequest)
        near = await desk.run(registry.set_near, store_id, wish.stores, desk.clock(), by=caller.actor)
        desk.wakes.nudge()
        return model_reply(Near(store_id=store_id, near=near))

    @routes.get("/devices")
    @operation("office", "office", right=Right.STORES_READ, reply=Devices)
    async def devices() -> Response:
        await callers.office(desk, Right.STORES_READ)
        return model_reply(Devices(devices=tuple(map(DeviceReply.of, await desk.run(registry.devices)))))

    @routes.post("/devices/<device_id>/settle")
    @operation("office", "office", right=Right.STORES_WRITE, status=204)
    async def settle_device(device_id: str) -> Response:
        """Ends the alarm that two machines use its key, once one of them is gone."""
        caller = await callers.office(desk, Right.STORES_WRITE)
        await desk.run(registry.settle_device, device_id, desk.clock(), by=caller.actor)
        return Response(status=204)

    @routes.delete("/devices/<device_id>")
    @operation("office", "office", right=Right.STORES_WRITE, status=204)
    async def revoke_device(device_id: str) -> Response:
        caller = await callers.office(desk, Right.STORES_WRITE)
        await desk.run(registry.revoke_device, device_id, desk.clock(), by=caller.actor)
        desk.wakes.nudge()
        return Response(status=204)

    return routes
