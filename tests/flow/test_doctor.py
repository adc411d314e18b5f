"""`regulars doctor` beside a store and a head office that really run."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.hub import Hub, regulars, running_hub
from tests.flow.test_edge_command import Place

SCANNER = '[[scanner]]\nid = "s1"\nzone = "coats"\nsource = "simulator"\n'


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        hub.admin.post("/v1/stores", json={"store_id": "de-1", "number": 4711, "name": "Test"}).raise_for_status()
        yield hub


def doctor(place: Place, *options: str) -> subprocess.CompletedProcess[str]:
    return regulars("doctor", "--config", str(place.config), "--state", str(place.state), *options)


def levels(ended: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {finding["subject"]: finding["level"] for finding in json.loads(ended.stdout)["findings"]}


def test_a_new_machine_lacks_its_identity_and_exits_with_1(tmp_path: Path, hub: Hub) -> None:
    ended = doctor(Place(tmp_path, hub.url), "--json")
    assert ended.returncode == 1
    found = levels(ended)
    assert (found["identity"], found["service"], found["head office"]) == ("fault", "fault", "ok")


def test_a_running_store_is_asked_for_its_scanners_and_its_line(tmp_path: Path, hub: Hub) -> None:
    place = Place(tmp_path, hub.url)
    place.config.write_text(place.config.read_text() + SCANNER)
    place.enrol(hub)
    with place.running() as url:
        ended = doctor(place, "--json", "--url", url)
    found = levels(ended)
    assert "this service was started without a simulated radio" in ended.stdout
    assert {subject: found[subject] for subject in ("identity", "service", "disk", "head office", "day keys")} == {
        "identity": "ok", "service": "ok", "disk": "ok", "head office": "ok", "day keys": "note",
    }  # fmt: skip
    assert found["scanner s1"] == "fault"
    assert ended.returncode == 1


def test_a_person_reads_one_line_for_each_finding(tmp_path: Path, hub: Hub) -> None:
    ended = doctor(Place(tmp_path, hub.url))
    assert ended.stderr == ""
    assert "FAULT  identity: this store is not enrolled: get a code" in ended.stdout.splitlines()[0]


def test_settings_with_a_mistake_are_told_and_exit_with_2(tmp_path: Path, hub: Hub) -> None:
    place = Place(tmp_path, hub.url)
    place.config.write_text(place.config.read_text().replace("[[zone]]", "[[zoen]]"))
    ended = doctor(place)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "zoen" in ended.stderr
