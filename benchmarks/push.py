"""`make bench-push`: one patch to 100 and to 300 clients, beside `websockets` broadcast and Node's socket.io.

Every server has its clients for the whole run, and they are measured in turns: processor time of the server's process
for each message it delivered, and the age of each message where one and the same driver reads it. Compression is off
and the ping interval is ours everywhere. `stock` is our server without writing directly, for comparison. Medians of the
ratios of each round: the machine may be busy.
"""

import argparse
import json
import selectors
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, cast

from _clients import Crowd  # type: ignore[import-not-found]  # beside this file

from tests.flow.live_store import TOKEN

ROOT: Final = Path(__file__).resolve().parent.parent
# `websockets` is what asyncio can do in Python: with limits, resumption and Flask beside it, a quarter more at most.
TO_WEBSOCKETS: Final = 1.25
# Node's socket.io is what a shop would otherwise be offered; six tenths leave its second process out of account too.
TO_SOCKETIO: Final = 0.6

RATE: Final = 20.0
# So long a server may be behind on a busy machine before it counts as having lost something.
LATE_S: Final = 10.0
PATCH: Final = {
    "v": 1,
    "room": "staff",
    "seq": 0,
    "event": "patch",
    "ttl_s": 30,
    "id": "visit-0123456789abcdef",
    "set": {
        "t": 0.0,
        "zone": "coats",
        "zone_name": "Coats and jackets",
        "order": 3,
        "state": "here",
        "reason": {"key": "reason.reserved", "params": {"product": "coat-1", "size": "38"}},
        "last_heard_at": 1790000000.25,
        "decided_at": 1790000000.5,
    },
}
HELLO: Final = "40" + json.dumps({"token": TOKEN, "proto": 1})


class Measured:
    """One server with its clients, and what its rounds said."""

    def __init__(
        self, name: str, process: "subprocess.Popen[str]", hello: str | None, selector: selectors.BaseSelector
    ) -> None:
        self.name = name
        self._to, self._from = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        print(json.dumps(PATCH), file=self._to, flush=True)
        self.crowd = Crowd(int(self._from.readline() or _ended(name)), hello, selector)
        self.cpu_us: list[float] = []
        self.age_ms: list[float] = []

    def join(self, clients: int) -> None:
        for client in self.crowd.connect(clients):
            client.heard = self._heard

    def _heard(self, text: bytes, now: float) -> None:
        """A patch says its instant itself, on the machine's monotonic clock."""
        found = text.find(b'"t":')
        if found >= 0:
            self.age_ms.append((now - float(text[found + 4 : found + 24].partition(b",")[0])) * 1e3)

    def round(self, seconds: float) -> None:
        before = len(self.age_ms)
        print(f"emit {RATE} {seconds}", file=self._to, flush=True)
        expected = round(RATE * seconds) * len(self.crowd.clients)
        end = time.monotonic() + seconds + LATE_S
        while (arrived := len(self.age_ms) - before) < expected and time.monotonic() < end:
            self.crowd.pump(0.05)
        told = json.loads(self._from.readline() or _ended(self.name))
        if arrived != expected:
            raise SystemExit(f"push: {self.name} was to deliver {expected} patches, and {arrived} arrived")
        if not all(client.is_open for client in self.crowd.clients):
            raise SystemExit(f"push: {self.name} ended some of its clients")
        self.cpu_us.append(told["cpu_s"] / arrived * 1e6)


def _ended(name: str) -> str:
    raise SystemExit(f"push: {name} ended (its words are above)")


COMMANDS: Final[dict[str, tuple[Sequence[str | Path], str | None]]] = {
    "ours": ((sys.executable, ROOT / "benchmarks" / "_push_ours.py"), HELLO),
    "websockets": ((ROOT / ".venv-rivals/bin/python", ROOT / "benchmarks" / "_push_websockets.py"), None),
    "socketio": (("node", ROOT / "benchmarks" / "node" / "push.js"), "40"),
    "stock": ((sys.executable, ROOT / "benchmarks" / "_push_ours.py", "stock"), HELLO),
}


@contextmanager
def running(name: str, selector: selectors.BaseSelector) -> Iterator[Measured]:
    command, hello = COMMANDS[name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield (measured := Measured(name, process, hello, selector))
            measured.crowd.end()
        finally:
            process.terminate()


def measured(clients: int, rounds: int, seconds: float) -> dict[str, float]:
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.EpollSelector())  # one: every ping is answered in time
        servers = [stack.enter_context(running(name, selector)) for name in COMMANDS]
        for server in servers:
            server.join(clients)
        for number in range(rounds):
            for turn in range(len(servers)):
                servers[(number + turn) % len(servers)].round(seconds)
    ours = servers[0]
    found: dict[str, float] = {}
    for server in servers:
        p50_ms, p99_ms = (statistics.quantiles(server.age_ms, n=100)[at] for at in (49, 98))
        cpu_us = statistics.median(server.cpu_us)
        print(f"  {server.name:<11}{cpu_us:7.1f} us a message   p50 {p50_ms:6.2f} ms   p99 {p99_ms:6.2f} ms")
        found |= {f"{server.name}_us_{clients}": cpu_us, f"{server.name}_p99_ms_{clients}": p99_ms}
    for server in servers[1:]:
        ratios = [a / b for a, b in zip(ours.cpu_us, server.cpu_us, strict=True)]
        found[f"to_{server.name}_{clients}"] = statistics.median(ratios)
    return found


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=2.0, help="of each server's turn in a round")
    options = asked.parse_args()
    if code := subprocess.run([ROOT / ".ci" / "rivals", "node"], check=False).returncode:
        return code
    found: dict[str, float] = {}
    for clients in (100, 300):
        print(f"{clients} clients, {RATE:.0f} patches a second")
        found |= measured(clients, options.rounds, options.seconds)
    bars = {
        "to_websockets_100": TO_WEBSOCKETS,
        "to_websockets_300": TO_WEBSOCKETS,
        "to_socketio_100": TO_SOCKETIO,
    }
    for name, bar in bars.items():
        if found[name] > bar:
            print(f"{name} misses its bar, {bar}", file=sys.stderr)
    verdict = "PASS" if all(found[name] <= bar for name, bar in bars.items()) else "FAIL"
    print(f"push: {verdict} " + " ".join(f"{name}={value:.2f}" for name, value in found.items()))
    return 0 if verdict == "PASS" else 1


if __name__ == "__main__":
    sys.exit(main())
