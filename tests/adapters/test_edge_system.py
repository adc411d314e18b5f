"""Logs that cannot tell on anybody, a day's end, codes, keys on disk."""

import io
import json
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from edge.adapters import enrolment, system
from edge.adapters.enrolment import Enrolment
from edge.adapters.store_sqlite import make_state_dir
from edge.errors import NotEnrolled, PortTaken, StateDirError, UsageError
from tests.core.store import ANNA
from wire.sync import EnrolReply

REPLY = EnrolReply(
    device_id="d1", store_id="de-1", store_number=1, store_name="T", merchant_id="m", hub_keys={"k": "no key"}
)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    system.start_logs(logging.INFO)
    yield stream
    structlog.reset_defaults()


def test_a_log_line_says_only_what_is_on_the_list(log: io.StringIO) -> None:
    structlog.get_logger().info("edge.started", port=80, member_ref=ANNA, token="secret", address="C0:FF")
    line = json.loads(log.getvalue())
    assert (line["event"], line["port"], line["left_out"]) == ("edge.started", 80, 3)
    assert not {ANNA, "secret", "C0:FF"} & set(map(str, line.values()))


def test_a_fault_is_logged_by_place_and_never_by_its_text(log: io.StringIO) -> None:
    try:
        int(f"no such member {ANNA}")
    except ValueError:
        structlog.get_logger().exception("step.failed", input="Heard")
    line = json.loads(log.getvalue())
    assert "ValueError at test_edge_system.py" in line["exception"]
    assert ANNA not in log.getvalue()


def test_the_day_ends_at_the_stores_midnight_also_when_the_clock_changes() -> None:
    end = system.day_end("Europe/Berlin")
    before_summer = datetime(2026, 3, 28, 23, 30, tzinfo=UTC).timestamp()  # 00:30 on the 23-hour day
    assert datetime.fromtimestamp(end(before_summer), UTC) == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_a_code_can_be_read_aloud() -> None:
    codes = {system.phone_code() for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("ILOU")


def test_a_taken_port_is_told_before_anything_starts() -> None:
    with system.bound("127.0.0.1", 0) as taken, pytest.raises(PortTaken, match="choose another --port"):
        system.bound("127.0.0.1", taken.getsockname()[1])


def test_a_host_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "bind", _no_such_host)
    with pytest.raises(UsageError, match="write 127"):
        system.bound("nowhere.invalid", 0)


def _no_such_host(*_: object) -> None:
    raise socket.gaierror


def test_a_state_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("")
    with pytest.raises(StateDirError, match="--state"):
        make_state_dir(path)


def test_an_identity_is_for_the_services_own_user_only(tmp_path: Path) -> None:
    enrolment.save(tmp_path, Enrolment(REPLY, enrolment.new_key()))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert enrolment.load(tmp_path).store == REPLY


@pytest.mark.parametrize("file", [enrolment.KEY_FILE, enrolment.STORE_FILE])
def test_a_store_without_identity_or_with_a_damaged_one_is_not_enrolled(tmp_path: Path, file: str) -> None:
    with pytest.raises(NotEnrolled, match="edge enrol"):
        enrolment.load(tmp_path)
    enrolment.save(tmp_path, Enrolment(REPLY, enrolment.new_key()))
    (tmp_path / file).write_text("{")
    with pytest.raises(NotEnrolled):
        enrolment.load(tmp_path)


def test_a_key_that_is_none_is_left_out() -> None:
    assert enrolment.public_keys(REPLY.hub_keys) == []


def test_the_administrators_token_is_made_once(tmp_path: Path) -> None:
    assert system.admin_token(tmp_path) == system.admin_token(tmp_path)
    assert (tmp_path / "admin.token").stat().st_mode & 0o777 == 0o600


def test_an_empty_admin_token_lets_nobody_in(tmp_path: Path) -> None:
    """As a power cut may leave it: the empty token would be everybody's."""
    (tmp_path / "admin.token").write_text("")
    made = system.admin_token(tmp_path)
    assert len(made) > 20
    assert system.admin_token(tmp_path) == made
