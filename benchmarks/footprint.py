"""`make bench-footprint`: what a store's service takes of its machine: memory, processor, and what it writes in a day.

Two shops, each with a head office process that is not counted, and the store as a shop runs it (`regulars edge run`):
enrolled, its encrypted replica filled by the snapshot, an hour's busy floor on air, tablets on the live line.

Counted: every process of the store, from the command line's to the server's. In MB of 10^6 octets, a page once that
they share: `settled` at the end of the window, `peak` the most that was held within it, `filling` the most from the
start to the filled replica. Processor as a share of one core of this machine. What was written is what the kernel was
given for the disk (`write_bytes`, whole pages of 4 KiB).

On air: ESPHome nodes that speak their encrypted API, the one radio of a store that needs no Bluetooth here. Most
reports are strangers'. Members carry valid tags, change zone five times, and a tablet claims each visit. Their time is
compressed: four minutes stand for the twenty of a visit and `left_after_s` is 20 instead of 180, so that visits begin
and end while it is measured. Memory and processor are thus those of a floor five times as lively.

A day's writing is ten hours of that floor at its true pace (720 visits in the small shop, 1,800 in the department
store), twenty-four of a store with nobody in it, measured alone, and a start on a new day, whose keys are fetched.

Not in it: BlueZ and its D-Bus (a USB adapter in the machine costs bluetoothd besides), the challenge and its GATT
server, pictures of articles, screens, the shopper's phone page, neighbours' stock, the kernel's own memory, the pages
of files it keeps for them, and what a card's own controller writes for each page of 4 KiB. And this machine is no Pi: a
64-bit ARM has pointers of the same size, so memory comes out alike; its core is five to ten times slower.

    python benchmarks/footprint.py [shop | house] [--seconds 60]
"""

import argparse
import json
import re
import selectors
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import IO, Final, cast

from _clients import Client, Crowd  # type: ignore[import-not-found]  # beside this file
from _filled import NUMBER, SITE, STORE, fill, forget_last_keys, open_store  # type: ignore[import-not-found]  # as above
from _processes import Held, Processes, Spent  # type: ignore[import-not-found]  # as above
from pipeline import head_office  # type: ignore[import-not-found]  # as above

ROOT: Final = Path(__file__).resolve().parent.parent
OPENING_HOURS: Final = 10
# Everybody who is on air at the beginning arrives at once; after that those who come and go are as many.
WARM_UP_S: Final = 30.0
START_WITHIN_S: Final = 120.0
STAY_S: Final = 240.0
COMPRESSED: Final = 5
QUIET_S: Final = 60.0
# The last of yesterday's visits is gone from the count before it is gone from the disk and told to head office.
AFTER_LAST_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Profile:
    """A shop and its bars; a bar that is None decides nothing."""

    members: int
    articles: int
    tablets: int
    nodes: int
    reports_per_s: int
    present: int
    # Half of a Pi Zero 2 W's 512 MB is gone before any service starts; of a Pi 4's 2 GB next to nothing.
    memory_mb: float
    # A Pi's core is five to ten times slower: this is all of one of its four.
    core_share: float | None
    # A card of 16 GB that stands 1,000 writes of all of it then wears out in centuries, were it not for its blocks.
    written_mb: float | None


PROFILES: Final = {
    "shop": Profile(5_000, 1_000, 10, 3, 300, 24, 120.0, 0.15, 200.0),
    "house": Profile(100_000, 10_000, 50, 10, 2_000, 60, 250.0, None, None),
}


@dataclass(frozen=True, slots=True)
class Found:
    filling: Held
    settled: Held
    before: Spent
    after: Spent
    seconds: float
    pushed: int
    visits: float
    reports_per_s: float
    new_day_octets: int = 0
    quiet_octets_per_s: float = 0.0


class Edge:
    """The store's processes."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]") -> None:
        self._url_file = folder / "state" / "edge.url"
        self.family = Processes(process.pid)
        self.url = ""

    def wait_ready(self, hq_url: str) -> None:
        """Until the replica is filled: the feed's poll is then parked at head office."""
        end = time.monotonic() + START_WITHIN_S
        while time.monotonic() < end:
            with suppress(OSError):
                self.url = self._url_file.read_text().strip()
                if json.loads(_read(f"{hq_url}/readyz"))["parked"] and self.told("regulars_day_keys_until_seconds"):
                    return
            time.sleep(0.1)
        raise SystemExit(f"footprint: the store was not filled within {START_WITHIN_S:.0f} s")

    def told(self, name: str) -> float:
        lines = (line.rpartition(" ") for line in _read(f"{self.url}/metrics").splitlines() if line[:1] != "#")
        return sum(float(value) for found, _, value in lines if found.partition("{")[0] == name)


