"""One head office and one store as processes, people who use both, and what each of them was promised.

The people note only what was acknowledged: a card checked in at the tablet, a member who joined, a profile that head
office took, a withdrawal that got its number. Whatever is done to the processes, `settle` brings them up again and
`judged` compares: what was promised and is not there is lost, what is there twice is a duplicate.
"""

import itertools
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx
import socketio

from tests.faults.records import Stored, replica_of, stored_events
from tests.faults.spawner import Clock, Life, Spawner
from tests.flow.hub import StoreClient, enrolled_client
from wire.profile import Profile

STORE: Final = """
[store]
number = 4711
id = "de-1"
name = "Test"
[[zone]]
id = "coats"
rect = [0, 0, 10, 10]
[[tablet]]
id = "t1"
[presence]
assurance = "heard"
left_after_s = 120
[offline]
policy = "{policy}"
[hq]
url = "http://127.0.0.1:{port}"
wait_s = 2
timeout_s = 2
"""
PURPOSES: Final = ["recognise", "staff", "screen", "web_history", "measure"]
START_S: Final = 30.0
# From the last fault to both sides being one again: a pause of the store's line (up to 2 s) and a page or two.
SETTLE_S: Final = 40.0


@dataclass(slots=True)
class Promised:
    """What somebody was told has happened. Each thread writes its own parts only."""

    joined: dict[str, str] = field(default_factory=dict)  # member -> loyalty number
    revs: dict[str, int] = field(default_factory=dict)  # member -> newest revision that head office took
    withdrawing: set[str] = field(default_factory=set)  # asked for, whatever came of it
    erasing: set[str] = field(default_factory=set)
    served: set[str] = field(default_factory=set)  # whose card was shown to the tablet
    withdrawn: dict[int, str] = field(default_factory=dict)  # number of the withdrawal -> member
    acknowledged: Counter[tuple[str, str]] = field(default_factory=Counter)  # (visit, kind of event)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of what must all be nought, and how much there was to lose."""

    lost: int
    duplicates: int
    inconsistent: int
    returned: int
    events: int
    members: int
    what: tuple[str, ...] = ()  # of what is lost, for whoever reads the failure

    @property
    def figures(self) -> dict[str, int]:
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicates or self.inconsistent or self.returned)


