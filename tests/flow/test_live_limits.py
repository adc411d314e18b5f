"""What somebody on the shop's Wi-Fi can do to the live line without a code: nothing that matters. Raw sockets."""

import base64
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from tests.flow.live_store import TOKEN, Running
from wire.cards import QuietCard, StatusCard
from wire.live import INBOUND_LIMIT

FRAME_OCTETS = 100 * 1024 * 1024


@pytest.fixture
def running() -> Iterator[Running]:
    with Running() as running:
        yield running


@pytest.fixture
def gunicorn_port(tmp_path: Path) -> Iterator[int]:
    """The same store under the server of production, in a process of its own."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "16", "--bind"]
    command += [f"127.0.0.1:{port}", "--graceful-timeout", "1", "--log-level", "error", "--no-control-socket"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*command, "tests.flow.live_store:application()"], stdout=log, stderr=log)
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("gunicorn did not come up")


def upgrade(port: int, headers: str = "") -> tuple[socket.socket, bytes]:
    """A socket after the websocket handshake, and the server's answer to it."""
    sock = socket.create_connection(("127.0.0.1", port), 10)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{headers}\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer and (octets := sock.recv(1)):
        answer += octets
    return sock, answer


def text_frame(text: str) -> bytes:
    body = text.encode()
    assert len(body) < 65_536
    length = bytes([0x80 | len(body)]) if len(body) < 126 else bytes([0xFE]) + struct.pack(">H", len(body))
    return b"\x81" + length + bytes(4) + body  # an all-zero mask leaves the text as it is


def connected(port: int) -> socket.socket:
    """A client that showed its token and was let in."""
    sock, _ = upgrade(port)
    sock.sendall(text_frame("40" + orjson.dumps({"token": TOKEN, "proto": 1}).decode()))
    read_until(sock, b'"epoch"')
    return sock


def read_until(sock: socket.socket, word: bytes) -> bytes:
    read = b""
    while word not in read:
        octets = sock.recv(4096)
        assert octets, f"closed after {read!r}"
        read += octets
    return read


def closed_after_s(sock: socket.socket, wait_s: float) -> float | None:
    """How long until the server ended it; None when it did not within `wait_s`."""
    started = time.monotonic()
    sock.settimeout(wait_s)
    try:
        while sock.recv(65_536):
            pass
    except TimeoutError:
        return None
    except ConnectionError:
        pass
    return time.monotonic() - started


def refuse_huge_frame(port: int) -> int:
    """Sends a frame of 100 MB before saying who it is; returns how much of it the server took."""
    sock, _ = upgrade(port)
    sent = 0
    with closing(sock):
        sock.sendall(b"\x81\xff" + struct.pack(">Q", FRAME_OCTETS) + bytes(4))
        try:
            while sent < FRAME_OCTETS:
                sent += sock.send(b"x" * 65_536)
        except ConnectionError:
            pass
    return sent


def test_a_frame_of_100_mb_is_refused_without_reading_it(running: Running) -> None:
    # Beyond the limit there is only what both kernels had buffered when the socket was shut.
    assert refuse_huge_frame(running.port) < 16 * 1024 * 1024
    with closing(connected(running.port)):
        assert running.store.live.clients == 1


def test_under_gunicorn_a_frame_of_100_mb_costs_no_memory_and_others_are_served(gunicorn_port: int) -> None:
    connected(gunicorn_port).close()  # everything that is loaded on first use is loaded now
    before = _resident_kib(gunicorn_port)
    assert refuse_huge_frame(gunicorn_port) < 16 * 1024 * 1024
    with closing(connected(gunicorn_port)):
        assert _resident_kib(gunicorn_port) - before < 8 * 1024


def _resident_kib(port: int) -> int:
    """Of the worker that answers at `port`, which /metrics would say had it a process collector."""
    found = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if str(port).encode() in (status.parent / "cmdline").read_bytes():
                lines = status.read_text().splitlines()
                found = max(found, *(int(line.split()[1]) for line in lines if line.startswith("VmRSS")))
        except OSError:
            continue
    assert found
    return found


def test_a_message_of_the_limit_is_taken_and_one_octet_more_is_not(running: Running) -> None:
    for surplus, survives, watched_s in ((0, True, 1.0), (1, False, 5.0)):
        with closing(connected(running.port)) as sock:
            padding = "x" * (INBOUND_LIMIT - len('42["none",""]') + surplus)
            body = f'42["none","{padding}"]'.encode()
            sock.sendall(b"\x81\xff" + struct.pack(">Q", len(body)) + bytes(4) + body)
            assert (closed_after_s(sock, watched_s) is None) is survives


def test_somebody_who_says_nothing_is_put_out_after_five_seconds(running: Running) -> None:
    sock, _ = upgrade(running.port)
    with closing(sock):
        waited_s = closed_after_s(sock, 8)
    assert waited_s is not None
    assert 4 < waited_s < 7


def test_somebody_with_a_wrong_token_is_put_out_too(running: Running) -> None:
    sock, _ = upgrade(running.port)
    with closing(sock):
        sock.sendall(text_frame('40{"token":"guess"}'))
        assert closed_after_s(sock, 8) is not None


