"""`regulars token`: equals the vectors, explains bad input, and starts light."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from regulars.main import COMMANDS, cli

SECRET: Final = bytes(range(32)).hex()
# Names in the shared vectors -> names in the command's answer, where they differ.
RENAMED: Final = {
    "adv_svc16_fff0": "adv_service16",
    "adv_svc128": "adv_service128",
    "adv_ios_fg": "adv_ios_foreground",
}
ANSWERED: Final = ("day_key", "hour_block", "tag", "body", *RENAMED)


def token(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["token", *arguments])


@pytest.mark.needs("shared")
def test_the_command_equals_every_shared_vector(recordings: Path) -> None:
    vectors = json.loads((recordings / "rst1" / "vectors.json").read_text())
    assert vectors
    for vector in vectors:
        named = {"--store": "store", "--at": "unix", "--epoch": "epoch", "--flags": "flags"}
        numbers = [word for option, name in named.items() for word in (option, str(vector[name]))]
        answer = token("--secret", vector["customer_secret"], *numbers)
        assert json.loads(answer.stdout) == {RENAMED.get(name, name): vector[name] for name in ANSWERED}


def test_epoch_and_flags_are_zero_when_not_given() -> None:
    short = token("--secret", SECRET, "--store", "1", "--at", "1760000000")
    full = token("--secret", SECRET, "--store", "1", "--at", "1760000000", "--epoch", "0", "--flags", "0")
    assert short.exit_code == 0
    assert short.stdout == full.stdout
    assert json.loads(short.stdout)["tag"] == "436a191cd4728373"


@pytest.mark.parametrize(
    ("option", "wrong", "remedy"),
    [
        ("--secret", "00ff", "64 digits"),
        ("--secret", "zz" * 32, "0-9 a-f"),
        ("--store", "4294967296", "4294967295"),
        ("--store", "-1", "4294967295"),
        ("--at", "now", "integer"),
        ("--epoch", "65536", "65535"),
        ("--flags", "16", "15"),
    ],
)
def test_bad_input_names_the_option_and_the_remedy(option: str, wrong: str, remedy: str) -> None:
    right = {"--secret": SECRET, "--store": "1", "--at": "1760000000"}
    answer = token(*(word for pair in (right | {option: wrong}).items() for word in pair))
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert option in answer.stderr
    assert remedy in answer.stderr


def test_a_mistyped_secret_is_never_repeated() -> None:
    slip = SECRET[:-1] + "x"
    answer = token("--secret", slip, "--store", "1", "--at", "1760000000")
    assert answer.exit_code == 2
    assert slip not in answer.output


def test_the_command_loads_no_web_server_and_no_radio() -> None:
    code = (
        "import sys; from regulars.main import cli\n"
        f"cli(['token', '--secret', '{SECRET}', '--store', '1', '--at', '0'], standalone_mode=False)\n"
        "print([name for name in ('flask', 'quart', 'bleak', 'sqlalchemy', 'pydantic') if name in sys.modules])"
    )
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30).stdout
    assert lines.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_listed_command_can_be_loaded(name: str) -> None:
    answer = CliRunner().invoke(cli, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output
