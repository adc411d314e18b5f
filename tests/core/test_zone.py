"""Where a point belongs on the floor plan, and which zone a scanner stands for."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.zone import FloorPlan, Zone
from edge.settings import ScannerSettings, ZoneSettings

COATS = ZoneSettings(id="coats", rect=(0, 0, 5, 4))
SHOES = ZoneSettings(id="shoes", rect=(5, 0, 10, 4))
CORNER = ZoneSettings(id="corner", kind="fitting", polygon=((0, 4), (6, 4), (0, 10)))
DOOR = ZoneSettings(id="door", kind="entrance", rect=(0, -2, 3, 0))
STREET = ZoneSettings(id="street", kind="outside", rect=(0, -6, 10, -2))
PLAN = FloorPlan.draw([COATS, SHOES, CORNER, DOOR, STREET])


def zone_at(x: float, y: float) -> str | None:
    zone = PLAN.zone_at((x, y))
    return zone.zone_id if zone else None


def test_neighbours_share_no_point() -> None:
    assert [zone_at(x, 0) for x in (0, 4.999, 5, 9.999, 10)] == ["coats", "coats", "shoes", "shoes", None]


def test_a_polygon_holds_what_its_corners_enclose() -> None:
    assert zone_at(1, 5) == "corner"
    assert zone_at(5, 9) is None


def test_where_zones_overlap_the_first_of_the_file_holds_the_point() -> None:
    plan = FloorPlan.draw([ZoneSettings(id="island", rect=(1, 1, 2, 2)), COATS])
    found = plan.zone_at((1.5, 1.5))
    assert found
    assert found.zone_id == "island"


def test_only_floor_and_fitting_zones_are_inside() -> None:
    assert [zone.zone_id for zone in PLAN.zones.values() if zone.is_inside] == ["coats", "shoes", "corner"]
    assert [zone.zone_id for zone in PLAN.zones.values() if zone.is_outside] == ["street"]


def test_a_scanner_stands_for_the_zone_it_names_else_for_the_one_around_it_else_for_the_nearest() -> None:
    scanners = [
        ScannerSettings(id="named", zone="shoes", position=(1, 1, 2)),
        ScannerSettings(id="placed", position=(1, 1, 2)),
        ScannerSettings(id="in-the-gap", position=(12, 3, 2)),
    ]
    plan = FloorPlan.draw([COATS, SHOES], scanners)
    assert plan.zone_of_scanner == {"named": "shoes", "placed": "coats", "in-the-gap": "shoes"}


# Sixteenths of a metre are exact: the last bit of a square root is not what is tested.
coordinates = st.integers(-320, 320).map(lambda sixteenths: sixteenths / 16)


@given(coordinates, coordinates)
def test_the_distance_is_nought_within_and_only_there(x: float, y: float) -> None:
    square = Zone("square", "floor", ((0, 0), (4, 0), (4, 4), (0, 4)))
    outside_m = max(-x, x - 4, -y, y - 4, 0)
    assert outside_m <= square.distance_m((x, y)) <= 1.5 * outside_m
