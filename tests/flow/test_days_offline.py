"""A week without head office, and a power cut inside it: real files, the real service, and a clock that is told."""

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.cache_sqlite import Cache
from edge.adapters.clock import Clock
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.state import State
from edge.adapters.sync import Sync
from edge.core.effects import Send
from edge.core.floor import Past
from edge.core.inputs import Answered, Device, Heard, Input, Subscribed, Tick
from edge.core.table import EMPTY_TABLE, TokenTable
from edge.errors import HqUnreachable
from edge.service import Service
from edge.settings import Settings
from tests.contract.fake_hq import Office
from tests.core.pages import put
from tests.core.store import ANNA, FILE_KEY, NOW, TABLET, catalogue, chance, profile, settings
from tests.stored import decrypted
from wire import rst1
from wire.event import BatchAck, Event, EventBatch
from wire.live import Hello, Upsert
from wire.page import Record
from wire.sync import BootReply, DayKeys

HOUR_S, DAY_S = 3600, 86_400
AWAY = HqUnreachable("http://hq", "away")
SECRET = bytes(range(32))
NUMBER = 4711


@dataclass
class World:
    """`system_off_s` is how wrong the machine's own clock is; `boot` and `booted_at` change with a power cut."""

    now: float = NOW
    system_off_s: float = 0.0
    boot: str = "first"
    booted_at: float = NOW - 1000

    def clock(self) -> Clock:
        return Clock(
            boot=self.boot,
            monotonic=lambda: self.now - self.booted_at,
            system=lambda: self.now + self.system_off_s,
            synchronised=lambda: False,
        )


