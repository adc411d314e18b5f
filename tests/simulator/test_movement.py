"""Walking and waiting, in numbers."""

import math

from simulator.agenda import Agenda
from simulator.movement import Walk


def test_a_walk_follows_its_waypoints_at_its_speed() -> None:
    walk = Walk(((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)), 100.0, 2.0)
    points = [pose.point for at in (99.0, 101.0, 103.0, 200.0) if (pose := walk.pose_at(at))]
    assert points == [(0.0, 0.0), (2.0, 0.0), (4.0, 2.0), (4.0, 4.0)]


def test_a_walker_looks_where_it_goes() -> None:
    pose = Walk(((0.0, 0.0), (0.0, 5.0)), 0.0, 1.0).pose_at(1.0)
    assert pose is not None
    assert pose.heading_rad == math.pi / 2


def test_a_walk_that_leaves_ends_away() -> None:
    walk = Walk(((0.0, 0.0), (2.0, 0.0)), 0.0, 1.0, leaves=True)
    assert walk.pose_at(1.9) is not None
    assert walk.pose_at(2.1) is None
    assert not walk.is_walking_at(2.1)


def test_a_walk_along_equal_points_stands() -> None:
    pose = Walk(((1.0, 1.0), (1.0, 1.0)), 0.0, 1.0).pose_at(5.0)
    assert pose is not None
    assert pose.point == (1.0, 1.0)


def test_the_agenda_keeps_the_order_of_instants_not_of_entries() -> None:
    agenda, done = Agenda(0.0), list[float]()
    for instant in (3.0, 1.0, 2.0, 9.0):
        agenda.at(instant, done.append)
    agenda.run_until(5.0)
    assert done == [1.0, 2.0, 3.0]


def test_a_cancelled_entry_does_not_happen() -> None:
    agenda, done = Agenda(0.0), list[float]()
    agenda.at(1.0, done.append).cancel()
    agenda.run_until(5.0)
    assert done == []


def test_an_instant_in_the_past_comes_next() -> None:
    agenda, done = Agenda(10.0), list[float]()
    agenda.at(1.0, done.append)
    agenda.run_until(10.0)
    assert done == [10.0]
