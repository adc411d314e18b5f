"""Tablets on the live line: a real server, real Socket.IO clients, one state thread."""

import queue
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import pytest
import socketio
from socketio.exceptions import ConnectionError as NotConnected

from edge.core.inputs import Commanded, Subscribed, Unsubscribed
from tests.flow.live_store import TABLET, TOKEN, Running, Store
from wire.cards import QuietCard


@pytest.fixture
def running() -> Iterator[Running]:
    with Running() as running:
        yield running


@pytest.fixture
def store(running: Running) -> Store:
    return running.store


class Tablet:
    """A Socket.IO client that keeps what it received, in order."""

    def __init__(self, running: Running, token: str = TOKEN, **hello: Any) -> None:
        self.received: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.io = socketio.Client(reconnection=False)
        self.url = running.url
        self.auth = {"token": token, "proto": 1, **hello}
        for event in ("snapshot", "replay", "upsert", "patch", "remove"):
            self.io.on(event, self._keep(event))
        self.io.on("connect_error", self._keep("connect_error"))

    def connect(self) -> Self:
        self.io.connect(self.url, auth=self.auth, transports=["websocket"])
        return self

    def next(self) -> tuple[str, dict[str, Any]]:
        return self.received.get(timeout=5)

    def _keep(self, event: str) -> Callable[[dict[str, Any]], None]:
        return lambda message: self.received.put((event, message))

    def command(self, name: str, key: str = "key-0001") -> dict[str, Any]:
        answer: dict[str, Any] = self.io.call("command", {"key": key, "name": name}, timeout=5)
        return answer


@pytest.fixture
def tablet(running: Running) -> Iterator[Tablet]:
    made = Tablet(running).connect()
    yield made
    made.io.disconnect()


def eventually(fact: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not fact() and time.monotonic() < end:
        time.sleep(0.01)
    return fact()


def test_a_tablet_gets_the_room_as_it_stands_and_then_every_change(tablet: Tablet, store: Store) -> None:
    event, snapshot = tablet.next()
    assert (event, snapshot["seq"], snapshot["cards"]) == ("snapshot", 0, [])
    store.put(QuietCard(count=1))
    store.put(QuietCard(count=2))
    assert [tablet.next()[1]["seq"] for _ in range(2)] == [1, 2]


def test_a_tablet_that_comes_back_gets_only_what_it_missed(running: Running, store: Store) -> None:
    store.put(QuietCard(count=1))
    store.put(QuietCard(count=2))
    back = Tablet(running, epoch="epoch-1", seq={"staff": 1}).connect()
    event, replay = back.next()
    back.io.disconnect()
    assert event == "replay"
    assert [change["set"] for change in replay["changes"]] == [{"count": 2}]


def test_a_tablet_that_finds_a_gap_asks_and_is_answered(tablet: Tablet, store: Store) -> None:
    tablet.next()
    store.put(QuietCard(count=1))
    tablet.next()
    tablet.io.emit("resume", {"room": "staff", "epoch": "", "seq": 0})
    event, snapshot = tablet.next()
    assert (event, snapshot["seq"], [card["count"] for card in snapshot["cards"]]) == ("snapshot", 1, [1])


def test_no_change_is_lost_between_the_snapshot_and_the_first_change(running: Running, store: Store) -> None:
    for count in range(1, 200):
        store.put(QuietCard(count=count))
        if count % 40 == 0:
            tablet = Tablet(running).connect()
            _, first = tablet.next()
            store.put(QuietCard(count=10_000 + count))
            assert eventually(lambda tablet=tablet: not tablet.received.empty())  # type: ignore[misc]
            seqs = [tablet.next()[1]["seq"] for _ in range(tablet.received.qsize())]
            tablet.io.disconnect()
            assert seqs == list(range(first["seq"] + 1, first["seq"] + 1 + len(seqs)))


def test_a_command_is_answered_to_its_sender(tablet: Tablet, store: Store) -> None:
    assert tablet.command("claim") == {"key": "key-0001", "ok": True, "error": "", "body": {"did": "claim"}}
    assert any(isinstance(one, Commanded) and one.device.id == TABLET.id for one in store.seen)


def test_a_command_without_an_answer_fails_within_the_time_a_page_waits(tablet: Tablet) -> None:
    started = time.monotonic()
    assert tablet.command("dismiss_hint")["error"] == "error.busy"
    assert time.monotonic() - started < 3


def test_a_command_that_is_none_is_refused_and_the_line_stays(tablet: Tablet) -> None:
    assert tablet.io.call("command", {"key": "key-0002", "name": "sudo"}, timeout=5)["error"] == "error.invalid"
    assert tablet.io.call("command", "nonsense", timeout=5)["error"] == "error.invalid"
    assert tablet.command("claim", "key-0003")["ok"]


def test_a_client_that_taps_without_pause_is_slowed_down(tablet: Tablet) -> None:
    answers = [tablet.command("claim", f"key-{number:04d}") for number in range(25)]
    assert answers[0]["ok"]
    assert answers[-1]["error"] == "error.too_fast"


def test_a_device_that_is_not_paired_is_refused_and_told_how(running: Running) -> None:
    stranger = Tablet(running, token="somebody's")
    with pytest.raises(NotConnected):
        stranger.connect()
    event, refusal = stranger.next()
    assert (event, refusal["data"]) == ("connect_error", {"error": "error.refused"})
    assert refusal["message"] == "This device is not paired: get a new code at the till computer."
    assert not any(isinstance(one, Subscribed) for one in running.store.seen)


def test_a_device_that_is_unpaired_is_cut_off(tablet: Tablet, store: Store) -> None:
    tablet.next()
    store.pairing.revoke("tablet", "till")
    assert eventually(lambda: not tablet.io.connected)
    assert eventually(lambda: any(isinstance(one, Unsubscribed) for one in store.seen))


def test_a_tablet_that_goes_is_forgotten(running: Running, store: Store) -> None:
    tablet = Tablet(running).connect()
    tablet.next()
    tablet.io.disconnect()
    assert eventually(lambda: isinstance(store.seen[-1], Unsubscribed))
    assert eventually(lambda: store.live.clients == 0)


def test_tablets_hear_the_same_in_the_same_order(running: Running, store: Store) -> None:
    tablets = [Tablet(running).connect() for _ in range(3)]
    for tablet in tablets:
        tablet.next()
    for count in range(50):
        store.put(QuietCard(count=count))
    heard = [[tablet.next()[1]["seq"] for _ in range(50)] for tablet in tablets]
    for tablet in tablets:
        tablet.io.disconnect()
    assert heard == [list(range(1, 51))] * 3
