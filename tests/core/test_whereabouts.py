"""A calibration makes places of levels; the filter finds a phone among them and does not lose it."""

import random
from collections.abc import Iterable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.calibration import MOST_SPOTS, Reading, calibrate
from edge.core.presence import Arrived, Change, Left, Moved, Presence
from edge.core.whereabouts import RadioMap, Whereabouts
from edge.core.zone import FloorPlan, Point
from edge.settings import PresenceSettings, ScannerSettings, ZoneSettings

# A corridor of 24 by 3 m with a scanner at each end: coats, shoes, bags, from left to right.
ZONES: Final = {"coats": (0.0, 8.0), "shoes": (8.0, 16.0), "bags": (16.0, 24.0)}
ENDS: Final = {"left": (0.0, 1.5), "right": (24.0, 1.5)}
RULES: Final = PresenceSettings(arrive_after_s=8, left_after_s=60)


def level_dbm(scanner: str, x: float) -> float:
    return -50 - 1.8 * abs(x - ENDS[scanner][0])


def zone_at(x: float) -> str:
    return next(zone for zone, (start, end) in ZONES.items() if start <= x < end)


def walk(*, step_m: float = 1.0, noise_db: float = 3.0) -> list[Reading]:
    """The store lead walks the corridor once; ten readings of each scanner at every metre."""
    chance = random.Random(11)
    places = [n * step_m + 0.5 for n in range(int(24 / step_m))]
    return [
        Reading(zone_at(x), scanner, round(chance.gauss(level_dbm(scanner, x), noise_db)), 1, (x, 1.5))
        for x in places
        for scanner in ENDS
        for _ in range(10)
    ]


def plan() -> FloorPlan:
    zones = [ZoneSettings(id=zone, rect=(start, 0, end, 3)) for zone, (start, end) in ZONES.items()]
    return FloorPlan.draw(zones, [ScannerSettings(id=end, position=(*point, 2.5)) for end, point in ENDS.items()])


def radio_map(readings: Iterable[Reading] = (), positions: dict[str, Point] = ENDS) -> RadioMap:
    return RadioMap(calibrate(list(readings) or walk(), positions))


def told(presence: Presence, places: Iterable[float], *, quieter_db: float = 0.0, until: int = 0) -> list[Change]:
    """What is told of somebody who is at one place each second; time then runs on."""
    chance = random.Random(5)
    changes: list[Change] = []
    now = 0
    for now, x in enumerate(places):
        for scanner in ENDS:
            presence.hear("anna", scanner, round(chance.gauss(level_dbm(scanner, x) - quieter_db, 3)), now)
        changes += presence.advance(now)
    for later in range(now + 1, until):
        changes += presence.advance(later)
    return changes


def through_the_corridor() -> list[float]:
    return [2.0] * 20 + [2 + 0.5 * n for n in range(40)] + [22.0] * 20


@pytest.fixture
def presence() -> Presence:
    return Presence(plan(), RULES, radio_map())


def test_a_zone_without_a_scanner_is_found_by_calibration(presence: Presence) -> None:
    changes = told(presence, through_the_corridor(), until=200)
    assert [type(change) for change in changes] == [Arrived, Moved, Moved, Left]
    assert [change.zone for change in changes] == ["coats", "shoes", "bags", "bags"]


def test_a_move_is_told_within_four_seconds(presence: Presence) -> None:
    moves = [change for change in told(presence, through_the_corridor()) if isinstance(change, Moved)]
    crossed = {"shoes": 20 + 12, "bags": 20 + 28}
    assert [abs(move.at - crossed[move.zone]) <= 4 for move in moves] == [True, True]


def test_a_phone_in_a_pocket_is_found_where_it_is(presence: Presence) -> None:
    changes = told(presence, [12.0] * 60, quieter_db=8.0)
    assert [(type(change), change.zone) for change in changes] == [(Arrived, "shoes")]


def test_whoever_stands_at_a_border_does_not_flap(presence: Presence) -> None:
    assert len(told(presence, [8.0] * 600)) <= 12


def test_the_confidence_is_a_probability(presence: Presence) -> None:
    told(presence, [2.0] * 30)
    estimate = presence.estimate("anna")
    assert estimate
    assert estimate.zone == "coats"
    assert 0.9 < estimate.confidence <= 1


def test_only_zones_and_no_places_are_a_calibration_too() -> None:
    readings = [Reading(one.zone, one.scanner, one.rssi_dbm) for one in walk()]
    presence = Presence(plan(), RULES, radio_map(readings))
    told(presence, [2.0] * 30)
    assert presence.zone_of("anna") == "coats"
    told(presence, [22.0] * 90)
    assert presence.zone_of("anna") == "bags"


