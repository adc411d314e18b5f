"""Pictures of articles, from this machine alone: no page of a shop asks anybody else.

As open as the pages' own files, and for the same reason: they are the same for everybody. An address names what it
shows by its sha256, so a tablet keeps it for ever.
"""

from collections.abc import Callable

from flask import Blueprint, Response, request

from edge.adapters.web.problem import Problem
from wire.picture import PICTURE_TYPE, SIZES, is_picture_name


def picture_routes(picture: Callable[[str, int], bytes | None]) -> Blueprint:
    routes = Blueprint("pictures", __name__)

    @routes.get("/pictures/<name>-<int:size>.webp")
    def shown(name: str, size: int) -> Response:
        octets = picture(name, size) if is_picture_name(name) and size in SIZES else None
        if octets is None:
            raise Problem(404, "error.invalid", "The store does not have this picture: the page draws the article.")
        response = Response(octets, content_type=PICTURE_TYPE)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.set_etag(f"{name[:32]}-{size}")
        response.make_conditional(request)
        return response

    return routes
