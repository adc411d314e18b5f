"""What shoppers reach: joining, and their own phone page with its stream, commands, export and leaving."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Annotated, Final

import segno
from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, Response, jsonify, request
from quart_schema import document_request

from hq.adapters.web.desk import Desk, body, client
from hq.adapters.web.wake import wait
from hq.core.visits import SESSION_LIFETIME_S, CommandKind, EndKind, PhoneState
from hq.core.wishes import JoinRequest, MemberChange, VisitRequest
from hq.errors import HqError, TooFast
from wire.views import Fact, Mode, capped

COOKIE: Final = "regulars_phone"
HEARTBEAT_S: Final = 15.0
# A phone and a tablet at home, each with a page that reconnects before the old one is noticed.
STREAMS_EACH: Final = 4
STREAMS_LIMIT: Final = 2_000


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class CodeRequest(_Request):
    code: Annotated[str, Field(min_length=4, max_length=20)]


class LinkRequest(_Request):
    """`mac` = HMAC-SHA256(Kc, "RST1 link" || at as u64 big-endian)[0:8] in hex."""

    member_ref: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    at: Annotated[int, Field(ge=0, lt=2**63)]
    mac: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class CommandRequest(_Request):
    command_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    kind: CommandKind
    mode: Mode | None = None
    fact: Fact | None = None
    store_id: Annotated[str, Field(max_length=40)] = ""


class LeaveRequest(_Request):
    erase: bool = False


def join_api(desk: Desk) -> Blueprint:
    """How somebody becomes a member, and how her app opens her page."""
    routes = Blueprint("join_api", __name__)
    members, phones = desk.office.members, desk.office.phones

    @routes.post("/v1/join")
    @document_request(JoinRequest)
    async def join() -> Response:
        desk.require_own_page()
        joined = await desk.run(members.join, await body(JoinRequest), client(), desk.clock())
        desk.wakes.nudge()
        response = jsonify(
            {
                "member_ref": joined.profile.member_ref,
                "receipt": joined.receipt.model_dump(mode="json"),
                "loyalty_number": joined.profile.loyalty_number,
                "loyalty_qr_svg": qr_svg(joined.profile.loyalty_number),
                "secret": joined.secret.hex(),
                "phone_url": _phone_url(desk, joined.phone_code),
                "standing_mode": joined.profile.standing_mode,
            }
        )
        response.status_code = 201
        return response

    @routes.post("/v1/phone/link")
    @document_request(LinkRequest)
    async def link() -> Response:
        wish = await body(LinkRequest)
        code = await desk.run(phones.link, wish.member_ref, wish.at, wish.mac, client(), desk.clock())
        return jsonify({"code": code, "phone_url": _phone_url(desk, code)})

    @routes.post("/v1/visit")
    @document_request(VisitRequest)
    async def visit() -> Response:
        reason = await desk.run(phones.visit, await body(VisitRequest), client(), desk.clock())
        desk.wakes.nudge()
        return jsonify({"store_id": reason.store_id, "until": reason.until})

    return routes


def session_api(desk: Desk) -> Blueprint:
    """Signing a phone in and out."""
    routes = Blueprint("session_api", __name__)
    phones = desk.office.phones

    @routes.post("/phone/session")
    @document_request(CodeRequest)
    async def sign_in() -> Response:
        desk.require_own_page()
        token, _ = await desk.run(phones.sign_in, (await body(CodeRequest)).code, client(), desk.clock())
        response = Response(status=204)
        response.set_cookie(
            COOKIE,
            token,
            max_age=SESSION_LIFETIME_S,
            httponly=True,
            samesite="Lax",
            path="/phone",
            secure=_secure(desk),
        )
        return response

    @routes.delete("/phone/session")
    async def sign_out() -> Response:
        desk.require_own_page()
        await desk.run(phones.sign_out, request.cookies.get(COOKIE, ""))
        response = Response(status=204)
        response.delete_cookie(COOKIE, path="/phone")
        return response

    return routes


def page_api(desk: Desk) -> Blueprint:
    """What the phone page shows."""
    routes = Blueprint("page_api", __name__)
    phones = desk.office.phones

    @routes.get("/phone/state")
    async def state() -> Response:
        found = await desk.run(phones.state, await _member(desk), desk.clock())
        return jsonify({"member": member_json(found), "visit": visit_json(found), "stores": _stores(found)})

    @routes.get("/phone/stream")
    async def stream() -> Response:
        member_ref = await _member(desk)
        if desk.wakes.streaming >= STREAMS_LIMIT or desk.wakes.streams_of(member_ref) >= STREAMS_EACH:
            raise TooFast("Too many pages listen.", "Close the other pages.", retry_after_s=10)
        token = request.cookies.get(COOKIE, "")
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
    @document_request(CommandRequest)
    async def command() -> Response:
        desk.require_own_page()
        member_ref, wish = await _member(desk), await body(CommandRequest)
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
        response = jsonify({"command_id": accepted.command_id, "expires_at": accepted.expires_at})
        response.status_code = 202
        return response

    @routes.put("/phone/member")
    @document_request(MemberChange)
    async def change_member() -> Response:
        desk.require_own_page()
        member_ref = await _member(desk)
        await desk.run(members.change, member_ref, await body(MemberChange), desk.clock())
        desk.wakes.nudge(member_ref)
        found = await desk.run(phones.state, member_ref, desk.clock())
        return jsonify({"member": member_json(found)})

    @routes.get("/phone/export")
    async def export() -> Response:
        response = jsonify(await desk.run(phones.export, await _member(desk), desk.clock()))
        response.headers["Content-Disposition"] = 'attachment; filename="regulars.json"'
        return response

    @routes.post("/phone/leave")
    @document_request(LeaveRequest)
    async def leave() -> Response:
        desk.require_own_page()
        member_ref, wish = await _member(desk), await body(LeaveRequest)
        kind: EndKind = "erase" if wish.erase else "withdraw"
        seq = await desk.run(members.withdraw, member_ref, kind, desk.clock(), channel="phone-page")
        desk.wakes.nudge(member_ref)
        return jsonify({"seq": seq})

    return routes


async def _member(desk: Desk) -> str:
    """Whose page is asking. Raises NotSignedIn."""
    return await desk.run(desk.office.phones.signed_in, request.cookies.get(COOKIE, ""), desk.clock())


def qr_svg(text: str) -> str:
    """An SVG without a fixed size: the page decides how large it is. Dark on white, whatever the page's colours."""
    out = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, light="#fff", dark="#000")
    return out.getvalue().decode()


