"""What a client reads is the same whether a change is written directly or the library's way. Raw sockets, both ways."""

import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from typing import cast

import orjson
import pytest
import socketio
from engineio.packet import MESSAGE, Packet
from engineio.packet import OPEN as OPEN_PACKET
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState

from edge.adapters import direct, live_socketio, websocket
from edge.adapters.live_gate import Limits
from edge.adapters.websocket import QUEUED_MESSAGES, SendQueue, Wire
from edge.core.inputs import Unsubscribed
from tests.flow.live_store import TOKEN, Running
from tests.flow.test_live_limits import closed_after_s, connected, read_until, text_frame, upgrade
from wire.cards import QuietCard, StatusCard
from wire.live import Patch

BOTH = pytest.mark.parametrize("running", [True, False], ids=["directly", "stock"], indirect=True)
BOTH_PINGING = pytest.mark.parametrize("pinging", [True, False], ids=["directly", "stock"], indirect=True)
# Lengths of the store's name; with what a patch weighs besides, some fall on either side of a frame's length fields.
SIZES = (1, 40, 41, 42, 43, 44, 45, 46, 47, 200, 4_000, 65_400, 65_450, 65_500, 65_536, 70_000)


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with Running(directly=request.param) as running:
        yield running


@pytest.fixture
def pinging(request: pytest.FixtureRequest) -> Iterator[Running]:
    with Running(directly=request.param, limits=Limits(ping_s=1)) as running:
        yield running


