"""The live line to tablets and screens: executes Send, Reply and Acknowledge, and queues what clients ask for.

Knows sockets and tokens; decides nothing about cards. Which room a client is in follows from the `Reply` that the
state thread sent it: a client joins a room in the same breath as it gets the room's state, by the one thread that
also sends the room's changes, so nothing can fall between.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson
import socketio
from engineio import packet as engine_packet
from flask import Flask, request
from flask_socketio import SocketIO
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from socketio.exceptions import ConnectionRefusedError as Refused

from edge.adapters import direct
from edge.adapters.live_gate import DEFAULT, Gate, Limits
from edge.adapters.websocket import Bucket, Connection, DaemonThread, SendQueue
from edge.core.effects import Acknowledge, Reply, Send
from edge.core.inputs import Commanded, Device, Subscribed, Unsubscribed
from wire.live import INBOUND_LIMIT, PROTOCOL, Ack, Command, Hello, Patch, Remove, Replay, Snapshot, Upsert

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LiveEffect = Send | Reply | Acknowledge
LiveInput = Subscribed | Unsubscribed | Commanded

# The pages ask again after three seconds with the same key; before that they shall have an answer of some kind.
ACK_WITHIN_S: Final = 2.75
COMMANDS_PER_S: Final = 5.0
COMMANDS_AT_ONCE: Final = 15.0


class _Resume(BaseModel):
    """What a client sends that found a gap."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    room: str = Field(max_length=80)
    epoch: str = Field(max_length=64)
    seq: int


@dataclass(slots=True)
class _Client:
    engine_socket: Any
    device: Device
    hello: Hello
    token: str
    connection: Connection
    offer: Callable[[bytes], bool]
    rooms: set[str] = field(default_factory=set)
    commands: Bucket = field(default_factory=lambda: Bucket(COMMANDS_PER_S, COMMANDS_AT_ONCE))
    waiting: dict[str, "_Waiting"] = field(default_factory=dict)


@dataclass(slots=True)
class _Waiting:
    answered: threading.Event = field(default_factory=threading.Event)
    ack: Ack | None = None


