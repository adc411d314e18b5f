"""What the fault tests rest on: a life is over when it is, whoever had its number before."""

import os
import time
from pathlib import Path

import pytest

from tests.faults.spawner import Life, Spawner

# The kernel counts on from here for the next process; whatever else starts on the machine may take the number first.
_LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
TRIES = 200

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(not os.access(_LAST_PID, os.W_OK), reason="choosing a process number needs root"),
]


def test_a_number_that_comes_round_again_is_another_life(spawner: Spawner, tmp_path: Path) -> None:
    first = _writing(spawner, tmp_path, 0)
    first.kill()
    assert first.is_over
    for number in range(1, TRIES):
        _LAST_PID.write_text(str(first.pid - 1))
        life = _writing(spawner, tmp_path, number)
        try:
            if life.pid == first.pid:
                assert not life.is_over
                return
        finally:
            life.kill()
            assert life.is_over
    pytest.fail("the kernel gave the number to nobody")


def _writing(spawner: Spawner, folder: Path, number: int) -> Life:
    """One that does not end by itself."""
    state = folder / str(number)
    state.mkdir()
    life = spawner.module("tests.faults.writer", str(state), "FULL", log=folder / f"{number}.log")
    end = time.monotonic() + 20
    while not life.log.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return life
