"""The store's side of the challenge on the simulated radio: one GATT service that phones connect to.

It fits the port that the store declares and decides nothing: the three callbacks do. UUIDs are those of `wire.gatt`.
"""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bumble import hci as bumble_hci
from bumble.att import ATT_Error, ErrorCode
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.transport import open_transport
from bumble.transport.common import Transport

from wire import gatt

# Slow enough for a store's radio that scans at the same time, fast enough for a phone to find it within half a second.
_ADVERTISING_INTERVAL_MS: Final = 100
_ANSWER_WITHIN_S: Final = 3.0
# The store ends within a second; closing the line hangs up on everybody anyway.
_STOP_WITHIN_S: Final = 0.3

ReadCallback = Callable[[str], bytes]
WriteCallback = Callable[[str, bytes], None]
EndCallback = Callable[[str], None]


class SimulatedPeripheral:
    """The challenge service over `hci` = "127.0.0.1:PORT"."""

    def __init__(self, hci: str) -> None:
        self._endpoint = hci
        self._transport: Transport | None = None
        self._device: Device | None = None
        self._names = itertools.count(1)
        self._connections: dict[Connection, str] = {}
        self._restart: asyncio.Task[None] | None = None
        self._is_lost = asyncio.Event()

    async def start(
        self,
        on_read_challenge: ReadCallback,
        on_write_response: WriteCallback,
        on_read_ack: ReadCallback,
        on_disconnect: EndCallback,
    ) -> None:
        """Advertise and serve. Callbacks run on this loop; one that raises answers the phone with an ATT error.

        Each connection has an opaque name, never used again. Raises ConnectionError when the radio is not there.
        """
        # Bumble's warnings name addresses, which no log of a store may hold.
        logging.getLogger("bumble").setLevel(logging.CRITICAL)
        self._on_disconnect = on_disconnect
        self._is_lost.clear()
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                self._transport = await open_transport(f"tcp-client:{self._endpoint}")
                self._transport.source.terminated.add_done_callback(lambda _: self._lose())
                await self._power_on(self._transport, on_read_challenge, on_write_response, on_read_ack)
        except (OSError, TimeoutError, BaseBumbleError) as error:
            await self.stop()
            message = "the simulated radio for check-in does not answer; is the simulator running?"
            raise ConnectionError(message) from error

    async def stop(self) -> None:
        """Hang up on everybody; also fine when the shop went away before."""
        if self._restart is not None:
            self._restart.cancel()
        device, self._device = self._device, None
        transport, self._transport = self._transport, None
        try:
            if device is not None:
                with suppress(BaseBumbleError, TimeoutError, OSError):
                    async with asyncio.timeout(_STOP_WITHIN_S):
                        await device.stop_advertising()
        finally:
            if transport is not None:
                await transport.close()
            self._end_all()

    async def wait_lost(self) -> None:
        """Until the shop goes away."""
        await self._is_lost.wait()

    async def _power_on(
        self,
        transport: Transport,
        on_read_challenge: ReadCallback,
        on_write_response: WriteCallback,
        on_read_ack: ReadCallback,
    ) -> None:
        configuration = DeviceConfiguration(name="", address=_static_address())
        self._device = device = Device.from_config_with_hci(configuration, transport.source, transport.sink)
        device.add_service(
            Service(
                str(gatt.SERVICE),
                [
                    self._readable(str(gatt.CHALLENGE), on_read_challenge),
                    self._writable(str(gatt.RESPONSE), on_write_response),
                    self._readable(str(gatt.ACKNOWLEDGEMENT), on_read_ack),
                ],
            )
        )
        device.on(device.EVENT_CONNECTION, self._begin)
        await device.power_on()
        await self._advertise()

    async def _advertise(self) -> None:
        if self._device is None:
            return
        fields = [
            (AdvertisingData.FLAGS, bytes((0x06,))),
            (AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(UUID(str(gatt.SERVICE)))),
        ]
        await self._device.start_advertising(
            advertising_data=bytes(AdvertisingData(fields)),
            advertising_interval_min=_ADVERTISING_INTERVAL_MS,
            advertising_interval_max=_ADVERTISING_INTERVAL_MS,
        )

    def _begin(self, connection: Connection) -> None:
        self._connections[connection] = f"c{next(self._names)}"
        connection.on(connection.EVENT_DISCONNECTION, lambda _reason: self._end(connection))
        # A controller stops advertising when somebody connects; the next phone wants in too.
        self._restart = asyncio.create_task(self._advertise())

    def _lose(self) -> None:
        self._end_all()
        self._is_lost.set()

    def _end_all(self) -> None:
        for connection in list(self._connections):
            self._end(connection)

    def _end(self, connection: Connection) -> None:
        name = self._connections.pop(connection, None)
        if name is not None:
            self._on_disconnect(name)

    def _readable(self, uuid: str, read: ReadCallback) -> Characteristic[bytes]:
        def answer(connection: Connection) -> bytes:
            try:
                return read(self._connections[connection])
            except Exception as error:
                raise ATT_Error(ErrorCode.UNLIKELY_ERROR) from error

        value = CharacteristicValue(read=answer)
        return Characteristic(uuid, Characteristic.Properties.READ, Characteristic.READABLE, value)

    def _writable(self, uuid: str, write: WriteCallback) -> Characteristic[bytes]:
        def take(connection: Connection, octets: bytes) -> None:
            try:
                write(self._connections[connection], octets)
            except Exception as error:
                raise ATT_Error(ErrorCode.UNLIKELY_ERROR) from error

        value = CharacteristicValue(write=take)
        return Characteristic(uuid, Characteristic.Properties.WRITE, Characteristic.WRITEABLE, value)


def _static_address() -> bumble_hci.Address:
    octets = bytearray(secrets.token_bytes(6))
    octets[5] |= 0xC0  # the two top bits make it a static random address
    return bumble_hci.Address(bytes(octets), bumble_hci.Address.RANDOM_DEVICE_ADDRESS)
