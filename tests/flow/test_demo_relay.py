"""The line whose plug can be pulled."""

import asyncio

from regulars.demo.percentile import summary
from regulars.demo.relay import Relay


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(100):
        writer.write(chunk)
    writer.close()


async def _line() -> tuple[Relay, int, asyncio.Server]:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    relay = Relay(server.sockets[0].getsockname()[1])
    return relay, await relay.start(), server


async def _said(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    said = await _rest(reader)
    writer.transport.abort()
    return said


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """What comes next; nothing when the line is dead."""
    try:
        return await asyncio.wait_for(reader.read(100), 2)
    except ConnectionError:
        return b""


def test_bytes_pass_while_the_plug_is_in() -> None:
    async def story() -> None:
        relay, port, server = await _line()
        assert await _said(port) == b"hello"
        await relay.stop()
        server.close()

    asyncio.run(story())


def test_pulled_it_resets_what_is_open_and_passes_nothing_until_plugged() -> None:
    async def story() -> None:
        relay, port, server = await _line()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
        await reader.read(100)
        relay.pull()
        assert await _rest(reader) == b""
        writer.transport.abort()
        assert await _said(port) == b""
        relay.plug()
        assert await _said(port) == b"hello"
        await relay.stop()
        server.close()

    asyncio.run(story())


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert summary([3, 1, 2, 10]) == {"n": 4, "p50": 2, "p95": 10, "p99": 10, "max": 10}
    assert summary([]) == {"n": 0, "p50": None, "p95": None, "p99": None, "max": None}
