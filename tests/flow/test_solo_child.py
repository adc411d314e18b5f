"""A process of the shop: started again when it falls, never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from regulars.solo.child import Child
from regulars.solo.errors import PortTaken, ShopUnready
from regulars.solo.port import free_ports, listening

SLEEP = "import time; time.sleep(60)"
SLEEPER = ["-c", f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{SLEEP}']).wait()"]
PARENT = """
import asyncio, pathlib, sys
from regulars.solo.child import Child
async def main():
    child = Child("x", ["-c", "import time; time.sleep(60)"], pathlib.Path(sys.argv[1]))
    await child.start()
    print(child.process.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return False
    return state != "Z"


def _alive_in_group(group: int) -> list[int]:
    pids = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [pid for pid in pids if _is_alive(pid) and _group_of(pid) == group]


def _group_of(pid: int) -> int | None:
    """None: it ended while it was looked at."""
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _group_gone(group: int, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while _alive_in_group(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _alive_in_group(group)


def _gone(pid: int, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _is_alive(pid)


def test_its_whole_group_ends_with_it(tmp_path: Path) -> None:
    async def story() -> int:
        child = Child("sleeper", SLEEPER, tmp_path / "log")
        await child.start()
        assert child.process is not None
        await asyncio.sleep(0.5)
        await child.stop()
        return child.process.pid

    pid = asyncio.run(story())
    assert _group_gone(pid, 5)  # who was killed may take a moment, on a busy machine


def test_it_is_started_again_when_it_falls(tmp_path: Path) -> None:
    async def story() -> int:
        child = Child("faller", ["-c", "import time; time.sleep(60)"], tmp_path / "log")
        await child.start()
        keeping = asyncio.create_task(child.keep_running())
        assert child.process is not None
        first = child.process.pid
        child.process.send_signal(signal.SIGKILL)
        while child.process.pid == first:  # noqa: ASYNC110 - what it waits for is another process
            await asyncio.sleep(0.05)
        keeping.cancel()
        await child.stop()
        return child.restarts

    assert asyncio.run(asyncio.wait_for(story(), 10)) == 1


def test_one_that_keeps_falling_ends_the_shop_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.solo.child._BACKOFF_S", 0.0)

    async def story() -> None:
        child = Child("faller", ["-c", "pass"], tmp_path / "log")
        await child.start()
        await child.keep_running()

    with pytest.raises(ShopUnready, match="fell 5 times"):
        asyncio.run(asyncio.wait_for(story(), 20))


def test_one_that_ends_while_starting_is_said_to(tmp_path: Path) -> None:
    async def story() -> None:
        child = Child("mayfly", ["-c", "raise SystemExit(2)"], tmp_path / "log", ready_url="http://127.0.0.1:1/")
        await child.start()
        await child.wait_ready(10)

    with pytest.raises(ShopUnready, match="mayfly process ended while it was starting"):
        asyncio.run(story())


@pytest.mark.skipif(sys.platform != "linux", reason="the signal at a parent's death is Linux's")
def test_it_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "log"], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.5)
        assert _is_alive(pid)
        parent.kill()
    assert _gone(pid, 5)


def test_a_taken_port_is_one_sentence() -> None:
    (port,) = free_ports(1)
    with listening(port), pytest.raises(PortTaken, match=f"Port {port} is taken"):
        listening(port)


def test_one_that_cannot_be_replaced_ends_the_shop_with_a_sentence(tmp_path: Path) -> None:
    async def story() -> None:
        child = Child("air", ["-c", "print('no more')"], tmp_path / "log", is_replaceable=False)
        await child.start()
        await child.keep_running()

    with pytest.raises(
        ShopUnready, match=r"The air process ended, and the shop cannot go on.* Its last words: no more"
    ):
        asyncio.run(asyncio.wait_for(story(), 20))


def test_one_that_was_stopped_is_neither_missed_nor_started_again(tmp_path: Path) -> None:
    async def story() -> int:
        child = Child("sleeper", ["-c", SLEEP], tmp_path / "log", is_replaceable=False)
        await child.start()
        keeping = asyncio.create_task(child.keep_running())
        await asyncio.sleep(0.3)
        await child.stop()
        await asyncio.wait_for(keeping, 5)
        return child.restarts

    assert asyncio.run(story()) == 0
