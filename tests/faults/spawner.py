"""Starts `regulars` hundreds of times: forked from a process that has imported it already, so that a life costs a
tenth of a second instead of two.

What runs in the child is the command line as it is, in a session of its own. Run as a program, this is that process;
`Spawner` is how tests speak to it.
"""

import json
import mmap
import os
import runpy
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_REAL_TIME: Final = time.time


class Life:
    """One run of a program. `kill` takes all of its processes away at once, as the kernel's OOM killer or a plug."""

    def __init__(self, spawner: "Spawner", pid: int, log: Path) -> None:
        self._spawner, self.pid, self.log = spawner, pid, log

    def kill(self) -> None:
        os.killpg(self.pid, signal.SIGKILL)
        self._spawner.wait(self.pid, 10)
        end = time.monotonic() + 30  # a child of its own may be in the middle of an fsync, and holds its locks so long
        with suppress(ProcessLookupError):
            while time.monotonic() < end:
                os.killpg(self.pid, 0)
                time.sleep(0.01)

    def freeze(self) -> None:
        """It says nothing more; what the kernel does for it goes on."""
        os.killpg(self.pid, signal.SIGSTOP)

    def end(self, within_s: float = 15) -> int | None:
        """SIGTERM; its exit code, None when it did not end."""
        os.kill(self.pid, signal.SIGTERM)
        return self.wait(within_s)

    def wait(self, within_s: float) -> int | None:
        return self._spawner.wait(self.pid, within_s)

    @property
    def is_over(self) -> bool:
        return self._spawner.wait(self.pid, 0) is not None


class Clock:
    """The system clock of the processes started with it, `ahead_s` of this machine's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(struct.pack("d", 0.0))

    def set(self, ahead_s: float) -> None:
        with self.path.open("r+b") as file:  # in its place: it is mapped
            file.write(struct.pack("d", ahead_s))


class Spawner:
    """One for a whole test run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.spawner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._codes: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def run(self, *arguments: str, log: Path, clock: Clock | None = None) -> Life:
        """`regulars ARGUMENTS`."""
        return self._start("regulars", arguments, log, clock)

    def module(self, name: str, *arguments: str, log: Path) -> Life:
        """`python -m NAME ARGUMENTS`; its stdout goes to `log` too."""
        return self._start(name, arguments, log, None)

    def wait(self, pid: int, within_s: float) -> int | None:
        if pid not in self._codes:
            code = self._ask({"wait": pid, "within_s": within_s})["code"]
            if code is None:
                return None
            self._codes[pid] = code
        return self._codes[pid]

    def _start(self, module: str, arguments: Sequence[str], log: Path, clock: Clock | None) -> Life:
        asked = {"module": module, "arguments": arguments, "log": str(log), "clock": str(clock.path) if clock else ""}
        pid = self._ask(asked)["pid"]
        self._codes.pop(pid, None)  # of an earlier life: in a long run the kernel comes round to its number again
        return Life(self, pid, log)

    def _ask(self, question: Mapping[str, object]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _serve() -> None:
    for module in ("edge.main", "hq.main", "regulars.commands.edge", "regulars.commands.hq", "regulars.main"):
        import_module(module)  # so that children need not
    over: dict[int, int] = {}
    begun: list[int] = []
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            answer: dict[str, object] = {"code": _waited(question["wait"], question["within_s"], over)}
        else:
            pid = _forked(question)
            over.pop(pid, None)  # as in `Spawner`
            begun.append(pid)
            answer = {"pid": pid}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in begun:  # whoever was killed in the middle of a test leaves nothing behind
        if _waited(pid, 0, over) is None:
            os.killpg(pid, signal.SIGKILL)


def _waited(pid: int, within_s: float, over: dict[int, int]) -> int | None:
    until = time.monotonic() + within_s
    while pid not in over:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            over[pid] = os.waitstatus_to_exitcode(status)
        elif time.monotonic() >= until:
            return None
        else:
            time.sleep(0.005)
    return over[pid]


def _forked(question: Mapping[str, Any]) -> int:
    if pid := os.fork():
        return pid
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(question["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for mine, theirs in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(mine, theirs)
    code = 1
    try:
        if question["clock"]:
            _set_clock(Path(question["clock"]))
        sys.argv = [question["module"], *question["arguments"]]
        runpy.run_module(question["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - a child must not go on as the spawner
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _set_clock(path: Path) -> None:
    """`time.time` of this process and its children, read anew at each call: the clock may jump while they run."""
    with path.open("rb") as file:
        ahead = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    time.time = lambda: _REAL_TIME() + struct.unpack("d", ahead)[0]


if __name__ == "__main__":
    _serve()