class Floor:
    """The tablets. One after the other claims who comes."""

    def __init__(self, url: str, tokens: list[str], selector: selectors.BaseSelector) -> None:
        port = int(url.rpartition(":")[2])
        self.pushed = 0
        self._claims = 0
        self._crowds: list[Crowd] = []
        self._tablets: list[Client] = []
        for number, token in enumerate(tokens):
            crowd = Crowd(port, "40" + json.dumps({"token": token, "proto": 1}), selector)
            (tablet,) = crowd.connect(1, f"X-Forwarded-For: 10.0.0.{number}\r\n")
            tablet.heard = self._heard
            self._crowds.append(crowd)
            self._tablets.append(tablet)
        self._tablets[0].heard = self._claim

    def pump(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._crowds[0].pump(min(left, 0.5))  # of all: they share a selector
        if not all(tablet.is_open for tablet in self._tablets):
            raise SystemExit("footprint: a tablet was put out")

    def _heard(self, text: bytes, _now: float) -> None:
        self.pushed += text.startswith(b"42")

    def _claim(self, text: bytes, now: float) -> None:
        self._heard(text, now)
        if not text.startswith(b"42"):
            return
        event, message = json.loads(text[2:])
        card = message.get("card", {})
        if event == "upsert" and card.get("kind") == "visit" and not card.get("claimed_by"):
            self._claims += 1
            command = {"key": f"claim-{self._claims:05d}", "name": "claim", "visit_id": card["id"]}
            tablet = self._tablets[self._claims % len(self._tablets)]
            tablet.say(f'42{self._claims}["command",{json.dumps(command)}]'.encode())


# `regulars` as the wheel and its pins install it: the libraries below look for others and load those that are there.
_REGULARS: Final = """
import runpy, sys
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(",")))
runpy.run_module("regulars", run_name="__main__", alter_sys=True)
"""


def _hidden() -> list[str]:
    """What is installed here and not in a shop: modules of packages that only development needs."""
    pins = (ROOT / "requirements" / "base.txt").read_text()
    shipped = {_plain(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", pins, re.MULTILINE)}
    ours = {"regulars"}
    return [
        module
        for module, packages in metadata.packages_distributions().items()
        if not set(map(_plain, packages)) & (shipped | ours)
    ]


def _plain(package: str) -> str:
    """As the index writes it."""
    return re.sub(r"[-_.]+", "-", package).lower()


@contextmanager
def running(folder: Path) -> Iterator[Edge]:
    places = ["--config", str(folder / "store.toml"), "--state", str(folder / "state"), "--port", "0"]
    with (folder / "edge.log").open("ab") as log:
        command = [sys.executable, "-c", _REGULARS, ",".join(_hidden()), "edge", "run", *places]
        process = subprocess.Popen(command, stderr=log)
        try:
            yield Edge(folder, process)
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def air(profile: Profile, secrets: list[str]) -> Iterator[list[tuple[str, int]]]:
    """(id, port) of each node."""
    scanners = [f"s{number}" for number in range(profile.nodes)]
    asked = {
        "number": NUMBER, "store": STORE, "site": SITE.hex(), "scanners": scanners, "secrets": secrets,
        "reports_per_s": profile.reports_per_s, "present": profile.present, "stay_s": STAY_S,
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "benchmarks" / "_air.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        print(json.dumps(asked), file=cast("IO[str]", process.stdin), flush=True)
        yield list(zip(scanners, json.loads(cast("IO[str]", process.stdout).readline()), strict=True))
        cast("IO[str]", process.stdin).close()


def measured(profile: Profile, seconds: float) -> Found:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        code, walkers = fill(folder / "hq", profile.members, profile.articles)
        with head_office(folder / "hq") as (hq_url, _):
            with air(profile, [one.secret.hex() for one in walkers]) as nodes:
                tokens = open_store(folder, hq_url, code, profile.tablets, nodes)
                with running(folder) as edge, selectors.EpollSelector() as selector:
                    edge.wait_ready(hq_url)
                    filling = edge.family.held()
                    found = _steady(edge, Floor(edge.url, tokens, selector), filling, seconds)
            return _closed(folder, hq_url, found)


def _closed(folder: Path, hq_url: str, found: Found) -> Found:
    """The store again, with nobody on air, on the day after: of one day it has no keys yet."""
    forget_last_keys(folder / "state")
    with running(folder) as edge:
        edge.wait_ready(hq_url)
        new_day = edge.family.spent().written_octets
        end = time.monotonic() + START_WITHIN_S
        while edge.told("regulars_visits") and time.monotonic() < end:  # those of the day before
            time.sleep(0.5)
        time.sleep(AFTER_LAST_S)
        before = edge.family.spent().written_octets
        time.sleep(QUIET_S)
        quiet = (edge.family.spent().written_octets - before) / QUIET_S
    return replace(found, new_day_octets=new_day, quiet_octets_per_s=quiet)


def _steady(edge: Edge, floor: Floor, filling: Held, seconds: float) -> Found:
    floor.pump(WARM_UP_S)
    edge.family.forget_peaks()
    pushed, heard, before = floor.pushed, edge.told("regulars_foreign_advertisements_total"), edge.family.spent()
    floor.pump(seconds)
    after, settled = edge.family.spent(), edge.family.held()
    strangers = edge.told("regulars_foreign_advertisements_total") - heard
    visits = edge.told("regulars_visits")
    return Found(filling, settled, before, after, seconds, floor.pushed - pushed, visits, strangers / seconds)


def judged(name: str, profile: Profile, found: Found) -> dict[str, tuple[float, float | None]]:
    """Tells what is known of it; the figures with their bars."""
    written_per_s = (found.after.written_octets - found.before.written_octets) / found.seconds / COMPRESSED
    floor_mb = written_per_s * OPENING_HOURS * 3_600 / 1e6
    quiet_mb, new_day_mb = found.quiet_octets_per_s * 86_400 / 1e6, found.new_day_octets / 1e6
    told = {
        "settled_mb": found.settled.resident, "pss_mb": found.settled.proportional,
        "anonymous_mb": found.settled.anonymous, "filling_mb": found.filling.peak,
        "floor_mb_a_day": floor_mb, "quiet_mb_a_day": quiet_mb, "new_day_mb": new_day_mb,
        "wakes_per_s": (found.after.wakes - found.before.wakes) / found.seconds,
        "pushes_per_s": found.pushed / found.seconds, "strangers_per_s": found.reports_per_s, "visits": found.visits,
    }  # fmt: skip
    print(f"{name}: " + " ".join(f"{what}={value:.1f}" for what, value in told.items()), flush=True)
    return {
        f"{name}_mb": (found.settled.peak, profile.memory_mb),
        f"{name}_core_share": ((found.after.cpu_s - found.before.cpu_s) / found.seconds, profile.core_share),
        f"{name}_written_mb_a_day": (floor_mb + quiet_mb + new_day_mb, profile.written_mb),
    }


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("profiles", nargs="*", metavar="shop | house", help="both when none is named")
    asked.add_argument("--seconds", type=float, default=60.0, help="of the window")
    options = asked.parse_args()
    if strange := set(options.profiles) - set(PROFILES):
        asked.error(f"there is no profile {min(strange)}: name {' or '.join(PROFILES)}")
    if remedy := _missing():
        print(f"footprint: {remedy}", file=sys.stderr)
        return 3
    bars: dict[str, tuple[float, float | None]] = {}
    for name in options.profiles or PROFILES:
        bars |= judged(name, PROFILES[name], measured(PROFILES[name], options.seconds))
    is_met = all(bar is None or value <= bar for value, bar in bars.values())
    figures = " ".join(
        f"{name}={value:.3g}" + ("" if bar is None else f" (bar {bar:g})") for name, (value, bar) in bars.items()
    )
    print(f"footprint: {'PASS' if is_met else 'FAIL'} {figures}")
    return 0 if is_met else 1


def _missing() -> str:
    """What must be done before anything can be measured; empty when all is there."""
    if not Path("/proc/self/smaps_rollup").exists() or not Path("/proc/self/io").exists():
        return "the kernel's figures are missing: run it on Linux 4.14 or newer with /proc mounted."
    kind = subprocess.run(["stat", "-f", "-c", "%T", tempfile.gettempdir()], capture_output=True, text=True, check=True)
    if kind.stdout.strip() in {"tmpfs", "ramfs"}:
        return f"{tempfile.gettempdir()} lies in memory, so nothing is written: name a folder on a disk with TMPDIR."
    return ""


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own on loopback
        return str(answer.read(), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