def test_positions_of_scanners_are_not_needed() -> None:
    presence = Presence(plan(), RULES, radio_map(positions={}))
    told(presence, [12.0] * 30)
    assert presence.zone_of("anna") == "shoes"


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_a_walk_does_not_matter(chance: random.Random) -> None:
    readings = walk(step_m=3)
    shuffled = readings.copy()
    chance.shuffle(shuffled)
    assert calibrate(shuffled, ENDS) == calibrate(readings, ENDS)


def test_a_histogram_counts_like_its_readings() -> None:
    one_by_one = [Reading("coats", "left", dbm, 1, (1.0, 1.0)) for dbm in (-60, -60, -60, -63)]
    histogram = [Reading("coats", "left", -60, 3, (1.0, 1.0)), Reading("coats", "left", -63, 1, (1.0, 1.0))]
    assert calibrate(one_by_one, ENDS) == calibrate(histogram, ENDS)


def test_a_large_floor_is_cut_into_a_bounded_number_of_spots() -> None:
    floor = [Reading("hall", "left", -60 - x % 20, 1, (x, y)) for x in range(60) for y in range(60)]
    assert 50 < len(calibrate(floor, ENDS).spots) <= MOST_SPOTS


def test_a_scanner_that_is_deaf_at_a_place_speaks_against_it() -> None:
    near = [Reading("coats", "left", -60), Reading("shoes", "right", -60)]
    presence = Presence(plan(), RULES, radio_map(near))
    for second in range(20):
        presence.hear("anna", "right", -62, second)
        presence.advance(second)
    assert presence.zone_of("anna") == "shoes"


def test_a_scanner_without_calibration_says_nothing() -> None:
    phone = Whereabouts(radio_map())
    phone.add("new", -40, 0)
    phone.look(0)
    assert phone.zone == ""


def test_no_zone_is_told_before_it_is_likelier_than_all_others_but_one_soon() -> None:
    alike = [Reading(zone, scanner, -70) for zone in ZONES for scanner in ENDS]
    phone = Whereabouts(radio_map(alike))
    zones = []
    for now in range(8):
        phone.add("left", -70, now)
        phone.look(now)
        zones.append(phone.zone)
    assert zones[:5] == [""] * 5
    assert zones[5] in ZONES


def test_a_long_silence_makes_every_place_possible_again() -> None:
    phone = Whereabouts(radio_map())
    for now in range(30):
        for scanner in ENDS:
            phone.add(scanner, round(level_dbm(scanner, 2.0)), now)
        phone.look(now)
    for now in range(3_600, 3_604):
        for scanner in ENDS:
            phone.add(scanner, round(level_dbm(scanner, 22.0)), now)
        phone.look(now)
    assert phone.zone == "bags"


readings = st.tuples(st.sampled_from(["left", "right"]), st.integers(-100, -30), st.floats(0, 90))


@settings(max_examples=60)
@given(st.lists(readings, max_size=60))
def test_whatever_is_heard_the_probabilities_add_up_to_one(heard: list[tuple[str, int, float]]) -> None:
    phone, now = Whereabouts(radio_map()), 0.0
    for scanner, rssi_dbm, gap_s in heard:
        now += gap_s
        phone.add(scanner, rssi_dbm, now)
        phone.look(now)
        assert sum(phone.by_zone.values()) == pytest.approx(1, abs=1e-3)
        assert phone.zone in {"", *ZONES}


def door_map() -> RadioMap:
    levels = {"street": (-60, -80), "porch": (-70, -70), "coats": (-80, -60)}
    chance = random.Random(3)
    return RadioMap(
        calibrate(
            [
                Reading(zone, scanner, round(chance.gauss(dbm, 4)))
                for zone, pair in levels.items()
                for scanner, dbm in zip(("out", "in"), pair, strict=True)
                for _ in range(50)
            ],
            {},
        )
    )


def test_a_calibration_that_knows_the_door_keeps_passers_by_out() -> None:
    kinds = {"street": "outside", "porch": "vestibule", "coats": "floor"}
    zones = [
        ZoneSettings.model_validate({"id": zone, "kind": kind, "rect": (n, 0, n + 1, 1)})
        for n, (zone, kind) in enumerate(kinds.items())
    ]
    # Loudness alone would call this inside: both scanners stand in the shop.
    shop = FloorPlan.draw(zones, [ScannerSettings(id="out", zone="coats"), ScannerSettings(id="in", zone="coats")])
    presence = Presence(shop, RULES, door_map())
    for second in range(60):
        presence.hear("passer-by", "out", -62, second)
        presence.hear("passer-by", "in", -79, second)
        presence.hear("anna", "out", -81, second)
        presence.hear("anna", "in", -61, second)
        changes = presence.advance(second)
        assert all(change.member_ref == "anna" for change in changes)
    assert presence.zone_of("passer-by") == "street"
    assert presence.zone_of("anna") == "coats"
