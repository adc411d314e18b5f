"""The line between store and head office, as a TCP relay whose plug can be pulled."""

import asyncio
from contextlib import suppress
from typing import Final

_CHUNK: Final = 65_536


class Relay:
    """Listens on loopback and passes bytes to `target_port` while `plugged`; pulled, it resets what is open."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.plugged = True

    async def start(self) -> int:
        """The port it listens on."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def pull(self) -> None:
        """As when somebody trips over the cable: nothing is said, everything is gone."""
        self.plugged = False
        for writer in tuple(self._open):
            writer.transport.abort()

    def plug(self) -> None:
        """New connections pass again."""
        self.plugged = True

    async def stop(self) -> None:
        """Closes everything."""
        self.pull()
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._join(reader, writer)
        writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.plugged:
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        pair = {writer, far_writer}
        self._open |= pair
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            self._open -= pair
            far_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
