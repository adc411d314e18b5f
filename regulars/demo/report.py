"""What the afternoon showed, in the fields of the report, and whether that is a pass. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from regulars.demo.frame import Frame, Shown
from regulars.demo.percentile import summary

# An arrival on a tablet within a tenth of a second reads as "at once"; a withdrawal must be gone within one (issue 2).
ARRIVAL_TO_CLIENT_P95_MS: Final = 100.0
WITHDRAWAL_TO_REMOVAL_MAX_MS: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as the store reported it to head office. `key` is empty when it belongs to nobody of the script."""

    visit_id: str
    key: str
    arrived_at: float | None
    left_at: float | None
    carded: bool = False  # staff should get a card at the arrival


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the report is made of."""

    visits: tuple[Visit, ...]
    frames: tuple[Frame, ...]
    visitors: frozenset[str]
    first_spoke: Mapping[str, float]
    withdrawals: Mapping[str, float]  # member's key -> when head office was asked
    foreign_advertisements: int
    wrong: tuple[str, ...]
    faults: tuple[str, ...]
    least_strangers_met: bool


def report(found: Findings) -> dict[str, object]:
    """The fields of `make demo ARGS="--headless --report FILE"`."""
    arrivals = [visit for visit in found.visits if visit.arrived_at is not None]
    cards = {card_id for card_id, _ in _first_shown(found.frames)}
    return {
        "arrivals": len(arrivals),
        "leavings": len([visit for visit in found.visits if visit.left_at is not None]),
        "false_arrivals": _false(arrivals, found.visitors),
        "cards": len(cards),
        "screen_changes": _screen_changes(found.frames),
        "foreign_advertisements": found.foreign_advertisements,
        "wrong_views": len(found.wrong),
        "first_heard_to_arrival_s": summary(_to_arrival_s(arrivals, found.first_spoke)),
        "arrival_to_client_ms": summary(_to_client_ms(found), digits=1),
        "withdrawal_to_removal_ms": summary(_to_removal_ms(found), digits=1),
    }


def shortfalls(found: Findings, made: Mapping[str, object]) -> list[str]:
    """Why the run does not pass, one sentence each; empty when it does."""
    reasons = [*found.faults, *(f"wrong view: {one}" for one in found.wrong)]
    for key in sorted(found.visitors):
        stays = [visit for visit in found.visits if visit.key == key]
        if [visit.arrived_at is not None for visit in stays] != [True]:
            reasons.append(f"{key} arrived {len(stays)} times")
        elif stays[0].left_at is None:
            reasons.append(f"{key} never left")
    shown = {card_id for card_id, _ in _first_shown(found.frames)}
    reasons += [f"no card for {visit.key}" for visit in found.visits if visit.carded and visit.visit_id not in shown]
    if made["false_arrivals"]:
        reasons.append(f"{made['false_arrivals']} arrivals of nobody who should")
    if not found.least_strangers_met:
        reasons.append("fewer strangers than promised were on air")
    reasons += _missed(made, "arrival_to_client_ms", "p95", ARRIVAL_TO_CLIENT_P95_MS)
    reasons += _missed(made, "withdrawal_to_removal_ms", "max", WITHDRAWAL_TO_REMOVAL_MAX_MS)
    return reasons


def _missed(made: Mapping[str, object], name: str, figure: str, bar: float) -> list[str]:
    measured = made[name]
    value = measured[figure] if isinstance(measured, Mapping) else None
    if value is None:
        return [f"{name} was never measured"]
    return [f"{name} {figure} is {value}, the bar is {bar:g}"] if value > bar else []


def _false(arrivals: Iterable[Visit], visitors: frozenset[str]) -> int:
    """Arrivals of nobody who should arrive, and second ones."""
    seen: set[str] = set()
    false = 0
    for visit in arrivals:
        if visit.key not in visitors or visit.key in seen:
            false += 1
        seen.add(visit.key)
    return false


def _to_arrival_s(arrivals: Iterable[Visit], first_spoke: Mapping[str, float]) -> list[float]:
    return [
        visit.arrived_at - first_spoke[visit.key]
        for visit in arrivals
        if visit.arrived_at is not None and visit.key in first_spoke
    ]


def _first_shown(frames: Iterable[Frame]) -> list[tuple[str, float]]:
    """(card id, received at) of the first time each tablet got each visit's card live."""
    seen: dict[tuple[str, str], float] = {}
    for frame in frames:
        card = frame.body.get("card")
        if frame.event == "upsert" and isinstance(card, Mapping) and card.get("kind") == "visit":
            seen.setdefault((frame.client, str(card["id"])), frame.at)
    return [(card_id, at) for (_, card_id), at in seen.items()]


def _to_client_ms(found: Findings) -> list[float]:
    """From the arrive decision, as the store's event dates it, to each tablet: a card, or one more quiet shopper."""
    shown = _first_shown(found.frames)
    taken = []
    for visit in found.visits:
        if visit.arrived_at is None:
            continue
        if visit.carded:
            received = [at for card_id, at in shown if card_id == visit.visit_id]
        else:
            received = list(_counted(found.frames, visit.arrived_at).values())
        taken += [(at - visit.arrived_at) * 1000 for at in received]
    return taken


def _counted(frames: Iterable[Frame], arrived_at: float) -> dict[str, float]:
    """When each tablet first counted one more after the arrival."""
    counts: dict[str, float] = {}
    first: dict[str, float] = {}
    for frame in frames:
        count = _quiet_count(frame)
        if count is None:
            continue
        if frame.at >= arrived_at and count > counts.get(frame.client, 0):
            first.setdefault(frame.client, frame.at)
        counts[frame.client] = count
    return first


def _quiet_count(frame: Frame) -> float | None:
    body = frame.body
    card = body.get("card") if frame.event == "upsert" else body.get("set") if body.get("id") == "quiet" else None
    if not isinstance(card, Mapping) or card.get("id", "quiet") != "quiet":
        return None
    count = card.get("count")
    return float(count) if isinstance(count, int | float) else None


def _to_removal_ms(found: Findings) -> list[float]:
    """From the withdrawal at head office to the moment each client that showed the member shows nothing."""
    taken = []
    for key, asked_at in found.withdrawals.items():
        visits = {visit.visit_id for visit in found.visits if visit.key == key}
        taken += [(gone_at - asked_at) * 1000 for gone_at in _gone(found.frames, visits, f"phone:{key}", asked_at)]
    return taken


def _gone(frames: Iterable[Frame], visits: set[str], phone: str, asked_at: float) -> Iterable[float]:
    showing: dict[str, Shown] = {}
    had: set[str] = set()
    for frame in sorted(frames, key=lambda one: one.at):
        shown = showing.setdefault(frame.client, Shown(frame.client))
        shown.apply(frame)
        has = bool(visits & shown.cards.keys()) or (frame.client == phone and bool(shown.cards))
        if has and frame.at < asked_at:
            had.add(frame.client)
        elif not has and frame.client in had:
            had.discard(frame.client)
            if frame.at >= asked_at:
                yield frame.at


_NEUTRAL: Final = {"kind": "neutral", "value": ""}


def _screen_changes(frames: Iterable[Frame]) -> int:
    themes: dict[str, object] = {}
    changes = 0
    for frame in frames:
        body = frame.body.get("card") if frame.event == "upsert" else frame.body.get("set")
        theme = body.get("theme") if isinstance(body, Mapping) else None
        if not frame.client.startswith("screen") or theme is None:
            continue
        changes += themes.get(frame.client, _NEUTRAL) != theme
        themes[frame.client] = theme
    return changes