class Live:
    """Builds itself around `app`. `device_of` finds the paired device of a token; `post` queues an input and is False
    when the queue is full; `origins` may open the socket besides the pages' own address. `directly`: as in `direct`,
    where this Engine.IO allows it. Call `run` from one thread.
    """

    def __init__(
        self,
        app: Flask,
        *,
        device_of: Callable[[str], Device | None],
        post: Callable[[LiveInput], bool],
        origins: Iterable[str] = (),
        directly: bool = True,
        limits: Limits = DEFAULT,
    ) -> None:
        self.is_direct = directly and direct.is_supported()
        self._pings = direct.Pings(limits.ping_s)
        self._device_of = device_of
        self._post = post
        self._clients: dict[str, _Client] = {}
        self._lock = threading.Lock()
        self._is_stopping = False
        made = _socketio(app, frozenset(origins), self._subscribe, limits.ping_s)
        made.on_event("connect", self._connect)
        made.on_event("disconnect", self._disconnect)
        made.on_event("resume", self._resume)
        made.on_event("command", self._command)
        self._server = _limited(made)
        if self.is_direct:
            self._pings.adopt(self._server.eio)
            self._pings.start()
        app.wsgi_app = Gate(app.wsgi_app, limits)  # type: ignore[method-assign]  # Flask's own way to wrap an application

    @property
    def clients(self) -> int:
        return len(self._clients)

    def run(self, effect: LiveEffect) -> None:
        """Never waits for a client."""
        if isinstance(effect, Acknowledge):
            self._acknowledge(effect)
        elif isinstance(effect, Reply):
            self._reply(effect)
        else:
            self._send(effect)

    def disconnect(self, device_id: str) -> None:
        """Ends every connection of a device that is no longer paired."""
        for client in self._all():
            if client.device.id == device_id:
                client.connection.abort()

    def stop(self) -> None:
        """From now on nobody is let in: what `device_of` and `post` need may be closed next."""
        self._is_stopping = True
        self._pings.stop()
        for client in self._all():
            client.connection.abort()

    # effects

    def _send(self, effect: Send) -> None:
        shared = self._shared(effect.message)
        room, frame = effect.room, shared.frame
        for client in self._all():
            if room not in client.rooms:
                continue
            # While a ping is under way, Engine.IO asks before every message whether the answer is overdue.
            if frame is None or client.engine_socket.last_ping or not client.offer(frame):
                shared.send(client.engine_socket, client.offer)

    def _reply(self, effect: Reply) -> None:
        client = self._clients.get(effect.client)
        if client is not None:
            client.rooms.add(effect.message.room)
            self._shared(effect.message).send(client.engine_socket, client.offer)

    def _acknowledge(self, effect: Acknowledge) -> None:
        client = self._clients.get(effect.client)
        waiting = None if client is None else client.waiting.get(effect.ack.key)
        if waiting is not None:
            waiting.ack = effect.ack
            waiting.answered.set()

    def _shared(self, message: Snapshot | Replay | Upsert | Patch | Remove) -> direct.Shared:
        return direct.Shared(_packet(message), directly=self.is_direct)

    # what clients do

    def _connect(self, auth: object = None) -> None:
        if self._is_stopping:
            raise _refused("error.busy", "The store is restarting: this page connects again by itself.")
        try:
            hello = Hello.model_validate(auth)
        except ValidationError:
            raise _refused("error.invalid", "This page is out of date: load it again.") from None
        if hello.proto != PROTOCOL:
            raise _refused("error.invalid", "This page is out of date: load it again.")
        device = self._device_of(hello.token)
        if device is None:
            raise _refused("error.refused", "This device is not paired: get a new code at the till computer.")
        self._admit(device, hello)

    def _admit(self, device: Device, hello: Hello) -> None:
        server = self._server
        client: str = request.sid  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
        engine_id = server.manager.eio_sid_from_sid(client, "/")
        engine_socket = server.eio.sockets[engine_id]
        connection: Connection = engine_socket.connection
        connection.authenticated()
        with self._lock:
            self._clients[client] = _Client(engine_socket, device, hello, hello.token, connection, connection.offer)

    def _subscribe(self, client_id: str) -> None:
        """Called once the client has been told that it is connected, so that nothing can reach it before."""
        client = self._clients.get(client_id)
        if client is not None and not self._post(Subscribed(client_id, client.device, client.hello)):
            client.connection.abort()

    def _disconnect(self, _reason: object = None) -> None:
        client: str = request.sid  # type: ignore[attr-defined]  # as above
        with self._lock:
            known = self._clients.pop(client, None)
        if known is not None:
            self._post(Unsubscribed(client))

    def _resume(self, asked: object = None) -> None:
        client_id: str = request.sid  # type: ignore[attr-defined]  # as above
        client = self._clients.get(client_id)
        if client is None or not client.commands.take():
            return
        try:
            resume = _Resume.model_validate(asked)
        except ValidationError:
            return
        hello = client.hello.model_copy(update={"epoch": resume.epoch, "seq": {resume.room: resume.seq}})
        self._post(Subscribed(client_id, client.device, hello))

    def _command(self, asked: object = None) -> dict[str, Any]:
        client_id: str = request.sid  # type: ignore[attr-defined]  # as above
        client = self._clients.get(client_id)
        try:
            command = Command.model_validate(asked)
        except ValidationError:
            return _no(str(asked.get("key", ""))[:64] if isinstance(asked, dict) else "", "error.invalid")
        if client is None:
            return _no(command.key, "error.refused")
        if not client.commands.take():
            return _no(command.key, "error.too_fast")
        # Unpaired since it connected: whoever holds the tablet now gets nothing more.
        if self._device_of(client.token) is None:
            client.connection.abort()
            return _no(command.key, "error.refused")
        return self._asked(client_id, client, command)

    def _asked(self, client_id: str, client: _Client, command: Command) -> dict[str, Any]:
        waiting = client.waiting[command.key] = _Waiting()
        try:
            if not self._post(Commanded(client_id, client.device, command)):
                return _no(command.key, "error.busy")
            waiting.answered.wait(ACK_WITHIN_S)
        finally:
            del client.waiting[command.key]
        return _no(command.key, "error.busy") if waiting.ack is None else waiting.ack.model_dump(mode="json")

    def _all(self) -> list[_Client]:
        with self._lock:
            return list(self._clients.values())


