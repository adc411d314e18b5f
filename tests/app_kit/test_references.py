"""The app kit's reference programs, compiled and run on its vectors; and the vectors as their maker writes them."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.app_kit import make_vectors
from tests.require import ROOT, locate
from wire import gatt, rst1

KIT: Final = ROOT / "docs" / "app-kit"
VECTORS: Final = KIT / "vectors"
RUN_BY_ALL: Final = ("tokens.tsv", "air.tsv", "answers.tsv", "acks.tsv")
Checker = Callable[[Path], "subprocess.CompletedProcess[str]"]


def run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    classes = tmp_path_factory.mktemp("classes")
    compiler = locate("javac")
    sources = sorted((KIT / "java").glob("*.java"))
    compiled = run(compiler, "-Xlint:all", "-Werror", "--release", "11", "-d", classes, *sources)
    assert compiled.returncode == 0, compiled.stderr
    return lambda vectors: run(compiler.with_name("java"), "-cp", classes, "Check", vectors)


def javascript(vectors: Path) -> "subprocess.CompletedProcess[str]":
    return run(locate("node"), KIT / "javascript" / "check.mjs", vectors)


def all_met() -> str:
    """What a checker prints when no vector is missed."""
    counts = {name: make_vectors.text(name).count("\n") - 1 for name in RUN_BY_ALL}
    return "".join(f"{name} {count}/{count}\n" for name, count in counts.items())


@pytest.mark.parametrize("name", make_vectors.FILES)
def test_the_vectors_are_what_their_maker_writes(name: str) -> None:
    assert (VECTORS / name).read_text(encoding="utf-8") == make_vectors.text(name)


def test_the_vectors_stay_small_enough_to_keep() -> None:
    assert sum(path.stat().st_size for path in VECTORS.iterdir()) < 600_000


@pytest.mark.needs("javac")
def test_the_java_reference_meets_every_vector(java: Checker) -> None:
    answer = java(VECTORS)
    assert (answer.returncode, answer.stdout) == (0, all_met()), answer.stderr


@pytest.mark.needs("node")
def test_the_javascript_reference_meets_every_vector() -> None:
    answer = javascript(VECTORS)
    assert (answer.returncode, answer.stdout) == (0, all_met()), answer.stderr


@pytest.fixture(params=RUN_BY_ALL)
def spoilt(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The vectors with one digit changed in what one file expects."""
    shutil.copytree(VECTORS, tmp_path, dirs_exist_ok=True)
    path = tmp_path / request.param
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    column = head.split("\t").index({"tokens.tsv": "body", "air.tsv": "body"}.get(path.name, "ack"))
    values = lines[0].split("\t")
    values[column] = ("e" if values[column][0] != "e" else "f") + values[column][1:]
    path.write_text("\n".join([head, "\t".join(values), *lines[1:]]) + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.needs("javac")
def test_the_java_reference_notices_a_vector_it_does_not_meet(java: Checker, spoilt: Path) -> None:
    assert java(spoilt).returncode == 1


@pytest.mark.needs("node")
def test_the_javascript_reference_notices_a_vector_it_does_not_meet(spoilt: Path) -> None:
    assert javascript(spoilt).returncode == 1


@pytest.mark.parametrize(
    "uuid", [gatt.SERVICE, gatt.CHALLENGE, gatt.RESPONSE, gatt.ACKNOWLEDGEMENT, gatt.BEACON], ids=str
)
def test_the_document_and_both_phones_know_the_uuids_on_air(uuid: object) -> None:
    for name in ("RST1.md", "kotlin/StoreVisit.kt", "swift/StoreVisit.swift"):
        assert str(uuid) in (KIT / name).read_text(encoding="utf-8").lower(), name


def test_the_document_s_worked_example_is_the_arithmetic_s() -> None:
    text = (KIT / "RST1.md").read_text(encoding="utf-8")
    example = dict(re.findall(r"^(\w+) = ([0-9a-f]+)$", text, re.MULTILINE))
    secret, store, unix_s = bytes.fromhex(example["Kc"]), int(example["store"]), int(example["unix"])
    key = rst1.day_key(secret, store, unix_s // rst1.DAY_S, int(example["epoch"]))
    body, tag = rst1.body_at(key, unix_s, 1), rst1.tag_at(key, unix_s)
    asked = rst1.Challenge(store, unix_s, bytes.fromhex(example["nonce"]))
    computed = {
        "SK": key,
        "B_h": rst1.hour_block(key, unix_s // rst1.HOUR_S),
        "tag": tag,
        "body": body,
        "service16": rst1.service_data_16(body),
        "service128": rst1.service_data_128(body),
        "ios": rst1.ios_foreground(body),
        "CHAL": rst1.pack_challenge(asked),
        "RESP": rst1.pack_response(key, asked, 1, tag),
        "ACK": rst1.ack_mac(key, asked.nonce, tag),
    }
    assert {name: example.get(name) for name in computed} == {name: value.hex() for name, value in computed.items()}
