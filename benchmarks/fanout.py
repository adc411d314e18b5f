"""`make bench-fanout`: how soon fifty tablets show who arrived, who took over, and that somebody wants to be invisible.

The store's whole service with its state thread, its outbox on the disk and its live line under gunicorn, with the
limits it has in a shop; tablets are real sockets read by one thread. An arrival's age is counted from the decision, a
claim's from the tap, a change of mode's from when it reached the store.
"""

import json
import selectors
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, cast

from _clients import Client, Crowd  # type: ignore[import-not-found]  # beside this file
from _shop import MEMBERS, TABLETS  # type: ignore[import-not-found]  # as above

from tests.core.store import NOW

ROOT: Final = Path(__file__).resolve().parent.parent
# Somebody greets who came in before the customer has passed the first shelf.
ARRIVAL_P95_S: Final = 2.0
# Two colleagues do not walk to the same customer, and nobody reads a card its owner has just withdrawn.
CLAIM_P99_S: Final = 1.0
MODE_P99_S: Final = 1.0

CLAIMS: Final = 60
MODES: Final = 30
# The loudest a phone is heard, as the radio thread hands it on.
HEARD_EVERY_S: Final = 0.5

Seen = dict[int, float]
Fits = Callable[[str, dict[str, Any]], bool]


class Floor:
    """The tablets and what each read when."""

    def __init__(self, shop: "subprocess.Popen[str]", selector: selectors.BaseSelector) -> None:
        self._to, self._from = cast("IO[str]", shop.stdin), cast("IO[str]", shop.stdout)
        self._selector = selector
        self.port = port = int(self._from.readline())
        self.tablets: list[Client] = []
        self.read: list[tuple[int, float, str, dict[str, Any]]] = []
        self._here: list[str] = []
        self._heard_at = 0.0
        for number in range(TABLETS):
            crowd = Crowd(port, "40" + json.dumps({"token": f"t{number}", "proto": 1}), selector)
            (tablet,) = crowd.connect(1, f"X-Forwarded-For: 10.0.0.{number}\r\n")
            tablet.heard = lambda text, now, number=number: self._note(number, text, now)
            self.tablets.append(tablet)
            self._pump = crowd.pump

    def tell(self, line: str) -> float:
        """Returns the instant at which the store had it."""
        print(line, file=self._to, flush=True)
        return float(self._from.readline())

    def arrive(self, member: str) -> None:
        self._here.append(member)
        self.tell(f"arrive {member}")

    def until_all(self, fits: Fits, within_s: float = 20.0) -> Seen:
        """When each tablet first read a message that `fits`; radio goes on meanwhile."""
        del self.read[:]
        seen: Seen = {}
        end = time.monotonic() + within_s
        while len(seen) < TABLETS:
            self.pump(0.05)
            for number, now, event, message in self.read:
                if number not in seen and fits(event, message):
                    seen[number] = now
            del self.read[:]
            if time.monotonic() > end:
                raise SystemExit(f"fanout: after {within_s:.0f} s only {len(seen)} of {TABLETS} tablets had it")
        return seen

    def pump(self, within_s: float) -> None:
        self._pump(within_s)  # of all: they share a selector
        if time.monotonic() - self._heard_at > HEARD_EVERY_S and self._here:
            self._heard_at = time.monotonic()
            self.tell("heard " + " ".join(self._here))

    def _note(self, number: int, text: bytes, now: float) -> None:
        if text.startswith(b"42"):
            event, message = json.loads(text[2:])
            self.read.append((number, now, event, message))


def arrivals(floor: Floor) -> tuple[list[float], list[str]]:
    ages: list[float] = []
    visits: list[str] = []
    for member in MEMBERS:
        card: dict[str, Any] = {}
        floor.arrive(member)
        seen = floor.until_all(partial(is_new, visits, card))
        visits.append(card["id"])
        ages += [now + NOW - card["decided_at"] for now in seen.values()]
    return ages, visits


def claims(floor: Floor, visits: Sequence[str]) -> list[float]:
    ages: list[float] = []
    for turn in range(CLAIMS):
        visit, tablet = visits[turn % len(visits)], floor.tablets[turn % TABLETS]
        command = {"key": f"claim-{turn:05d}", "name": "claim", "visit_id": visit, "take_over": True}
        began = time.monotonic()
        tablet.say(f'42{turn}["command",{json.dumps(command)}]'.encode())
        seen = floor.until_all(partial(_is_claimed, visit))
        ages += [now - began for now in seen.values()]
    return ages


def modes(floor: Floor, visits: Sequence[str]) -> list[float]:
    ages: list[float] = []
    for turn in range(MODES):
        member, mode = MEMBERS[turn // 2 % len(MEMBERS)], ("phone", "advice")[turn % 2]
        began = floor.tell(f"mode {member} {mode}")
        visit = visits[turn // 2 % len(MEMBERS)]
        seen = floor.until_all(partial(is_gone if mode == "phone" else is_back, visit))
        ages += [now - began for now in seen.values()]
    return ages


def is_new(known: Sequence[str], card: dict[str, Any], event: str, message: dict[str, Any]) -> bool:
    """A visit that is not among the `known`; `card` becomes its card."""
    body = message.get("card", {})
    if event == "upsert" and body.get("kind") == "visit" and body["id"] not in known:
        card.update(body)
        return True
    return False


def _is_claimed(visit: str, event: str, message: dict[str, Any]) -> bool:
    return event == "patch" and message["id"] == visit and "claimed_by" in message["set"]


def is_gone(visit: str, event: str, message: dict[str, Any]) -> bool:
    return event == "remove" and bool(message["id"] == visit)


def is_back(visit: str, event: str, message: dict[str, Any]) -> bool:
    return event == "upsert" and bool(message["card"]["id"] == visit)


@contextmanager
def running() -> Iterator["subprocess.Popen[str]"]:
    command: list[str | Path] = [sys.executable, ROOT / "benchmarks" / "_shop.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shop:
        try:
            yield shop
        finally:
            shop.terminate()


def main() -> int:
    with running() as shop, selectors.EpollSelector() as selector:
        floor = Floor(shop, selector)
        arrived, visits = arrivals(floor)
        found = {
            "arrival_p95_s": (statistics.quantiles(arrived, n=100)[94], ARRIVAL_P95_S),
            "claim_p99_s": (statistics.quantiles(claims(floor, visits), n=100)[98], CLAIM_P99_S),
            "mode_p99_s": (statistics.quantiles(modes(floor, visits), n=100)[98], MODE_P99_S),
        }
    verdict = "PASS" if all(value <= bar for value, bar in found.values()) else "FAIL"
    print(f"fanout: {verdict} " + " ".join(f"{name}={value:.3f}" for name, (value, _) in found.items()), end=" ")
    print(f"tablets={TABLETS} arrivals={len(MEMBERS)} claims={CLAIMS} modes={MODES}")
    return 0 if verdict == "PASS" else 1


if __name__ == "__main__":
    sys.exit(main())
