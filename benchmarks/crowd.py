"""`make bench-crowd`: what forty tablets notice of a client that does not read, a frame of 100 MB and 300 reconnecting.

The line as in a shop, under gunicorn with a shop's limits, twenty patches a second; ages where one driver reads them.
`quiet` are the same tablets before the crowd comes, in the same run; the crowd runs in a process of its own.
"""

import argparse
import json
import selectors
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Final, cast

from _clients import Client, Crowd  # type: ignore[import-not-found]  # beside this file
from push import HELLO, PATCH, RATE  # type: ignore[import-not-found]  # as above

ROOT: Final = Path(__file__).resolve().parent.parent
# Nobody who looks at a tablet notices a twentieth of a second.
OTHERS_P99_MS: Final = 60.0
# A service that keeps a crowd's memory is restarted by its limit some day in December.
KEPT_MB: Final = 20.0

TABLETS: Final = 40
AFTER_S: Final = 60.0


class Shop:
    """The server, and its tablets, which read while they wait for it."""

    def __init__(self, process: "subprocess.Popen[str]", selector: selectors.BaseSelector) -> None:
        self._to, self._from = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        print(json.dumps(PATCH), file=self._to, flush=True)
        self.port = int(self._from.readline())
        self.age_ms: list[float] = []
        self._crowd = Crowd(self.port, HELLO, selector)
        self.tablets: list[Client] = []
        for number in range(TABLETS):
            self.tablets += self._crowd.connect(1, f"X-Forwarded-For: 10.0.0.{number}\r\n")
        for tablet in self.tablets:
            tablet.heard = self._heard

    def p99_ms(self, seconds: float) -> float:
        """Raises SystemExit when a tablet was put out or missed a patch."""
        self.age_ms.clear()
        print(f"emit {RATE} {seconds}", file=self._to, flush=True)
        expected, end = round(RATE * seconds) * TABLETS, time.monotonic() + seconds + 10
        while len(self.age_ms) < expected and time.monotonic() < end:
            self.pump(0.05)
        self._worker = json.loads(self._from.readline())["pid"]
        if len(self.age_ms) != expected or not all(tablet.is_open for tablet in self.tablets):
            raise SystemExit(f"crowd: {expected} patches were to arrive at the tablets, {len(self.age_ms)} did")
        return statistics.quantiles(self.age_ms, n=100)[98]

    def pump(self, within_s: float) -> None:
        self._crowd.pump(within_s)

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self._worker}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6

    def _heard(self, text: bytes, now: float) -> None:
        found = text.find(b'"t":')
        if found >= 0:
            self.age_ms.append((now - float(text[found + 4 : found + 24].partition(b",")[0])) * 1e3)


def measured(shop: Shop, seconds: float, after_s: float) -> dict[str, float]:
    quiet_ms = shop.p99_ms(seconds)
    before_mb = shop.memory_mb()
    command = [sys.executable, str(ROOT / "benchmarks" / "_storm.py"), str(shop.port), str(seconds + 3)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as storm:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            shop.pump(0.05)
        crowded_ms = shop.p99_ms(seconds)
        during_mb = shop.memory_mb()
        while storm.poll() is None:
            shop.pump(0.05)
        told = json.loads(cast("IO[str]", storm.stdout).read() or '{"tries": 0, "joined": 0}')
    if not told["tries"]:
        raise SystemExit("crowd: nobody came (the words are above)")
    end = time.monotonic() + after_s
    while time.monotonic() < end:
        shop.pump(0.05)
    return {
        "quiet_p99_ms": quiet_ms,
        "others_p99_ms": crowded_ms,
        "before_mb": before_mb,
        "during_mb": during_mb,
        "kept_mb": shop.memory_mb() - before_mb,
        **told,
    }


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=20.0, help="quiet, and as long again with the crowd")
    asked.add_argument("--after", type=float, default=AFTER_S, help="seconds until what is kept is weighed")
    options = asked.parse_args()
    command = [sys.executable, str(ROOT / "benchmarks" / "_push_ours.py"), "shop"]
    with (
        selectors.EpollSelector() as selector,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            found = measured(Shop(process, selector), options.seconds, options.after)
        finally:
            process.terminate()
    is_met = found["others_p99_ms"] <= OTHERS_P99_MS and found["kept_mb"] <= KEPT_MB
    verdict = "PASS" if is_met else "FAIL"
    print(f"crowd: {verdict} " + " ".join(f"{name}={value:.1f}" for name, value in found.items()))
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
