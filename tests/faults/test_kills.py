"""kill -9, at random moments, of store and head office, while events and profiles flow."""

import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import LONG
from tests.faults.world import People, World

KILLS = 220 if LONG else 24
pytestmark = pytest.mark.timeout(1200)


def test_nothing_promised_is_lost_by_kill_9(world: World, note: Callable[..., None]) -> None:
    world.open()
    chance = world.chance
    with People(world):
        for number in range(KILLS):
            if number % 2:  # half of them fall into a start, half into work
                world.wait_ready()
            time.sleep(chance.uniform(0.02, 0.8))
            if chance.random() < 0.5:
                world.kill_edge()
                world.spawn_edge()
            else:
                world.kill_hq()
                world.spawn_hq()
    world.settle()
    verdict = world.judged()
    note(kills=KILLS, **verdict.figures)
    assert verdict.is_clean, verdict
    # Far fewer, and there was nothing to lose.
    assert verdict.events > KILLS
