"""A stage for the pages: real pages, real policy, a real Socket.IO server, and a store and head office that say what a
test tells them to say. It decides nothing and remembers what the pages asked.
"""

import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from flask_socketio import SocketIO
from pydantic import BaseModel
from werkzeug.serving import make_server

import display
from tests.browser import cards
from tests.browser.office import StagedOffice
from wire.live import Ack

if TYPE_CHECKING:
    from wire.cards import PhoneView

CODE = "123456"


class Stage:
    def __init__(self) -> None:
        self.app = Flask("stage")
        self.sockets = SocketIO(self.app, async_mode="threading")
        self.office = StagedOffice(self.app)
        self.clear()
        self._routes()
        self._events()
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def clear(self) -> None:
        """As it is before each test: nobody in the shop, nobody signed in."""
        self.office.clear()
        self.shown: dict[str, tuple[BaseModel, ...]] = {"staff": (cards.status(),), "screen:window": (cards.screen(),)}
        self.seq = {"staff": 7, "screen:window": 7}
        self.epoch = "e1"
        self.ttl_s = 30
        self.hellos: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []
        self.resumes: list[dict[str, Any]] = []
        self.answers: dict[str, Ack] = {}
        self.posts: list[tuple[str, Any]] = []
        self.kept: dict[str, Mapping[int, bytes]] = {}
        self.pictures: list[tuple[str, int]] = []
        self.member: dict[str, Any] | None = None
        self.visit: PhoneView | None = None
        self.joined: tuple[int, dict[str, Any]] = (200, {})
        self.tour: dict[str, Any] = {"steps": [], "plugged": True}
        self.people: list[dict[str, Any]] = []
        self._streams: list[queue.Queue[tuple[str, Any] | None]] = []

    def close(self) -> None:
        self.end_streams()
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    # what a test says

    def upsert(self, card: BaseModel, room: str = "staff") -> None:
        self._change(room, "upsert", {"ttl_s": self.ttl_s, "card": card.model_dump(mode="json")})

    def patch(self, card_id: str, fields: dict[str, Any], room: str = "staff") -> None:
        self._change(room, "patch", {"ttl_s": self.ttl_s, "id": card_id, "set": fields})

    def remove(self, card_id: str, room: str = "staff") -> None:
        self._change(room, "remove", {"id": card_id})

    def lose(self, room: str = "staff") -> None:
        """One message of the room that never arrives."""
        self.seq[room] += 1

    def snapshot(self, room: str) -> dict[str, Any]:
        shown = [card.model_dump(mode="json") for card in self.shown[room]]
        return {
            "v": 1,
            "event": "snapshot",
            "room": room,
            "seq": self.seq[room],
            "epoch": self.epoch,
            "cards": shown,
            "ttl_s": self.ttl_s,
        }

    def stream(self, event: str, body: Any) -> None:
        """To every page that listens; one that was just opened may be about to."""
        end = time.monotonic() + 5
        while not self._streams:
            assert time.monotonic() < end, "no page listens"
            time.sleep(0.02)
        for waiting in self._streams:
            waiting.put((event, body))

    def end_streams(self) -> None:
        for waiting in self._streams:
            waiting.put(None)
        self._streams.clear()

    # how it is said

    def _change(self, room: str, event: str, fields: dict[str, Any]) -> None:
        self.seq[room] += 1
        self.sockets.emit(event, {"v": 1, "event": event, "room": room, "seq": self.seq[room], **fields})

    def _events(self) -> None:
        @self.sockets.on("connect")
        def connect(auth: dict[str, Any]) -> None:
            self.hellos.append(auth)
            room = "staff" if auth["token"] == "staff-token" else "screen:window"
            self.sockets.emit("snapshot", self.snapshot(room), to=request.sid)  # type: ignore[attr-defined]

        @self.sockets.on("resume")
        def resume(asked: dict[str, Any]) -> None:
            self.resumes.append(asked)
            self.sockets.emit("snapshot", self.snapshot(asked["room"]), to=request.sid)  # type: ignore[attr-defined]

        @self.sockets.on("command")
        def command(asked: dict[str, Any]) -> dict[str, Any]:
            self.commands.append(asked)
            ack = self.answers.get(asked["name"], Ack(key=asked["key"], ok=True))
            return ack.model_copy(update={"key": asked["key"]}).model_dump(mode="json")

    def _routes(self) -> None:
        app = self.app
        app.add_url_rule("/<any(demo,hq,gallery,join,leave,phone,screen,staff):name>", "page", self._page)
        app.add_url_rule("/display/<path:path>", "asset", self._asset)
        app.add_url_rule("/pictures/<name>-<int:size>.webp", "picture", self._picture)
        app.add_url_rule("/pair", "pair", self._pair, methods=["POST"])
        app.add_url_rule("/phone/state", "state", self._state)
        app.add_url_rule("/phone/stream", "phone_stream", self._stream)
        app.add_url_rule("/stream", "demo_stream", self._stream)
        app.add_url_rule("/demo.json", "demo_setting", self._setting)
        app.add_url_rule("/v1/join", "join", lambda: self._noted(*self.joined), methods=["POST"])
        app.add_url_rule("/phone/session", "session", self._session, methods=["POST", "DELETE"])
        for path in ("/phone/commands", "/phone/leave", "/plug", "/again", "/phones/<person>/<what>"):
            app.add_url_rule(path, path, lambda **_: self._noted(200, {}), methods=["POST"])
        app.add_url_rule("/phone/member", "member", lambda: self._noted(200, {}), methods=["PUT"])

    def _page(self, name: str) -> Response:
        page = display.page(name)
        policy = display.content_security_policy(page, frames=("'self'",), frame_ancestors=("'self'",))
        return Response(page.html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})

    def _picture(self, name: str, size: int) -> Response:
        self.pictures.append((name, size))
        scaled = self.kept.get(name)
        return Response(status=404) if scaled is None else Response(scaled[size], content_type="image/webp")

    def _asset(self, path: str) -> Response:
        try:
            body, content_type = display.asset(path)
        except display.UnknownAsset:
            return Response(status=404)
        caching = display.cache_control(path, request.args.get("v"))
        headers = {
            "Cache-Control": caching,
            "Content-Security-Policy": display.asset_policy(path),
            "Service-Worker-Allowed": display.worker_scope(path) or "/display/none",
        }
        return Response(body, content_type=content_type, headers=headers)

    def _pair(self) -> tuple[Response, int]:
        if request.get_json()["code"] != CODE:
            return jsonify(error="error.code_wrong"), 403
        kind = "screen" if "/screen" in (request.referrer or request.headers.get("X-Page", "")) else "tablet"
        return jsonify(token="staff-token", kind=kind, id="t1", name="Tablet 1"), 200

    def _state(self) -> tuple[Response, int]:
        if self.member is None:
            return jsonify(error="error.refused"), 401
        stores = [{"store_id": "de-0042", "name": "Halm & Hede Münster"}]
        return jsonify(member=self.member, visit=self.visit and self.visit.model_dump(mode="json"), stores=stores), 200

    def _session(self) -> tuple[Response, int]:
        if request.method == "POST" and (request.get_json() or {}).get("code") != CODE:
            return jsonify(error="error.code_wrong"), 403
        self.member = cards.member() if request.method == "POST" else None
        return jsonify(), 200

    def _noted(self, code: int, body: dict[str, Any]) -> tuple[Response, int]:
        self.posts.append((request.path, request.get_json()))
        return jsonify(body), code

    def _stream(self) -> Response:
        waiting: queue.Queue[tuple[str, Any] | None] = queue.Queue()
        self._streams.append(waiting)

        opening = request.path == "/stream"

        def said() -> Iterator[str]:
            if opening:
                yield from (
                    _sse("tour", self.tour),
                    _sse("floor", {"at": cards.NOW, "phones": self.people, "crowd": CROWD}),
                )
            while (message := waiting.get()) is not None:
                yield _sse(*message)

        response = Response(said(), content_type="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        return response

    def _setting(self) -> Response:
        return jsonify(
            tablet_url=f"{self.url}/staff",
            screen_url=f"{self.url}/screen",
            phone_url=f"{self.url}/phone",
            anna="p1",
            store_name="Halm & Hede Münster",
            floor=FLOOR,
        )


def _sse(event: str, body: Any) -> str:
    return f"event: {event}\ndata: {json.dumps(body)}\n\n"


CROWD = [[1.0 + at % 9 * 2.1, -3.5 + at // 9 * 2.4] for at in range(36)]
FLOOR = {
    "store": "de-0042",
    "bounds": [0, 0, 20, 14],
    "door": [10, 0],
    "zones": [
        {"id": "street", "name": "Straße", "kind": "outside", "rect": [0, -4, 20, 0]},
        {"id": "door", "name": "Tür", "kind": "entrance", "rect": [7, 0, 13, 1.5]},
        {"id": "hall", "name": "Vorraum", "kind": "vestibule", "rect": [7, 1.5, 13, 4]},
        {"id": "women", "name": "Damen", "kind": "floor", "rect": [0, 0, 7, 14]},
        {"id": "men", "name": "Herren", "kind": "floor", "rect": [13, 0, 20, 14]},
        {"id": "middle", "name": "Mitte", "kind": "floor", "rect": [7, 4, 13, 10]},
        {"id": "fitting", "name": "Umkleiden", "kind": "fitting", "rect": [7, 10, 13, 14]},
    ],
    "scanners": [
        {"id": "s1", "position": [3, 3, 2.5]},
        {"id": "s2", "position": [17, 3, 2.5]},
        {"id": "s3", "position": [10, 12, 2.5]},
    ],
}
