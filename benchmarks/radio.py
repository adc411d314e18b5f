"""`make bench-radio`: from a raw payload to a presence input, beside the rivals; the table of a million members.

Processor time, all sides in turns in one run, medians of the ratios: the machine may be busy. Foreign frames are real
ones (`../shared/data/adverts`), one frame in twenty is ours.
"""

import argparse
import gc
import gzip
import hmac
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final, cast

from edge.core.advertisement import token_in_payload
from edge.core.identity import Identity
from edge.core.layout import build_table
from edge.core.table import TokenTable
from wire import rst1

ROOT: Final = Path(__file__).resolve().parent.parent
AIR_TRACE: Final = ROOT.parent / "shared" / "data" / "adverts" / "air_trace.jsonl.gz"
RIVALS_PYTHON: Final = ROOT / ".venv-rivals" / "bin" / "python"

# Home Assistant's BLE Monitor reads every packet with bleparser; half its cost leaves a Pi's core to the service.
FASTER_THAN_BLEPARSER: Final = 2.0
# Hashing is what a table cannot do without; whatever lies beyond delays the swap after a quarter's turn.
BUILD_TO_HASHING: Final = 1.3
# 800 reports a second, all of them ours, are then under a thousandth of a core.
LOOKUP_US: Final = 1.0
# Two tables live while they are swapped; a Pi with 1 GB runs a million members beside BlueZ and the service.
TABLE_MB: Final = 110.0

DAY: Final = 20_370
NOON: Final = DAY * rst1.DAY_S + 12 * rst1.HOUR_S + rst1.QUARTER_S  # one hour's block holds all three quarters
FRAMES: Final = 20_000
OURS_EVERY: Final = 20
SHOPPERS: Final = 50
ON_FLOOR_OF: Final = 100_000
MANY: Final = 1_000_000
REPORTS_PER_S: Final = 800

Row = tuple[str, int, bytes]
Frame = tuple[str, int, bytes, float]


def rows(count: int) -> Iterator[Row]:
    return ((f"{number:032x}", DAY, _key(number)) for number in range(count))


