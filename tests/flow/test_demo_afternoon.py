"""The demo's afternoon, run for real: what it reports, and what it leaves behind of strangers.

Held to milliseconds, so `make check` gives this file the machine to itself.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.flow.demo_run import Run, run_demo
from tests.stored import readable

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_demo(tmp_path_factory.mktemp("afternoon"))


def test_the_afternoon_passes(afternoon: Run) -> None:
    assert afternoon.code == 0, afternoon.words
    assert afternoon.last_line.startswith("demo: PASS ")


def test_every_visible_shopper_arrives_once_and_leaves_once(afternoon: Run) -> None:
    assert afternoon.report["arrivals"] == afternoon.report["leavings"] == 15
    assert afternoon.report["false_arrivals"] == 0


def test_no_client_saw_what_it_should_not(afternoon: Run) -> None:
    assert afternoon.report["wrong_views"] == 0, afternoon.words
    assert afternoon.report["cards"] >= 8
    assert afternoon.report["screen_changes"] >= 2


def test_it_is_fast_enough(afternoon: Run) -> None:
    assert afternoon.report["arrival_to_client_ms"]["p95"] <= 100
    assert afternoon.report["withdrawal_to_removal_ms"]["max"] <= 1000
    assert afternoon.report["first_heard_to_arrival_s"]["n"] == 15


def test_the_presence_settings_are_said(afternoon: Run) -> None:
    assert '"arrive_after_s": 2' in afternoon.words


def test_nothing_of_a_stranger_is_left_in_any_file(afternoon: Run) -> None:
    strangers = afternoon.foreign["devices"]
    assert len({one["address"] for one in strangers}) >= 200
    files = [readable(path) for path in (afternoon.state, *afternoon.state.rglob("*")) if path.is_dir()]
    assert sum(map(len, files)) > 100_000
    found = [one for one in strangers for trace in _traces(one) for file in files if trace in file]
    assert found == []


def _traces(stranger: dict[str, Any]) -> Iterator[bytes]:
    """Every usual way to write the address, and the payload."""
    digits = stranger["address"].replace(":", "").replace("-", "")
    pairs = [digits[index : index + 2] for index in range(0, 12, 2)]
    for order in (pairs, pairs[::-1]):
        for joint in (":", "-", "_", ""):
            yield joint.join(order).lower().encode()
            yield joint.join(order).upper().encode()
        yield bytes.fromhex("".join(order))
    payload = bytes.fromhex(stranger["payload"])
    if len(payload) >= 8:
        yield payload
        yield payload.hex().encode()
        yield payload.hex().upper().encode()


def test_the_greping_finds_an_address_where_there_is_one() -> None:
    traces = list(_traces({"address": "0A:1B:2C:3D:4E:5F", "payload": "0201060303aafe"}))
    assert b"0a1b2c3d4e5f" in traces
    assert bytes.fromhex("5f4e3d2c1b0a") in traces
