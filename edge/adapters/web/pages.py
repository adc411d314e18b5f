"""The pages as `display` keeps them, each with the policy it was written for."""

from collections.abc import Sequence

from flask import Blueprint, Response, request

import display
from edge.adapters.web.problem import Problem

_INDEX = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Regulars</title>
<link rel="icon" href="/display/shared/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/display/shared/tokens.css"><link rel="stylesheet" href="/display/shared/plain.css"></head>
<body><main><h1>Regulars</h1><ul>
<li><a href="/staff">{staff}</a></li><li><a href="/screen">{screen}</a></li>
</ul></main></body></html>
"""
_INDEX_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"


def page_routes(frame_ancestors: Sequence[str]) -> Blueprint:
    """`frame_ancestors` are the origins that may show the pages in a frame; none of them: nobody."""
    routes = Blueprint("pages", __name__)
    ancestors = tuple(frame_ancestors) or ("'none'",)

    def shown(name: str) -> Response:
        page = display.page(name, request.args.get("lang"))
        response = Response(page.html, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = display.content_security_policy(page, frame_ancestors=ancestors)
        response.headers["Cache-Control"] = "no-cache"
        response.set_etag(page.digest)
        response.make_conditional(request)
        return response

    @routes.get("/")
    def index() -> Response:
        lang = request.accept_languages.best_match(display.LANGUAGES) or display.LANGUAGES[0]
        titles = {name: display.messages(lang)[f"{name}.title"] for name in ("staff", "screen")}
        response = Response(_INDEX.format(lang=lang, **titles), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _INDEX_POLICY
        return response

    @routes.get("/staff")
    def staff() -> Response:
        return shown("staff")

    @routes.get("/screen")
    def screen() -> Response:
        return shown("screen")

    @routes.get("/display/<path:path>")
    def asset(path: str) -> Response:
        try:
            found = display.stored_asset(path)
        except display.UnknownAsset:
            raise Problem(404, "error.invalid", "The pages have no file of that name.") from None
        response = Response(found.body, content_type=found.content_type)
        response.headers["Cache-Control"] = display.cache_control(path, request.args.get("v"))
        response.headers["Content-Security-Policy"] = display.asset_policy(path)
        if (scope := display.worker_scope(path)) is not None:
            response.headers["Service-Worker-Allowed"] = scope
        response.set_etag(found.digest)
        response.make_conditional(request)
        return response

    return routes
