"""The parts of `make test-bluez` that need no machine; the machine itself is not started from pytest."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bluez import image
from tests.bluez.agent import _traces
from tests.bluez.pump import _next
from tests.bluez.run import Findings

RESET = b"\x01\x03\x0c\x00"
COMPLETE = b"\x04\x0e\x04\x01\x03\x0c\x00"
ACL = b"\x02\x40\x00\x05\x00hello"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
def test_the_pump_hands_over_whole_packets_however_they_arrive(step: int) -> None:
    stream, buffer, packets = RESET + COMPLETE + ACL, bytearray(), []
    for start in range(0, len(stream), step):
        buffer += stream[start : start + step]
        while packet := _next(buffer):
            packets.append(packet)
    assert packets == [RESET, COMPLETE, ACL]


def test_the_pump_ends_when_it_is_not_fed_hci() -> None:
    with pytest.raises(SystemExit):
        _next(bytearray(b"\x09"))


def test_a_missed_bar_fails_and_is_named() -> None:
    findings = Findings()
    findings.note("tokens", "35/35", good=True)
    assert findings.line == "bluez: PASS tokens=35/35"
    findings.note("recovery", "12.0s", good=False)
    assert findings.line == "bluez: FAIL tokens=35/35 recovery=12.0s missed=recovery"


def test_an_address_is_found_in_names_and_in_files_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "C5:04:03:02:01:00").write_text("")
    (tmp_path / "log").write_text("dev_c5_04_03_02_01_00 was here")
    (tmp_path / "db").write_bytes(bytes((0, 1, 2, 3, 4, 0xC5)))
    (tmp_path / "clean").write_text("C5:04:03:02:01")
    found = {path.name for path in _traces(tmp_path, ["C5:04:03:02:01:00"])}
    assert found == {"C5:04:03:02:01:00", "log", "db"}


def test_without_a_kernel_it_says_where_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "CACHE", tmp_path)
    monkeypatch.setattr(image, "_PROGRAMS", {})
    with pytest.raises(image.Missing, match="fetch-kernel brings Debian's"):
        image.image()


def test_a_machine_without_the_programs_ends_with_3_and_one_sentence() -> None:
    code = "from tests.bluez import image, run; image._PROGRAMS = {'nothing': 'p'}; raise SystemExit(run.main(False))"
    done = subprocess.run([sys.executable, "-c", code], cwd=image.ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "Programs are missing: apt install p.\n")


@pytest.mark.skipif(not Path("/usr/bin/cpio").exists(), reason="needs cpio")
def test_the_archive_is_one_that_cpio_reads() -> None:
    entries = [
        image._entry("bin", 0o040755, b""),
        image._entry("m/a.ko", 0o100644, b"12345"),
        image._entry("TRAILER!!!", 0, b""),
    ]
    listed = subprocess.run(
        ["/usr/bin/cpio", "-it"], input=b"".join(entries), capture_output=True, check=True, env=os.environ
    ).stdout
    assert listed.decode().split() == ["bin", "m/a.ko"]