class FarOffice(Office):
    """Knows Anna and what time it is, keeps events as head office does; away while `fault` is set."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.kept: list[Event] = []
        self.clock: Clock | None = None

    def now(self) -> float:
        return self.clock.now() if self.clock else self.world.now

    def boot(self, dictionaries: Collection[int] = (), *, needs_key: bool = False) -> BootReply:
        reply = super().boot(dictionaries, needs_key=needs_key)
        assert self.clock is not None
        self.clock.confirm(self.world.now)
        return reply.model_copy(update={"now": self.world.now})

    def day_keys(self, first_day: int, days: int, members: Collection[str] = (), after: str = "") -> DayKeys:
        self._answer()
        keys = {day: {ANNA: rst1.day_key(SECRET, NUMBER, day).hex()} for day in range(first_day, first_day + days)}
        return DayKeys(store_number=NUMBER, days=keys)

    def events(self, batch: EventBatch) -> BatchAck:
        ack = super().events(batch)
        known = {event.n for event in self.kept}
        self.kept += [event for event in batch.events if event.n not in known]
        return ack


@dataclass
class Shop:
    """One start of the store on `folder`; calls its threads' work by hand, so that nothing waits."""

    folder: Path
    world: World
    office: FarOffice
    settings: Settings
    cards: list[Send] = field(default_factory=list)
    table: TokenTable = EMPTY_TABLE

    def __post_init__(self) -> None:
        self.clock = self.office.clock = self.world.clock()
        self.box = Outbox(self.folder / "outbox.db", FILE_KEY, self.clock)
        is_strict = self.settings.offline.policy == "strict"
        self.cache = Cache(self.folder / "cache.db", None if is_strict else FILE_KEY)
        client: Any = self.office
        self.sync = Sync(self.settings, client, self.cache, self.box, post=self.take, use=self._use)
        now = self.clock.now()
        past = Past(visits=tuple(self.box.visits()), alive_at=self.box.alive_at())
        self.service = Service(self.cache, self.settings, chance(self.world.boot), now, past)
        self.state = State(self.service.step, lambda: True, self.box, clock=self.clock.now)
        self.state.connect(self.sync, self)
        self.sync._resume()
        self.take(Subscribed("c1", Device(TABLET.id, TABLET.kind), Hello(proto=1, token="t")))

    def run(self, effect: Any) -> None:
        """As the pages do."""
        if isinstance(effect, Send):
            self.cards.append(effect)

    def take(self, happened: Input) -> None:
        self.state._take(happened)

    def speak(self) -> None:
        """One turn of the line to head office; it may be away."""
        try:
            if not self.sync._is_booted:
                self.sync._boot()
            while not self.sync._poll(0):
                pass
            while self.sync._send_events():
                pass
        except HqUnreachable:
            self.sync._line(online=False)

    def wait(self, seconds: float, step_s: float = 0.5) -> None:
        for _ in range(int(seconds / step_s)):
            self.world.now += step_s
            self.take(Tick())

    def visit(self) -> tuple[bool, bool]:
        """Anna comes with her phone and goes: whether her tag was known, and whether staff saw her card."""
        self.sync._keep_time()
        self.cards.clear()
        tag = rst1.tag_at(rst1.day_key(SECRET, NUMBER, int(self.world.now) // DAY_S), int(self.world.now))
        member = self.table.resolve(tag)
        for _ in range(16):
            if member is not None:
                self.take(Heard(member, "s-coats", -55, 0, self.clock.now()))
                self.take(Answered(member, 0, self.clock.now()))
            self.wait(0.5)
        shown = [one.message for one in self.cards if one.room == "staff" and isinstance(one.message, Upsert)]
        self.wait(90, 5)
        return member is not None, any("Anna" in message.model_dump_json() for message in shown)

    def days(self, count: float) -> list[tuple[bool, bool]]:
        """Anna comes every six hours."""
        until, visits = self.world.now + count * DAY_S, []
        while self.world.now + 6 * HOUR_S <= until:
            self.world.now += 6 * HOUR_S - 100
            visits.append(self.visit())
        return visits

    def close(self) -> None:
        self.cache.close()
        self.box.close()

    def _use(self, table: TokenTable) -> None:
        self.table = table


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def office(world: World) -> FarOffice:
    return FarOffice(world)


def everything() -> list[Record]:
    return [put(profile()), *map(put, catalogue().values())]


def opened(folder: Path, world: World, office: FarOffice, policy: str) -> Shop:
    """A store that head office told all it has, and which loses it now."""
    shop = Shop(folder, world, office, settings(offline={"policy": policy}))
    office.write(*everything())
    shop.speak()
    assert shop.visit() == (True, True)
    shop.speak()
    office.fault = AWAY
    return shop


def cut(shop: Shop, folder: Path, off_s: float, system_off_s: float) -> Shop:
    """The files as they lie on the disk this moment, in a machine that starts again `off_s` later."""
    folder.mkdir()
    for path in shop.folder.glob("*.db*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, folder)
    shop.close()
    world = shop.world
    world.now += off_s
    world.boot, world.booted_at, world.system_off_s = "second", world.now - 30, system_off_s
    return Shop(folder, world, shop.office, shop.settings)


@pytest.fixture
def closing() -> Iterator[list[Shop]]:
    shops: list[Shop] = []
    yield shops
    for shop in shops:
        shop.close()


def in_order(office: FarOffice) -> list[str]:
    """What happened, each event once and in the order of its number and of trusted time."""
    assert [event.n for event in office.kept] == list(range(1, len(office.kept) + 1))
    instants = [event.at for event in office.kept]
    assert instants == sorted(instants)
    return [event.type for event in office.kept]


def test_a_week_offline_with_a_power_cut_goes_on_and_loses_no_event(
    tmp_path: Path, world: World, office: FarOffice, closing: list[Shop]
) -> None:
    (tmp_path / "a").mkdir()
    shop = opened(tmp_path / "a", world, office, "resilient")
    before = shop.days(3)
    world.system_off_s = 10**8  # whatever the machine's own clock does meanwhile
    before += shop.days(0.5)
    # A Pi without a battery clock: ten minutes are missing, and it believes to be in 1970.
    shop = cut(shop, tmp_path / "b", 600, -world.now)
    closing.append(shop)
    after = shop.days(3)
    assert set(before + after) == {(True, True)}
    assert len(before + after) == 26
    office.fault = None
    shop.speak()
    told = in_order(office)
    assert told.count("visit.arrived") == told.count("visit.left") == 27
    assert {event.boot_id for event in office.kept} == {"first", "second"}


def test_when_the_lease_ends_nobody_is_known_and_nothing_of_them_is_left(
    tmp_path: Path, world: World, office: FarOffice, closing: list[Shop]
) -> None:
    shop = opened(tmp_path, world, office, "resilient")
    closing.append(shop)
    assert set(shop.days(6.9)) == {(True, True)}
    world.now += 0.2 * DAY_S
    assert shop.cache.profile(ANNA) is not None
    shop.take(
        Heard(ANNA, "s-coats", -55, 0, shop.clock.now())
    )  # the service itself refuses, before anything is deleted
    shop.wait(10)
    assert shop.service.visits == 0
    assert set(shop.days(1)) == {(False, False)}
    assert shop.cache.profile(ANNA) is None
    assert ANNA.encode() not in decrypted(tmp_path / "cache.db", FILE_KEY)
    assert shop.cache.products() == catalogue()
    office.fault = None
    office.write(*everything())
    shop.speak()
    assert in_order(office)
    assert shop.visit() == (True, True)


def test_the_strict_policy_ends_after_two_days(
    tmp_path: Path, world: World, office: FarOffice, closing: list[Shop]
) -> None:
    shop = opened(tmp_path, world, office, "strict")
    closing.append(shop)
    assert set(shop.days(1.9)) == {(True, True)}
    world.now += 0.2 * DAY_S
    assert set(shop.days(1)) == {(False, False)}
    office.fault = None
    shop.speak()
    assert in_order(office).count("visit.left") == 1 + 7


def test_the_strict_policy_ends_with_the_power_and_its_events_do_not(
    tmp_path: Path, world: World, office: FarOffice, closing: list[Shop]
) -> None:
    (tmp_path / "a").mkdir()
    shop = opened(tmp_path / "a", world, office, "strict")
    assert set(shop.days(1)) == {(True, True)}
    shop = cut(shop, tmp_path / "b", 600, 0.0)
    closing.append(shop)
    assert shop.cache.is_locked
    assert set(shop.days(0.5)) == {(False, False)}
    assert in_order(office).count("visit.left") == 1
    office.fault = None
    shop.speak()
    assert in_order(office).count("visit.left") == 1 + 4
    assert shop.visit() == (True, True)
