"""`regulars demo --headless`: the scripted afternoon, its report, and whether it passes."""

import asyncio
import json
import sqlite3
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from regulars.demo.afternoon import SCREENS, TABLETS, Afternoon
from regulars.demo.frame import Shown
from regulars.demo.judge import Case, Outage, judged
from regulars.demo.opening import products
from regulars.demo.report import Findings, Visit, report, shortfalls
from regulars.demo.script import STRANGERS, VISITORS
from regulars.demo.shop import DemoShop

# The last events reach head office within one poll; longer means that they do not.
_EVENTS_WITHIN_S: Final = 5.0
# After a short outage the store tries again every second or two; this much later it must have noticed.
_BACK_WITHIN_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reasons` is empty when the run passes; `foreign` is what strangers' devices sent."""

    report: dict[str, object]
    reasons: list[str]
    foreign: Mapping[str, object]

    @property
    def line(self) -> str:
        """The last line of the run."""
        numbers = {name: value for name, value in self.report.items() if isinstance(value, int)}
        figures = " ".join(f"{name}={value}" for name, value in numbers.items())
        return f"demo: {'FAIL' if self.reasons else 'PASS'} {figures} {_timings(self.report)}"


async def play(shop: DemoShop, seconds: float, cut_s: float) -> Outcome:
    """`shop` is open and stays open; the afternoon of `seconds` is broken off after `cut_s`."""
    presence = _presence(shop)
    afternoon = Afternoon(shop, float(str(presence["left_after_s"])))
    await afternoon.play(seconds, cut_s)
    foreign = await asyncio.to_thread(shop.air.foreign)
    visits = await _reported_visits(shop, afternoon)
    rare = frozenset(product.product_id for product in products() if product.rare)
    outages = tuple(_outage(afternoon, *outage) for outage in afternoon.outages)
    case = Case(
        history=afternoon.history,
        rare=rare,
        start=afternoon.opened_at,
        end=afternoon.closed_at,
        outages=outages,
        screen_zones={f"screen:{screen}": zone for screen, zone in SCREENS.items()},
    )
    found = Findings(
        visits=visits,
        frames=tuple(afternoon.frames),
        visitors=VISITORS,
        first_spoke=afternoon.first_spoke,
        withdrawals=afternoon.withdrawals,
        foreign_advertisements=int(str(foreign.get("advertisements", 0))),
        wrong=tuple(
            sorted(f"{one.client} {one.card}: {one.what} {one.whose}".strip() for one in judged(afternoon.frames, case))
        ),
        faults=(*afternoon.faults, *(_late(outage) for outage in outages if _is_late(outage))),
        least_strangers_met=_strangers(foreign) >= STRANGERS,
    )
    made = report(found)
    return Outcome({**made, "presence": presence}, shortfalls(found, made), foreign)


def _presence(shop: DemoShop) -> dict[str, object]:
    """The presence settings in use, as the report promises."""
    tables = tomllib.loads(shop.place.config.read_text("utf-8"))
    return dict(tables["presence"])


async def _reported_visits(shop: DemoShop, afternoon: Afternoon) -> tuple[Visit, ...]:
    """What arrived at head office as events; waits until every arrival has its leaving, but not for long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _EVENTS_WITHIN_S
    while True:
        visits = _visits(await asyncio.to_thread(_events, shop.place.head_office / "hq.sqlite"), afternoon)
        if loop.time() > deadline or (visits and all(visit.left_at is not None for visit in visits)):
            return visits
        await asyncio.sleep(0.2)


def _events(database: Path) -> list[tuple[str, str, float, str]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5.0)
    try:
        rows = connection.execute("SELECT visit_id, type, at, member_ref FROM event ORDER BY at, n")
        return [(str(visit), str(kind), float(at), str(member)) for visit, kind, at, member in rows]
    finally:
        connection.close()


def _visits(events: Iterable[tuple[str, str, float, str]], afternoon: Afternoon) -> tuple[Visit, ...]:
    keys = _keys_of_visits(afternoon)
    refs = {person.member_ref: key for key, person in afternoon.history.people.items()}
    times: dict[str, dict[str, float]] = {}
    for visit_id, kind, at, member_ref in events:
        if kind in {"visit.arrived", "visit.left"}:
            times.setdefault(visit_id, {})[kind] = at
        if member_ref in refs:
            keys.setdefault(visit_id, refs[member_ref])
    return tuple(
        _visit(visit_id, keys.get(visit_id, ""), at.get("visit.arrived"), at.get("visit.left"), afternoon)
        for visit_id, at in times.items()
    )


def _visit(visit_id: str, key: str, arrived_at: float | None, left_at: float | None, afternoon: Afternoon) -> Visit:
    carded = arrived_at is not None and "waiting" in afternoon.history.allowed(key, "staff", arrived_at, arrived_at)
    return Visit(visit_id, key, arrived_at, left_at, carded)


def _keys_of_visits(afternoon: Afternoon) -> dict[str, str]:
    """Whose visit it is: the member's own phone page knows."""
    return {
        str(frame.body["visit_id"]): frame.client.removeprefix("phone:")
        for frame in afternoon.frames
        if frame.client.startswith("phone:") and frame.body
    }


def _outage(afternoon: Afternoon, pulled_at: float, plugged_at: float) -> Outage:
    """The line is back when a tablet says so, which the store's patience between two tries delays."""
    tablet = Shown(TABLETS[0])
    for frame in sorted(afternoon.frames, key=lambda one: one.at):
        if frame.client != tablet.client:
            continue
        tablet.apply(frame)
        status = tablet.cards.get("status", {})
        if frame.at >= plugged_at and status.get("offline_since") is None:
            return Outage(pulled_at, plugged_at, frame.at)
    return Outage(pulled_at, plugged_at, afternoon.closed_at)


def _is_late(outage: Outage) -> bool:
    return outage.back_at - outage.plugged_at > _BACK_WITHIN_S


def _late(outage: Outage) -> str:
    return f"the store took {outage.back_at - outage.plugged_at:.1f} s to find head office again"


def _strangers(foreign: Mapping[str, object]) -> int:
    devices = foreign.get("devices")
    return len({str(one["address"]) for one in devices}) if isinstance(devices, list) else 0


def _timings(made: Mapping[str, object]) -> str:
    wanted = {
        "arrival_to_client_ms": "p95",
        "withdrawal_to_removal_ms": "max",
        "first_heard_to_arrival_s": "p95",
    }
    parts = []
    for name, figure in wanted.items():
        measured = made[name]
        if isinstance(measured, Mapping):
            parts.append(f"{name}_{figure}={measured[figure]}")
    return " ".join(parts)


def written(made: Mapping[str, object]) -> str:
    """The report as a file."""
    return json.dumps(made, indent=1) + "\n"
