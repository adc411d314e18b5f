"""Signing in keeps nobody waiting but others who sign in."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore
from typing import Any

import pytest

from hq.adapters.passwords import AT_ONCE
from hq.adapters.web import Desk
from hq.adapters.web.desk import WAITING
from hq.errors import TooFast


def test_a_burst_of_passwords_leaves_the_database_threads_to_the_stores() -> None:
    weighing, started, begun = Event(), Semaphore(0), []

    def weighed(name: int) -> int:
        begun.append(name)
        started.release()
        weighing.wait(20)
        return name

    async def burst(desk: Desk) -> None:
        guesses = [asyncio.create_task(desk.in_turn(weighed, name)) for name in range(WAITING)]
        for _ in range(AT_ONCE):
            assert await asyncio.to_thread(started.acquire, timeout=20)
        assert [await desk.run(str, number) for number in range(20)] == [str(number) for number in range(20)]
        assert len(begun) == AT_ONCE
        with pytest.raises(TooFast):
            await desk.in_turn(weighed, WAITING)
        weighing.set()
        assert await asyncio.gather(*guesses) == list(range(WAITING))
        assert desk.waiting == 0

    office: Any = None  # nothing is asked of it
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        desk = Desk(office, "", pool)
        asyncio.run(burst(desk))
        desk.watcher.shutdown()
