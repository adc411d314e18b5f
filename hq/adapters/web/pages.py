"""The pages that shoppers and people at head office open, handed out of `display` with their security headers."""

from quart import Blueprint, Response, jsonify, redirect, request
from quart_schema import hide
from werkzeug.wrappers import Response as WerkzeugResponse

import display
from hq.adapters.web.desk import Desk
from hq.adapters.web.problem import problem


def pages(desk: Desk) -> Blueprint:
    routes = Blueprint("pages", __name__)

    def shown(name: str) -> Response:
        page = display.page(name, request.args.get("lang"))
        if request.if_none_match.contains(page.digest):
            return Response(status=304)
        response = Response(page.html, content_type="text/html; charset=utf-8")
        policy = display.content_security_policy(page, frame_ancestors=desk.frame_ancestors or ("'none'",))
        response.headers["Content-Security-Policy"] = policy
        response.headers["Cache-Control"] = "no-cache"
        response.set_etag(page.digest)
        return response

    @routes.get("/")
    @hide
    async def index() -> WerkzeugResponse:
        return redirect("/join")

    @routes.get("/<any(hq, join, leave, phone):name>")
    @hide
    async def page(name: str) -> Response:
        try:
            return shown(name)
        except display.UnknownAsset:
            return problem(404, "Not found", "There is no such page.")

    @routes.get("/display/<path:path>")
    @hide
    async def asset(path: str) -> Response:
        try:
            found = display.stored_asset(path)
        except display.UnknownAsset:
            return problem(404, "Not found", "There is no such file.")
        response = Response(found.body, content_type=found.content_type)
        response.headers["Cache-Control"] = display.cache_control(path, request.args.get("v"))
        response.set_etag(found.digest)
        return await response.make_conditional(request)

    return routes


def health(desk: Desk) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    @hide
    async def healthz() -> Response:
        return jsonify({"ok": True})

    @routes.get("/readyz")
    @hide
    async def readyz() -> Response:
        if desk.wakes.failed_at is not None:
            return problem(503, "Not ready", "The database cannot be read.", remedy="See the log of head office.")
        await desk.run(desk.office.office.store.read, lambda view: view.counters())
        return jsonify({"ok": True, "parked": desk.wakes.parked, "streams": desk.wakes.streaming})

    return routes
