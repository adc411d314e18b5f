"""Recorded walks, and a phone that walks one."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.errors import RecordingMistake
from simulator.phone import Membership, Mode
from simulator.recording import record_walk
from simulator.venue import Chances, Venue
from simulator.walk import Reading, RecordedWalk, format_jsonl, load_walk, parse_jsonl, shipped_walk
from tests.simulator.stage import CALM, NOON, ROOM, SECRET, Notebook

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "ble_walks"


def test_the_shipped_recording_is_what_the_simulator_makes() -> None:
    assert format_jsonl(shipped_walk()) == format_jsonl(record_walk())


def test_a_recording_survives_its_file() -> None:
    assert parse_jsonl(format_jsonl(shipped_walk())) == shipped_walk()


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data/ble_walks is not here")
def test_a_real_trace_is_heard_by_four_raspberry_pis() -> None:
    walk = load_walk(REAL / "straight_01_all_sensors.mbd")
    assert set(walk.receivers) == {reading.receiver for reading in walk.readings}
    assert len(walk.receivers) == 4
    assert all(-110 < reading.rssi_dbm < -30 for reading in walk.readings)


def test_receivers_are_matched_with_the_nearest_scanners() -> None:
    walk = RecordedWalk({"far": (20.0, 20.0, 1.0), "a": (8.0, 8.0, 1.0), "b": (2.0, 1.0, 1.0)}, ())
    assert walk.match_receivers(ROOM) == {"a": "s2", "b": "s1"}


def test_a_walk_from_a_larger_floor_is_scaled_to_stay_within_the_walls() -> None:
    walk = shipped_walk().fitted_to(ROOM)
    assert all(ROOM.is_indoors(reading.point) for reading in walk.readings)
    assert max(reading.point[1] for reading in walk.readings) > 9.0


def test_a_walk_that_fits_is_left_as_it_is() -> None:
    walk = RecordedWalk(
        {"r": (2.0, 2.0, 1.0)}, (Reading(0.0, "r", -60, (5.0, 5.0)), Reading(1.0, "r", -60, (6.0, 6.0)))
    )
    assert walk.fitted_to(ROOM) == walk


@pytest.mark.parametrize("text", ["", "{}", '{"receivers": {}}', '{"receivers": {"r": [0, 0, 0]}}\n{"t": 1}'])
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "walk.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingMistake, match=r"walk\.jsonl"):
        load_walk(path)


def replayed(seconds: float, *, mode: Mode = Mode.STORED, drag_after_s: float | None = None) -> tuple[int, int]:
    """Readings heard as recorded, and all readings heard, when a phone walks the shipped trace."""

    async def story() -> tuple[int, int]:
        venue = Venue(ROOM, lambda: NOON, Chances(propagation=replace(CALM, sensitivity_dbm=0.0)))
        ears = {site.scanner_id: Notebook() for site in ROOM.scanners}
        for site in ROOM.scanners:
            venue.air.attach_ear(site, ears[site.scanner_id])
        phone, walk = venue.add_phone(Membership("m1", SECRET)), shipped_walk()
        phone.set_mode(mode)
        venue.replay(phone, walk)
        if drag_after_s is not None:
            venue.agenda.at(NOON + drag_after_s, lambda _now: phone.move((5.0, 5.0)))
        venue.agenda.run_until(NOON + seconds)
        scanners = walk.fitted_to(ROOM).match_receivers(ROOM)
        due = [reading for reading in walk.readings if reading.at_s <= seconds]
        expected = {
            scanner_id: [reading.rssi_dbm for reading in due if scanners.get(reading.receiver) == scanner_id]
            for scanner_id in ears
        }
        heard = {scanner_id: [level for _, level in ear.heard] for scanner_id, ear in ears.items()}
        matching = sum(len(levels) for scanner_id, levels in heard.items() if levels == expected[scanner_id])
        return matching, sum(map(len, heard.values()))

    return asyncio.run(story())


def test_a_phone_on_a_recorded_walk_is_heard_exactly_as_recorded() -> None:
    # The air itself is deaf here: only what is replayed can be heard, and 20 s of the walk hold 40 packets each.
    matching, heard = replayed(20.0)
    assert matching == heard > 60


def test_an_invisible_phone_is_silent_on_a_recorded_walk_too() -> None:
    assert replayed(20.0, mode=Mode.INVISIBLE) == (0, 0)


def test_dragging_the_phone_away_ends_the_recorded_walk() -> None:
    _, heard_in_ten_seconds = replayed(10.0)
    _, heard = replayed(20.0, drag_after_s=10.0)
    assert heard == heard_in_ten_seconds


def test_the_dot_is_on_the_true_path_and_gone_at_the_end() -> None:
    async def story() -> None:
        venue, walk = Venue(ROOM, time.time), shipped_walk()
        phone = venue.add_phone(Membership("m1", SECRET))
        began = venue.agenda.now
        venue.replay(phone, walk)
        venue.agenda.run_until(began + walk.readings[100].at_s)
        pose = phone.movement.pose_at(venue.agenda.now)
        assert pose is not None
        assert pose.point in {reading.point for reading in walk.fitted_to(ROOM).readings[95:106]}
        venue.agenda.run_until(began + walk.duration_s + 1.0)
        assert phone.movement.pose_at(venue.agenda.now) is None

    asyncio.run(story())