def member_json(state: PhoneState) -> dict[str, object]:
    profile = state.profile
    purposes = profile.consent.purposes if profile.consent is not None and state.recognised else frozenset()
    return {
        "member_ref": profile.member_ref,
        "alias": profile.alias,
        "name": profile.name,
        "language": profile.language,
        "standing_mode": profile.standing_mode,
        "modes_open": [mode for mode in Mode if capped(mode, purposes) is mode],
        "purposes": sorted(purposes),
        "recognised": state.recognised,
        "loyalty_number": profile.loyalty_number,
        "loyalty_qr_svg": qr_svg(profile.loyalty_number),
        "receipts": [receipt.model_dump(mode="json") for receipt in reversed(state.receipts)],
        "hidden": sorted(profile.hidden),
        "preferences": {
            "sizes": [size.value.model_dump() for size in profile.sizes],
            "brands_liked": [brand.value for brand in profile.brands_liked],
            "brands_disliked": [brand.value for brand in profile.brands_disliked],
            "colours": [colour.value for colour in profile.colours],
            "categories_liked": [category.value for category in profile.categories_liked],
        },
    }


def visit_json(state: PhoneState) -> dict[str, object] | None:
    return None if state.visit is None else state.visit.view.model_dump(mode="json")


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
            for name, value in (("member", member_json(state)), ("visit", visit_json(state))):
                text = json.dumps(value, separators=(",", ":"))
                if sent.get(name) != text:
                    sent[name] = text
                    yield f"event: {name}\ndata: {text}\n\n".encode()
            if not await wait(woken, _patience_s(state, desk.clock())):
                yield b": still here\n\n"


def _patience_s(state: PhoneState, now: float) -> float:
    # A store that falls silent lets its view run out: the page must see that too.
    return HEARTBEAT_S if state.visit is None else max(0.05, min(HEARTBEAT_S, state.visit.expires_at - now))


def _stores(state: PhoneState) -> list[dict[str, str]]:
    return [{"store_id": shop.store_id, "name": shop.name} for shop in state.shops]


def _phone_url(desk: Desk, code: str) -> str:
    # Behind the hash: it reaches no server, no log and no other site.
    return f"{desk.office.office.public_url}/phone#code={code}"


def _secure(desk: Desk) -> bool:
    return desk.office.office.public_url.startswith("https://")
