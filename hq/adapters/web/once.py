"""Idempotency-Key for every POST: the same key with the same body is done once, and answered as the first time.

A PUT needs none: it says what shall be. Only what succeeded is kept; what was refused changed nothing and may be sent
again. Whoever asks is let in first, the second time too: an answer may hold a key, and who was signed out or revoked
meanwhile gets none; neither does a stranger make head office read a body or write a claim.

A line that breaks is why requests are sent twice. So what came whole is done to its end: broken off in the middle, it
may have been done and not noted, and would be done again.
"""

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from quart import Quart, Response, g, request

from hq.adapters.web import callers
from hq.adapters.web.desk import Desk, bearer, client, octets
from hq.adapters.web.openapi import operation_of
from hq.adapters.web.problem import problem
from hq.core.once import Claim, claim_of, is_key, request_hash, verdict
from hq.errors import BadInput, Conflict

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, Scope

HEADER: Final = "Idempotency-Key"
_HEADER_OCTETS: Final = HEADER.lower().encode()
# Larger answers than this are none of a write.
_REPLY_MOST: Final = 256 * 1024


def answer_once(app: Quart, desk: Desk) -> None:
    """Routes whose answer is about a member say so: `g.about = member_ref`."""
    _finish_what_came_whole(app)

    @app.before_request
    async def _claim() -> Response | None:
        key = request.headers.get(HEADER)
        if request.method != "POST" or key is None or request.url_rule is None:
            return None
        described = operation_of(app.view_functions[request.url_rule.endpoint])
        if described is None:
            return None
        if not is_key(key):
            raise BadInput("The Idempotency-Key is empty, too long or not plain ASCII.", "Send 1 to 128 characters.")
        await callers.admit(desk, described)
        claim = claim_of(_caller(), request.method, request.path, key)
        content = request_hash(request.query_string, await octets())
        found = await desk.run(desk.office.once.claim, claim, content, desk.clock())
        if found is None:
            g.claim = claim
            return None
        return await _answer(desk, claim, found, content)

    @app.after_request
    async def _settle(response: Response) -> Response:
        claim = g.pop("claim", None)
        if claim is not None:
            reply = await _kept(response)
            if reply is None:
                await desk.run(desk.office.once.give_back, claim)
            else:
                await desk.run(desk.office.once.settle, claim, reply, g.get("about", ""))
        return response


def _finish_what_came_whole(app: Quart) -> None:
    """Quart ends a request whose client has gone, at whatever line it is; one with a key is not told of it."""
    inner = app.asgi_app

    async def asgi_app(scope: "Scope", receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        if scope["type"] == "http" and any(name == _HEADER_OCTETS for name, _ in scope["headers"]):
            receive = _deaf_when_whole(receive)
        await inner(scope, receive, send)

    app.asgi_app = asgi_app  # type: ignore[method-assign] # Quart's own way to wrap an app


def _deaf_when_whole(receive: "ASGIReceiveCallable") -> "ASGIReceiveCallable":
    is_whole = False

    async def heard() -> "ASGIReceiveEvent":
        nonlocal is_whole
        message = await receive()
        if message["type"] == "http.disconnect" and is_whole:
            await asyncio.Event().wait()  # until the answer is there and Quart stops listening
        is_whole = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    return heard


def _caller() -> str:
    """Whoever holds the same credentials, or, without any, sits at the same address, is answered as the first time."""
    return f"{bearer()} {request.headers.get('Cookie', '')}".strip() or client()


async def _answer(desk: Desk, claim: str, found: Claim, content: str) -> Response:
    match verdict(found, content, desk.clock()):
        case "replay":
            kept = json.loads(await desk.run(desk.office.once.reply, claim, found))
            response = Response(kept["body"], status=kept["status"], content_type=kept["type"])
            response.headers["Idempotency-Replayed"] = "true"
            for cookie in kept["cookies"]:
                response.headers.add("Set-Cookie", cookie)
            return response
        case "other":
            detail = "This Idempotency-Key came with another body."
            return problem(422, "Another request", detail, remedy="Use a new key for a new request.")
        case _:
            raise Conflict("The request with this Idempotency-Key is at work.", "Send it again in a minute.")


async def _kept(response: Response) -> bytes | None:
    """None: nothing that is answered a second time."""
    is_empty = response.status_code == HTTPStatus.NO_CONTENT
    if response.status_code >= HTTPStatus.MULTIPLE_CHOICES or not (response.is_json or is_empty):
        return None
    body = await response.get_data(as_text=True)
    if len(body) > _REPLY_MOST:
        return None
    kept = {
        "status": response.status_code,
        "type": response.content_type,
        "body": body,
        "cookies": response.headers.getlist("Set-Cookie"),
    }
    return json.dumps(kept).encode()
