"""512 octets changed somewhere in a file, as a dying SD card does: seen, told with the remedy, and never served."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.adapters.store_sqlite import DatabaseError
from edge.core.bodies import Kept
from edge.core.effects import Record
from edge.core.replica import Plan
from edge.errors import OutboxDamaged
from tests.core.pages import HUB_KEYS, packed
from tests.core.store import profile
from tests.faults.conftest import LONG
from tests.faults.records import open_cache, open_outbox
from tests.faults.world import World
from tests.flow.shop import eventually

pytestmark = pytest.mark.timeout(300)
PLACES = 120 if LONG else 20
DAMAGE = 512
MEMBERS = [f"{number:032x}" for number in range(300)]
Note = Callable[..., None]


def damaged(file: Path, chance: random.Random) -> None:
    whole = bytearray(file.read_bytes())
    at = chance.randrange(len(whole) - DAMAGE)
    whole[at : at + DAMAGE] = chance.randbytes(DAMAGE)
    file.write_bytes(whole)


def put_away(folder: Path, aside: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(aside, folder)


def test_a_damaged_replica_is_thrown_away_or_right(tmp_path: Path, world: World, note: Note) -> None:
    """What is read is what was written; where that cannot be, the whole file goes."""
    state, aside = tmp_path / "state", tmp_path / "aside"
    state.mkdir()
    bodies = {member: profile(member, alias=member[-4:]) for member in MEMBERS}
    cache = open_cache(state)
    cache.trust(HUB_KEYS)
    cache.apply(Plan({("profile", member): Kept(1, packed(body)) for member, body in bodies.items()}), "e.1.", 0, 1.0)
    cache.close()
    shutil.copytree(state, aside)
    rebuilt = 0
    for _ in range(PLACES):
        put_away(state, aside)
        damaged(state / "cache.db", world.chance)
        cache = open_cache(state)
        try:
            found = {member: cache.profile(member) for member in MEMBERS}
        except DatabaseError:  # seen when it was read: the feed's thread then rebuilds it
            cache.rebuild()
            found = {member: cache.profile(member) for member in MEMBERS}
        rebuilt += cache.was_rebuilt
        assert found == ({} if cache.was_rebuilt else bodies) or not any(found.values())
        cache.close()
    note(damaged=PLACES, damage_seen=rebuilt)
    assert rebuilt == PLACES, "every page carries an HMAC: none goes unseen"


def test_a_damaged_outbox_is_told_and_never_half_sent(tmp_path: Path, world: World, note: Note) -> None:
    state, aside = tmp_path / "state", tmp_path / "aside"
    state.mkdir()
    box = open_outbox(state)
    box.write([Record("visit.help", float(n), f"v{n}", body={"padding": "x" * 400}) for n in range(1, 401)])
    whole = box.batch()
    box.close()
    shutil.copytree(state, aside)
    seen = 0
    for _ in range(PLACES):
        put_away(state, aside)
        damaged(state / "outbox.db", world.chance)
        told = ""
        try:
            box = open_outbox(state)
        except OutboxDamaged as error:
            told = str(error)
        else:
            assert box.batch() == whole
            box.close()
        seen += "move it aside" in told
    note(damaged=PLACES, damage_seen=seen)
    assert seen == PLACES, "every page carries an HMAC: none goes unseen"


def test_a_store_whose_replica_is_damaged_fetches_it_again(world: World, note: Note) -> None:
    world.open()
    members = {world.join(name) for name in ("Anna", "Ben", "Cem")}
    world.settle()
    for _ in range(2):
        world.kill_edge()
        damaged(world.edge_state / "cache.db", world.chance)
        world.start_edge()
        world.settle()
    assert "cache.rebuilt" in (world.folder / "edge.log").read_text()
    verdict = world.judged()
    note(damaged=2, **verdict.figures)
    assert verdict.is_clean, verdict
    assert verdict.members == len(members)


def test_a_damaged_head_office_does_not_start_or_answers_right(world: World, note: Note) -> None:
    """Plain SQLite has no checksums: head office looks through the whole file when it starts, and names what it saw."""
    world.open()
    for number in range(12):
        world.join(f"member {number}")
    world.settle()
    world.stop_hq()
    file = world.hq_state / "hq.sqlite"
    whole, seen = file.read_bytes(), 0
    for _ in range(PLACES // 4):
        file.write_bytes(whole)
        damaged(file, world.chance)
        log = world.folder / "hq.log"
        before = len(log.read_text())
        life = world.spawn_hq()
        eventually(lambda life=life: life.is_over or (world.hq_state / "hq.url").exists(), within_s=20)  # type: ignore[misc]
        if life.is_over:
            told = log.read_text()[before:]
            assert len(told.strip().splitlines()) == 1, told
            assert "backup" in told
            seen += 1
        else:
            life.kill()
            (world.hq_state / "hq.url").unlink(missing_ok=True)
            assert _is_whole(file)
    note(damaged=PLACES // 4, damage_seen=seen)
    file.write_bytes(whole)


def _is_whole(file: Path) -> bool:
    """Not in a table or an index: damage in a page that nothing uses, or inside a value that a checksum covers."""
    with closing(sqlite3.connect(file)) as db, suppress(sqlite3.DatabaseError):
        return bool(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    return False
