"""Pictures of articles: in from the merchant's systems, out to stores and to shoppers' pages.

What an address names never changes, so it may be kept for ever; a picture of an article is nobody's secret.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import hide

from hq.adapters.web import callers
from hq.adapters.web.desk import Desk, Sent, client, model_reply, octets, query
from hq.adapters.web.openapi import BINARY_TYPE, operation
from hq.adapters.web.replies import PictureSaved
from hq.core.accounts import Right
from hq.core.pictures import PHONE_PX
from hq.errors import TooFast, Unknown
from wire.picture import PICTURE_TYPE

# One takes up to 100 MB and a core for a quarter of a second; whoever sends one after the other never sees it.
AT_ONCE: Final = 1
# Of 20 kB each: what the phones of a busy day look at.
REMEMBERED: Final = 500
FOR_EVER: Final = "public, max-age=31536000, immutable"


class PictureQuery(Sent):
    """In the query, because an article's number may hold a slash."""

    product_id: Annotated[str, Field(min_length=1, max_length=200)]


def picture_api(desk: Desk) -> Blueprint:
    routes = Blueprint("picture_api", __name__, url_prefix="/v1")
    pictures = desk.office.pictures

    @routes.put("/pictures")
    @operation(
        "partner", "office", right=Right.CATALOGUE_WRITE, query=PictureQuery, takes=BINARY_TYPE, reply=PictureSaved
    )
    async def put_picture() -> Response:
        caller = await callers.office(desk, Right.CATALOGUE_WRITE)
        product_id = query(PictureQuery).product_id
        with _taken(desk):
            name = await desk.run(pictures.put, product_id, await octets(), desk.clock(), by=caller.actor)
        desk.wakes.nudge()
        return model_reply(PictureSaved(product_id=product_id, image=name))

    @routes.delete("/pictures")
    @operation("partner", "office", right=Right.CATALOGUE_WRITE, query=PictureQuery, status=204)
    async def delete_picture() -> Response:
        caller = await callers.office(desk, Right.CATALOGUE_WRITE)
        await desk.run(pictures.take_away, query(PictureQuery).product_id, desk.clock(), by=caller.actor)
        desk.wakes.nudge()
        return Response(status=204)

    @routes.get("/pictures/<name>")
    @operation("store", "device", content_type=PICTURE_TYPE)
    async def picture(name: str) -> Response:
        await desk.device()
        return Response(await desk.run(pictures.of, name), content_type=PICTURE_TYPE)

    return routes


def picture_pages(desk: Desk) -> Blueprint:
    """For the pages, at the same addresses as a store has them.

    Not counted, as the pages' own files are not: a shop's Wi-Fi is one address. Who asks for what is not there is.
    """
    routes = Blueprint("picture_pages", __name__, url_prefix="/pictures")
    known: dict[tuple[str, bool], bytes] = {}

    @routes.get("/<name>-<int:size>.webp")
    @hide
    async def picture(name: str, size: int) -> Response:
        key = name, size <= PHONE_PX
        found = known.get(key)
        if found is None:
            found = await _looked_up(desk, *key)
            if len(known) >= REMEMBERED:
                known.clear()
            known[key] = found
        headers = {"Cache-Control": FOR_EVER, "Content-Security-Policy": "default-src 'none'"}
        return Response(found, content_type=PICTURE_TYPE, headers=headers)

    return routes


async def _looked_up(desk: Desk, name: str, small: bool) -> bytes:  # noqa: FBT001 - a key taken apart
    """Raises Unknown and TooFast."""
    try:
        return await desk.run(desk.office.pictures.of, name, small=small)
    except Unknown:
        desk.count(desk.rates.refused, client())
        raise


@contextmanager
def _taken(desk: Desk) -> Iterator[None]:
    """Raises TooFast."""
    if desk.pictures >= AT_ONCE:
        raise TooFast("Too many pictures at once.", "Send them one after the other.", retry_after_s=1)
    desk.pictures += 1
    try:
        yield
    finally:
        desk.pictures -= 1
