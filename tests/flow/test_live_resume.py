"""A thousand random afternoons on a bad line end with the tablet showing exactly what the store shows.

The store's side is `edge.core.rooms`, the tablet's is `display/shared/live.js` itself under node; the line between them
loses, reorders and is cut, the store restarts, time passes on both sides together.
"""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, cast

import pytest

import display
from edge.core.effects import Send
from edge.core.inputs import Device
from edge.core.live import QUIET_FIELDS, TTL_S
from edge.core.rooms import Rooms
from tests.require import locate
from wire.cards import Line, StaffCard, StatusCard
from wire.live import Change, Hello, Replay, Snapshot
from wire.views import Assurance, Mode

NOW: Final = 1_790_000_000.0
AFTERNOONS: Final = int(os.environ.get("REGULARS_AFTERNOONS", "1000"))
STEPS: Final = 30
TABLET: Final = Device("till", "tablet")
CLIENT: Final = Path(__file__).with_name("live_client.mjs")

Cards = dict[str, dict[str, Any]]


class Tablet:
    """live.js in a process of its own."""

    def __init__(self, folder: Path) -> None:
        pages = Path(display.__file__).parent
        library = folder / "node_modules" / "socket.io-client"
        library.mkdir(parents=True)
        shutil.copy(pages / "vendor" / "socket.io-client" / "socket.io.esm.min.js", library / "index.js")
        for where in (folder, library):
            (where / "package.json").write_text('{"type": "module", "main": "index.js"}')
        for file in (*(pages / "shared").glob("*.js"), CLIENT):
            shutil.copy(file, folder)
        command = [locate("node"), folder / CLIENT.name]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._to, self._from = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)

    def do(self, what: str, now: float, **more: Any) -> dict[str, Any]:
        print(json.dumps({"at": round((now - NOW) * 1000), "do": what, **more}), file=self._to, flush=True)
        told: dict[str, Any] = json.loads(self._from.readline())
        return told

    def end(self) -> None:
        self._to.close()
        self._process.wait(10)
        self._from.close()


@pytest.fixture(scope="module")
def tablet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tablet]:
    made = Tablet(tmp_path_factory.mktemp("tablet"))
    yield made
    made.end()


