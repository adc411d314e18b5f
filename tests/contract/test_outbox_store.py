"""outbox.db: facts with their events, pairings, and what is left after a member is erased."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.adapters import remnants
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_sqlite import connected
from edge.core import visit
from edge.core.effects import Alive, Done, DropVisit, Erase, Keep, KeepStep, KeepVisit, Lift, Record, Restriction
from edge.core.pairing import PairingStore
from edge.core.visit import Visit
from edge.errors import OutboxDamaged, StateDirError
from tests.contract.pairing_suite import PairingContract
from tests.core.store import ANNA, FILE_KEY, NOW
from wire.cards import AccessEntry

VISIT = Visit("v1", ANNA, "coats", NOW, NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def box(path: Path) -> Iterator[Outbox]:
    opened = Outbox(path, FILE_KEY)
    yield opened
    opened.close()


def arrived(member_ref: str = ANNA) -> Record:
    return Record("visit.arrived", NOW, "v1", member_ref, {"zone": "coats"}, (KeepVisit(VISIT),))


def decrypted(path: Path) -> bytes:
    return b"".join(remnants.pages(path, FILE_KEY))


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Another program has the file for itself."""
    other = connected(path, FILE_KEY, "FULL")
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.close()


def numbers(box: Outbox) -> list[int]:
    sent = box.batch()
    return [event.n for event in sent.events] if sent else []


class TestOutboxPairings(PairingContract):
    @pytest.fixture
    def store(self, box: Outbox) -> PairingStore:
        return box


def test_events_are_numbered_without_a_gap_over_restarts(box: Outbox, path: Path) -> None:
    box.write([arrived()])
    box.acknowledge(1)
    box.close()
    again = Outbox(path, FILE_KEY)
    again.write([arrived()])
    assert numbers(again) == [2]
    again.close()


def test_a_fact_and_its_event_are_written_together(box: Outbox) -> None:
    box.write([arrived()])
    sent = box.batch()
    assert sent is not None
    assert [event.visit_id for event in sent.events] == ["v1"]
    assert box.visits() == [VISIT]


def test_a_fact_that_cannot_be_written_takes_its_event_with_it(box: Outbox) -> None:
    broken = Record("visit.arrived", NOW, facts=(Restriction(ANNA, "veil", object()),))  # type: ignore[arg-type]
    with pytest.raises(Exception):  # noqa: B017 - whichever it is
        box.write([broken])
    assert box.waiting() == 0
    box.write([arrived()])
    assert numbers(box) == [1]


def test_nothing_about_staff_is_written(box: Outbox, path: Path) -> None:
    taken = visit.claimed(VISIT, "tablet-seven", NOW)
    assert taken is not None
    seen = visit.opened(taken, AccessEntry(at=NOW, role="staff", what="card"))
    box.write([Record("visit.state", NOW, "v1", "", {"state": "served"}, (KeepVisit(seen),))])
    assert b"coats" in decrypted(path)
    assert b"tablet-seven" not in decrypted(path)
    assert box.visits()[0].access_log == ()


def test_an_ended_visit_is_not_kept(box: Outbox) -> None:
    box.write([arrived()])
    box.write([Record("visit.left", NOW, "v1", "", {}, (DropVisit("v1"),))])
    assert box.visits() == []


def test_restrictions_hold_until_they_end(box: Outbox) -> None:
    veil = Restriction(ANNA, "veil", NOW + 60)
    box.write([Keep((veil,))])
    assert box.restrictions(NOW) == [veil]
    assert box.restrictions(NOW + 61) == []
    box.write([Keep((Lift(ANNA, "veil"),))])
    assert box.restrictions(NOW) == []


def test_what_was_done_and_when_it_ran_is_remembered(box: Outbox) -> None:
    box.write([Keep((Done("c1", NOW + 60), Alive(NOW)))])
    assert box.done(NOW) == {"c1": NOW + 60}
    assert box.alive_at() == NOW


def test_an_erased_member_is_in_no_byte_of_the_files(box: Outbox, path: Path) -> None:
    box.write([arrived()])
    assert ANNA.encode() in decrypted(path)
    box.write([Keep((Restriction(ANNA, "veil", NOW + 60), Erase(ANNA)))])
    box.tidy()
    assert ANNA.encode() not in decrypted(path)
    sent = box.batch()
    assert sent is not None
    assert [(event.n, event.member_ref) for event in sent.events] == [(1, "")]


