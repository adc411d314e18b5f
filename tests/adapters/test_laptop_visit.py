"""A visit of the laptop phone, against the store's own arithmetic and against an imitation of it."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import pytest

from edge.core.challenge import Challenges
from edge.core.identity import build_table
from regulars.phone.errors import Distrusted, NoStore
from regulars.phone.member import Member, Wish
from regulars.phone.visit import Visit
from tests.simulator.stage import until
from wire import rst1

SECRET = bytes(range(32))
ANNA = Member(SECRET, 4711)


class Desk:
    """A store without radio between; `knows` is whose keys it has."""

    def __init__(self, knows: bytes = SECRET) -> None:
        now = time.time()
        days = (int(now) // rst1.DAY_S, int(now) // rst1.DAY_S + 1)
        self.table = build_table([("anna", day, rst1.day_key(knows, 4711, day)) for day in days], now)
        self.challenges = Challenges(4711)
        self.modes: list[int] = []

    async def challenge(self) -> bytes:
        return self.challenges.issue("c1", time.time(), secrets.token_bytes(8)) or b""

    async def respond(self, octets: bytes) -> None:
        answered = self.challenges.respond("c1", octets, time.time(), self.table)
        if answered:
            self.modes.append(answered.mode_bits)

    async def acknowledgement(self) -> bytes:
        return self.challenges.ack("c1") or b""


class Impatient(Desk):
    """Its first answer comes too late."""

    async def respond(self, octets: bytes) -> None:
        if not self.challenges.late:
            self.challenges.respond("c1", octets, time.time() + 11, self.table)
        else:
            await super().respond(octets)


class Imitation(Desk):
    """It heard what true stores say, and has nobody's key."""

    async def acknowledgement(self) -> bytes:
        return bytes(8)


class Air:
    """What the phone says, in order, and the store it reaches."""

    def __init__(self, desk: Desk | None) -> None:
        self.said: list[Mapping[str, bytes]] = []
        self.desk = desk

    async def say(self, service_data: Mapping[str, bytes]) -> None:
        self.said.append(service_data)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Desk]:
        if self.desk is None:
            raise NoStore
        yield self.desk


def visit(air: Air, wishes: "asyncio.Queue[Wish] | None" = None, told: list[dict[str, object]] | None = None) -> Visit:
    return Visit(air, ANNA, wishes or asyncio.Queue(), (told if told is not None else []).append)


def test_it_answers_once_and_falls_silent() -> None:
    desk = Desk()
    air = Air(desk)
    asyncio.run(visit(air).answer_once())
    assert desk.modes == [0]
    assert [bool(said) for said in air.said] == [True, False]


def test_an_answer_that_came_late_is_given_again_on_the_same_connection() -> None:
    desk = Impatient()
    told: list[dict[str, object]] = []
    asyncio.run(visit(Air(desk), told=told).answer_once())
    assert desk.modes == [0]
    assert [event["event"] for event in told] == ["speaking", "answered"]


@pytest.mark.parametrize("how", [Visit.answer_once, Visit.run])
def test_a_store_that_cannot_prove_itself_is_not_spoken_to_again(how: Callable[[Visit], Awaitable[None]]) -> None:
    async def tell(air: Air) -> None:
        with pytest.raises(Distrusted, match="imitation"):
            await how(visit(air))

    air = Air(Imitation())
    asyncio.run(tell(air))
    assert not air.said[-1]


def test_a_connection_that_breaks_off_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.phone.visit._FIRST_PAUSE_S", 0.001)
    desk, air = Desk(), Air(None)

    def tell(event: dict[str, object]) -> None:
        if event["event"] == "unanswered":
            air.desk = desk

    asyncio.run(Visit(air, ANNA, asyncio.Queue(), tell).answer_once())
    assert desk.modes == [0]


def test_a_store_that_does_not_know_the_member_proves_nothing() -> None:
    with pytest.raises(NoStore, match="does not know this member"):
        asyncio.run(visit(Air(Desk(knows=bytes(32)))).answer_once())


def test_a_new_mode_is_said_and_answered_and_invisible_is_silence() -> None:
    desk = Desk()
    air = Air(desk)

    async def tell() -> None:
        wishes: asyncio.Queue[Wish] = asyncio.Queue()
        task = asyncio.create_task(visit(air, wishes).run())
        await until(lambda: desk.modes == [0])
        wishes.put_nowait(Wish.ADVICE)
        await until(lambda: desk.modes == [0, 3])
        wishes.put_nowait(Wish.INVISIBLE)
        await until(lambda: not air.said[-1])
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(tell())
    assert desk.modes == [0, 3]


def test_a_store_out_of_reach_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.phone.visit._FIRST_PAUSE_S", 0.001)
    told: list[dict[str, object]] = []

    async def tell() -> None:
        task = asyncio.create_task(visit(Air(None), told=told).run())
        await until(lambda: sum(event["event"] == "unanswered" for event in told) == 5)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(tell())
