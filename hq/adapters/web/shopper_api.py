"""What shoppers reach: joining, and their own phone page with its stream, commands, export and leaving."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from pydantic import Field
from quart import Blueprint, Response, g, request

from hq.adapters.web import callers
from hq.adapters.web.callers import PHONE_COOKIE
from hq.adapters.web.desk import Desk, Sent, body, client, model_reply, query
from hq.adapters.web.export_page import ExportQuery, export_reply
from hq.adapters.web.openapi import operation
from hq.adapters.web.replies import WithdrawalBegun
from hq.adapters.web.shopper_replies import (
    CommandReply,
    JoinReply,
    LinkReply,
    MemberReply,
    MemberState,
    StateReply,
    VisitReply,
    qr_svg,
)
from hq.adapters.web.wake import wait
from hq.core.audit import Actor
from hq.core.export import MemberExport
from hq.core.visits import SESSION_LIFETIME_S, CommandKind, EndKind, PhoneState
from hq.core.wishes import JoinRequest, MemberChange, VisitRequest
from hq.errors import HqError, TooFast
from wire.views import Fact, Mode

HEARTBEAT_S: Final = 15.0
# A phone and a tablet at home, each with a page that reconnects before the old one is noticed.
STREAMS_EACH: Final = 4
STREAMS_LIMIT: Final = 2_000


class CodeRequest(Sent):
    code: Annotated[str, Field(min_length=4, max_length=20)]


class LinkRequest(Sent):
    """`mac` = HMAC-SHA256(Kc, "RST1 link" || at as u64 big-endian)[0:8] in hex."""

    member_ref: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    at: Annotated[int, Field(ge=0, lt=2**63)]
    mac: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class CommandRequest(Sent):
    command_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    kind: CommandKind
    mode: Mode | None = None
    fact: Fact | None = None
    store_id: Annotated[str, Field(max_length=40)] = ""


class LeaveRequest(Sent):
    erase: bool = False


def join_api(desk: Desk) -> Blueprint:
    """How somebody becomes a member, and how her app opens her page."""
    routes = Blueprint("join_api", __name__)
    members, phones = desk.office.members, desk.office.phones

    @routes.post("/v1/join")
    @operation("shopper", "anybody", request=JoinRequest, reply=JoinReply, status=201, also=(403,))
    async def join() -> Response:
        callers.anybody(desk)
        desk.require_own_page()
        joined = await desk.run(members.join, await body(JoinRequest), client(), desk.clock())
        desk.wakes.nudge()
        g.about = joined.profile.member_ref
        reply = JoinReply(
            member_ref=joined.profile.member_ref,
            receipt=joined.receipt,
            loyalty_number=joined.profile.loyalty_number,
            loyalty_qr_svg=qr_svg(joined.profile.loyalty_number),
            secret=joined.secret.hex(),
            phone_url=_phone_url(desk, joined.phone_code),
            standing_mode=joined.profile.standing_mode,
        )
        return model_reply(reply, 201)

    @routes.post("/v1/phone/link")
    @operation("shopper", "anybody", request=LinkRequest, reply=LinkReply, also=(403,))
    async def link() -> Response:
        callers.anybody(desk)
        wish = await body(LinkRequest)
        code = await desk.run(phones.link, wish.member_ref, wish.at, wish.mac, client(), desk.clock())
        g.about = wish.member_ref
        return model_reply(LinkReply(code=code, phone_url=_phone_url(desk, code)))

    @routes.post("/v1/visit")
    @operation("shopper", "anybody", request=VisitRequest, reply=VisitReply, also=(403,))
    async def visit() -> Response:
        callers.anybody(desk)
        reason = await desk.run(phones.visit, await body(VisitRequest), client(), desk.clock())
        desk.wakes.nudge()
        return model_reply(VisitReply(store_id=reason.store_id, until=reason.until))

    return routes


def session_api(desk: Desk) -> Blueprint:
    """Signing a phone in and out."""
    routes = Blueprint("session_api", __name__)
    phones = desk.office.phones

    @routes.post("/phone/session")
    @operation("shopper", "anybody", request=CodeRequest, status=204, also=(403,))
    async def sign_in() -> Response:
        callers.anybody(desk)
        desk.require_own_page()
        token, g.about = await desk.run(phones.sign_in, (await body(CodeRequest)).code, client(), desk.clock())
        response = Response(status=204)
        response.set_cookie(
            PHONE_COOKIE,
            token,
            max_age=SESSION_LIFETIME_S,
            httponly=True,
            samesite="Lax",
            path="/phone",
            secure=desk.is_secure,
        )
        return response

    @routes.delete("/phone/session")
    @operation("shopper", "anybody", status=204, also=(403,))
    async def sign_out() -> Response:
        desk.require_own_page()
        await desk.run(phones.sign_out, request.cookies.get(PHONE_COOKIE, ""))
        response = Response(status=204)
        response.delete_cookie(PHONE_COOKIE, path="/phone")
        return response

    return routes


def page_api(desk: Desk) -> Blueprint:
    """What the phone page shows."""
    routes = Blueprint("page_api", __name__)
    phones = desk.office.phones

    @routes.get("/phone/state")
    @operation("shopper", "member", reply=StateReply)
    async def state() -> Response:
        return model_reply(StateReply.of(await desk.run(phones.state, await callers.member(desk), desk.clock())))

    @routes.get("/phone/stream")
    @operation("shopper", "member", content_type="text/event-stream")
    async def stream() -> Response:
        member_ref = await callers.member(desk)
        if desk.wakes.streaming >= STREAMS_LIMIT or desk.wakes.streams_of(member_ref) >= STREAMS_EACH:
            raise TooFast("Too many pages listen.", "Close the other pages.", retry_after_s=10)
        token = request.cookies.get(PHONE_COOKIE, "")
        response = Response(_events(desk, member_ref, token), content_type="text/event-stream")
        response.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        response.timeout = None
        return response

    return routes


def choice_api(desk: Desk) -> Blueprint:
    """What a member decides on her page."""
    routes = Blueprint("choice_api", __name__)
    members, phones = desk.office.members, desk.office.phones

    @routes.post("/phone/commands")
    @operation("shopper", "member", request=CommandRequest, reply=CommandReply, status=202)
    async def command() -> Response:
        desk.require_own_page()
        member_ref, wish = await callers.member(desk), await body(CommandRequest)
        accepted = await desk.run(
            phones.command,
            member_ref,
            wish.command_id,
            wish.kind,
            desk.clock(),
            mode=wish.mode,
            fact=wish.fact,
            store_id=wish.store_id,
        )
        desk.wakes.nudge(*([member_ref] if wish.kind == "hide" else []))
        g.about = member_ref
        return model_reply(CommandReply(command_id=accepted.command_id, expires_at=accepted.expires_at), 202)

    @routes.put("/phone/member")
    @operation("shopper", "member", request=MemberChange, reply=MemberReply)
    async def change_member() -> Response:
        desk.require_own_page()
        member_ref = await callers.member(desk)
        await desk.run(members.change, member_ref, await body(MemberChange), desk.clock())
        desk.wakes.nudge(member_ref)
        found = await desk.run(phones.state, member_ref, desk.clock())
        return model_reply(MemberReply(member=MemberState.of(found)))

    return routes


def leaving_api(desk: Desk) -> Blueprint:
    """What a member takes along, and the end."""
    routes = Blueprint("leaving_api", __name__)
    members = desk.office.members

    @routes.post("/phone/leave")
    @operation("shopper", "member", request=LeaveRequest, reply=WithdrawalBegun)
    async def leave() -> Response:
        desk.require_own_page()
        member_ref, wish = await callers.member(desk), await body(LeaveRequest)
        kind: EndKind = "erase" if wish.erase else "withdraw"
        by = Actor("member", member_ref)
        seq = await desk.run(members.withdraw, member_ref, kind, desk.clock(), channel="phone-page", by=by)
        desk.wakes.nudge(member_ref)
        return model_reply(WithdrawalBegun(seq=seq))

    @routes.get("/phone/export")
    @operation("shopper", "member", query=ExportQuery, reply=MemberExport, or_page=True)
    async def export() -> Response:
        member_ref, asked = await callers.member(desk), query(ExportQuery)
        by = Actor("member", member_ref)
        return export_reply(await desk.run(desk.office.exports.export, member_ref, by, desk.clock()), asked)

    return routes


async def _events(desk: Desk, member_ref: str, token: str) -> AsyncIterator[bytes]:
    """`member` and `visit` when they differ from what was sent last; a comment keeps the line open between."""
    sent: dict[str, str] = {}
    with desk.wakes.of_member(member_ref) as woken:
        yield b"retry: 2000\n\n"
        while not desk.wakes.stopping.is_set():
            woken.clear()
            try:
                await desk.run(desk.office.phones.signed_in, token, desk.clock())
                state = await desk.run(desk.office.phones.state, member_ref, desk.clock())
            except HqError:  # signed out, or erased: the page learns it from its next request
                yield b"event: ended\ndata: null\n\n"
                return
            shown = StateReply.of(state)
            for name, value in (("member", shown.member), ("visit", shown.visit)):
                text = "null" if value is None else value.model_dump_json()
                if sent.get(name) != text:
                    sent[name] = text
                    yield f"event: {name}\ndata: {text}\n\n".encode()
            if not await wait(woken, _patience_s(state, desk.clock())):
                yield b": still here\n\n"


def _patience_s(state: PhoneState, now: float) -> float:
    # A store that falls silent lets its view run out: the page must see that too.
    return HEARTBEAT_S if state.visit is None else max(0.05, min(HEARTBEAT_S, state.visit.expires_at - now))


def _phone_url(desk: Desk, code: str) -> str:
    # Behind the hash: it reaches no server, no log and no other site.
    return f"{desk.office.office.public_url}/phone#code={code}"
