"""What the kernel counts of a process and all its children: memory, processor, octets written, wake-ups."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Spent:
    """Since each process began."""

    cpu_s: float
    written_octets: int
    wakes: int


@dataclass(frozen=True, slots=True)
class Held:
    """In MB (10^6). `resident` counts a page once that several of these processes share; `proportional` is PSS."""

    resident: float
    peak: float
    proportional: float
    anonymous: float


class Processes:
    """`pid` and whatever it started."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def pids(self) -> list[int]:
        """The eldest first."""
        return list(_family(self._pid))

    def spent(self) -> Spent:
        """Of those that live; a process that ended meanwhile takes its own along."""
        pids = self.pids()
        return Spent(
            sum(map(_cpu_s, pids)),
            sum(_number(f"/proc/{pid}/io", "write_bytes:") for pid in pids),
            sum(_wakes(pid) for pid in pids),
        )

    def held(self) -> Held:
        """Whole is the process that holds most; of the others, only what is theirs alone adds to it.

        For the peak, the most that each has held since `forget_peaks`, less what they share now.
        """
        pids = sorted(self.pids(), key=lambda pid: -_rollup(pid, "Rss:"))
        shared = sum(_rollup(pid, "Rss:") - _private(pid) for pid in pids[1:])
        return Held(
            resident=sum(_rollup(pid, "Rss:") for pid in pids) - shared,
            peak=sum(_mb(f"/proc/{pid}/status", "VmHWM:") for pid in pids) - shared,
            proportional=sum(_rollup(pid, "Pss:") for pid in pids),
            anonymous=sum(_rollup(pid, "Pss_Anon:") for pid in pids),
        )

    def forget_peaks(self) -> None:
        for pid in self.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def _family(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _family(int(child))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _wakes(pid: int) -> int:
    """How often a thread of it gave the processor away to wait for something."""
    found = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found += _number(f"{thread}/status", "voluntary_ctxt_switches:")
    return found


def _private(pid: int) -> float:
    return _rollup(pid, "Private_Clean:") + _rollup(pid, "Private_Dirty:")


def _rollup(pid: int, name: str) -> float:
    return _mb(f"/proc/{pid}/smaps_rollup", name)


def _mb(path: str, name: str) -> float:
    return _number(path, name) * _KIB / 1e6


def _number(path: str, name: str) -> int:
    """Behind the first `name` at the beginning of a line."""
    return int(f"\n{Path(path).read_text()}".partition(f"\n{name}")[2].split()[0])
