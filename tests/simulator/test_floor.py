"""store.toml as the air reads it."""

from importlib.resources import as_file, files
from pathlib import Path

import pytest

from simulator.errors import ConfigMistake
from simulator.floor import load_floor
from tests.simulator.stage import ROOM

SHOP = """
[store]
number = 7
[[zone]]
id = "a"
kind = "entrance"
rect = [0, 0, 4, 4]
[[zone]]
id = "b"
polygon = [[4, 0], [8, 0], [4, 4]]
[[scanner]]
id = "s1"
zone = "a"
source = "simulator"
[[scanner]]
id = "pi"
position = [1, 1, 1]
source = "bluez:00:11:22:33:44:55"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "store.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shop_that_ships_is_a_floor() -> None:
    with as_file(files("simulator") / "shop" / "store.toml") as path:
        assert load_floor(path).scanners


def test_zones_are_half_open(tmp_path: Path) -> None:
    floor = load_floor(write(tmp_path, SHOP))
    assert [zone.zone_id if (zone := floor.zone_at(point)) else None for point in ((0, 0), (4, 0), (7, 3))] == [
        "a",
        "b",
        None,
    ]


def test_a_scanner_without_a_position_hangs_in_the_middle_of_its_zone(tmp_path: Path) -> None:
    assert load_floor(write(tmp_path, SHOP)).scanners[0].position == (2.0, 2.0, 2.0)


def test_only_simulated_scanners_are_simulated(tmp_path: Path) -> None:
    assert [site.scanner_id for site in load_floor(write(tmp_path, SHOP)).scanners] == ["s1"]


def test_a_gap_between_zones_is_still_indoors(tmp_path: Path) -> None:
    assert load_floor(write(tmp_path, SHOP)).is_indoors((7.5, 3.5))


def test_the_street_is_not_indoors() -> None:
    assert not ROOM.is_indoors((5.0, -2.0))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[store", "not valid TOML"),
        ("", r"\[store\]"),
        (SHOP.replace('source = "simulator"', ""), "simulator"),
        (SHOP.replace("rect = [0, 0, 4, 4]", 'rect = [0, 0, "x", 4]'), "zone a"),
        (SHOP.replace("number = 7", "number = -1"), "number"),
        (SHOP.replace('zone = "a"', 'zone = "nowhere"'), "scanner s1"),
        (SHOP.replace('id = "b"\n', ""), "id is missing"),
    ],
)
def test_a_broken_store_toml_is_named_in_one_sentence(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigMistake, match=named) as caught:
        load_floor(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_missing_store_toml_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigMistake, match="--config"):
        load_floor(tmp_path / "none.toml")
