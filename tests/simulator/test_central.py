"""A full-stack phone and the store's challenge, over Bumble."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from simulator import central
from simulator.peripheral import SimulatedPeripheral
from simulator.phone import Answer, Membership, Mode, Phone
from simulator.venue import Venue
from tests.simulator.stage import SECRET, open_shop, until
from wire import rst1

STORE = 4711


class Store:
    """Challenges with a key of its own, as an honest store and as an impostor would."""

    def __init__(self, secret: bytes = SECRET, number: int = STORE, clock_error_s: int = 0) -> None:
        self.secret = secret
        self.number = number
        self.clock_error_s = clock_error_s
        self.heard: list[rst1.Response] = []
        self.acks: dict[str, bytes] = {}
        self.challenges: dict[str, rst1.Challenge] = {}

    def challenge(self, connection: str) -> bytes:
        nonce = len(self.challenges).to_bytes(8, "big")
        challenge = rst1.Challenge(self.number, int(time.time()) + self.clock_error_s, nonce)
        self.challenges[connection] = challenge
        return rst1.pack_challenge(challenge)

    def respond(self, connection: str, octets: bytes) -> None:
        response, challenge = rst1.parse_response(octets), self.challenges[connection]
        key = rst1.day_key(self.secret, self.number, challenge.unix_s // rst1.DAY_S)
        assert response is not None
        self.heard.append(response)
        self.acks[connection] = rst1.ack_mac(key, challenge.nonce, response.tag)

    def acknowledge(self, connection: str) -> bytes:
        return self.acks[connection]

    def verified(self) -> bool:
        (challenge,) = self.challenges.values()
        key = rst1.day_key(self.secret, self.number, challenge.unix_s // rst1.DAY_S)
        return rst1.verify_response(key, challenge, self.heard[0])


def meet(store: Store, story: Callable[[Venue, Phone], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with open_shop() as (venue, radios):
            peripheral = SimulatedPeripheral(radios.peripheral)
            await peripheral.start(store.challenge, store.respond, store.acknowledge, lambda _connection: None)
            phone = venue.add_phone(Membership("m1", SECRET))
            venue.equip(phone)
            await story(venue, phone)
            await peripheral.stop()

    asyncio.run(tell())


def test_a_phone_that_comes_in_answers_within_a_second() -> None:
    store = Store()

    async def story(_venue: Venue, phone: Phone) -> None:
        phone.move((5.0, 5.0))
        await until(lambda: phone.answer is Answer.ANSWERED, within_s=1.5)
        assert store.verified()

    meet(store, story)


def test_a_phone_on_the_street_does_not_answer() -> None:
    store = Store()

    async def story(_venue: Venue, phone: Phone) -> None:
        phone.move((5.0, -2.0))
        await asyncio.sleep(0.5)
        assert store.challenges == {}

    meet(store, story)


def test_an_invisible_phone_does_not_answer() -> None:
    store = Store()

    async def story(_venue: Venue, phone: Phone) -> None:
        phone.set_mode(Mode.INVISIBLE)
        phone.move((5.0, 5.0))
        await asyncio.sleep(0.5)
        assert store.challenges == {}

    meet(store, story)


def test_a_more_open_mode_is_answered_anew() -> None:
    store = Store()

    async def story(_venue: Venue, phone: Phone) -> None:
        phone.move((5.0, 5.0))
        await until(lambda: phone.answer is Answer.ANSWERED)
        phone.set_mode(Mode.ADVICE)
        await until(lambda: phone.answer is Answer.ANSWERED)
        assert [response.flags for response in store.heard] == [0, 3]

    meet(store, story)


def test_a_store_that_cannot_prove_itself_is_never_spoken_to_again() -> None:
    async def story(venue: Venue, phone: Phone) -> None:
        phone.move((5.0, 5.0))
        await until(lambda: phone.answer is Answer.DISTRUSTS)
        assert not phone.is_speaking_at(venue.clock())

    meet(Store(secret=bytes(32)), story)


def test_a_challenge_of_another_store_gets_no_response() -> None:
    store = Store(number=STORE + 1)

    async def story(_venue: Venue, phone: Phone) -> None:
        phone.move((5.0, 5.0))
        await until(lambda: phone.answer is Answer.FAILED)
        assert store.heard == []

    meet(store, story)


def test_a_stale_challenge_gets_no_response() -> None:
    store = Store(clock_error_s=-1000)

    async def story(_venue: Venue, phone: Phone) -> None:
        phone.move((5.0, 5.0))
        await until(lambda: phone.answer is Answer.FAILED)
        assert store.heard == []

    meet(store, story)


def test_a_store_that_hangs_up_half_way_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(central, "_FIRST_PAUSE_S", 0.3)
    store = Store()

    async def tell() -> None:
        async with open_shop() as (venue, radios):
            peripheral = SimulatedPeripheral(radios.peripheral)
            stopped: list[asyncio.Task[None]] = []

            def fall_silent(connection: str) -> bytes:
                stopped.append(asyncio.create_task(peripheral.stop()))
                return store.challenge(connection)

            await peripheral.start(fall_silent, store.respond, store.acknowledge, lambda _connection: None)
            phone = venue.add_phone(Membership("m1", SECRET))
            venue.equip(phone)
            phone.move((5.0, 5.0))
            await until(lambda: phone.answer is Answer.FAILED)
            await asyncio.gather(*stopped)
            await peripheral.start(store.challenge, store.respond, store.acknowledge, lambda _connection: None)
            await until(lambda: phone.answer is Answer.ANSWERED)
            await peripheral.stop()

    asyncio.run(tell())


def test_eight_phones_at_once_are_all_answered() -> None:
    async def story(venue: Venue, phone: Phone) -> None:
        phones = [phone, *(venue.add_phone(Membership(f"m{n}", SECRET)) for n in range(7))]
        for one in phones:
            if one is not phone:
                venue.equip(one)
            one.move((5.0, 5.0))
        await until(lambda: all(one.answer is Answer.ANSWERED for one in phones))

    meet(Store(), story)


def test_a_phone_removed_while_connected_leaves_the_store_free_for_the_next() -> None:
    async def story(venue: Venue, phone: Phone) -> None:
        phone.move((5.0, 5.0))
        await until(lambda: phone.answer is Answer.TRYING)
        await venue.remove_phone(phone.name)
        other = venue.add_phone(Membership("m2", SECRET))
        venue.equip(other)
        other.move((5.0, 5.0))
        await until(lambda: other.answer is Answer.ANSWERED)

    meet(Store(), story)
