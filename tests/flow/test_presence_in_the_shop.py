"""From the simulated air to arrivals, in numbers instead of time: who waits outside stays out, who comes in is seen."""

import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Final

import pytest

from edge.core.advertisement import token_in_payload
from edge.core.identity import Identity, build_table
from edge.core.inputs import Heard
from edge.core.presence import Arrived, Change, Left, Presence
from edge.core.zone import FloorPlan
from edge.settings import PresenceSettings, ScannerSettings, ZoneSettings
from simulator.agenda import Agenda
from simulator.air import Air
from simulator.floor import parse_floor
from simulator.packet import Packet
from simulator.phone import Habits, Membership, Phone
from simulator.propagation import Propagation
from tests.simulator.stage import NOON, SECRET
from wire import rst1

TABLES: Final = tomllib.loads((resources.files("simulator") / "shop" / "store.toml").read_text())
FLOOR: Final = parse_floor(TABLES)
PLAN: Final = FloorPlan.draw(
    [ZoneSettings.model_validate(zone) for zone in TABLES["zone"]],
    [ScannerSettings.model_validate(scanner) for scanner in TABLES["scanner"]],
)
ROUND: Final = ((10.0, 2.0), (3.0, 7.0), (10.0, 7.0), (16.0, 7.0), (10.0, 12.0), (10.0, 2.0), (10.0, -3.0))


class Ear:
    """One scanner of the shop, with all that the radio thread does behind it."""

    def __init__(self, scanner: str, identity: Identity, presence: Presence, agenda: Agenda) -> None:
        self._scanner = scanner
        self._identity = identity
        self._presence = presence
        self._agenda = agenda

    def hear(self, packet: Packet, rssi_dbm: int) -> None:
        body = token_in_payload(packet.data)
        bodies = (body,) if body else ()
        for told in self._identity.hear(self._scanner, "A", rssi_dbm, bodies, self._agenda.now):
            if isinstance(told, Heard):
                self._presence.hear(told.member_ref, told.scanner, told.rssi_dbm, told.at)


def told(seed: int, seconds: int, act: Callable[[Phone], object], *, interval_s: float = 0.25) -> list[Change]:
    agenda = Agenda(NOON)
    air = Air(seed, Propagation())
    day = int(NOON) // rst1.DAY_S
    identity = Identity(build_table([("anna", day, rst1.day_key(SECRET, FLOOR.store, day))], NOON))
    presence = Presence(PLAN, PresenceSettings())
    for site in FLOOR.scanners:
        air.attach_ear(site, Ear(site.scanner_id, identity, presence, agenda))
    phone = Phone(
        "anna", Membership("anna", SECRET), Habits(interval_s=interval_s), floor=FLOOR, air=air, agenda=agenda
    )
    phone.switch_on()
    act(phone)
    changes: list[Change] = []
    for quarter in range(4 * seconds):
        agenda.run_until(NOON + quarter / 4)
        changes += presence.advance(agenda.now)
    return changes


@pytest.mark.parametrize("x", [0.5, 3.0, 6.0, 10.0, 14.0, 17.0, 19.5])
# Nearer than a metre to the wall only a calibration, or a scanner outside, tells the two sides of it apart.
@pytest.mark.parametrize("y", [-3.5, -1.5])
def test_whoever_waits_on_the_pavement_does_not_arrive(x: float, y: float) -> None:
    assert [change for seed in range(2) for change in told(seed, 60, lambda phone: phone.move((x, y)))] == []


def test_whoever_walks_past_does_not_arrive() -> None:
    def walk_past(phone: Phone) -> None:
        phone.move((0.0, -2.0))
        phone.walk(((20.0, -2.0),), 1.2, leaves=True)

    assert [change for seed in range(10) for change in told(seed, 25, walk_past)] == []


@pytest.mark.parametrize("interval_s", [0.25, 1.0], ids=["in the hand", "locked"])
@pytest.mark.parametrize("seed", range(5))
def test_a_round_through_the_shop_is_one_visit(seed: int, interval_s: float) -> None:
    def walk_round(phone: Phone) -> None:
        phone.move((10.0, -2.0))
        phone.walk(ROUND, 0.8, leaves=True)

    changes = told(seed, 300, walk_round, interval_s=interval_s)
    assert [type(change) for change in changes if isinstance(change, Arrived | Left)] == [Arrived, Left]
    assert changes[0].zone in {"women", "shoes"}  # the way in leads along between them
    assert len({"shoes", "men", "fitting"} & {change.zone for change in changes}) >= 2
