"""The demo page's server: the page, what happens in the shop as an event stream, and the hands that move things.

It runs in the demo's own process. The frames in the page are the store's and head office's real pages.
"""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from quart import Quart, Response, request

from display import UnknownAsset, cache_control, content_security_policy, page, stored_asset
from regulars.demo.air import AirRefused

_QUEUE_LENGTH: Final = 32
_OPEN_STREAMS: Final = 16
_END: Final = "end"
_FORWARDED: Final = frozenset({"move", "walk", "mode", "lock"})
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Stage(Protocol):
    """What the page can see and do; `tour.py` and `shop.py` stand behind it."""

    async def scenery(self) -> Mapping[str, object]: ...
    async def phone(self, phone_id: str, action: str, body: Mapping[str, object]) -> None: ...
    async def plug(self, *, put_in: bool) -> None: ...
    async def again(self) -> None: ...
    def tour(self) -> Mapping[str, object]: ...


@dataclass(slots=True)
class Streams:
    """Everybody who looks at the demo page. A slow one loses pictures of the floor, never a tick of the tour."""

    queues: set[asyncio.Queue[tuple[str, str]]] = field(default_factory=set)

    def tell(self, event: str, text: str) -> None:
        """To all; called on the loop."""
        for queue in self.queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait((event, text))

    def end(self) -> None:
        """Every stream ends by itself, so that the server does not have to cut it off."""
        self.tell(_END, "")


def make_app(stage: Stage, streams: Streams, frames: tuple[str, ...]) -> Quart:
    """`frames` are the origins of the pages shown inside."""
    app = Quart(__name__, static_folder=None)
    _add_pages(app, frames)
    _add_stream(app, stage, streams)
    _add_hands(app, stage)
    app.after_request(_with_headers)
    return app


def _add_pages(app: Quart, frames: tuple[str, ...]) -> None:
    async def index() -> Response:
        shown = page("demo", request.args.get("lang"))
        response = Response(shown.html, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = content_security_policy(shown, frames=frames)
        response.headers["Cache-Control"] = "no-cache"
        return response

    async def part(path: str) -> Response:
        try:
            found = stored_asset(path)
        except UnknownAsset:
            return _problem(404, "There is no such file.")
        response = Response(found.body, content_type=found.content_type)
        response.headers["Cache-Control"] = cache_control(path, request.args.get("v"))
        response.headers["ETag"] = f'"{found.digest}"'
        return response

    app.add_url_rule("/", view_func=index)
    app.add_url_rule("/display/<path:path>", view_func=part)


def _add_stream(app: Quart, stage: Stage, streams: Streams) -> None:
    async def scenery() -> Response:
        return _json(await stage.scenery())

    async def stream() -> Response:
        if len(streams.queues) >= _OPEN_STREAMS:
            return _problem(503, "Too many demo pages are open: close one.")
        queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(_QUEUE_LENGTH)
        streams.queues.add(queue)
        response = Response(_events(queue, stage, streams), content_type="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.timeout = None
        return response

    app.add_url_rule("/demo.json", view_func=scenery)
    app.add_url_rule("/stream", view_func=stream)


async def _events(queue: asyncio.Queue[tuple[str, str]], stage: Stage, streams: Streams) -> AsyncIterator[bytes]:
    try:
        yield _event("tour", json.dumps(stage.tour()))
        while True:
            event, text = await queue.get()
            if event == _END:
                return
            yield _event(event, text)
    finally:
        streams.queues.discard(queue)


def _add_hands(app: Quart, stage: Stage) -> None:
    async def phone(phone_id: str, action: str) -> Response:
        if action not in _FORWARDED:
            return _problem(404, "A phone can be moved, walked, locked and given a mode.")
        return await _done(stage.phone(phone_id, action, await _body()))

    async def plug() -> Response:
        put_in = (await _body()).get("in")
        if not isinstance(put_in, bool):
            return _problem(400, 'Say {"in": true} or {"in": false}.')
        return await _done(stage.plug(put_in=put_in))

    async def again() -> Response:
        return await _done(stage.again())

    app.add_url_rule("/phones/<phone_id>/<action>", view_func=_guarded(phone), methods=["POST"])
    app.add_url_rule("/plug", view_func=_guarded(plug), methods=["POST"])
    app.add_url_rule("/again", view_func=_guarded(again), methods=["POST"])


def _guarded(view: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """Another site's form cannot send this header, so it cannot pull the plug."""

    async def guarded(**arguments: str) -> Response:
        if request.headers.get("X-Regulars") != "1":
            return _problem(403, "Send the header X-Regulars: 1.")
        return await view(**arguments)

    guarded.__name__ = view.__name__
    return guarded


async def _body() -> Mapping[str, object]:
    found = await request.get_json(force=True, silent=True)
    return found if isinstance(found, dict) and _finite(found) else {}


def _finite(body: Mapping[str, object]) -> bool:
    return all(math.isfinite(value) for value in body.values() if isinstance(value, float))


async def _done(work: Awaitable[None]) -> Response:
    try:
        await work
    except AirRefused as refusal:
        return _problem(refusal.status or 502, str(refusal))
    return Response("", status=204)


async def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _json(body: Mapping[str, object]) -> Response:
    return Response(json.dumps(body), content_type="application/json", headers={"Cache-Control": "no-store"})


def _problem(status: int, detail: str) -> Response:
    problem = json.dumps({"title": "Refused", "status": status, "detail": detail})
    return Response(problem, status=status, content_type="application/problem+json")


def _event(event: str, text: str) -> bytes:
    return f"event: {event}\ndata: {text}\n\n".encode()
