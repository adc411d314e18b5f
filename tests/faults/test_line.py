"""The line to head office tears, repeats, delays and mixes up what goes over it."""

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import LONG
from tests.faults.torn import FATES, TornLine
from tests.faults.world import People, World

pytestmark = pytest.mark.timeout(300)
BAD_FOR_S = 90.0 if LONG else 12.0


def test_nothing_promised_is_lost_on_a_torn_line(world: World, note: Callable[..., None]) -> None:
    with TornLine(world.hq_port, random.Random(world.chance.random())) as line:
        world.open(line.port)
        with People(world):
            line.is_calm = False
            time.sleep(BAD_FOR_S)
            line.is_calm = True
        world.settle()
        verdict = world.judged()
    happened = {name.replace(" ", "_"): line.count[name] for name in FATES}
    note(**happened, **verdict.figures)
    assert verdict.is_clean, verdict
    assert all(happened.values()), happened
