"""The registry: which stores are neighbours; which devices speak for them, how far they are, what is odd about them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, Response, jsonify
from quart_schema import document_request

from hq.adapters.web.desk import Desk, body
from hq.core.registry import Device


class NearRequest(BaseModel):
    """The stores that also hold those who are at home in this one; replaces the list."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stores: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=50)]


def registry_api(desk: Desk) -> Blueprint:
    routes = Blueprint("registry_api", __name__, url_prefix="/v1")
    registry = desk.office.registry

    @routes.put("/stores/<store_id>/near")
    @document_request(NearRequest)
    async def set_near(store_id: str) -> Response:
        desk.require_admin()
        near = await desk.run(registry.set_near, store_id, (await body(NearRequest)).stores)
        desk.wakes.nudge()
        return jsonify({"store_id": store_id, "near": near})

    @routes.get("/devices")
    async def devices() -> Response:
        desk.require_admin()
        return jsonify({"devices": [_device(device) for device in await desk.run(registry.devices)]})

    @routes.delete("/devices/<device_id>")
    async def revoke_device(device_id: str) -> Response:
        desk.require_admin()
        await desk.run(registry.revoke_device, device_id, desk.clock())
        return Response(status=204)

    return routes


def _device(device: Device) -> dict[str, object]:
    """The registry's line of one device; its key is nobody's business."""
    return {
        "device_id": device.device_id,
        "store_id": device.store_id,
        "enrolled_at": device.enrolled_at,
        "revoked_at": device.revoked_at,
        "seen_at": device.seen_at,
        "cursor": device.cursor,
        "revoke_seq": device.revoke_seq,
        "schema": device.schema_version,
        "clock_offset_s": device.clock_offset_s,
        "alarm": None if not device.conflict else {"kind": device.conflict, "at": device.conflict_at},
    }