def test_chatter_does_not_earn_more_time(running: Running) -> None:
    sock, _ = upgrade(running.port)
    started = time.monotonic()
    with closing(sock):
        try:
            while time.monotonic() < started + 10:
                sock.sendall(text_frame("3"))
                time.sleep(0.2)
        except ConnectionError:
            pass
    assert time.monotonic() - started < 8


def test_a_flood_of_messages_ends_the_connection(running: Running) -> None:
    with closing(connected(running.port)) as sock:
        try:
            for _ in range(500):
                sock.sendall(text_frame('42["none"]'))
        except ConnectionError:
            return
        assert closed_after_s(sock, 3) is not None


@pytest.mark.parametrize(
    "garbage", ["x", "", "4", "4zzz", "42[", "9", "b4AAAA", '451-["a",{"_placeholder":true,"num":0}]']
)
def test_garbage_harms_nobody_else_and_leaves_nothing_behind(running: Running, garbage: str) -> None:
    sock = connected(running.port)
    sock.sendall(text_frame(garbage))
    with closing(connected(running.port)):
        sock.close()
        end = time.monotonic() + 3
        while running.store.live.clients > 1 and time.monotonic() < end:
            time.sleep(0.01)
        assert running.store.live.clients == 1


def test_a_binary_message_ends_the_connection(running: Running) -> None:
    with closing(connected(running.port)) as sock:
        sock.sendall(b"\x82\x83" + bytes(4) + b"abc")
        assert closed_after_s(sock, 3) is not None


def test_a_client_that_does_not_read_is_put_out_and_the_others_stay_in_step(running: Running) -> None:
    with closing(connected(running.port)) as asleep, closing(connected(running.port)) as awake:
        asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for count in range(400):
            scanners = {f"{count}-{number:06d}-{'x' * 200}": "ok" for number in range(40)}
            running.store.put(StatusCard.model_validate({"store_id": "s", "store_name": "S", "scanners": scanners}))
            read_until(awake, f'"seq":{count + 1}'.encode())
        end = time.monotonic() + 5
        while running.store.live.clients > 1 and time.monotonic() < end:
            time.sleep(0.01)
        assert running.store.live.clients == 1


def test_compression_is_never_agreed_to(running: Running) -> None:
    sock, answer = upgrade(running.port, "Sec-WebSocket-Extensions: permessage-deflate\r\n")
    sock.close()
    assert b" 101 " in answer
    assert b"deflate" not in answer


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:{port}", b" 101 "),
        ("https://pages.example", b" 101 "),
        ("https://elsewhere.example", b" 400 "),
        ("null", b" 400 "),
    ],
)
def test_only_our_own_pages_open_the_line(running: Running, origin: str, status: bytes) -> None:
    sock, answer = upgrade(running.port, f"Origin: {origin.format(port=running.port)}\r\n")
    sock.close()
    assert status in answer


def test_a_storm_of_connections_is_told_to_wait(running: Running) -> None:
    answers = []
    for _ in range(120):
        sock, answer = upgrade(running.port)
        sock.close()
        answers.append(answer)
    assert b" 101 " in answers[0]
    assert any(b" 503 " in answer and b"Retry-After" in answer for answer in answers)


def test_one_address_cannot_take_the_line_from_the_others(running: Running) -> None:
    held = [upgrade(running.port, "X-Forwarded-For: 10.0.0.66\r\n") for _ in range(49)]
    other, answer = upgrade(running.port, "X-Forwarded-For: 10.0.0.66, 10.0.0.7\r\n")
    other.close()
    for sock, _ in held:
        sock.close()
    assert [b" 101 " in last for _, last in held] == [True] * 48 + [False]
    assert b" 101 " in answer


def test_a_client_is_told_the_limits_it_is_held_to(running: Running) -> None:
    sock, _ = upgrade(running.port)
    with closing(sock):
        told = read_until(sock, b"maxPayload")
    assert b'"pingTimeout":10000,"pingInterval":10000,"maxPayload":65536' in told


def test_polling_is_not_offered(running: Running) -> None:
    with closing(socket.create_connection(("127.0.0.1", running.port), 5)) as sock:
        sock.sendall(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 400 " in sock.recv(4096)


def test_the_quiet_card_reaches_a_client_under_gunicorn(gunicorn_port: int) -> None:
    sock, _ = upgrade(gunicorn_port)
    with closing(sock):
        sock.sendall(text_frame("40" + orjson.dumps({"token": TOKEN, "proto": 1}).decode()))
        assert QuietCard(count=3).model_dump_json().encode() in read_until(sock, b'"ttl_s"')


def test_a_store_that_stops_asks_for_nobody_any_more(running: Running) -> None:
    running.store.live.stop()
    running.store.live._device_of = lambda _token: pytest.fail("what it asks may be closed by now")
    sock, _ = upgrade(running.port)
    with closing(sock):
        sock.sendall(text_frame("40" + orjson.dumps({"token": TOKEN, "proto": 1}).decode()))
        assert b'"error.busy"' in read_until(sock, b"}}")
