"""The script covers what the demo promises, at any length."""

import pytest

from regulars.demo.opening import members
from regulars.demo.script import ACTS, LEAST_S, OUTAGE_S, STRANGERS, UNNOTICED, VISITORS, schedule


def test_a_dozen_and_more_shoppers_in_all_modes_come() -> None:
    coming = [member for member in members() if member.key in VISITORS | UNNOTICED]
    assert len(VISITORS) >= 12
    assert {member.standing_mode.value for member in coming} == {"invisible", "phone", "screen", "advice"}
    assert {member.phone.kind for member in coming if member.phone} == {"light", "full"}
    assert STRANGERS >= 200


def test_something_of_everything_happens() -> None:
    verbs = {act.verb for act in ACTS}
    assert {"trace", "checkin", "page_mode", "app_mode", "hide", "withdraw", "peek", "pull", "plug"} <= verbs


@pytest.mark.parametrize("seconds", [LEAST_S, 75.0, 600.0])
def test_everybody_who_comes_goes_and_the_outage_keeps_its_length(seconds: float) -> None:
    times = schedule(seconds)
    assert len(times) == len(ACTS)
    gone = {act.who for _, act in times if act.verb in {"leave", "close", "peek"}}
    assert gone == VISITORS | UNNOTICED
    (pulled_at,) = (at for at, act in times if act.verb == "pull")
    (plugged_at,) = (at for at, act in times if act.verb == "plug")
    assert plugged_at - pulled_at == OUTAGE_S
    assert max(at for at, _ in times) < seconds
