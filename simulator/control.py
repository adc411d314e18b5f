"""The remote control of a virtual shop: a small JSON API on loopback for the demo page and for scripts.

It moves phones and nothing else; it reaches no store and no head office. Only pages from the given origins may call it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from http import HTTPStatus
from typing import Final, TypeVar

from pydantic import ValidationError
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from simulator import messages
from simulator.crowd import Throng
from simulator.phone import Habits, Membership, Phone
from simulator.venue import Radios, Venue
from simulator.walk import RecordedWalk

_LARGEST_BODY_BYTES: Final = 64 * 1024
_PICTURE_EVERY_S: Final = 0.2
# A page, a script and a test; more streams than this are a mistake somewhere.
_MOST_STREAMS: Final = 16
_LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost")

Body = TypeVar("Body", bound=messages.Message)


class Refusal(Exception):
    """Answered as problem+json."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Remote:
    """What the routes do, apart from HTTP."""

    def __init__(self, venue: Venue, walk: RecordedWalk) -> None:
        self._venue = venue
        self._walk = walk
        self._labels: dict[str, str] = {}
        self.streams = 0
        self.stopped = asyncio.Event()

    def phone(self, name: str) -> Phone:
        """Raises Refusal 404."""
        found = self._venue.phones.get(name)
        if found is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "there is no phone with this id; GET /phones lists them")
        return found

    def add(self, wanted: messages.NewPhone) -> Phone:
        """Put a new phone where it was asked to be."""
        membership = Membership(wanted.member_ref, bytes.fromhex(wanted.secret), wanted.epoch)
        habits = Habits(wanted.carrier, wanted.interval_s, wanted.address_lag_s)
        try:
            phone = self._venue.add_phone(membership, habits)
        except ValueError as error:
            raise Refusal(HTTPStatus.CONFLICT, str(error)) from error
        self._labels[phone.name] = wanted.label
        phone.set_mode(wanted.mode)
        if wanted.point is not None:
            phone.move(wanted.point)
        if wanted.path is not None:
            phone.walk(tuple(wanted.path), wanted.speed_mps, leaves=wanted.leave)
        if wanted.kind == "full":
            self._venue.equip(phone)
        return phone

    async def remove(self, name: str) -> None:
        """Raises Refusal 404."""
        self.phone(name)
        self._labels.pop(name, None)
        await self._venue.remove_phone(name)

    def replay(self, name: str) -> float:
        """Start the recorded walk; its length in seconds."""
        self._venue.replay(self.phone(name), self._walk)
        return self._walk.duration_s

    def state(self, phone: Phone) -> messages.PhoneState:
        """As it is at this instant."""
        now = self._venue.clock()
        pose = phone.movement.pose_at(now)
        spot = phone.spot_at(now)
        zone = self._venue.floor.zone_at(pose.point) if pose else None
        place: messages.Place = "away" if spot is None else ("inside" if spot.indoors else "outside")
        return messages.PhoneState(
            id=phone.name,
            label=self._labels.get(phone.name, ""),
            member_ref=phone.membership.member_ref,
            kind="full" if self._venue.is_full(phone) else "light",
            carrier=phone.habits.carrier,
            interval_s=phone.habits.interval_s,
            mode=phone.mode,
            x=round(pose.point[0], 2) if pose else None,
            y=round(pose.point[1], 2) if pose else None,
            zone=zone.zone_id if zone else None,
            place=place,
            walking=phone.movement.is_walking_at(now),
            locked=phone.is_locked,
            speaking=phone.is_speaking_at(now),
            answer=phone.answer,
        )

    def states(self) -> list[dict[str, object]]:
        """All phones, JSON-ready."""
        return [self.state(phone).model_dump(mode="json") for phone in self._venue.phones.values()]

    async def pictures(self, *, with_crowd: bool) -> AsyncIterator[str]:
        """Server-sent events, five a second, until the simulator stops."""
        self.streams += 1
        try:
            while not self.stopped.is_set():
                now = self._venue.clock()
                picture: dict[str, object] = {"at": round(now, 3), "phones": self.states()}
                if with_crowd:
                    points = self._venue.crowd.positions_at(now)
                    picture["crowd"] = [[round(x, 2), round(y, 2)] for x, y in points]
                yield f"data: {json.dumps(picture)}\n\n"
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stopped.wait(), _PICTURE_EVERY_S)
        finally:
            self.streams -= 1


def make_control(
    venue: Venue, radios: Radios, walk: RecordedWalk, allowed_origins: Sequence[str] = ()
) -> tuple[Quart, Remote]:
    """The ASGI application, and the remote whose `stopped` ends its streams."""
    app = Quart("simulator")
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY_BYTES
    app.config["RESPONSE_TIMEOUT"] = None  # the stream of pictures has no end
    remote = Remote(venue, walk)
    _guard(app, tuple(allowed_origins))
    _route_shop(app, venue, radios, remote)
    _route_phones(app, remote)
    _route_orders(app, remote)
    return app, remote


