"""`regulars firmware`: the example store as written down, every fault of a file at once, and secrets kept."""

import csv
import json
import shutil
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

import firmware_config as firmware
from regulars.commands.firmware import command
from tests.require import ROOT, locate

EXAMPLE: Final = ROOT / "docs" / "examples" / "store.toml"
GOLDEN: Final = ROOT / "tests" / "golden" / "firmware"
WIFI_PASSWORD: Final = "umbrella stand 7"
SECRETS: Final = f'site = "{"5c" * 32}"\n[wifi]\nssid = "shop"\npassword = "{WIFI_PASSWORD}"\n'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the example store and its secrets."""
    shutil.copy(EXAMPLE, tmp_path / "store.toml")
    keep_secrets(tmp_path, SECRETS)
    return tmp_path


def keep_secrets(shop: Path, text: str) -> None:
    (shop / "secrets.toml").write_text(text)
    (shop / "secrets.toml").chmod(0o600)


def run(verb: str, shop: Path, *more: str) -> Result:
    return CliRunner().invoke(command, [verb, "--config", str(shop / "store.toml"), *more])


def build(shop: Path) -> Result:
    return run("build", shop, "--out", str(shop / "out"))


def check(shop: Path, *more: str) -> Result:
    return run("check", shop, "--out", str(shop / "out"), *more)


def change(shop: Path, old: str, new: str) -> None:
    text = (shop / "store.toml").read_text()
    assert old in text
    (shop / "store.toml").write_text(text.replace(old, new, 1))


def files(folder: Path) -> Iterator[str]:
    return (str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file())


# After a wanted change: build the example with --out tests/golden/firmware, delete its secrets.yaml, read the diff.
def test_the_example_store_gives_the_files_written_down(shop: Path) -> None:
    assert build(shop).exit_code == 0
    assert set(files(shop / "out")) == {*files(GOLDEN), firmware.SECRETS}
    for path in files(GOLDEN):
        assert (shop / "out" / path).read_text() == (GOLDEN / path).read_text(), path


def test_the_beacon_plan_says_the_same_in_all_its_forms(shop: Path) -> None:
    build(shop)
    rows = json.loads((shop / "out/beacons/beacons.json").read_text())["beacons"]
    with (shop / "out/beacons/beacons.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [{name: str(value) for name, value in row.items()} for row in rows]
    assert [(row["id"], row["major"], row["minor"]) for row in rows] == [("door", 4711, 1), ("back", 4711, 2)]
    table = (shop / "out/beacons/beacons.md").read_text()
    assert all(f"| {row['id']} | {row['place']} | {row['major']} | {row['minor']} |" in table for row in rows)


def test_secrets_are_for_their_owner_and_printed_nowhere(shop: Path) -> None:
    answer = build(shop)
    kept = shop / "out" / firmware.SECRETS
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    secrets = [line.split(": ")[1].strip('"') for line in kept.read_text().splitlines()[1:]]
    assert len(secrets) == 2 * 4 + 2
    texts = [answer.output, *((shop / "out" / path).read_text() for path in files(GOLDEN))]
    assert not [secret for secret in secrets if secret != "shop" and any(secret in text for text in texts)]


def test_a_new_site_gets_a_secret_of_its_own_and_keeps_it(shop: Path) -> None:
    (shop / "secrets.toml").unlink()
    change(shop, 'board = "esp32-s3-devkitc-1"', 'board = "esp32-poe-iso"')
    assert build(shop).exit_code == 0
    first = (shop / "secrets.toml").read_text()
    assert stat.S_IMODE((shop / "secrets.toml").stat().st_mode) == 0o600
    assert build(shop).exit_code == 0
    assert (shop / "secrets.toml").read_text() == first
    assert len(bytes.fromhex(tomllib.loads(first)["site"])) == 32


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (SECRETS.split("[wifi]")[0], "nodes on Wi-Fi need [wifi] with ssid and password"),
        (SECRETS.replace("5c", "5", 1), "site is not 64 hexadecimal digits"),
        (f"site = {WIFI_PASSWORD}", "is not TOML"),
    ],
)
def test_secrets_written_wrongly_are_described_and_not_repeated(shop: Path, text: str, sentence: str) -> None:
    keep_secrets(shop, text)
    answer = build(shop)
    assert answer.exit_code == 2
    assert sentence in answer.stderr
    assert WIFI_PASSWORD not in answer.output
    assert "5c" * 20 not in answer.output


def test_secrets_that_others_can_read_are_refused(shop: Path) -> None:
    (shop / "secrets.toml").chmod(0o640)
    answer = build(shop)
    assert answer.exit_code == 2
    assert "can be read by others: chmod 600" in answer.stderr


FAULTS: Final = [
    ('zone = "shoes"', 'zone = "shoees"', '[[scanner]] shoes_1: zone "shoees" is not in the file; use one of coats'),
    ('id = "coats-1"', 'id = "door-1"', '[[scanner]]: id "door-1" is used twice; give each its own.'),
    (
        "window_ms = 310",
        "window_ms = 400",
        "window_ms = 400 is longer than interval_ms = 320; write at most the interval.",
    ),
    ("watchdog_s = 15", "watchdog_s = 15\nwatchdogs = 1", "[pi] watchdogs is not a setting: remove it"),
    ('board = "wt32-eth01"', 'board = "wt33"', '[[scanner]] shoes_1: board "wt33" is not known; use one of'),
    ("minor = 2", "minor = 1", "[[beacon]]: door and back have the same minor 1"),
    ("number = 4711", "number = -1", "[store] number: found '-1'; write a number greater than or equal to 0."),
]


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS, ids=[new for _, new, _ in FAULTS])
@pytest.mark.parametrize("verb", ["build", "check"])
def test_a_planted_fault_is_named_in_one_sentence(shop: Path, verb: str, old: str, new: str, sentence: str) -> None:
    change(shop, old, new)
    answer = run(verb, shop, "--out", str(shop / "out"))
    assert answer.exit_code == 2
    [line] = answer.stderr.splitlines()
    assert sentence in line
    assert answer.stdout == ""
    assert not (shop / "out").exists()


def test_all_faults_of_a_file_are_told_at_once(shop: Path) -> None:
    for old, new, _ in FAULTS:
        change(shop, old, new)
    answer = check(shop)
    assert answer.exit_code == 2
    assert len(answer.stderr.splitlines()) == len(FAULTS)
    for _, _, sentence in FAULTS:
        assert sentence.removeprefix("[[scanner]] coats-1") in answer.stderr


def test_a_file_that_is_not_there_or_not_toml_is_one_sentence(shop: Path) -> None:
    (shop / "store.toml").write_text("[store")
    assert "is not TOML" in check(shop).stderr
    (shop / "store.toml").unlink()
    answer = check(shop)
    assert answer.exit_code == 2
    assert "cannot be read" in answer.stderr


def test_a_folder_that_no_longer_says_what_the_file_says_is_found(shop: Path) -> None:
    build(shop)
    assert check(shop).exit_code == 0
    change(shop, "window_ms = 310", "window_ms = 300")
    (shop / "out/pi/config.txt").unlink()
    (shop / "out/esphome/old-node.yaml").write_text("")
    answer = check(shop)
    assert answer.exit_code == 1
    told = {Path(line.split()[0]).name: line for line in answer.stderr.splitlines()}
    assert set(told) == {"README.md", "config.txt", "old-node.yaml", "regulars-coats.yaml"}
    assert "is not what the store's file says" in told["regulars-coats.yaml"]
    assert "belongs to no scanner" in told["old-node.yaml"]
    assert "is missing" in told["config.txt"]


def test_an_esphome_that_is_not_there_is_a_missing_prerequisite(shop: Path) -> None:
    build(shop)
    answer = check(shop, "--esphome", str(shop / "nothing"))
    assert answer.exit_code == 3
    assert "make verify-firmware installs one" in answer.stderr


@pytest.mark.needs("esphome")
def test_esphome_accepts_every_node_of_the_example(shop: Path) -> None:
    build(shop)
    answer = check(shop, "--esphome", str(locate("esphome")))
    assert answer.exit_code == 0, answer.stderr


@pytest.mark.needs("esphome")
def test_esphome_accepts_every_board(shop: Path) -> None:
    head, _, rest = (shop / "store.toml").read_text().partition("# The Pi's own radio")
    nodes = (
        f'[[scanner]]\nid = "n-{name}"\nzone = "door"\nsource = "esphome:n-{name}.local"\nboard = "{name}"\n'
        for name in firmware.BOARDS
    )
    _, screen, rest = rest.partition("[[screen]]")
    (shop / "store.toml").write_text(head + "".join(nodes) + screen + rest)
    build(shop)
    answer = check(shop, "--esphome", str(locate("esphome")))
    assert answer.exit_code == 0, answer.stderr
    assert f"good for {len(firmware.BOARDS)} nodes" in answer.stdout


@pytest.mark.needs("esphome")
def test_what_esphome_refuses_is_told_in_its_words_and_without_a_key(shop: Path) -> None:
    build(shop)
    node = shop / "out/esphome/regulars-door.yaml"
    node.write_text(node.read_text().replace("window: 300ms", "window: 400ms"))
    answer = check(shop, "--esphome", str(locate("esphome")))
    assert answer.exit_code == 1
    assert "Scan window (400ms) needs to be smaller than scan interval (320ms)" in answer.stderr
    keys = [line.split(": ")[1].strip('"') for line in (shop / "out" / firmware.SECRETS).read_text().splitlines()[1:]]
    assert not [key for key in keys if key in answer.output]
