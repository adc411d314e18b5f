"""`regulars edge calibrate` and `regulars edge replay`, run as an operator does. The recordings are made up: somebody
walks a corridor of three zones from left to right, somebody else passes by behind the wall.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from regulars.main import cli

GOLDEN: Final = Path(__file__).parent.parent / "golden" / "presence"
STORE: Final = GOLDEN / "store.toml"
WALK: Final = GOLDEN / "walk.jsonl"
SIGHTINGS: Final = GOLDEN / "sightings.jsonl"
CALIBRATION: Final = GOLDEN / "calibration.json"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["edge", *map(str, arguments)])


def replay(sightings: Path = SIGHTINGS, *options: object, config: Path = STORE) -> Result:
    return run("replay", "--config", config, "--sightings", sightings, *options)


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def events(told: list[dict[str, Any]], device: str = "anna") -> list[tuple[str, str, str]]:
    return [
        (line["event"], line["zone"], line["reason"]) for line in told if "event" in line and line["device"] == device
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "recording.jsonl"
        path.write_text(text)
        return path

    return written


def test_a_walk_becomes_the_calibration_it_became_before(tmp_path: Path) -> None:
    result = run("calibrate", "--config", STORE, "--walk", WALK, "--out", tmp_path / "calibration.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "calibration.json").read_text() == CALIBRATION.read_text()


def test_the_order_of_lines_and_their_time_do_not_matter(tmp_path: Path, write: Callable[[str], Path]) -> None:
    shuffled = [json.loads(line) | {"t": 0} for line in WALK.read_text().splitlines()]
    random.Random(1).shuffle(shuffled)
    walk = write("\n".join(json.dumps(line) for line in shuffled))
    assert run("calibrate", "--config", STORE, "--walk", walk, "--out", tmp_path / "calibration.json").exit_code == 0
    assert (tmp_path / "calibration.json").read_text() == CALIBRATION.read_text()


def test_a_calibrated_store_tells_the_walk_as_before() -> None:
    told = lines(replay(SIGHTINGS, "--calibration", CALIBRATION))
    assert told == [json.loads(line) for line in (GOLDEN / "calibrated.jsonl").read_text().splitlines()]
    assert [event[:2] for event in events(told)] == [
        ("arrived", "coats"),
        ("moved", "shoes"),
        ("moved", "bags"),
        ("left", "bags"),
    ]


def test_a_store_without_calibration_knows_the_zones_of_its_scanners() -> None:
    told = lines(replay(SIGHTINGS, "--zones-every", 10))
    assert told == [json.loads(line) for line in (GOLDEN / "uncalibrated.jsonl").read_text().splitlines()]
    assert {line["zone"] for line in told} == {"coats", "bags"}


def test_the_calibration_that_the_settings_name_is_used(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text(CALIBRATION.read_text())
    store = STORE.read_text().replace("[presence]", '[presence]\ncalibration = "calibration.json"')
    (tmp_path / "store.toml").write_text(store)
    assert replay(config=tmp_path / "store.toml").stdout == replay(SIGHTINGS, "--calibration", CALIBRATION).stdout


def test_whoever_passes_behind_the_wall_is_placed_and_does_not_arrive() -> None:
    told = lines(replay(SIGHTINGS, "--calibration", CALIBRATION))
    assert events(told, "passer-by") == []
    assert any(line["device"] == "passer-by" for line in told)


def test_zones_are_told_at_every_whole_second_until_everybody_has_left() -> None:
    told = lines(replay())
    anna = [line["t"] for line in told if line["device"] == "anna" and "event" not in line]
    (left,) = (line for line in told if line.get("event") == "left")
    assert anna == list(range(1_760_000_101, left["t"]))
    assert told[-1] == left


@pytest.mark.parametrize("calibrated", [True, False])
def test_lines_to_come_never_change_what_was_told(calibrated: bool, write: Callable[[str], Path]) -> None:  # noqa: FBT001
    options = ["--calibration", CALIBRATION] if calibrated else []
    recorded = SIGHTINGS.read_text().splitlines(keepends=True)
    whole = lines(replay(SIGHTINGS, *options))
    for cut in range(20, len(recorded), 45):
        until = json.loads(recorded[cut - 1])["t"]
        known = [line for line in lines(replay(write("".join(recorded[:cut])), *options)) if line["t"] < until]
        assert known
        assert known == [line for line in whole if line["t"] < until]


GOOD: Final = '{"t": 1760000000, "scanner": "left", "device": "anna", "rssi_dbm": -60}\n'
BROKEN: Final = {
    "{": "line 2: it is not JSON: correct or remove that line.",
    "[]": "line 2: it is not a JSON object: correct or remove that line.",
    GOOD.replace("left", "attic"): 'line 2: scanner "attic" is not in the settings: use one of left, right',
    GOOD.replace('"device": "anna", ', ""): 'line 2: "device" is missing',
    GOOD.replace("-60", '"loud"'): 'line 2: "rssi_dbm" is wrong',
    GOOD.replace("-60", "128"): 'line 2: "rssi_dbm" is wrong',
    GOOD.replace("1760000000", "1759999998"): "line 2: t is earlier than in the line before: sort the file by t.",
    GOOD.replace("1760000000", "1760000000000"): 'line 2: "t" is wrong',
    GOOD.replace("1760000000", "NaN"): "line 2: ",
}


@pytest.mark.parametrize(("line", "sentence"), BROKEN.items())
def test_a_broken_line_is_named_with_its_remedy(line: str, sentence: str, write: Callable[[str], Path]) -> None:
    result = replay(write(GOOD + line))
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_level_that_the_radio_could_not_measure_says_nothing(write: Callable[[str], Path]) -> None:
    assert lines(replay(write(GOOD.replace("-60", "127")))) == []


def test_a_line_that_comes_a_moment_late_is_heard_when_it_comes(write: Callable[[str], Path]) -> None:
    late = GOOD.replace("1760000000", "1759999999.5")
    told = lines(replay(write(GOOD + late)))
    assert told[0] == {"t": 1_760_000_000, "device": "anna", "zone": "coats", "confidence": 1.0}


WALKED: Final = '{"scanner": "left", "rssi_dbm": -60, "zone": "coats"}\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            WALKED.replace("coats", "attic"),
            'line 1: zone "attic" is not in the settings: use one of bags, coats, shoes',
        ),
        (WALKED.replace("left", "attic"), 'line 1: scanner "attic" is not in the settings'),
        (WALKED.replace("}", ', "x": 1}'), "line 1: x and y belong together"),
        (WALKED.replace("}", ', "count": 0}'), 'line 1: "count" is wrong'),
        ("", "holds no reading"),
    ],
)
def test_a_broken_walk_is_named_with_its_remedy(text: str, sentence: str, write: Callable[[str], Path]) -> None:
    walk = write(text)
    result = run("calibrate", "--config", STORE, "--walk", walk, "--out", walk.with_suffix(".json"))
    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "is not a calibration"),
        (CALIBRATION.read_text().replace('"coats"', '"attic"'), 'another floor plan (zone "attic"'),
        (CALIBRATION.read_text().replace('"left"', '"l"').replace('"right"', '"r"'), "knows none of the scanners"),
        (CALIBRATION.read_text().replace('"left"', '"l"', 1), "has not the same scanners at every spot"),
    ],
)
def test_a_calibration_of_another_shop_is_refused(text: str, sentence: str, write: Callable[[str], Path]) -> None:
    result = replay(SIGHTINGS, "--calibration", write(text))
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "make it anew with `regulars edge calibrate`" in result.stderr


def test_zones_that_nobody_walked_are_named(tmp_path: Path, write: Callable[[str], Path]) -> None:
    result = run("calibrate", "--config", STORE, "--walk", write(WALKED), "--out", tmp_path / "calibration.json")
    assert result.exit_code == 0
    assert "no reading from shoes, bags" in result.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = replay(tmp_path / "none.jsonl")
    assert result.exit_code == 2
    assert "name a recording that exists" in result.stderr
