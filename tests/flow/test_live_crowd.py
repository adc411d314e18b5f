"""A client that does not read, a frame of 100 MB, a crowd that reconnects: the tablets miss nothing, nothing is left.

The short form of `make bench-crowd`, which also says how late the tablets are and what memory is kept.
"""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import orjson
import pytest

from edge.adapters.live_gate import Limits
from tests.flow.live_store import TOKEN, Running
from tests.flow.test_live_direct import Frames
from tests.flow.test_live_limits import connected, refuse_huge_frame, text_frame, upgrade
from wire.cards import QuietCard

TABLETS, CROWD, PATCHES = 8, 40, 100


@pytest.fixture
def running() -> Iterator[Running]:
    with Running() as running:
        yield running


def reconnect(port: int, number: int, until: threading.Event) -> None:
    """As a tablet with a good token that loses its line as soon as it has it."""
    chance = random.Random(number)
    while not until.wait(chance.uniform(0.05, 0.2)):
        with suppress(OSError):
            sock, answer = upgrade(port, f"X-Forwarded-For: 10.1.0.{number}\r\n")
            with closing(sock):
                if b" 101 " in answer:
                    sock.sendall(text_frame("40" + orjson.dumps({"token": TOKEN, "proto": 1}).decode()))
                    sock.recv(4096)


def test_a_crowd_takes_nothing_from_the_tablets_and_leaves_nothing_behind(running: Running) -> None:
    tablets = [connected(running.port) for _ in range(TABLETS)]
    asleep = connected(running.port)
    asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    threads = threading.active_count()
    over = threading.Event()
    crowd = [threading.Thread(target=reconnect, args=(running.port, number, over)) for number in range(CROWD)]
    crowd.append(threading.Thread(target=refuse_huge_frame, args=(running.port,)))
    for one in crowd:
        one.start()
    for count in range(PATCHES):
        running.store.put(QuietCard(count=count))
        time.sleep(0.02)
    seen = [Frames(tablet).texts(PATCHES) for tablet in tablets]
    over.set()
    for one in crowd:
        one.join()
    asleep.close()
    end = time.monotonic() + 20
    while (running.store.live.clients > TABLETS or threading.active_count() > threads) and time.monotonic() < end:
        time.sleep(0.05)
    assert [[orjson.loads(text[2:])[1]["seq"] for text in texts] for texts in seen] == [
        list(range(1, PATCHES + 1))
    ] * TABLETS
    assert running.store.live.clients == TABLETS
    assert threading.active_count() <= threads
    for tablet in tablets:
        tablet.close()


def test_however_many_addresses_come_no_more_are_let_in_than_the_tablets_can_bear() -> None:
    with Running(limits=Limits(all_connects_per_s=1, all_connects_at_once=5)) as running:
        answers = []
        for number in range(8):
            sock, answer = upgrade(running.port, f"X-Forwarded-For: 10.1.0.{number}\r\n")
            sock.close()
            answers.append(b" 101 " in answer)
    assert answers[:5] == [True] * 5
    assert not all(answers)
