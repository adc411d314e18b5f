"""Signing in at head office: the one-time link, a session, one's own password and other sessions."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response

from hq.adapters.web import callers
from hq.adapters.web.callers import OFFICE_COOKIE
from hq.adapters.web.desk import Desk, Sent, body, client, model_reply
from hq.adapters.web.openapi import operation
from hq.adapters.web.replies import Ended, Sessions, SignedIn
from hq.core.accounts import SESSION_LIFETIME_S, Caller

Password = Annotated[str, Field(max_length=512)]
_PATH = "/v1"


class SetUpRequest(Sent):
    """`token` is what the link carries behind its hash. `name` is left out where the link sets a new password."""

    token: Annotated[str, Field(max_length=80)]
    name: Annotated[str, Field(max_length=80)] = ""
    password: Password


class SignInRequest(Sent):
    name: Annotated[str, Field(max_length=80)]
    password: Password


class PasswordRequest(Sent):
    old: Password
    new: Password


def account_api(desk: Desk) -> Blueprint:
    routes = Blueprint("account_api", __name__, url_prefix="/v1/office")
    accounts = desk.office.accounts

    @routes.post("/setup")
    @operation("account", "anybody", request=SetUpRequest, reply=SignedIn, status=201, also=(403,))
    async def set_up() -> Response:
        callers.anybody(desk)
        desk.require_own_page()
        wish = await body(SetUpRequest)
        signed = await desk.in_turn(accounts.set_up, wish.token, wish.name, wish.password, client(), desk.clock())
        return await _signed_in(desk, *signed, status=201)

    @routes.post("/session")
    @operation("account", "anybody", request=SignInRequest, reply=SignedIn, status=201, also=(401, 403))
    async def sign_in() -> Response:
        callers.anybody(desk)
        desk.require_own_page()
        wish = await body(SignInRequest)
        return await _signed_in(
            desk, *await desk.in_turn(accounts.sign_in, wish.name, wish.password, client(), desk.clock()), status=201
        )

    @routes.get("/session")
    @operation("account", "session", reply=SignedIn)
    async def session() -> Response:
        caller = await callers.person(desk)
        return model_reply(await _who(desk, caller))

    @routes.delete("/session")
    @operation("account", "session", status=204)
    async def sign_out() -> Response:
        await desk.run(accounts.sign_out, await callers.person(desk), desk.clock())
        response = Response(status=204)
        response.delete_cookie(OFFICE_COOKIE, path=_PATH)
        return response

    return routes


def own_api(desk: Desk) -> Blueprint:
    """What belongs to whoever is signed in."""
    routes = Blueprint("own_api", __name__, url_prefix="/v1/office")
    accounts = desk.office.accounts

    @routes.put("/password")
    @operation("account", "session", request=PasswordRequest, status=204)
    async def password() -> Response:
        caller, wish = await callers.person(desk), await body(PasswordRequest)
        await desk.in_turn(accounts.change_password, caller, wish.old, wish.new, desk.clock())
        return Response(status=204)

    @routes.get("/sessions")
    @operation("account", "session", reply=Sessions)
    async def sessions() -> Response:
        caller = await callers.person(desk)
        found = await desk.run(accounts.sessions, caller.actor.id, desk.clock())
        return model_reply(Sessions.of(found, caller.session_id))

    @routes.delete("/sessions")
    @operation("account", "session", reply=Ended)
    async def end_others() -> Response:
        caller = await callers.person(desk)
        return model_reply(Ended(ended=await desk.run(accounts.end_other_sessions, caller, desk.clock())))

    @routes.delete("/sessions/<session_id>")
    @operation("account", "session", status=204)
    async def end_one(session_id: str) -> Response:
        await desk.run(accounts.end_session, await callers.person(desk), session_id, desk.clock())
        return Response(status=204)

    return routes


async def _signed_in(desk: Desk, token: str, caller: Caller, *, status: int) -> Response:
    response = model_reply(await _who(desk, caller), status)
    response.set_cookie(
        OFFICE_COOKIE,
        token,
        max_age=SESSION_LIFETIME_S,
        httponly=True,
        samesite="Strict",
        path=_PATH,
        secure=desk.is_secure,
    )
    return response


async def _who(desk: Desk, caller: Caller) -> SignedIn:
    account = await desk.run(desk.office.keyring.account, caller.actor.id)
    return SignedIn.of(caller, account.name)
