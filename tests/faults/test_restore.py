"""Head office put back to an older backup: who withdrew since stays away, and no event is lost or counted twice."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.faults.records import replica_of
from tests.faults.world import World
from tests.flow.shop import eventually

pytestmark = pytest.mark.timeout(120)


def visit(world: World, member: str, states: int = 3) -> None:
    """A card checked in and some taps on the tablet, all of them answered with yes."""
    with world.tablet() as io:
        card = world.promised.joined[member]
        answer = eventually(lambda: _yes(world.say(io, "checkin", loyalty=card)), within_s=15)
        for number in range(states):
            state = ("served", "here")[number % 2]
            told = world.say(io, "state", visit_id=answer["body"]["visit_id"], state=state)
            assert told["ok"], told
            world.promised.asked[answer["body"]["visit_id"], "visit.state"] += 1
            world.promised.acknowledged[answer["body"]["visit_id"], "visit.state"] += 1


def _yes(answer: dict[str, object]) -> dict[str, object] | None:
    return answer if answer["ok"] else None


def put_back(world: World, backup: Path) -> None:
    """As the runbook says: stop, put the backup there, tell, start."""
    world.stop_hq()
    shutil.rmtree(world.hq_state)
    shutil.copytree(backup, world.hq_state)
    told = world.spawner.run("hq", "restored", "--state", str(world.hq_state), log=world.folder / "restored.log")
    assert told.wait(20) == 0
    world.start_hq()


def backed_up(world: World) -> Path:
    world.stop_hq()
    backup = world.folder / "backup"
    shutil.copytree(world.hq_state, backup)
    world.start_hq()
    return backup


def test_a_restored_head_office_brings_nobody_back_and_loses_no_event(world: World, note: Callable[..., None]) -> None:
    world.open()
    stays, withdraws, is_erased = (world.join(name) for name in ("Anna", "Ben", "Cem"))
    visit(world, stays)
    world.settle()
    backup = backed_up(world)
    visit(world, withdraws)
    time.sleep(1.1)  # a receipt counts seconds: who withdraws in the second of the consent is not told from who returns
    world.withdraw(withdraws)
    world.withdraw(is_erased, "erase")
    eventually(lambda: world.confirmed() == {withdraws, is_erased}, within_s=20)
    visit(world, stays)
    world.settle()

    put_back(world, backup)
    world.watcher.cursor, world.watcher.revoked = None, 0
    world.settle()  # else a visit may begin on the old copy and end with it
    visit(world, stays)
    eventually(lambda: set(_scope(world)) == {stays}, within_s=20)
    world.settle()
    assert httpx.get(f"{world.hq_url}/readyz").status_code == 200
    world.stop_edge()
    world.stop_hq()
    assert set(replica_of(world.edge_state, world.promised.joined)) == {stays}
    lost, duplicates, events = world._events()
    note(restores=1, lost=lost, duplicates=duplicates, events=events)
    assert (lost, duplicates) == (0, 0)


def _scope(world: World) -> dict[str, object]:
    world.watcher.catch_up()
    return world.watcher.here("profile")
