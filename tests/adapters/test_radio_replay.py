"""A recording is heard like live radio; a broken line is named."""

import json
from pathlib import Path

import pytest

from edge.adapters.radio_replay import RecordingMistake, read_recording, replayed
from edge.core.identity import Identity, build_table
from edge.core.inputs import Contested, Heard
from edge.errors import UsageError
from wire import rst1

NOON = 20_370 * rst1.DAY_S + 12 * rst1.HOUR_S
KEY = bytes(range(16))
OURS = rst1.service_data_128(rst1.body_at(KEY, NOON, flags=1))
GOOD = {"t": NOON, "scanner": "s1", "address": "C0:00:00:00:00:01", "rssi_dbm": -61, "data": OURS.hex()}


def recorded(folder: Path, *lines: object) -> Path:
    path = folder / "recording.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_members_are_told_and_strangers_counted(tmp_path: Path) -> None:
    stranger = {**GOOD, "t": NOON + 1, "data": "02011a0bff4c001006671e7079f6ae"}
    later = {**GOOD, "t": NOON + 2, "rssi_dbm": -70}
    identity = Identity(build_table([("anna", 20_370, KEY)], NOON))
    heard = list(replayed(read_recording(recorded(tmp_path, GOOD, stranger, "", later)), identity))
    assert heard == [Heard("anna", "s1", -61, 1, NOON), Heard("anna", "s1", -70, 1, NOON + 2)]
    assert identity.foreign == 1


def test_a_repeater_in_a_recording_is_contested(tmp_path: Path) -> None:
    lines = [{**GOOD, "t": NOON + second, "address": address} for second in range(12) for address in ("A", "B")]
    identity = Identity(build_table([("anna", 20_370, KEY)], NOON))
    told = list(replayed(read_recording(recorded(tmp_path, *lines)), identity))
    assert Contested("anna", NOON + 10) in told


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "null", {**GOOD, "t": "noon"}, {**GOOD, "data": "zz"}, {**GOOD, "rssi_dbm": None}, {"t": NOON}],
)
def test_a_broken_line_is_named(tmp_path: Path, line: object) -> None:
    with pytest.raises(RecordingMistake, match="line 2: not a recorded advertisement"):
        list(read_recording(recorded(tmp_path, GOOD, line)))


def test_lines_out_of_order_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingMistake, match="line 2: earlier than the line before"):
        list(read_recording(recorded(tmp_path, GOOD, {**GOOD, "t": NOON - 1})))


def test_a_missing_recording_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name a recording that exists"):
        list(read_recording(tmp_path / "none.jsonl"))
