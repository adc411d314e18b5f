"""The state thread: the order of effects, and what a full disk must not hold up."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.state import State
from edge.adapters.store_sqlite import DatabaseError, OperationalError
from edge.core.effects import Acknowledge, Confirm, Effect, Keep, Record, Restriction, Send
from edge.core.inputs import Input, LineChanged, Tick
from tests.core.store import ANNA, FILE_KEY, NOW
from wire.live import Ack, Remove
from wire.sync import PhoneCodePost, PhoneViewPost, Revocation

GONE = Send("staff", Remove(room="staff", seq=1, id="v1"))
FACT = Keep((Restriction(ANNA, "veil", NOW),))
RECEIPT = Confirm(Revocation(seq=1, member_ref=ANNA, kind="withdraw", at=NOW), NOW)


class Told:
    """Line and pages in one: what was handed on, in order."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def events_wait(self) -> None:
        self.done.append("events")

    def confirm(self, revocation: Revocation, applied_at: float) -> None:
        self.done.append("receipt")

    def post_phone(self, post: PhoneViewPost | PhoneCodePost) -> None:
        self.done.append(post)

    def pull(self, loyalty: str) -> None:
        self.done.append(loyalty)

    def run(self, effect: object) -> None:
        self.done.append(effect)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path / "outbox.db", FILE_KEY)
    yield opened
    opened.close()


@pytest.fixture
def told() -> Told:
    return Told()


def stepped(box: Outbox, told: Told, step: Callable[[Input, float], list[Effect]]) -> State:
    """A state that took one input and ended."""
    state = State(step, lambda: False, box, clock=lambda: NOW)
    state.connect(told, told)
    state.start()
    state.post(LineChanged(online=True))
    end = time.monotonic() + 5
    while state.waiting and time.monotonic() < end:
        time.sleep(0.005)
    state.stop()
    return state


def on_line(*effects: Effect) -> Callable[[Input, float], list[Effect]]:
    return lambda happened, _: list(effects) if isinstance(happened, LineChanged) else []


def test_effects_are_done_in_their_order(box: Outbox, told: Told) -> None:
    stepped(box, told, on_line(GONE, Record("visit.left", NOW), FACT, RECEIPT))
    assert told.done == [GONE, "events", "receipt"]
    assert box.waiting() == 1


def test_a_full_disk_holds_up_no_removal_but_the_receipt(
    box: Outbox, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise DatabaseError("disk is full")

    monkeypatch.setattr(box, "write", full)
    state = stepped(box, told, on_line(GONE, FACT, RECEIPT))
    assert told.done == [GONE]
    assert state.faults == 1


def test_what_could_not_be_kept_is_not_promised(box: Outbox, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise DatabaseError("disk is full")

    promise = Acknowledge("c1", Ack(key="k1", ok=True))
    stepped(box, told, on_line(FACT, promise))
    monkeypatch.setattr(box, "write", full)
    stepped(box, told, on_line(FACT, promise))
    answers = [one.ack.ok for one in told.done if isinstance(one, Acknowledge)]
    assert answers == [True, False]


def test_what_a_full_disk_did_not_take_is_written_when_there_is_room(
    box: Outbox, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Acknowledge("c", Ack(key="key-00001", ok=True))
    refused = Acknowledge("c", Ack(key="key-00001", ok=False, error="error.busy"))
    whole, tries = box.write, itertools.count()

    def full(step: Any) -> None:
        if not next(tries):
            raise OperationalError("database or disk is full")
        whole(step)

    monkeypatch.setattr(box, "write", full)
    monkeypatch.setattr("edge.adapters.state.AGAIN_S", 0.0)
    stepped(box, told, on_line(Record("visit.help", NOW), answer, RECEIPT))
    assert told.done == [refused, "events", "receipt"]
    assert box.waiting() == 1


def test_a_fault_in_one_step_does_not_stop_the_next(box: Outbox, told: Told) -> None:
    def step(happened: Input, _: float) -> list[Effect]:
        if isinstance(happened, Tick):
            raise KeyError
        return [GONE]

    state = stepped(box, told, step)
    assert told.done == [GONE]
    assert state.faults >= 1


def test_a_full_queue_is_told_to_who_can_drop(box: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.adapters.state.QUEUE_LENGTH", 1)
    state = State(lambda *_: [], lambda: False, box, clock=lambda: NOW)
    assert [state.post(Tick()), state.post(LineChanged(online=True))] == [True, False]
