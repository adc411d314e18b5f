"""Presence on recorded walks and at a recorded entrance, with and without calibration. The bars here are below what
`make bench-presence` measures: five crossings in all are few, and nothing is tuned to them.
"""

from functools import cache, reduce
from operator import add
from pathlib import Path

import pytest

from edge.core.calibration import calibrate
from edge.core.presence import Arrived, Change, Left, Presence
from edge.core.replay import replayed
from edge.core.whereabouts import RadioMap
from edge.core.zone import FloorPlan
from edge.settings import PresenceSettings
from tests.recordings import entrance
from tests.recordings.ours import presence_filter, radio_map
from tests.recordings.walks import Score, floor_plan, heard, judge, readings_of_walk, receivers, walks

pytestmark = pytest.mark.needs("shared")


@pytest.fixture
def folder(recordings: Path) -> Path:
    return recordings / "ble_walks"


@cache
def fingerprinted(folder: Path, *, raspberries_only: bool) -> tuple[FloorPlan, RadioMap]:
    plan = floor_plan(folder, raspberries_only=raspberries_only)
    return plan, radio_map(folder, plan, (1, 2))


def pooled(folder: Path, plan: FloorPlan, learnt: RadioMap | None = None) -> Score:
    scores = [judge(steps, presence_filter(plan, learnt)) for steps in walks(folder).values()]
    assert len(scores) == 5
    return reduce(add, scores)


# Reference: a mean of 5 s with 4 dB and a hold of 2 s has .700 at 2.0 changes per crossing, without a hold .552 at 4.0.
def test_four_raspberries_without_calibration_do_no_worse_than_a_mean_with_a_hold(folder: Path) -> None:
    score = pooled(folder, floor_plan(folder, raspberries_only=True))
    assert score.accuracy >= 0.7
    assert score.changes_per_crossing <= 2.2


# Reference: .858 at 1.0 with a hold, .920 at 1.6 without.
def test_twelve_receivers_tell_the_quadrant_five_times_in_six(folder: Path) -> None:
    score = pooled(folder, floor_plan(folder))
    assert score.accuracy >= 0.83
    assert score.changes_per_crossing <= 1.5


@pytest.mark.parametrize(("raspberries_only", "accuracy"), [(True, 0.8), (False, 0.87)])
def test_fingerprints_of_other_days_tell_the_quadrant(
    folder: Path,
    raspberries_only: bool,  # noqa: FBT001 - a parameter of the test
    accuracy: float,
) -> None:
    plan, learnt = fingerprinted(folder, raspberries_only=raspberries_only)
    score = pooled(folder, plan, learnt)
    assert score.accuracy >= accuracy
    assert score.changes_per_crossing <= 2
    assert score.median_delay_s <= 6


def test_two_walks_of_one_corridor_calibrate_for_a_third(folder: Path) -> None:
    plan, all_walks = floor_plan(folder, raspberries_only=True), walks(folder)
    known = [reading for name in ("straight_04", "straight_05") for reading in readings_of_walk(all_walks[name], plan)]
    positions = {receiver: position[:2] for receiver, position in receivers(folder).items()}
    learnt = RadioMap(calibrate(known, positions))
    assert judge(all_walks["straight_01"], presence_filter(plan, learnt)).accuracy >= 0.8


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize("raspberries_only", [True, False])
def test_every_walk_is_one_visit(
    folder: Path,
    calibrated: bool,  # noqa: FBT001 - parameters of the test
    raspberries_only: bool,  # noqa: FBT001
) -> None:
    plan, learnt = fingerprinted(folder, raspberries_only=raspberries_only)
    for steps in walks(folder).values():
        presence = Presence(plan, PresenceSettings(), learnt if calibrated else None)
        told = [told for told in replayed(heard(steps, plan), presence, 1) if isinstance(told, Arrived | Left)]
        assert [type(change) for change in told] == [Arrived, Left]
        assert told[1].reason == "silent"
        assert len(presence) == 0


def at_the_entrance(recordings: Path) -> dict[str, tuple[str, list[Change]]]:
    """Tag -> where it was for twenty minutes, and what was told by a store that learnt from the other tags."""
    tags = entrance.tags(recordings / "ble_entrance")
    return {tag: (rows[0].zone, entrance.told(tag, tags)) for tag, rows in tags.items()}


def test_at_the_recorded_entrance_who_is_inside_arrives_once_and_passers_by_never(recordings: Path) -> None:
    told = at_the_entrance(recordings)
    assert len(told) == 6
    arrivals = [(zone, sum(isinstance(change, Arrived) for change in changes)) for zone, changes in told.values()]
    # Whoever stays twenty minutes in the vestibule may come in: one of those two tags does.
    assert sorted(arrival for arrival in arrivals if arrival[0] != "vestibule") == [
        ("inside", 1),
        ("inside", 1),
        ("outside", 0),
        ("outside", 0),
    ]


def test_the_walks_are_read_whole(folder: Path) -> None:
    assert [len(steps) for steps in walks(folder).values()] == [1_365, 1_240, 1_061, 558, 3_465]
    plan = floor_plan(folder)
    assert sorted(plan.zone_of_scanner.values()) == ["lb"] * 3 + ["lt"] * 3 + ["rb"] * 3 + ["rt"] * 3


def test_the_entrance_is_read_whole(recordings: Path) -> None:
    tags = entrance.tags(recordings / "ble_entrance")
    assert sum(map(len, tags.values())) == 4_894
    assert sorted({row.zone for rows in tags.values() for row in rows}) == ["inside", "outside", "vestibule"]
