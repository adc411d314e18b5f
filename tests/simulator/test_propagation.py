"""How strongly phones are heard."""

import math
from statistics import mean, pstdev

from simulator.propagation import Propagation, Spot, mean_dbm, open_path, receive

SCANNER = (0.0, 0.0, 1.1)
OPEN_AIR = Propagation(body_db=0.0)


def test_twice_the_distance_costs_six_decibels_in_the_open() -> None:
    near, far = (mean_dbm(Spot(x, 0.0), SCANNER, OPEN_AIR) for x in (4.0, 8.0))
    assert abs(near - far - 6.02) < 0.01


def test_a_body_in_the_way_costs_what_it_is_said_to() -> None:
    towards, away = (mean_dbm(Spot(5.0, 0.0, heading), SCANNER, Propagation()) for heading in (math.pi, 0.0))
    assert abs(towards - away - Propagation().body_db) < 0.01


def test_a_passer_by_is_heard_through_the_wall() -> None:
    inside, outside = (mean_dbm(Spot(5.0, 0.0, indoors=flag), SCANNER, OPEN_AIR) for flag in (True, False))
    assert inside - outside == OPEN_AIR.wall_db


def test_readings_scatter_like_a_real_radio() -> None:
    path = open_path(1, "phone", "s1", OPEN_AIR)
    heard = [level for _ in range(2000) if (level := receive(path, Spot(5.0, 0.0), SCANNER, OPEN_AIR)) is not None]
    assert 3.0 < pstdev(heard) < 5.0
    assert abs(mean(heard) - mean_dbm(Spot(5.0, 0.0), SCANNER, OPEN_AIR)) < 1.5


def test_some_packets_collide() -> None:
    path = open_path(1, "phone", "s1", OPEN_AIR)
    lost = sum(receive(path, Spot(1.0, 0.0), SCANNER, OPEN_AIR) is None for _ in range(2000))
    assert 50 < lost < 150


def test_nobody_is_heard_from_a_kilometre() -> None:
    path = open_path(1, "phone", "s1", OPEN_AIR)
    assert all(receive(path, Spot(1000.0, 0.0), SCANNER, OPEN_AIR) is None for _ in range(50))


def test_the_same_seed_gives_the_same_readings_whoever_else_speaks() -> None:
    def readings(seed: int) -> list[int | None]:
        path = open_path(seed, "phone", "s1", OPEN_AIR)
        return [receive(path, Spot(5.0, 0.0), SCANNER, OPEN_AIR) for _ in range(20)]

    assert readings(1) == readings(1) != readings(2)