def test_a_new_incarnation_numbers_what_waits_from_one(box: Outbox) -> None:
    for _ in range(3):
        box.write([arrived()])
    before = box.batch()
    box.acknowledge(1)
    box.renumber()
    after = box.batch()
    assert before is not None
    assert after is not None
    assert (after.first, len(after.events)) == (1, 2)
    assert before.incarnation != after.incarnation


def test_acknowledged_events_are_sent_again_to_a_restored_head_office(box: Outbox) -> None:
    box.write([arrived()] * 3)
    box.acknowledge(3)
    assert (box.waiting(), numbers(box)) == (0, [])
    assert box.go_back(1)
    assert numbers(box) == [2, 3]


def test_events_that_head_office_has_had_for_long_go(box: Outbox) -> None:
    box.write([Record("visit.help", NOW), Record("visit.help", NOW + 8 * 86_400)])
    box.acknowledge(2)
    box.write([Keep((Alive(NOW + 8 * 86_400),))])
    assert not box.go_back(0)
    assert box.go_back(1)


def test_that_head_office_has_an_event_costs_the_card_nothing_of_its_own(box: Outbox, path: Path) -> None:
    """By itself it wrote as much as the event had."""
    box.write([arrived()] * 3)
    log = path.with_name(f"{path.name}-wal")
    before = log.read_bytes()
    box.acknowledge(3)
    assert box.waiting() == 0
    assert log.read_bytes() == before


def test_what_head_office_has_is_kept_with_what_is_written_next_and_at_the_end(box: Outbox, path: Path) -> None:
    box.write([arrived()] * 3)
    box.acknowledge(2)
    box.write([Keep((Alive(NOW),))])
    beside = Outbox(path, FILE_KEY)
    assert numbers(beside) == [3]
    beside.close()
    box.acknowledge(3)
    box.close()
    again = Outbox(path, FILE_KEY)
    assert again.waiting() == 0
    again.close()


def test_a_damaged_outbox_is_never_thrown_away(path: Path) -> None:
    path.write_bytes(b"unsent events" * 1000)
    with pytest.raises(OutboxDamaged, match="move it aside"):
        Outbox(path, FILE_KEY)
    assert path.read_bytes().startswith(b"unsent events")


def test_an_outbox_that_another_program_holds_is_not_called_damaged(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Outbox(path, FILE_KEY).close()
    monkeypatch.setattr("edge.adapters.store_sqlite.BUSY_S", 0.05)
    with holding(path), pytest.raises(StateDirError, match="another program holds its files"):
        Outbox(path, FILE_KEY)


def test_a_full_disk_is_not_called_a_damaged_outbox(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Outbox(path, FILE_KEY).close()
    monkeypatch.setattr("edge.adapters.store_sqlite.BUSY_S", 0.05)
    monkeypatch.setattr("edge.adapters.store_sqlite._LEAST_FREE_BYTES", 1 << 62)
    with holding(path), pytest.raises(StateDirError, match="disk is full: make room"):
        Outbox(path, FILE_KEY)


def test_events_survive_a_kill(path: Path) -> None:
    """Every event that `record` returned is there after kill -9; the numbers have no gap."""
    writer = (
        "import sys; from pathlib import Path; from edge.adapters.outbox_sqlite import Outbox;"
        "from edge.core.effects import Record; box = Outbox(Path(sys.argv[1]), bytes(range(32)));"
        "[(box.write([Record('visit.help', 0.0)]), print(n, flush=True)) for n in range(1, 100000)]"
    )
    with subprocess.Popen([sys.executable, "-c", writer, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(40)]
        process.kill()
    box = Outbox(path, FILE_KEY)
    sent = box.batch()
    box.close()
    assert sent is not None
    assert [event.n for event in sent.events][: len(acknowledged)] == acknowledged


def test_the_store_does_not_load_numpy() -> None:
    program = "import sys, edge.adapters.outbox_sqlite; sys.exit('numpy' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_reserved_pieces_step_lasts_over_a_restart_and_ends_with_the_member(box: Outbox, path: Path) -> None:
    picked = KeepStep("r1", ANNA, "picked", NOW + 60)
    box.write([Keep((KeepStep("r1", ANNA, "reserved", NOW + 60), picked))])
    box.close()
    again = Outbox(path, FILE_KEY)
    assert again.steps(NOW) == [picked]
    assert again.steps(NOW + 61) == []
    again.write([Keep((Erase(ANNA),))])
    assert again.steps(NOW) == []
    again.close()
