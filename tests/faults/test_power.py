"""The power goes: what was acknowledged is on the disk, at the store and at head office."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.adapters.store_key import KEY_FILE, KEY_LENGTH, store_key
from tests.faults.conftest import LONG
from tests.faults.disk import Disk, loop_disk
from tests.faults.records import open_outbox
from tests.faults.spawner import Spawner
from tests.faults.world import People, World

pytestmark = [pytest.mark.needs("loop"), pytest.mark.timeout(1200)]
CUTS = 40 if LONG else 4
WRITER_CUTS = 40 if LONG else 6
KEY_CUTS = 40 if LONG else 3
# Measured: nearly every cut takes rows that the weaker mode had acknowledged.
WEAK_CUTS = 100


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with loop_disk(tmp_path, 192) as made:
        yield made


def test_nothing_promised_is_lost_by_power_cuts(disk: Disk, world: World, note: Callable[..., None]) -> None:
    world.hq_state, world.edge_state = disk.mount / "hq", disk.mount / "edge"
    world.open()
    with People(world):
        for number in range(CUTS):
            if number % 2:
                world.wait_ready()
            time.sleep(world.chance.uniform(0.1, 1.0))
            confirmed = world.confirmed()
            assert world.edge is not None
            assert world.hq is not None
            disk.cut(world.edge, world.hq)
            disk.plug_in()
            world.look_for(confirmed)
            world.spawn_hq()
            world.spawn_edge()
    world.settle()
    verdict = world.judged()
    note(power_cuts=CUTS, **verdict.figures)
    assert verdict.is_clean, verdict
    assert verdict.events > CUTS


def test_the_outbox_keeps_all_and_the_weaker_mode_loses(
    disk: Disk, spawner: Spawner, world: World, note: Callable[..., None]
) -> None:
    """One after the other on the same disk: what the one keeps and the other loses is the sync mode's doing."""
    lost, weak_cuts, weak_lost = 0, 0, 0
    for number in range(max(WRITER_CUTS, WEAK_CUTS)):
        wait_s = world.chance.uniform(0.05, 0.5)
        if number < WRITER_CUTS:
            lost += rows_lost(disk, spawner, number, "FULL", wait_s)
        if not weak_lost:
            weak_cuts += 1
            weak_lost = rows_lost(disk, spawner, number, "NORMAL", wait_s)
        elif number >= WRITER_CUTS:
            break
    note(power_cuts=WRITER_CUTS, lost=lost, weak_cuts=weak_cuts, weak_rows_lost=weak_lost)
    assert lost == 0
    assert weak_lost > 0, f"the weaker mode lost nothing in {weak_cuts} cuts: this test cannot show a loss here"


def test_a_key_that_was_made_is_there_after_a_power_cut(
    disk: Disk, spawner: Spawner, note: Callable[..., None]
) -> None:
    """It is used only once it is made, and nobody can read without it what is written from then on."""
    made, careless_lost = 0, 0
    for number in range(KEY_CUTS):
        keys = keys_made(disk, spawner, number, "synced")
        assert {folder: store_key(folder, folder / "outbox.db").octets.hex() for folder in keys} == keys
        made += len(keys)
        keys = keys_made(disk, spawner, number, "careless")
        careless_lost += sum(not (folder / KEY_FILE).exists() for folder in keys)
        empty(disk)  # thousands of keys: a quick machine fills it before the last cut
    note(power_cuts=KEY_CUTS, keys=made)
    assert made > 0
    assert careless_lost > 0, f"keys that nobody synced were there after {KEY_CUTS} cuts: this test cannot show a loss"


def empty(disk: Disk) -> None:
    """Whatever was written goes, and the next cut does not bring it back."""
    for folder in disk.mount.glob("*-*"):
        shutil.rmtree(folder)
    os.sync()


def keys_made(disk: Disk, spawner: Spawner, number: int, manner: str) -> dict[Path, str]:
    state, lines = written(disk, spawner, "tests.faults.key_maker", (manner, number), 0.05 + 0.05 * (number % 7))
    told = [line.split() for line in lines if len(line) > 2 * KEY_LENGTH]
    return {state / folder: key for folder, key in told}


def rows_lost(disk: Disk, spawner: Spawner, number: int, mode: str, wait_s: float) -> int:
    """Events that the outbox took and does not have after the cut; what it has is whole and in order."""
    state, lines = written(disk, spawner, "tests.faults.writer", (mode, number), wait_s)
    # Behind the numbers stands how the writer met the end of its disk.
    acknowledged = max(int(line) for line in lines if line.isdigit())
    box = open_outbox(state)
    try:
        sent = box.batch()
        assert sent is None or [event.n for event in sent.events] == list(range(1, len(sent.events) + 1))
        return max(0, acknowledged - box.waiting())
    finally:
        box.close()


def written(disk: Disk, spawner: Spawner, module: str, run: tuple[str, int], wait_s: float) -> tuple[Path, list[str]]:
    """A folder in which `module` worked in one manner until the power went, and the lines of what it had done."""
    state = disk.mount / f"{run[0]}-{run[1]}"
    state.mkdir()
    log = disk.image.with_name(f"{state.name}.log")
    life = spawner.module(module, str(state), run[0], log=log)
    while not log.exists() or not log.stat().st_size:
        assert not life.is_over, log.read_text()
        time.sleep(0.01)
    time.sleep(wait_s)
    disk.cut(life)
    disk.plug_in()
    return state, log.read_text().splitlines()