class Frames:
    """Reads websocket frames as they lie on the wire."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._read = b""
        self.raw = b""

    def next(self) -> tuple[int, bytes]:
        first, length = self._take(2)
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8))
        return first, self._take(length)

    def texts(self, count: int) -> list[bytes]:
        """Socket.IO events, past pings and pongs, which every one must be whole for this to find its way."""
        found: list[bytes] = []
        while len(found) < count:
            first, body = self.next()
            assert first in {0x81, 0x8A}, (first, body[:40])
            if body.startswith(b"42"):
                found.append(body)
        return found

    def kinds(self) -> list[int]:
        """Of all frames until the server ends it."""
        found: list[int] = []
        try:
            while True:
                found.append(self.next()[0])
        except EOFError:
            return found

    def _take(self, length: int) -> bytes:
        while len(self._read) < length:
            octets = self._sock.recv(65_536)
            if not octets:
                raise EOFError
            self._read += octets
        taken, self._read = self._read[:length], self._read[length:]
        self.raw += taken
        return taken


def status(name: str) -> StatusCard:
    return StatusCard(store_id="s", store_name=name)


def sent(running: Running) -> bytes:
    with closing(connected(running.port)) as sock:
        frames = Frames(sock)
        for size in SIZES:
            running.store.put(status("x" * size))
            frames.texts(1)
        return frames.raw.replace(b"\x81\x012", b"")  # a ping falls where it falls


def test_the_same_changes_are_the_same_octets_as_the_library_sends() -> None:
    with Running(directly=True) as running:
        directly = sent(running)
    with Running(directly=False) as running:
        assert directly == sent(running)
    assert len(directly) > sum(SIZES)


def test_an_event_is_the_text_that_socketio_makes_of_it() -> None:
    change = Patch(room="staff", seq=3, ttl_s=30, id="status", set={"name": 'Café "É"\n', "at": 1.5, "till": None})
    stock = socketio.packet.Packet(socketio.packet.EVENT, data=["patch", change.model_dump(mode="json")])
    text = live_socketio._packet(change).data
    assert text[:9] == stock.encode()[:9] == '2["patch"'
    assert orjson.loads(text[1:]) == orjson.loads(stock.encode()[1:])


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_says_its_length_as_the_library_does(length: int) -> None:
    frame = direct.text_frame("é" * (length // 2) + "x" * (length % 2))
    assert frame[0] == 0x81
    assert frame[1] == (length if length < 126 else 126 if length < 65_536 else 127)
    assert len(frame) == length + (2 if length < 126 else 4 if length < 65_536 else 10)


@BOTH
def test_a_client_that_reads_late_gets_every_change_whole_and_in_order(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "KERNEL_OCTETS", 16_384)
    with closing(connected(running.port)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        # More than the kernel takes, less than the queue holds besides.
        for count in range(QUEUED_MESSAGES - 4):
            running.store.put(status(f"{count:04d}" + "x" * 3_000))
            if count % 10 == 0:
                sock.sendall(b"\x89\x84" + bytes(4) + b"ping")  # its pong is written by another thread
        (engine_socket,) = running.store.live._server.eio.sockets.values()
        end = time.monotonic() + 5
        while running.store.room.seq < QUEUED_MESSAGES - 4 and time.monotonic() < end:
            time.sleep(0.01)
        assert engine_socket.queue.unwritten
        texts = Frames(sock).texts(QUEUED_MESSAGES - 4)
    assert [orjson.loads(text[2:])[1]["seq"] for text in texts] == list(range(1, QUEUED_MESSAGES - 3))
    assert [len(text) > 3_000 for text in texts] == [True] * len(texts)


@BOTH
def test_changes_answers_and_pongs_from_three_threads_never_mix(running: Running) -> None:
    with closing(connected(running.port)) as sock:
        frames, acked = Frames(sock), 0
        seqs: list[int] = []
        # With the answers fewer than the queue holds: on a busy machine the writer's turn may come after all of them.
        changes = QUEUED_MESSAGES - 12 - 2
        for count in range(changes):
            running.store.put(QuietCard(count=count))
            sock.sendall(b"\x89\x84" + bytes(4) + b"ping")
            if count < 12:
                sock.sendall(text_frame(f'42{count}["command",{{"key":"key-{count:05d}","name":"claim"}}]'))
        while len(seqs) < changes or acked < 12:
            first, body = frames.next()
            assert first in {0x81, 0x8A}
            if body.startswith(b"42"):
                seqs.append(orjson.loads(body[2:])[1]["seq"])
            acked += body.startswith(b"43")
    assert seqs == list(range(1, changes + 1))


@BOTH_PINGING
def test_a_client_is_pinged_while_changes_go_out_and_ended_when_it_does_not_answer(pinging: Running) -> None:
    with closing(connected(pinging.port)) as sock:
        started, count = time.monotonic(), 0
        sock.settimeout(0.05)
        read = b""
        while time.monotonic() - started < 6:
            count += 1
            pinging.store.put(QuietCard(count=count))
            try:
                octets = sock.recv(65_536)
            except TimeoutError:
                continue
            if not octets:
                break
            read += octets
        assert b"\x81\x012" in read
        assert 1.5 < time.monotonic() - started < 4


@BOTH_PINGING
def test_a_client_that_answers_pings_stays(pinging: Running) -> None:
    with closing(connected(pinging.port)) as sock:
        frames, started, pings = Frames(sock), time.monotonic(), 0
        while time.monotonic() - started < 3.5:
            pinging.store.put(QuietCard(count=int(time.monotonic() * 1000) % 1000))
            _, body = frames.next()
            if body == b"2":
                pings += 1
                sock.sendall(text_frame("3"))
            time.sleep(0.02)
        assert pings >= 2
        assert pinging.store.live.clients == 1


@BOTH
def test_a_client_that_says_goodbye_is_sent_nothing_behind_the_answer(running: Running) -> None:
    with closing(connected(running.port)) as sock:
        for count in range(60):
            running.store.put(QuietCard(count=count))
            if count == 30:
                sock.sendall(b"\x88\x82" + bytes(4) + struct.pack("!H", 1000))
        kinds = Frames(sock).kinds()
    assert set(kinds[:-1]) <= {0x81}  # a goodbye, 0x88, is the last if the stack under us comes to say it at all
    _gone(running)


@BOTH
def test_a_client_that_comes_back_resumes(running: Running) -> None:
    for _ in range(3):
        with closing(connected(running.port)) as sock:
            running.store.put(QuietCard(count=running.store.room.seq + 1))
            Frames(sock).texts(1)
    sock, _ = upgrade(running.port)
    with closing(sock):
        hello = {"token": TOKEN, "proto": 1, "epoch": "epoch-1", "seq": {"staff": 2}}
        sock.sendall(text_frame("40" + orjson.dumps(hello).decode()))
        assert b'"replay"' in read_until(sock, b'"set":{"count":3}')


@BOTH
def test_a_client_that_does_not_read_is_put_out(running: Running) -> None:
    with closing(connected(running.port)) as asleep:
        asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for count in range(400):
            running.store.put(status(f"{count}" + "x" * 12_000))
        _gone(running)
        assert closed_after_s(asleep, 5) is not None


def _gone(running: Running) -> None:
    end = time.monotonic() + 5
    while not any(isinstance(one, Unsubscribed) for one in running.store.seen) and time.monotonic() < end:
        time.sleep(0.01)
    assert any(isinstance(one, Unsubscribed) for one in running.store.seen)
    assert running.store.live.clients == 0


# where the stock way is taken


class _Opened:
    class connection:  # noqa: N801 - as the library calls it
        state = ConnectionState.OPEN


OPEN = cast("WSConnection", _Opened())


def _pair() -> tuple[socket.socket, socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        near = socket.create_connection(server.getsockname())
        return near, server.accept()[0]


def test_a_socket_under_tls_is_not_written_to_directly() -> None:
    near, far = _pair()
    wrapped = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    wrapped.check_hostname = False
    with closing(far), closing(wrapped.wrap_socket(near, do_handshake_on_connect=False)) as near_tls:
        assert not Wire(near_tls, OPEN, SendQueue()).offer(direct.text_frame("x"))


def test_behind_half_a_message_nothing_is_written_directly() -> None:
    near, far = _pair()
    with closing(near), closing(far):
        wire = Wire(near, OPEN, SendQueue())
        whole = direct.text_frame("y" * 8_000_000)
        assert wire.offer(whole)
        assert wire.rest
        assert not wire.offer(direct.text_frame("x"))
        read = b""
        far.settimeout(0.2)
        for _ in range(1000):
            try:
                read += far.recv(1 << 20)
            except TimeoutError:
                break
        assert whole.startswith(read)
        assert len(read) < len(whole)


def test_behind_a_goodbye_nothing_is_written_directly() -> None:
    near, far = _pair()
    with closing(near), closing(far):
        assert not Wire(near, WSConnection(ConnectionType.CLIENT), SendQueue()).offer(direct.text_frame("x"))


def test_a_binary_message_and_whatever_else_is_no_text_go_the_stock_way() -> None:
    assert direct.Shared(Packet(MESSAGE, b"x")).frame is None
    assert direct.Shared(Packet(OPEN_PACKET, {})).frame is None
    assert direct.Shared(Packet(MESSAGE, "x"), directly=False).frame is None
    assert direct.Shared(Packet(MESSAGE, "x")).frame == b"\x81\x024x"


def test_another_engineio_than_was_read_goes_the_stock_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert direct.is_supported()
    monkeypatch.setattr(direct, "ENGINEIO", "0")
    assert not direct.is_supported()
    with Running(directly=True) as running:
        assert not running.store.live.is_direct


def test_while_something_waits_the_queue_is_not_overtaken() -> None:
    waiting = SendQueue()
    waiting.put(None)  # ends the writer; nothing is written
    idle = [len(waiting.unwritten)]
    waiting.put(Packet(MESSAGE, "x"))
    waiting.get()
    waiting.get()
    idle.append(len(waiting.unwritten))  # taken by the writer, not written yet
    waiting.written()
    assert [*idle, len(waiting.unwritten)] == [0, 1, 0]