def _key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def frames() -> list[Frame]:
    """Every tenth frame of the trace, in which each twentieth is replaced by one of fifty shoppers'."""
    chance = random.Random(4711)
    shoppers = [chance.randrange(ON_FLOOR_OF) for _ in range(SHOPPERS)]
    found: list[Frame] = []
    with gzip.open(AIR_TRACE, "rt") as lines:
        for number, line in enumerate(itertools.islice(lines, 0, 10 * FRAMES, 10)):
            _, _, address, _, rssi_dbm, _, payload = json.loads(line)
            octets = bytes.fromhex(payload)
            if number % OURS_EVERY == 0:
                shopper = shoppers[number // OURS_EVERY % SHOPPERS]
                address, octets = f"{shopper:012x}", rst1.service_data_128(rst1.body_at(_key(shopper), NOON))
            colons = ":".join(address[at : at + 2] for at in range(0, 12, 2)).upper()
            found.append((colons, rssi_dbm, octets, NOON + number / REPORTS_PER_S))
    return found


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.thread_time()
    work()
    return time.thread_time() - started


def hear_all(table: TokenTable, heard: Sequence[Frame]) -> None:
    identity = Identity(table)
    hear = identity.hear
    for address, rssi_dbm, payload, at in heard:
        body = token_in_payload(payload)
        hear("s1", address, rssi_dbm, (body,) if body else (), at)
    if identity.foreign != FRAMES - FRAMES // OURS_EVERY:
        raise SystemExit(f"radio: {identity.foreign} strangers counted, another number was sent")


def beside_rivals(rounds: int) -> dict[str, float]:
    heard = frames()
    table = build_table(rows(ON_FLOOR_OF), NOON)
    told = json.dumps([(address, rssi_dbm, payload.hex(), at) for address, rssi_dbm, payload, at in heard])
    ours: list[float] = []
    theirs: dict[str, list[float]] = {"bleparser": [], "habluetooth": []}
    command = [RIVALS_PYTHON, ROOT / "benchmarks" / "_rivals.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as rivals:
        to_rivals, from_rivals = cast("IO[str]", rivals.stdin), cast("IO[str]", rivals.stdout)
        print(told, file=to_rivals, flush=True)
        for _ in range(rounds):
            ours.append(seconds(lambda: hear_all(table, heard)))
            for name, each in theirs.items():
                print(name, file=to_rivals, flush=True)
                each.append(float(from_rivals.readline() or _ended()))
        to_rivals.close()
    faster = {name: statistics.median(b / a for a, b in zip(ours, each, strict=True)) for name, each in theirs.items()}
    return {
        "payload_us": statistics.median(ours) / FRAMES * 1e6,
        "bleparser_us": statistics.median(theirs["bleparser"]) / FRAMES * 1e6,
        "habluetooth_us": statistics.median(theirs["habluetooth"]) / FRAMES * 1e6,
        "x_bleparser": faster["bleparser"],
        "x_habluetooth": faster["habluetooth"],
    }


def _ended() -> str:
    raise SystemExit("radio: the rivals' process ended (its words are above): rm -r .venv-rivals, and try again.")


def build_ratio(rounds: int) -> dict[str, float]:
    """The table of a million members against the HMACs alone, over the same rows."""
    members = list(rows(MANY))
    message = b"RST1 hour" + (NOON // rst1.HOUR_S).to_bytes(4, "big")

    def hash_all() -> None:
        digest = hmac.digest
        for _, _, key in members:
            digest(key, message, "sha256")

    build_s, bare_s = [], []
    for _ in range(rounds):
        build_s.append(seconds(lambda: build_table(members, NOON)))
        bare_s.append(seconds(hash_all))
    return {
        "build_s": statistics.median(build_s),
        "hashing_s": statistics.median(bare_s),
        "build_ratio": statistics.median(a / b for a, b in zip(build_s, bare_s, strict=True)),
    }


def table_alone() -> dict[str, float]:
    """In a process of its own: what it adds to the memory, and what looking up any member and any stranger takes."""
    build_table(rows(1), NOON)
    before = resident_mb()
    table = build_table(rows(MANY), NOON)
    gc.collect()
    table_mb = resident_mb() - before
    chance = random.Random(1)
    members = [rst1.tag_at(_key(chance.randrange(MANY)), NOON) for _ in range(100_000)]
    strangers = [chance.randbytes(8) for _ in range(100_000)]
    if any(map(table.resolve, strangers)) or not all(map(table.resolve, members)):
        raise SystemExit("radio: the table does not know its members from strangers")

    def look_up(tags: list[bytes]) -> None:
        resolve = table.resolve
        for tag in tags:
            resolve(tag)

    # The fastest of seven: a neighbour on the machine empties the cache, and that is no property of the table.
    return {
        "table_mb": table_mb,
        "lookup_us": min(seconds(lambda: look_up(members)) for _ in range(7)) * 10,
        "stranger_us": min(seconds(lambda: look_up(strangers)) for _ in range(7)) * 10,
    }


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=7, help="of payloads; the table is built in half as many")
    asked.add_argument("--table-alone", action="store_true", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.table_alone:
        print(json.dumps(table_alone()))
        return 0
    if not AIR_TRACE.exists():
        print(f"The recorded advertisements are missing: put them at {AIR_TRACE.parent}.", file=sys.stderr)
        return 3
    if code := subprocess.run([ROOT / ".ci" / "rivals"], check=False).returncode:
        return code
    # They take turns, so one core has room for all; on two, a busy neighbour of one would slow one side all along.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found = beside_rivals(options.rounds)
    found |= json.loads(subprocess.check_output([sys.executable, __file__, "--table-alone"]))
    found |= build_ratio((options.rounds + 1) // 2)
    bars = {
        "x_bleparser": found["x_bleparser"] >= FASTER_THAN_BLEPARSER,
        "build_ratio": found["build_ratio"] <= BUILD_TO_HASHING,
        "lookup_us": max(found["lookup_us"], found["stranger_us"]) <= LOOKUP_US,
        "table_mb": found["table_mb"] <= TABLE_MB,
    }
    for name in (name for name, met in bars.items() if not met):
        print(f"{name} misses its bar", file=sys.stderr)
    figures = " ".join(f"{name}={value:.2f}" for name, value in found.items())
    verdict = "PASS" if all(bars.values()) else "FAIL"
    print(f"radio: {verdict} {figures} members={MANY} floor={ON_FLOOR_OF} frames={FRAMES}")
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