def _route_shop(app: Quart, venue: Venue, radios: Radios, remote: Remote) -> None:
    @app.get("/health")
    async def health() -> Response:
        return _json({"status": "ok"})

    @app.get("/radios")
    async def list_radios() -> Response:
        return _json(asdict(radios))

    @app.get("/floor")
    async def show_floor() -> Response:
        return _json(messages.floor_shape(venue.floor).model_dump(mode="json"))

    @app.post("/crowd")
    async def start_crowd() -> Response:
        size = await _body(messages.CrowdSize)
        venue.crowd.start(Throng(size.devices, size.adverts_per_s))
        return _json({"devices": venue.crowd.size})

    @app.delete("/crowd")
    async def stop_crowd() -> Response:
        venue.crowd.stop()
        return Response(status=HTTPStatus.NO_CONTENT)

    @app.get("/foreign")
    async def show_foreign() -> Response:
        record = venue.crowd.record
        devices = [
            messages.ForeignDevice(address=_address_text(address), payload=payload.hex(), count=count)
            for (address, payload), count in record.items()
        ]
        found = messages.ForeignRecord(advertisements=sum(record.values()), devices=devices)
        return _json(found.model_dump(mode="json"))

    @app.get("/stream")
    async def stream() -> Response:
        if remote.streams >= _MOST_STREAMS:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many streams are open; close a page")
        pictures = remote.pictures(with_crowd=request.args.get("crowd") == "1")
        return Response(pictures, content_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _route_phones(app: Quart, remote: Remote) -> None:
    @app.get("/phones")
    async def list_phones() -> Response:
        return _json({"phones": remote.states()})

    @app.post("/phones")
    async def add_phone() -> Response:
        phone = remote.add(await _body(messages.NewPhone))
        return _json(remote.state(phone).model_dump(mode="json"), HTTPStatus.CREATED)

    @app.get("/phones/<name>")
    async def show_phone(name: str) -> Response:
        return _state(remote, name)

    @app.delete("/phones/<name>")
    async def remove_phone(name: str) -> Response:
        await remote.remove(name)
        return Response(status=HTTPStatus.NO_CONTENT)


def _route_orders(app: Quart, remote: Remote) -> None:
    @app.post("/phones/<name>/move")
    async def move(name: str) -> Response:
        remote.phone(name).move((await _body(messages.Move)).point)
        return _state(remote, name)

    @app.post("/phones/<name>/walk")
    async def walk(name: str) -> Response:
        stroll = await _body(messages.Stroll)
        remote.phone(name).walk(tuple(stroll.path), stroll.speed_mps, leaves=stroll.leave)
        return _state(remote, name)

    @app.post("/phones/<name>/trace")
    async def trace(name: str) -> Response:
        return _json({"duration_s": round(remote.replay(name), 1)})

    @app.post("/phones/<name>/mode")
    async def set_mode(name: str) -> Response:
        remote.phone(name).set_mode((await _body(messages.ModeWish)).mode)
        return _state(remote, name)

    @app.post("/phones/<name>/lock")
    async def lock(name: str) -> Response:
        remote.phone(name).is_locked = (await _body(messages.Lock)).locked
        return _state(remote, name)

    @app.post("/phones/<name>/epoch")
    async def set_epoch(name: str) -> Response:
        remote.phone(name).set_epoch((await _body(messages.Epoch)).epoch)
        return _state(remote, name)


def _guard(app: Quart, allowed_origins: Sequence[str]) -> None:
    """A page from anywhere else in the same browser must not drive the shop, nor a name that resolves to loopback."""

    @app.before_request
    async def refuse_strangers() -> Response | None:
        origin = request.headers.get("Origin")
        host = request.host.rpartition(":")[0] or request.host
        if host not in _LOOPBACK_HOSTS or (origin is not None and origin not in allowed_origins):
            raise Refusal(HTTPStatus.FORBIDDEN, "this page may not control the simulator; name it with --allow-origin")
        return Response(status=HTTPStatus.NO_CONTENT) if request.method == "OPTIONS" else None

    @app.after_request
    async def let_pages_read(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin in allowed_origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Vary"] = "Origin"
        return response

    @app.errorhandler(Refusal)
    async def refuse(refusal: Refusal) -> Response:
        return _problem(refusal.status, refusal.detail)

    @app.errorhandler(HTTPException)
    async def refuse_http(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        return _problem(status, error.description or status.phrase)


async def _body(kind: type[Body]) -> Body:
    try:
        return kind.model_validate_json(await request.get_data() or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{where}: {first['msg'].removeprefix('Value error, ')}") from error


def _state(remote: Remote, name: str) -> Response:
    return _json(remote.state(remote.phone(name)).model_dump(mode="json"))


def _json(content: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(json.dumps(content), status=status, content_type="application/json")


def _problem(status: HTTPStatus, detail: str) -> Response:
    content = {"title": status.phrase, "status": status.value, "detail": detail}
    return Response(json.dumps(content), status=status, content_type="application/problem+json")


def _address_text(address: bytes) -> str:
    return address[::-1].hex(":").upper()
