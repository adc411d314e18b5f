"""What the challenge relies on in the store's GATT peripheral, whichever radio is behind it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.contract import vhci
from tests.contract.peripherals import RIGS as SIMULATED
from tests.contract.peripherals import PeripheralRig
from tests.simulator.stage import until
from wire import gatt

OpenRig = Callable[[], AbstractAsyncContextManager[PeripheralRig]]
CHALLENGE, RESPONSE, ACKNOWLEDGEMENT = str(gatt.CHALLENGE), str(gatt.RESPONSE), str(gatt.ACKNOWLEDGEMENT)


class Desk:
    """The four callbacks, remembering."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[tuple[str, bytes]] = []
        self.gone: list[str] = []

    def challenge(self, connection: str) -> bytes:
        self.asked.append(connection)
        return b"challenge " + connection.encode()

    def respond(self, connection: str, octets: bytes) -> None:
        if octets == b"refused":
            raise ValueError
        self.answers.append((connection, octets))

    def acknowledge(self, connection: str) -> bytes:
        return b"ack " + connection.encode()


RIGS = {**SIMULATED, **vhci.PERIPHERALS}


@pytest.fixture(params=RIGS)
def open_rig(request: pytest.FixtureRequest) -> OpenRig:
    return RIGS[request.param]


def at_desk(open_rig: OpenRig, story: Callable[[PeripheralRig, Desk], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with open_rig() as rig:
            desk, store = Desk(), rig.store()
            await store.start(desk.challenge, desk.respond, desk.acknowledge, desk.gone.append)
            await story(rig, desk)
            await store.stop()

    asyncio.run(tell())


def test_a_phone_reads_the_challenge_writes_its_response_and_reads_the_ack(open_rig: OpenRig) -> None:
    async def story(rig: PeripheralRig, desk: Desk) -> None:
        phone = await rig.call()
        assert (await phone.read(CHALLENGE)).startswith(b"challenge ")
        await phone.write(RESPONSE, bytes(17))
        assert await phone.read(ACKNOWLEDGEMENT) == b"ack " + desk.asked[0].encode()
        assert desk.answers == [(desk.asked[0], bytes(17))]

    at_desk(open_rig, story)


def test_two_phones_are_served_side_by_side_and_told_apart(open_rig: OpenRig) -> None:
    async def story(rig: PeripheralRig, desk: Desk) -> None:
        first, second = await rig.call(), await rig.call()
        assert await first.read(CHALLENGE) != await second.read(CHALLENGE)
        assert await first.read(ACKNOWLEDGEMENT) == b"ack " + desk.asked[0].encode()

    at_desk(open_rig, story)


def test_the_store_is_told_when_a_phone_hangs_up_and_never_reuses_its_name(open_rig: OpenRig) -> None:
    async def story(rig: PeripheralRig, desk: Desk) -> None:
        first = await rig.call()
        await first.read(CHALLENGE)
        await first.hang_up()
        await until(lambda: desk.gone == desk.asked)
        await (await rig.call()).read(CHALLENGE)
        assert len(set(desk.asked)) == 2

    at_desk(open_rig, story)


def test_a_refused_response_is_an_error_for_that_phone_only(open_rig: OpenRig) -> None:
    async def story(rig: PeripheralRig, desk: Desk) -> None:
        phone, other = await rig.call(), await rig.call()
        with pytest.raises(Exception, match="ATT_ERROR_RESPONSE"):
            await phone.write(RESPONSE, b"refused")
        await other.write(RESPONSE, b"taken")
        assert [octets for _, octets in desk.answers] == [b"taken"]

    at_desk(open_rig, story)


def test_a_store_that_stopped_hangs_up(open_rig: OpenRig) -> None:
    async def story(rig: PeripheralRig, desk: Desk) -> None:
        store = rig.store()
        await store.start(desk.challenge, desk.respond, desk.acknowledge, desk.gone.append)
        await (await rig.call()).read(CHALLENGE)
        await store.stop()
        assert desk.gone == desk.asked

    async def tell() -> None:
        async with open_rig() as rig:
            await story(rig, Desk())

    asyncio.run(tell())
