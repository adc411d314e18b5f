"""The report: what it counts, and when it says FAIL."""

from dataclasses import replace

from regulars.demo.frame import Frame
from regulars.demo.report import Findings, Visit, report, shortfalls

ANNA = Visit("v1", "anna", 10.0, 40.0, carded=True)
DAVID = Visit("v2", "david", 11.0, 41.0)


def card(at: float, visit_id: str, client: str = "tablet-1") -> Frame:
    return Frame(at, client, "upsert", {"card": {"id": visit_id, "kind": "visit"}, "ttl_s": 30})


def quiet(at: float, count: int) -> Frame:
    return Frame(at, "tablet-1", "patch", {"id": "quiet", "set": {"count": count}, "ttl_s": 30})


def gone(at: float, visit_id: str) -> Frame:
    return Frame(at, "tablet-1", "remove", {"id": visit_id})


GOOD = Findings(
    visits=(ANNA, DAVID),
    frames=(card(10.02, "v1"), quiet(11.03, 1), gone(30.2, "v1")),
    visitors=frozenset({"anna", "david"}),
    first_spoke={"anna": 7.0, "david": 8.0},
    withdrawals={"anna": 30.0},
    foreign_advertisements=1000,
    wrong=(),
    faults=(),
    least_strangers_met=True,
)


def reasons(found: Findings) -> list[str]:
    return shortfalls(found, report(found))


def test_a_good_afternoon_has_no_shortfall() -> None:
    assert reasons(GOOD) == []
    made = report(GOOD)
    assert (made["arrivals"], made["leavings"], made["false_arrivals"], made["cards"]) == (2, 2, 0, 1)
    assert made["first_heard_to_arrival_s"] == {"n": 2, "p50": 3.0, "p95": 3.0, "p99": 3.0, "max": 3.0}
    assert made["arrival_to_client_ms"] == {"n": 2, "p50": 20.0, "p95": 30.0, "p99": 30.0, "max": 30.0}
    assert made["withdrawal_to_removal_ms"] == {"n": 1, "p50": 200.0, "p95": 200.0, "p99": 200.0, "max": 200.0}


def test_a_shopper_who_never_arrived_is_a_shortfall() -> None:
    assert "david arrived 0 times" in reasons(replace(GOOD, visits=(ANNA,)))


def test_a_second_arrival_is_false_and_a_shortfall() -> None:
    twice = replace(GOOD, visits=(ANNA, DAVID, Visit("v3", "david", 20.0, 41.0)))
    assert report(twice)["false_arrivals"] == 1
    assert {"david arrived 2 times", "1 arrivals of nobody who should"} <= set(reasons(twice))


def test_an_arrival_of_nobody_known_is_false() -> None:
    assert report(replace(GOOD, visits=(ANNA, DAVID, Visit("v9", "", 20.0, 41.0))))["false_arrivals"] == 1


def test_who_never_left_is_a_shortfall() -> None:
    assert "david never left" in reasons(replace(GOOD, visits=(ANNA, replace(DAVID, left_at=None))))


def test_a_late_card_and_a_late_removal_miss_their_bars() -> None:
    late = replace(GOOD, frames=(card(10.5, "v1"), quiet(11.03, 1), gone(31.5, "v1")))
    assert len(reasons(late)) == 2


def test_a_card_that_never_came_is_a_shortfall() -> None:
    assert "no card for anna" in reasons(replace(GOOD, frames=(quiet(11.03, 1),)))


def test_a_wrong_view_a_fault_or_too_few_strangers_fail_the_run() -> None:
    bad = replace(GOOD, wrong=("tablet-1 v1: sizes anna",), faults=("hide quynh: refused",), least_strangers_met=False)
    assert len(reasons(bad)) == 3
    assert report(bad)["wrong_views"] == 1


def test_only_changes_of_theme_count_as_changes_of_the_screen() -> None:
    def screen(at: float, value: str) -> Frame:
        theme = {"kind": "category" if value else "neutral", "value": value}
        return Frame(at, "screen:w", "patch", {"id": "screen", "set": {"theme": theme}, "ttl_s": 30})

    frames = (screen(1, ""), screen(2, "coat"), screen(3, "coat"), screen(4, ""))
    assert report(replace(GOOD, frames=frames))["screen_changes"] == 2
