"""The check-in tells the service who answered, refuses the rest, and waits for a radio that is not there yet."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from edge.adapters.checkin_gatt import CheckIn, Refused
from edge.core.challenge import Challenges
from edge.core.identity import TokenTable, build_table
from edge.core.inputs import Answered
from tests.simulator.stage import until
from wire import rst1

NOON = 20_370 * rst1.DAY_S + 12 * rst1.HOUR_S
KEY = bytes(range(16))
TABLE = build_table([("anna", 20_370, KEY)], NOON)


class LatePeripheral:
    """Not there at the first two tries."""

    def __init__(self) -> None:
        self.starts = 0
        self.lost = asyncio.Event()
        self.stops = 0

    async def start(
        self,
        on_read_challenge: Callable[[str], bytes],
        on_write_response: Callable[[str, bytes], None],
        on_read_ack: Callable[[str], bytes],
        on_disconnect: Callable[[str], None],
    ) -> None:
        self.starts += 1
        if self.starts < 3:
            raise ConnectionError

    async def stop(self) -> None:
        self.stops += 1

    async def wait_lost(self) -> None:
        await self.lost.wait()


def check_in(told: list[Answered], table: TokenTable = TABLE, peripheral: LatePeripheral | None = None) -> CheckIn:
    return CheckIn(peripheral or LatePeripheral(), Challenges(4711), lambda: table, told.append, clock=lambda: NOON)


def answer(desk: CheckIn, connection: str, key: bytes = KEY) -> bytes:
    challenge = rst1.parse_challenge(desk.challenge(connection))
    assert challenge
    tag = rst1.tag_at(key, NOON)
    desk.respond(connection, rst1.pack_response(key, challenge, 2, tag))
    return rst1.ack_mac(key, challenge.nonce, tag)


def test_who_answers_is_told_and_gets_the_proof() -> None:
    told: list[Answered] = []
    desk = check_in(told)
    proof = answer(desk, "c1")
    assert desk.acknowledge("c1") == proof
    assert told == [Answered("anna", 2, NOON)]
    assert (desk.answered, desk.refused) == (1, 0)


def test_who_answers_wrongly_is_not_told_and_gets_no_proof() -> None:
    told: list[Answered] = []
    desk = check_in(told)
    answer(desk, "c1", key=bytes(16))
    with pytest.raises(Refused):
        desk.acknowledge("c1")
    assert told == []
    assert desk.refused == 2


def test_every_challenge_has_a_nonce_of_its_own() -> None:
    desk = check_in([])
    assert len({desk.challenge("c1")[9:] for _ in range(100)}) == 100


def test_a_table_swapped_in_between_decides() -> None:
    told: list[Answered] = []
    desk = check_in(told, table=TokenTable(0))
    answer(desk, "c1")
    assert told == []


def test_a_connection_that_ended_may_not_go_on() -> None:
    desk = check_in([])
    answer(desk, "c1")
    desk.forget("c1")
    with pytest.raises(Refused):
        desk.acknowledge("c1")


def test_more_connections_than_a_radio_has_are_refused() -> None:
    desk = check_in([])
    for n in range(16):
        desk.challenge(f"c{n}")
    with pytest.raises(Refused):
        desk.challenge("one more")


def test_it_waits_for_its_radio_and_leaves_it_tidy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.adapters.checkin_gatt._FIRST_PAUSE_S", 0.01)
    peripheral = LatePeripheral()
    desk = check_in([], peripheral=peripheral)

    async def tell() -> None:
        task = asyncio.create_task(desk.run())
        async with asyncio.timeout(5):
            while not desk.is_up:  # noqa: ASYNC110 - the desk has no event to wait for
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    with capture_logs() as logged:
        asyncio.run(tell())
    assert (peripheral.starts, peripheral.stops, desk.is_up) == (3, 3, False)
    assert [line["event"] for line in logged] == ["check_in_away"]  # once, not at every try


def test_a_radio_that_goes_away_is_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.adapters.checkin_gatt._FIRST_PAUSE_S", 0.01)
    peripheral = LatePeripheral()
    desk = check_in([], peripheral=peripheral)

    async def tell() -> None:
        task = asyncio.create_task(desk.run())
        await until(lambda: desk.is_up)
        peripheral.lost.set()
        await until(lambda: not desk.is_up)
        peripheral.lost.clear()
        await until(lambda: desk.is_up)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(tell())
    assert peripheral.starts > 3
