"""Strangers: many, changing, and every word of theirs on record."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from simulator.crowd import Crowd, Throng
from simulator.errors import RecordingMistake
from simulator.payloads import invent_payload, load_payloads
from tests.simulator.stage import ROOM, Stage

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "adverts" / "adverts.jsonl"


def test_two_hundred_strangers_say_what_they_were_asked_to() -> None:
    stage = Stage()
    crowd = Crowd(ROOM, stage.air, stage.agenda)
    crowd.start(Throng(200, 150.0))
    stage.hear_for(20.0)
    assert 2700 < stage.air.sent < 3600


def test_whatever_a_scanner_hears_of_them_is_on_record() -> None:
    stage = Stage()
    crowd = Crowd(ROOM, stage.air, stage.agenda)
    crowd.start(Throng(50, 100.0))
    heard = Counter((packet.address, packet.data) for packet in stage.hear_for(300.0))
    assert heard
    assert all(crowd.record[key] >= count for key, count in heard.items())
    assert sum(crowd.record.values()) == stage.air.sent


def test_addresses_turn_over() -> None:
    stage = Stage()
    crowd = Crowd(ROOM, stage.air, stage.agenda)
    crowd.start(Throng(20, 20.0))
    stage.hear_for(1000.0)
    assert len({address for address, _ in crowd.record}) > 40


def test_one_in_three_only_passes_by() -> None:
    stage = Stage()
    crowd = Crowd(ROOM, stage.air, stage.agenda)
    crowd.start(Throng(90, 90.0))
    stage.hear_for(60.0)
    outside = [point for point in crowd.positions_at(stage.agenda.now) if not ROOM.is_indoors(point)]
    assert len(outside) == 30


def test_a_crowd_that_stopped_is_silent_and_its_record_stays() -> None:
    stage = Stage()
    crowd = Crowd(ROOM, stage.air, stage.agenda)
    crowd.start(Throng(10, 10.0))
    stage.hear_for(10.0)
    crowd.stop()
    said = dict(crowd.record)
    assert stage.hear_for(10.0) == []
    assert crowd.record == said != {}


def test_given_payloads_are_replayed_and_nothing_else() -> None:
    stage = Stage()
    crowd = Crowd(ROOM, stage.air, stage.agenda, [b"one", b"two"])
    crowd.start(Throng(10, 10.0))
    stage.hear_for(100.0)
    assert {payload for _, payload in crowd.record} == {b"one", b"two"}


def test_invented_payloads_fit_one_advertisement_and_differ() -> None:
    rng = random.Random(1)
    payloads = [invent_payload(rng) for _ in range(500)]
    assert max(map(len, payloads)) <= 31
    assert len(set(payloads)) > 400


def test_real_payloads_can_be_replayed() -> None:
    if not REAL.exists():
        pytest.skip("../shared/data/adverts is not here")
    stage = Stage()
    crowd = Crowd(ROOM, stage.air, stage.agenda, load_payloads(REAL))
    crowd.start(Throng(200, 150.0))
    stage.hear_for(10.0)
    assert len({payload for _, payload in crowd.record}) > 100


@pytest.mark.parametrize("text", ["", "{}", "no json", json.dumps({"ad": "xyz"})])
def test_a_file_without_payloads_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "adverts.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingMistake, match=r"adverts\.jsonl"):
        load_payloads(path)
