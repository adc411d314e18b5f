"""Where another process plugs into one of the shop's radios: HCI packets over loopback TCP, as Bumble frames them.

One host at a time, like a real adapter; a new host replaces the old one, because the old one's end may not have been
noticed yet. A host that goes away leaves a radio that was reset.
"""

import asyncio
import errno
import struct
from typing import Final

from bumble.core import BaseBumbleError

from simulator.controller import RadioController
from simulator.errors import PortTaken
from simulator.hci import BrokenStream, Framer

LOOPBACK: Final = "127.0.0.1"
# A host that stops reading loses reports instead of growing this process: 256 KiB are some 6,000 of them.
_MOST_UNSENT_BYTES: Final = 256 * 1024


class Attachment:
    """The TCP port of one controller. `dropped` counts packets that a slow host did not get."""

    def __init__(self, controller: RadioController) -> None:
        self.controller = controller
        self.dropped = 0
        self._server: asyncio.Server | None = None
        self._line: _Line | None = None

    @property
    def endpoint(self) -> str:
        """host:port, once open."""
        if self._server is None:
            message = "the attachment is not open"
            raise RuntimeError(message)
        port = self._server.sockets[0].getsockname()[1]
        return f"{LOOPBACK}:{port}"

    async def open(self, port: int = 0) -> None:
        """Listen; port 0 takes any free one. Raises PortTaken."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Line(self), LOOPBACK, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(port, f"the radio {self.controller.name}") from error

    async def close(self) -> None:
        """Hang up and stop listening."""
        if self._line is not None:
            self._line.hang_up()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def plug(self, line: "_Line") -> None:
        """A host connected."""
        if self._line is not None:
            self._line.hang_up()
        self.controller.reset()
        self._line = line
        self.controller.host = line

    def unplug(self, line: "_Line") -> None:
        """A host left; one that was replaced before changes nothing."""
        if self._line is line:
            self._line = None
            self.controller.host = None
            self.controller.reset()


class _Line(asyncio.Protocol):
    """One TCP connection of one host."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._attachment.plug(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        self._attachment.unplug(self)

    def data_received(self, data: bytes) -> None:
        try:
            for packet in self._framer.feed(data):
                self._attachment.controller.on_packet(packet)
        except (BrokenStream, BaseBumbleError, ValueError, LookupError, struct.error):
            # Whoever sends something else than HCI is no host of this radio.
            self.hang_up()

    def on_packet(self, packet: bytes) -> None:
        """From the controller to the host."""
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size() > _MOST_UNSENT_BYTES:
            self._attachment.dropped += 1
            return
        self._transport.write(packet)

    def hang_up(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()
