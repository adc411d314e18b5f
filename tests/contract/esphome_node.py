"""An ESPHome node for tests: the server's side of its native API, as far as a scanner needs, on a port of 127.0.0.1.

Written against ESPHome's description of the protocol and not with aioesphomeapi's connection, which is what is tested;
its message classes are shared, they are ESPHome's own definitions compiled.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aioesphomeapi import api_pb2
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO
from noise.connection import NoiseConnection

KEY: Final = base64.b64encode(bytes(range(32))).decode()
PROXY: Final = 1 | 1 << 5  # passive scan, raw advertisements
# (address, RSSI in dBm, payload)
Report = tuple[int, int, bytes]
messages: Any = api_pb2  # protobuf makes its classes at run time
_NUMBER: Final = {message: number for number, message in MESSAGE_TYPE_TO_PROTO.items()}
_NAME: Final = "node"
_MAC: Final = "AA:BB:CC:00:00:01"


class FakeNode:
    """`key` None: it speaks in the clear. `features` are what it says its proxy can."""

    def __init__(self, key: str | None = KEY, features: int = PROXY) -> None:
        self.key, self.features = key, features
        self.port = 0
        self.greeted = 0
        self._lines: set[_Line] = set()
        self._server: asyncio.Server | None = None

    @property
    def listeners(self) -> int:
        """How many have subscribed to advertisements."""
        return sum(line.is_subscribed for line in self._lines)

    async def switch_on(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def switch_off(self) -> None:
        """As when somebody pulls the plug: nobody is told."""
        if self._server is not None:
            self._server.close()
        for line in list(self._lines):
            line.cut()
        if self._server is not None:
            await self._server.wait_closed()
        self._server = None

    def hear(self, address: int, rssi_dbm: int, payload: bytes) -> None:
        """Its radio hears one packet, and passes it on."""
        self.pass_on([(address, rssi_dbm, payload)])

    def pass_on(self, reports: Iterable[Report]) -> None:
        """Several in one message, as a node does that hears much."""
        message = messages.BluetoothLERawAdvertisementsResponse()
        for address, rssi_dbm, payload in reports:
            message.advertisements.add(address=address, rssi=rssi_dbm, address_type=1, data=payload)
        for line in self._lines:
            if line.is_subscribed:
                line.send(message)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(self, reader, writer)
        self._lines.add(line)
        try:
            await line.run()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._lines.discard(line)
            line.cut()


class _Line:
    """One connection: frames, encryption, and the answers."""

    def __init__(self, node: FakeNode, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._node, self._reader, self._writer = node, reader, writer
        self._noise: Any = None
        self.is_subscribed = False

    def cut(self) -> None:
        self._writer.transport.abort()

    async def run(self) -> None:
        if self._node.key is not None:
            await self._shake_hands(self._node.key)
        while True:
            message = await self._receive()
            answer = self._answer(message)
            if answer is not None:
                self.send(answer)
            await self._writer.drain()
            if isinstance(message, messages.DisconnectRequest):
                return

    def _answer(self, message: Any) -> Any:
        match message:
            case messages.HelloRequest():
                self._node.greeted += 1
                return messages.HelloResponse(api_version_major=1, api_version_minor=14, server_info="fake", name=_NAME)
            case messages.DeviceInfoRequest():
                return messages.DeviceInfoResponse(
                    name=_NAME, mac_address=_MAC, bluetooth_proxy_feature_flags=self._node.features
                )
            case messages.PingRequest():
                return messages.PingResponse()
            case messages.DisconnectRequest():
                return messages.DisconnectResponse()
            case messages.SubscribeBluetoothLEAdvertisementsRequest():
                self.is_subscribed = True
            case messages.UnsubscribeBluetoothLEAdvertisementsRequest():
                self.is_subscribed = False
        return None

    async def _shake_hands(self, key: str) -> None:
        """Noise NNpsk0: the client's empty hello, ours with name and MAC, then one message each way."""
        await self._frame()
        self._write(b"\x01" + _NAME.encode() + b"\0" + _MAC.replace(":", "").lower().encode() + b"\0")
        noise = NoiseConnection.from_name(b"Noise_NNpsk0_25519_ChaChaPoly_SHA256")
        noise.set_as_responder()
        noise.set_psks(base64.b64decode(key))
        noise.set_prologue(b"NoiseAPIInit\x00\x00")
        noise.start_handshake()
        greeting = await self._frame()
        try:
            noise.read_message(greeting[1:])
        except Exception as error:  # the library raises whatever its cipher does
            self._write(b"\x01Handshake MAC failure")
            await self._writer.drain()
            raise ConnectionError from error
        self._write(b"\x00" + bytes(noise.write_message()))
        self._noise = noise

    def send(self, message: Any) -> None:
        number, octets = _NUMBER[type(message)], message.SerializeToString()
        if self._noise is not None:
            head = number.to_bytes(2, "big") + len(octets).to_bytes(2, "big")
            self._write(bytes(self._noise.encrypt(head + octets)))
        else:
            self._writer.write(b"\x00" + _varint(len(octets)) + _varint(number) + octets)

    async def _receive(self) -> Any:
        if self._noise is not None:
            octets = bytes(self._noise.decrypt(await self._frame()))
            number, body = int.from_bytes(octets[:2], "big"), octets[4:]
        else:
            if await self._reader.readexactly(1) != b"\x00":
                # As ESPHome: whoever wants encryption here gets a frame in the clear, and is left to go.
                self._writer.write(b"\x00\x00\x00")
                await self._reader.read(-1)
                raise ConnectionError
            length, number = await self._number(), await self._number()
            body = await self._reader.readexactly(length)
        return MESSAGE_TYPE_TO_PROTO[number].FromString(body)

    def _write(self, octets: bytes) -> None:
        self._writer.write(b"\x01" + len(octets).to_bytes(2, "big") + octets)

    async def _frame(self) -> bytes:
        mark, *length = await self._reader.readexactly(3)
        if mark != 1:
            raise ConnectionError
        return await self._reader.readexactly(int.from_bytes(bytes(length), "big"))

    async def _number(self) -> int:
        value = shift = 0
        while True:
            octet = (await self._reader.readexactly(1))[0]
            value |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:
                return value


def _varint(value: int) -> bytes:
    octets = b""
    while value >= 0x80:
        octets += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return octets + bytes((value,))


@asynccontextmanager
async def node(key: str | None = KEY, features: int = PROXY) -> AsyncIterator[FakeNode]:
    """Switched on, and off at the end."""
    fake = FakeNode(key, features)
    await fake.switch_on()
    try:
        yield fake
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await fake.switch_off()
