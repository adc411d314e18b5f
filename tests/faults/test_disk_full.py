"""A disk without room, at the start and in the middle: told in one sentence, nothing promised is lost, and service goes
on when room is made.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from edge.adapters.ballast import BALLAST_FILE
from tests.faults.conftest import LONG
from tests.faults.disk import Disk, loop_disk
from tests.faults.world import People, Verdict, World
from tests.flow.shop import eventually

pytestmark = [pytest.mark.needs("loop"), pytest.mark.timeout(300)]
TIMES = 6 if LONG else 1
Note = Callable[..., None]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with loop_disk(tmp_path, 96) as made:
        yield made


def filled_and_emptied(world: World, disk: Disk) -> Verdict:
    """While people go on: full for two seconds, then with room again; started anew, so that logs are short."""
    with People(world):
        for _ in range(TIMES):
            for stop, start in ((world.stop_edge, world.start_edge), (world.stop_hq, world.start_hq)):
                stop()
                start()
            space = disk.fill()
            time.sleep(2.0)
            space.unlink()
        time.sleep(2.0)
    world.settle()
    return world.judged()


def said(log: Path) -> str:
    return log.read_text()


def test_a_store_whose_disk_fills_up_loses_nothing_it_promised(disk: Disk, world: World, note: Note) -> None:
    world.edge_state = disk.mount / "edge"
    world.open()
    verdict = filled_and_emptied(world, disk)
    note(full_disks=TIMES, **verdict.figures)
    assert verdict.is_clean, verdict
    assert "the disk is full: make room" in said(world.folder / "edge.log")


def test_head_office_whose_disk_fills_up_loses_nothing_it_promised(disk: Disk, world: World, note: Note) -> None:
    world.hq_state = disk.mount / "hq"
    world.open()
    verdict = filled_and_emptied(world, disk)
    note(full_disks=TIMES, **verdict.figures)
    assert verdict.is_clean, verdict
    assert "The disk is full" in said(world.folder / "hq.log")


def test_a_store_without_ballast_on_a_full_disk_does_not_start_and_says_why(
    disk: Disk, world: World, note: Note
) -> None:
    world.edge_state = disk.mount / "edge"
    world.open()
    world.stop_edge()
    (world.edge_state / BALLAST_FILE).unlink()
    space = disk.fill()
    log = world.folder / "edge.log"
    before = len(said(log))
    assert world.spawn_edge().wait(20) == 2
    assert "its disk is full: make room" in said(log)[before:].splitlines()[-1]
    space.unlink()
    world.start_edge()
    note(full_disks=1)


def test_head_office_on_a_full_disk_does_not_start_and_says_why(disk: Disk, world: World, note: Note) -> None:
    world.hq_state = disk.mount / "hq"
    world.open()
    world.stop_hq()
    space = disk.fill()
    log = world.folder / "hq.log"
    before = len(said(log))
    assert world.spawn_hq().wait(20) == 2
    told = said(log)[before:]
    assert len(told.strip().splitlines()) == 1
    assert "room" in told
    space.unlink()
    world.start_hq()
    eventually(lambda: httpx.get(f"{world.hq_url}/readyz").status_code == 200)
    note(full_disks=1)
