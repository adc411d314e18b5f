"""A connection that does not say what it wants is closed; one that did is answered, however long that takes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.server import ServerState

from hq.adapters.web.patience import PatientProtocol

HEAD_S = 0.2
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Impatient(PatientProtocol):
    head_s = HEAD_S


async def slow_app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    assert scope["type"] == "http"
    await receive()
    await asyncio.sleep(2 * HEAD_S)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    config, state = uvicorn.Config(slow_app, log_config=None, timeout_keep_alive=30), ServerState()
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: Impatient(config, state, {}), "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield reader, writer
        finally:
            writer.close()
            await asyncio.gather(*state.tasks)


@pytest.mark.parametrize("said", [b"", b"GET / HT"])
def test_a_connection_that_asks_for_nothing_is_closed(said: bytes) -> None:
    async def closed() -> bytes:
        async with line() as (reader, writer):
            writer.write(said)
            return await asyncio.wait_for(reader.read(), 20)

    assert asyncio.run(closed()) == b""


def test_a_head_that_comes_letter_by_letter_is_not_waited_for() -> None:
    async def closed() -> bool:
        async with line() as (reader, writer):
            end = asyncio.create_task(reader.read())
            for letter in REQUEST[:-1] * 50:
                if end.done():
                    return True
                writer.write(bytes([letter]))
                await asyncio.sleep(HEAD_S / 10)
            return False

    assert asyncio.run(closed())


def test_an_answer_takes_as_long_as_it_takes_and_the_line_stays_for_the_next_one() -> None:
    async def answers() -> list[bytes]:
        async with line() as (reader, writer):
            found = []
            for _ in range(2):
                writer.write(REQUEST)
                found.append((await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).partition(b"\r\n")[0])
            return found

    assert asyncio.run(answers()) == [b"HTTP/1.1 204 No Content"] * 2


def test_the_second_head_on_a_line_has_its_time_too() -> None:
    async def closed() -> bytes:
        async with line() as (reader, writer):
            writer.write(REQUEST)
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            writer.write(b"GET")
            return await asyncio.wait_for(reader.read(), 20)

    assert asyncio.run(closed()) == b""