class Afternoon:
    """One store, one tablet, and chance."""

    def __init__(self, seed: int, tablet: Tablet) -> None:
        self.chance = random.Random(seed)
        self.tablet = tablet
        self.now, self.starts = NOW, 0
        self.line: list[Snapshot | Replay | Change] = []
        self.is_cut = True
        self.shown: Cards = {}
        self.visits: dict[str, StaffCard] = {}
        self.quiet: set[str] = set()
        self.store_name = "Shop"
        self.in_step = 0
        self.restart()
        self._told(tablet.do("start", self.now))
        self.connect()

    def play(self) -> None:
        what = [self.arrive, self.change, self.change, self.leave, self.go_quiet, self.rename, self.wait]
        line = [self.deliver] * 8 + [self.lose, self.reorder] * 2 + [self.cut, self.connect, self.restart]
        for _ in range(STEPS):
            self.chance.choice(what)()
            self.chance.choice(line)()
            if self.chance.random() < 0.03:
                self.wait_long()

    # the store

    def arrive(self) -> None:
        self._put(card(f"visit-{self.chance.randrange(6)}", self.now, self.chance.choice(["men", "coats"])))

    def change(self) -> None:
        for visit in self._one():
            self._put(card(visit, self.now, self.chance.choice(["men", "coats", "shoes"])))

    def leave(self) -> None:
        for visit in self._one():
            del self.visits[visit]
            self._send(self.rooms.staff({}, [], [visit], self.now))

    def go_quiet(self) -> None:
        for visit in self._one():
            del self.visits[visit]
            self.quiet.add(visit)
            self._send(self.rooms.staff({}, [visit], [], self.now))

    def rename(self) -> None:
        self.store_name = self.chance.choice(["Shop", "Store", "Laden"])
        self._send(self.rooms.status(self._status(), self.now))

    def restart(self) -> None:
        """The store comes back with who is still there."""
        self.cut()
        self.starts += 1
        self.rooms = Rooms(f"epoch-{self.starts}", [])
        self.visits = {visit: one for visit, one in self.visits.items() if self.chance.random() < 0.7}
        self.quiet = set(filter(lambda _: self.chance.random() < 0.7, sorted(self.quiet)))
        self._send(self.rooms.staff(self.visits, self.quiet, [], self.now))
        self._send(self.rooms.status(self._status(), self.now))

    def wait(self) -> None:
        self._wait(self.chance.randrange(1, 4))

    def wait_long(self) -> None:
        self._wait(self.chance.randrange(4, 40))

    # the line

    def deliver(self) -> None:
        for _ in range(self.chance.randrange(1, 5)):
            self._deliver_one()

    def lose(self) -> None:
        if self.line:
            lost = self.line.pop(self.chance.randrange(len(self.line)))
            # The answer to a new connection is the first thing on it: TCP loses that only with the connection.
            if isinstance(lost, Snapshot | Replay):
                self.cut()

    def reorder(self) -> None:
        self.chance.shuffle(self.line)

    def cut(self) -> None:
        if not self.is_cut:
            self._told(self.tablet.do("disconnect", self.now, reason="transport close"))
        self.line, self.is_cut = [], True

    def connect(self) -> None:
        self.cut()
        self._told(self.tablet.do("connect", self.now))
        self.is_cut = False
        self._answer(self.hello)

    # how it ends

    def the_line_returns(self) -> None:
        self.connect()
        while self.line:
            self._deliver_one()

    def the_line_holds(self) -> None:
        """No reconnect: a renewal shows what is missing."""
        if self.is_cut:
            self.connect()
        for _ in range(TTL_S // 2 + 3):
            self._wait(1)
            while self.line:
                self._deliver_one()

    @property
    def truth(self) -> Cards:
        known: list[StaffCard | StatusCard] = [*self.rooms.cards.values(), self._status()]
        found: Cards = {one.id: one.model_dump(mode="json") for one in known}
        return found | {"quiet": {"id": "quiet", "kind": "quiet", "count": len(self.quiet)}}

    # below

    def _put(self, one: StaffCard) -> None:
        self.visits[one.id] = one
        self.quiet.discard(one.id)
        self._send(self.rooms.staff({one.id: one}, [], [], self.now))

    def _one(self) -> list[str]:
        return [self.chance.choice(sorted(self.visits))] if self.visits else []

    def _status(self) -> StatusCard:
        return StatusCard(store_id="s", store_name=self.store_name)

    def _wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self._send(self.rooms.renewals(self.now))
        self._told(self.tablet.do("wait", self.now))

    def _send(self, sends: Iterator[Send]) -> None:
        for send in sends:  # to be run through, whether or not anybody is connected
            if not self.is_cut:
                self.line.append(send.message)

    def _answer(self, hello: Hello) -> None:
        self.line.extend(reply.message for reply in self.rooms.replies("c", TABLET, hello, self.now))

    def _deliver_one(self) -> None:
        if self.line:
            message, before = self.line.pop(0), self.hello
            self._told(self.tablet.do("message", self.now, message=message.model_dump(mode="json")))
            if not isinstance(message, Snapshot):  # what is over does not come back, however late it is told
                assert self.hello.seq.get("staff", 0) >= before.seq.get("staff", 0)

    def _told(self, told: dict[str, Any]) -> None:
        self.shown = {one["id"]: one for one in told["cards"]}
        self.hello = Hello.model_validate(told["hello"])
        room = self.rooms._rooms["staff"]
        if not self.is_cut and (self.hello.epoch, self.hello.seq.get("staff")) == (room.epoch, room.seq):
            self.in_step += 1
            assert without_ages(self.shown) == without_ages(self.truth)
        for emitted in told["emitted"]:
            assert emitted["event"] == "resume"
            asked = emitted["message"]
            hello = Hello(token="t", epoch=asked["epoch"], seq={asked["room"]: asked["seq"]})
            self._answer(hello)


def card(visit_id: str, now: float, zone: str) -> StaffCard:
    return StaffCard(
        id=visit_id,
        alias=visit_id.upper(),
        mode=Mode.ADVICE,
        state="here",
        zone=zone,
        zone_name=zone.title(),
        arrived_at=NOW,
        last_heard_at=now,
        assurance=Assurance.HEARD,
        order=0,
        reason=Line(key="reason.new"),
        as_of=now,
        decided_at=now,
    )


def without_ages(cards: Cards) -> Cards:
    """They travel with the next renewal."""
    return {name: {k: v for k, v in one.items() if k not in QUIET_FIELDS} for name, one in cards.items()}


@pytest.mark.needs("node")
@pytest.mark.timeout(300)
def test_however_the_line_behaved_the_tablet_ends_with_what_the_store_shows(tablet: Tablet) -> None:
    in_step = 0
    for seed in range(AFTERNOONS):
        print("seed", seed)  # noqa: T201 - shown when it fails
        afternoon = Afternoon(seed, tablet)
        afternoon.play()
        if seed % 2:
            afternoon.the_line_returns()  # right at once
            assert without_ages(afternoon.shown) == without_ages(afternoon.truth)
        afternoon.the_line_holds()
        assert afternoon.shown == afternoon.truth
        in_step += afternoon.in_step
    # On the way too, whenever the tablet's number was the store's.
    assert in_step > 10 * AFTERNOONS


@pytest.mark.needs("node")
def test_a_tablet_without_a_line_shows_nothing_that_is_older_than_its_time_to_live(tablet: Tablet) -> None:
    afternoon = Afternoon(4711, tablet)
    afternoon.arrive()
    afternoon.the_line_returns()
    assert "status" in afternoon.shown
    afternoon.cut()
    afternoon._wait(TTL_S - 1)
    assert afternoon.shown
    afternoon._wait(1)
    assert not afternoon.shown
