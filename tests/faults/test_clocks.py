"""System clocks that jump by days, in both directions, under a running store and a running head office."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.faults.conftest import LONG
from tests.faults.world import People, World

pytestmark = pytest.mark.timeout(300)
DAY_S = 86_400.0
JUMPS = (3 * DAY_S, -3 * DAY_S, 400 * DAY_S, -20_000 * DAY_S) if LONG else (3 * DAY_S, -20_000 * DAY_S)
# What a store's own measuring may add to head office's time: a call, and the machine being busy.
NEAR_S = 60.0
Note = Callable[..., None]


def instants(world: World) -> list[float]:
    with closing(sqlite3.connect(world.hq_state / "hq.sqlite")) as db:
        return [row[0] for row in db.execute("SELECT at FROM event ORDER BY rowid")]


def test_the_stores_clock_may_say_what_it_likes(world: World, note: Note) -> None:
    """-20,000 days is 1972: a Pi without a battery. With head office there, events carry head office's time."""
    world.open()
    began = time.time()
    with People(world):
        for jump in JUMPS:
            time.sleep(1.5)
            world.edge_clock.set(jump)
            time.sleep(1.5)
            world.kill_edge()
            world.start_edge()
            time.sleep(1.5)
            world.edge_clock.set(0.0)
        time.sleep(1.0)
    world.settle()
    verdict = world.judged()
    note(clock_jumps=len(JUMPS) * 2, **verdict.figures)
    assert verdict.is_clean, verdict
    strays = [at - began for at in instants(world) if not began - NEAR_S < at < time.time() + NEAR_S]
    assert not strays


def test_head_offices_clock_may_jump_by_hours(world: World, note: Note) -> None:
    """Stores whose tokens are of another hour learn head office's from its refusal, and go on."""
    world.open()
    with People(world):
        for jump in (2 * 3_600.0, -2 * 3_600.0, 0.0):
            time.sleep(1.5)
            world.hq_clock.set(jump)
        time.sleep(2.0)
    world.settle()
    verdict = world.judged()
    note(clock_jumps=3, **verdict.figures)
    assert (verdict.lost, verdict.duplicates, verdict.inconsistent) == (0, 0, 0), verdict