class _Manager(socketio.Manager):
    """Tells when a client has been told that it is connected; the connect handler runs before that.

    Clients that come and go at the same moment do so one by one: their threads share lists that python-socketio leaves
    unguarded, and whoever lost that race was never put away.
    """

    def __init__(self, connected: Callable[[str], None]) -> None:
        super().__init__()
        self._connected = connected
        self._turn = threading.RLock()

    def pre_connect(self, eio_sid: str, namespace: str) -> object:
        with self._turn:
            return super().pre_connect(eio_sid, namespace)

    def connect(self, sid: str, namespace: str) -> str:
        with self._turn:
            found: str = super().connect(sid, namespace)
        self._connected(found)
        return found

    def pre_disconnect(self, sid: str, namespace: str) -> object:
        with self._turn:
            return super().pre_disconnect(sid, namespace)

    def disconnect(self, sid: str, namespace: str, **kwargs: object) -> object:
        with self._turn:
            return super().disconnect(sid, namespace, **kwargs)


class _Json:
    """orjson in the shape that Socket.IO calls."""

    @staticmethod
    def dumps(value: object, **_kwargs: object) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str, **_kwargs: object) -> object:
        return orjson.loads(text)


def _socketio(app: Flask, origins: frozenset[str], connected: Callable[[str], None], ping_s: int) -> SocketIO:
    options: dict[str, Any] = {
        "async_mode": "threading",
        "async_handlers": False,  # a client's commands one after the other, on its own thread: no thread per message
        "client_manager": _Manager(connected),
        "cors_allowed_origins": lambda origin, environ: origin in origins or origin == _own_origin(environ),
        "cors_credentials": False,
        "json": _Json,
        "manage_session": False,
        "max_http_buffer_size": INBOUND_LIMIT,
        "ping_interval": ping_s,
        "ping_timeout": ping_s,
        "transports": ["websocket"],
    }
    return SocketIO(app, **options)


def _limited(made: SocketIO) -> Any:  # noqa: ANN401 - Socket.IO's server ships no types
    """Its server, with our queues and connections in place of its own."""
    server = made.server  # type: ignore[attr-defined]  # missing in its types
    own = {"thread": DaemonThread, "queue": SendQueue, "websocket": Connection}
    server.eio._async = {**server.eio._async, **own}  # noqa: SLF001 - engineio has no public way to choose them
    return server


def _own_origin(environ: "WSGIEnvironment") -> str:
    """The proxy with the certificate says under which name and scheme the pages were loaded."""
    scheme = environ.get("HTTP_X_FORWARDED_PROTO", environ["wsgi.url_scheme"])
    return f"{scheme}://{environ.get('HTTP_X_FORWARDED_HOST', environ.get('HTTP_HOST', ''))}"


def _packet(message: Snapshot | Replay | Upsert | Patch | Remove) -> engine_packet.Packet:
    """Encoded once for however many receive it; Socket.IO's own packet would look through all of it for octets."""
    return engine_packet.Packet(
        engine_packet.MESSAGE, f'{socketio.packet.EVENT}["{message.event}",{message.model_dump_json()}]'
    )


def _refused(error: str, sentence: str) -> Refused:
    return Refused(sentence, {"error": error})


def _no(key: str, error: str) -> dict[str, Any]:
    return Ack(key=key, ok=False, error=error).model_dump(mode="json")