class World:
    """`hq_folder` and `edge_folder` hold the state folders; the ports stay the same over every restart."""

    def __init__(self, spawner: Spawner, folder: Path, seed: int, *, policy: str = "resilient") -> None:
        self.spawner, self.folder = spawner, folder
        self.hq_state, self.edge_state = folder / "hq", folder / "edge"
        self.config = folder / "store.toml"
        self.hq_port, self.edge_port = _free_port(), _free_port()
        self.hq_url, self.edge_url = f"http://127.0.0.1:{self.hq_port}", f"http://127.0.0.1:{self.edge_port}"
        self.hq_clock, self.edge_clock = Clock(folder / "hq.clock"), Clock(folder / "edge.clock")
        self.chance = random.Random(seed)
        self.policy = policy
        self.promised = Promised()
        self.hq: Life | None = None
        self.edge: Life | None = None
        self._closing = ExitStack()
        self._token = ""
        self.returned: set[str] = set()
        self._confirmed: set[str] = set()
        self.what: list[str] = []

    # set up and taken down

    def open(self, line_port: int | None = None) -> None:
        """Both run, the store is enrolled and its tablet paired. `line_port`: where the store's line goes instead."""
        self.write_config(line_port or self.hq_port)
        self.start_hq()
        self.admin("POST", "/v1/stores", {"store_id": "de-1", "number": 4711, "name": "Test"})
        self.enrol()
        self.start_edge()
        self._token = self._pair()
        self.watcher = enrolled_client(self.hq_url, self.enrol_code())
        self._closing.callback(self.watcher.http.close)

    def write_config(self, port: int) -> None:
        self.config.write_text(STORE.format(policy=self.policy, port=port))

    def enrol(self) -> None:
        arguments = ["edge", "enrol", self.enrol_code(), "--config", str(self.config), "--state", str(self.edge_state)]
        assert self.spawner.run(*arguments, log=self.folder / "enrol.log").wait(20) == 0

    def enrol_code(self) -> str:
        return str(self.admin("POST", "/v1/enrol-codes", {"store_id": "de-1"}).json()["code"])

    def close(self) -> None:
        self._closing.close()
        for life in (self.edge, self.hq):
            if life is not None and not life.is_over:
                life.kill()

    # their processes

    def spawn_hq(self) -> Life:
        arguments = ("hq", "run", "--state", str(self.hq_state), "--port", str(self.hq_port))
        self.hq = self.spawner.run(*arguments, log=self.folder / "hq.log", clock=self.hq_clock)
        return self.hq

    def spawn_edge(self) -> Life:
        places = ("--config", str(self.config), "--state", str(self.edge_state))
        arguments = ("edge", "run", *places, "--port", str(self.edge_port))
        self.edge = self.spawner.run(*arguments, log=self.folder / "edge.log", clock=self.edge_clock)
        return self.edge

    def start_hq(self) -> None:
        _ready(self.spawn_hq(), self.hq_url)

    def start_edge(self) -> None:
        _ready(self.spawn_edge(), self.edge_url)

    def wait_ready(self) -> None:
        assert self.hq is not None
        assert self.edge is not None
        _ready(self.hq, self.hq_url)
        _ready(self.edge, self.edge_url)

    def kill_hq(self) -> None:
        assert self.hq is not None
        self.hq.kill()

    def kill_edge(self) -> None:
        """And looks at what a thief of its disk would find of members whose withdrawal this store has confirmed."""
        confirmed = self.confirmed() if self.hq is not None and not self.hq.is_over else set()
        assert self.edge is not None
        self.edge.kill()
        self.look_for(confirmed)

    def look_for(self, confirmed: set[str]) -> None:
        here = replica_of(self.edge_state, confirmed)
        self.returned |= {member for member in confirmed if here.get(member) is not None}

    def stop_edge(self) -> None:
        assert self.edge is not None
        assert self.edge.end() == 0

    def stop_hq(self) -> None:
        assert self.hq is not None
        assert self.hq.end() == 0

    # what people ask of head office

    def admin(self, method: str, path: str, body: Any = None) -> httpx.Response:
        token = (self.hq_state / "admin.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        reply = _http.request(method, self.hq_url + path, json=body, headers=headers, timeout=10)
        return reply.raise_for_status()

    def join(self, alias: str = "Anna") -> str:
        wish = {"alias": alias, "adult": True, "purposes": PURPOSES, "standing_mode": "advice"}
        reply = _http.post(f"{self.hq_url}/v1/join", json=wish, headers={"X-Regulars": "1"}, timeout=10)
        joined = reply.raise_for_status().json()
        self.promised.revs[joined["member_ref"]] = 1
        self.promised.joined[joined["member_ref"]] = joined["loyalty_number"]
        return str(joined["member_ref"])

    def describe(self, member: str, alias: str) -> None:
        body = {"member_ref": member, "merchant_id": "house", "alias": alias, "name": alias * 40}
        rev = int(self.admin("PUT", f"/v1/profiles/{member}", body).json()["rev"])
        self.promised.revs[member] = max(rev, self.promised.revs.get(member, 0))

    def withdraw(self, member: str, kind: str = "withdraw") -> int:
        self.promised.withdrawing.add(member)
        seq = int(self.admin("POST", "/v1/withdraw", {"member_ref": member, "kind": kind}).json()["seq"])
        self.promised.withdrawn[seq] = member
        return seq

    def confirmed(self) -> set[str]:
        """Members of whom this store's own device has proved that it let go."""
        for seq, member in list(self.promised.withdrawn.items()):
            if member not in self._confirmed:
                with suppress(httpx.HTTPError):
                    applied = self.admin("GET", f"/v1/withdraw/{seq}").json()["applied"]
                    if any(one["device_id"] == self.device_id for one in applied):
                        self._confirmed.add(member)
        return set(self._confirmed)

    @property
    def device_id(self) -> str:
        return Stored.device_id(self.edge_state)

    # the store's tablet

    @contextmanager
    def tablet(self) -> Iterator[socketio.Client]:
        """On a socket of ours: the library leaves its own open when the store goes away."""
        at = urlsplit(self.edge_url)
        with socket.create_connection((at.hostname, at.port), 1) as sock:
            io = socketio.Client(reconnection=False, websocket_extra_options={"socket": sock})
            io.connect(self.edge_url, auth={"token": self._token, "proto": 1}, transports=["websocket"], wait_timeout=1)
            try:
                yield io
            finally:
                io.disconnect()

    def say(self, io: socketio.Client, name: str, **fields: str) -> dict[str, Any]:
        command = {"key": f"key-{next(_keys):08}", "name": name, **fields}
        answer: dict[str, Any] = io.call("command", command, timeout=1)
        return answer

    def _pair(self) -> str:
        admin = {"Authorization": f"Bearer {(self.edge_state / 'admin.token').read_text()}"}
        asked = {"kind": "tablet", "id": "t1"}
        code = _http.post(f"{self.edge_url}/admin/pairing-codes", json=asked, headers=admin).json()["code"]
        token = _http.post(f"{self.edge_url}/pair", json={"code": code}).raise_for_status().json()["token"]
        return str(token)

    # how it ends

    def settle(self) -> None:
        """Both up and nothing left to say: no event waits, and head office confirmed the replica after this call."""
        for life, start in ((self.hq, self.start_hq), (self.edge, self.start_edge)):
            if life is None or life.is_over:
                start()
        asked_at = time.time() + 0.1
        end = time.monotonic() + SETTLE_S
        while time.monotonic() < end:
            told = metrics(self.edge_url)
            if told.get("regulars_events_waiting") == 0 and told.get("regulars_replica_as_of_seconds", 0) > asked_at:
                return
            time.sleep(0.05)
        raise AssertionError(f"the store did not settle: {metrics(self.edge_url)}")

    def judged(self) -> Verdict:
        """After `settle`. Ends both processes."""
        self.watcher.catch_up()
        confirmed = self.confirmed()
        self.stop_edge()
        self.stop_hq()
        self.look_for(confirmed)
        lost, duplicates, events = self._events()
        lost_members, inconsistent = self._replica(self.watcher)
        return Verdict(
            lost + lost_members,
            duplicates,
            inconsistent,
            len(self.returned),
            events,
            len(self.promised.joined),
            tuple(self.what),
        )

    def _events(self) -> tuple[int, int, int]:
        """(lost, duplicates, all): every number of every stream once and without a gap, and all that was promised."""
        rows = stored_events(self.hq_state)
        streams: dict[tuple[str, str], list[int]] = {}
        for row in rows:
            streams.setdefault((row.device_id, row.incarnation), []).append(row.n)
        gaps = sum(max(numbers) - len(set(numbers)) for numbers in streams.values())
        high = Stored.high(self.edge_state)
        gaps += sum(
            high[incarnation] - max(numbers) for (_, incarnation), numbers in streams.items() if incarnation in high
        )
        told = Counter((row.visit_id, row.type) for row in rows)
        missing = sum((self.promised.acknowledged - told).values())
        twice = sum((Counter({key: told[key] for key in self.promised.asked}) - self.promised.asked).values())
        for (device, incarnation), numbers in streams.items():
            absent = sorted(set(range(1, max([*numbers, high.get(incarnation, 0)]) + 1)) - set(numbers))
            self.what += [f"{device} {incarnation}: {absent} of {max(numbers)}, {high}"] * bool(absent)
        self.what += [f"promised and absent: {key}" for key in self.promised.acknowledged - told]
        return gaps + missing, len(rows) - sum(len(set(numbers)) for numbers in streams.values()) + twice, len(rows)

    def _replica(self, watcher: StoreClient) -> tuple[int, int]:
        """(promises that head office lost, profiles of which the store's copy is not head office's)."""
        promised = self.promised
        # Sets have no order in JSON, so both are compared as what they mean.
        scope = {key: Profile.model_validate(body) for key, body in watcher.here("profile").items()}
        stay = set(promised.joined) - promised.withdrawing
        lost = len(stay - set(scope)) + sum(scope[m].rev < promised.revs[m] for m in stay & set(scope))
        lost += len(set(promised.withdrawn.values()) & set(scope))
        here = replica_of(self.edge_state, set(promised.joined) | set(scope))
        return lost, sum(here.get(member) != scope.get(member) for member in set(here) | set(scope))


class People:
    """Two threads: head office's programme and shoppers, and the store's staff. They go on through every fault."""

    def __init__(self, world: World, *, members: int = 30) -> None:
        self._world, self._members = world, members
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(act,)) for act in (self._at_hq, self._in_store)]
        self._chance = random.Random(world.chance.random())
        self.faults: list[BaseException] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, act: Any) -> None:
        while not self._stopping.is_set():
            try:
                act()
            except (httpx.HTTPError, OSError, socketio.exceptions.SocketIOError, KeyError):
                self._stopping.wait(0.05)

    def _at_hq(self) -> None:
        world, chance = self._world, self._chance
        there = sorted(set(world.promised.joined) - world.promised.withdrawing)
        if len(there) < 3 or (len(world.promised.joined) < self._members and chance.random() < 0.3):
            world.join(f"member {len(world.promised.joined)}")
        elif len(there) > 3 and chance.random() < 0.06:
            self._end(chance.choice(there), chance.choice(["withdraw", "erase"]))
        else:
            world.describe(chance.choice(there), f"rev {next(_keys)}")
        self._stopping.wait(chance.uniform(0, 0.05))

    def _end(self, member: str, kind: str) -> None:
        """Erasing takes a member's events out of head office, so it is for those who have none."""
        promised = self._world.promised
        if kind == "erase":
            promised.erasing.add(member)
        is_erased = kind == "erase" and member not in promised.served
        self._world.withdraw(member, "erase" if is_erased else "withdraw")

    def _in_store(self) -> None:
        """A connection for as long as it holds; every answer that says yes is a promise."""
        world = self._world
        with world.tablet() as io:
            while not self._stopping.is_set():
                cards = sorted(set(world.promised.joined.items()))
                if not cards:
                    return
                member, loyalty = random.choice(cards)
                self._serve(io, member, loyalty)

    def _serve(self, io: socketio.Client, member: str, loyalty: str) -> None:
        promised = self._world.promised
        promised.served.add(member)
        if member in promised.erasing:
            return
        answer = self._world.say(io, "checkin", loyalty=loyalty)
        if not answer["ok"]:
            self._stopping.wait(0.01)
            return
        visit = answer["body"]["visit_id"]
        for state in ("served", "here"):
            promised.asked[visit, "visit.state"] += 1
            if not self._world.say(io, "state", visit_id=visit, state=state)["ok"]:
                return
            # A member who withdraws meanwhile is erased from the event, never the event.
            promised.acknowledged[visit, "visit.state"] += 1


_keys = itertools.count(1)
# One for all, since each of its own would read the machine's certificates first; and no connection kept, since the next
# request finds another process.
_http = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), timeout=10)


def metrics(url: str) -> dict[str, float]:
    """The service's own numbers; empty while it does not answer."""
    try:
        text = _http.get(f"{url}/metrics", timeout=3).text
    except httpx.HTTPError:
        return {}
    lines = (line.rpartition(" ") for line in text.splitlines() if line and line[0] != "#")
    return {name: float(value) for name, _, value in lines}


def _ready(life: Life, url: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and not life.is_over:
        with suppress(httpx.HTTPError):
            if _http.get(f"{url}/readyz", timeout=3).status_code == httpx.codes.OK:
                return
        time.sleep(0.02)
    raise AssertionError(f"{url} did not become ready: {life.log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
