"""The other half of a full-stack phone: a Bluetooth host that finds the store, answers it and checks the ACK.

It asks the store to prove itself before it believes anything, and stops talking for good when the proof is wrong.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bumble import hci as bumble_hci
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.device import Advertisement, Device, DeviceConfiguration, Peer
from bumble.gatt_client import CharacteristicProxy

from simulator.air import Air
from simulator.controller import RadioController
from simulator.phone import Answer, Phone
from wire import gatt, rst1

_LOOK_EVERY_S: Final = 0.2
_FIND_WITHIN_S: Final = 5.0
_EXCHANGE_WITHIN_S: Final = 8.0
# After a failure wait 2, 4, 8 ... s; a store that cannot answer five times is left alone for this visit.
_FIRST_PAUSE_S: Final = 2.0
_MOST_TRIES: Final = 5
# The store's clock may be this far off before its challenge is refused.
_CLOCK_SKEW_S: Final = 900
# A phone that cannot be heard answers a second time, which is its arrival, and then whenever its system wakes the app.
_SECOND_ANSWER_AFTER_S: Final = 9.0
_NEXT_ANSWER_AFTER_S: Final = 300.0


class Central:
    """Answers for one phone. `serve` runs until cancelled."""

    def __init__(self, phone: Phone, air: Air, clock: Callable[[], float]) -> None:
        self._phone = phone
        self._air = air
        self._clock = clock
        self._tries = 0
        self._next_try_at = 0.0
        self._answers = 0
        self._answered_at = 0.0
        self._controller = RadioController(f"{phone.name}/central", air)
        air.place_controller(self._controller, lambda: phone.spot_at(clock()))
        address = bumble_hci.Address(phone.address_at(clock()), bumble_hci.Address.RANDOM_DEVICE_ADDRESS)
        configuration = DeviceConfiguration(name="", address=address)
        self._device = Device.from_config_with_hci(configuration, self._controller, self._controller)

    async def serve(self) -> None:
        """Watch the phone and answer once per visit and mode; again and again one that cannot be heard."""
        try:
            await self._device.power_on()
            while True:
                await self._look()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            self._controller.reset()
            self._air.forget(self._controller.name)
            self._air.remove_controller(self._controller)

    async def _look(self) -> None:
        phone, now = self._phone, self._clock()
        if phone.answer is Answer.NONE:
            self._tries, self._next_try_at, self._answers = 0, now, 0
        if phone.is_unheard and phone.answer is Answer.ANSWERED and now >= self._next_answer_at():
            phone.answer, self._tries, self._next_try_at = Answer.FAILED, 0, now
        spot = phone.spot_at(now)
        is_open = phone.answer in {Answer.NONE, Answer.FAILED} and not phone.is_silent()
        if not is_open or spot is None or not spot.indoors:
            return
        if self._tries < _MOST_TRIES and now >= self._next_try_at:
            self._tries += 1
            await self._try()
            self._next_try_at = self._clock() + _FIRST_PAUSE_S * 2 ** (self._tries - 1)

    def _next_answer_at(self) -> float:
        return self._answered_at + (_SECOND_ANSWER_AFTER_S if self._answers < 2 else _NEXT_ANSWER_AFTER_S)  # noqa: PLR2004

    async def _try(self) -> None:
        self._phone.answer = Answer.TRYING
        # In a task of its own: Bumble cancels whoever waits for a store that hung up, and that must not end this phone.
        attempt = asyncio.create_task(self._attempt())
        try:
            await asyncio.wait({attempt})
        finally:
            attempt.cancel()
        # A mode changed meanwhile has set NONE, and asks again.
        if self._phone.answer is Answer.TRYING:
            self._phone.answer = Answer.FAILED if attempt.cancelled() else attempt.result()
        if self._phone.answer is Answer.ANSWERED:
            self._answers, self._answered_at = self._answers + 1, self._clock()

    async def _attempt(self) -> Answer:
        with suppress(BaseBumbleError, TimeoutError, ConnectionError):
            store = await self._find_store()
            async with asyncio.timeout(_EXCHANGE_WITHIN_S):
                return await self._exchange(store)
        return Answer.FAILED

    async def _find_store(self) -> bumble_hci.Address:
        found: asyncio.Future[bumble_hci.Address] = asyncio.get_running_loop().create_future()

        def look(advertisement: Advertisement) -> None:
            uuids = advertisement.data.get_all(AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)
            if not found.done() and any(_STORE in listed for listed in uuids):
                found.set_result(advertisement.address)

        await self._take_address()
        self._device.on(self._device.EVENT_ADVERTISEMENT, look)
        try:
            await self._device.start_scanning(legacy=True, active=False, filter_duplicates=False)
            async with asyncio.timeout(_FIND_WITHIN_S):
                return await found
        finally:
            self._device.remove_listener(self._device.EVENT_ADVERTISEMENT, look)
            await self._device.stop_scanning(legacy=True)

    async def _take_address(self) -> None:
        """Connect under the address that the phone shows on air, not under one of its own to follow it by."""
        address = bumble_hci.Address(self._phone.address_at(self._clock()), bumble_hci.Address.RANDOM_DEVICE_ADDRESS)
        self._device.random_address = address
        await self._device.send_sync_command(bumble_hci.HCI_LE_Set_Random_Address_Command(random_address=address))

    async def _exchange(self, store: bumble_hci.Address) -> Answer:
        connection = await self._device.connect(store, timeout=_EXCHANGE_WITHIN_S)
        try:
            peer = Peer(connection)
            challenge, response, acknowledgement = await _characteristics(peer)
            return await self._answer(challenge, response, acknowledgement)
        finally:
            # A store that hung up first has nothing left to confirm.
            if self._device.connections.get(connection.handle) is connection:
                with suppress(BaseBumbleError):
                    await connection.disconnect()

    async def _answer(
        self,
        challenge_value: CharacteristicProxy[bytes],
        response_value: CharacteristicProxy[bytes],
        acknowledgement_value: CharacteristicProxy[bytes],
    ) -> Answer:
        now = self._clock()
        challenge = rst1.parse_challenge(bytes(await challenge_value.read_value()))
        if challenge is None or challenge.store != self._phone.store or abs(challenge.unix_s - now) > _CLOCK_SKEW_S:
            return Answer.FAILED
        key = self._phone.day_key_at(now)
        tag = rst1.tag_at(key, int(now))
        answer = rst1.pack_response(key, challenge, self._phone.mode.bits, tag)
        await response_value.write_value(answer, with_response=True)
        proof = bytes(await acknowledgement_value.read_value())
        if not proof:
            return Answer.FAILED
        return Answer.ANSWERED if proof == rst1.ack_mac(key, challenge.nonce, tag) else Answer.DISTRUSTS


_STORE: Final = UUID(str(gatt.SERVICE))


async def _characteristics(peer: Peer) -> list[CharacteristicProxy[bytes]]:
    services = await peer.discover_service(_STORE)
    if not services:
        message = "the store has no challenge service"
        raise ConnectionError(message)
    wanted = [UUID(str(uuid)) for uuid in (gatt.CHALLENGE, gatt.RESPONSE, gatt.ACKNOWLEDGEMENT)]
    found = {item.uuid: item for item in await peer.discover_characteristics(wanted, services[0])}
    if any(uuid not in found for uuid in wanted):
        message = "the store's challenge service lacks a characteristic"
        raise ConnectionError(message)
    return [found[uuid] for uuid in wanted]
