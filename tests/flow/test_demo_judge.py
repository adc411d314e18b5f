"""The judge: what it calls a wrong view, and what it does not."""

from collections.abc import Mapping

import pytest

from regulars.demo.frame import Frame
from regulars.demo.judge import SETTLE_S, Case, Outage, Wrong, judged
from regulars.demo.truth import History, Person

ALL = frozenset({"recognise", "staff", "screen", "web_history", "measure"})
ANNA = Person(
    "anna", "a" * 32, "Anna B.", "Anna Brandt", "R-1", frozenset({"38"}), frozenset({"coat"}), frozenset({"p1"})
)
BEN = Person("ben", "b" * 32, "Ben", "Ben Aydın", "R-2", frozenset({"52"}), frozenset({"jacket"}))
CARD = {"id": "v1", "kind": "visit", "alias": "Anna B.", "sizes": [{"value": "38"}]}
UNNAMED = {"id": "v1", "kind": "visit", "alias": "", "reason": {"key": "reason.here"}}


def history(mode: str = "advice", *, answered: bool = True, purposes: frozenset[str] = ALL) -> History:
    """Anna is in from 0 to 100; Ben never is."""
    told = History({"anna": ANNA, "ben": BEN})
    told.enter("anna", 0)
    told.leave("anna", 100)
    told.note("anna", 0, mode=mode, answered=answered, purposes=purposes, zone="women")
    told.note("ben", 0, mode="advice", answered=True, purposes=ALL)
    return told


def shown(at: float, card: Mapping[str, object], client: str = "tablet-1", ttl_s: int = 1000) -> Frame:
    return Frame(at, client, "upsert", {"card": card, "ttl_s": ttl_s})


def wrongs(told: History, *frames: Frame, end: float = 90) -> set[str]:
    return {f"{one.what}|{one.whose}" for one in judged(frames, Case(told, frozenset({"rare"}), 0, end))}


def theme(value: str, kind: str = "category") -> dict[str, object]:
    return {"id": "screen", "kind": "screen", "theme": {"kind": kind, "value": value}, "themed": [], "general": []}


def test_a_card_for_who_welcomed_advice_is_right() -> None:
    assert wrongs(history(), shown(5, CARD)) == set()


@pytest.mark.parametrize("mode", ["phone", "screen", "invisible"])
def test_a_card_in_any_other_mode_is_wrong(mode: str) -> None:
    assert "alias|anna" in wrongs(history(mode), shown(5, CARD))


def test_a_card_without_consent_of_staff_is_wrong() -> None:
    assert "sizes|anna" in wrongs(history(purposes=ALL - {"staff"}), shown(5, CARD))


def test_a_name_before_the_challenge_was_answered_is_wrong() -> None:
    assert "alias|anna" in wrongs(history(answered=False), shown(5, CARD))
    assert wrongs(history(answered=False), shown(5, UNNAMED)) == set()


def test_a_hidden_fact_is_wrong_once_it_settled() -> None:
    told = history()
    told.note("anna", 20, hidden=frozenset({"sizes"}))
    assert wrongs(told, shown(5, CARD), Frame(20.5, "tablet-1", "patch", {"id": "v1", "set": {"sizes": []}})) == set()
    assert "sizes|anna" in wrongs(told, shown(5, CARD))


def test_a_card_that_stays_after_a_withdrawal_is_wrong_though_no_frame_says_so() -> None:
    told = history()
    told.note("anna", 20, purposes=frozenset())
    gone = Frame(20 + SETTLE_S - 0.1, "tablet-1", "remove", {"id": "v1"})
    assert wrongs(told, shown(5, CARD), gone) == set()
    assert "alias|anna" in wrongs(told, shown(5, CARD))


def test_a_card_runs_out_by_itself() -> None:
    told = history()
    told.leave("anna", 35)
    assert wrongs(told, shown(5, CARD, ttl_s=30)) == set()
    assert "alias|anna" in wrongs(told, shown(5, CARD, ttl_s=60))


def test_somebody_elses_size_or_number_is_wrong() -> None:
    assert "somebody else's size|anna" in wrongs(history(), shown(5, {**CARD, "sizes": [{"value": "52"}]}))
    assert "somebody else's name or number|ben" in wrongs(history(), shown(5, {**CARD, "notes": [{"value": "R-2"}]}))


def test_a_row_or_a_count_for_nobody_is_wrong() -> None:
    assert "more shoppers than are here|" in wrongs(history(), shown(5, {"id": "quiet", "kind": "quiet", "count": 2}))
    assert "a row for somebody who did not ask for advice|" in wrongs(history("phone"), shown(5, UNNAMED))


def test_a_screen_may_turn_to_what_somebody_here_likes_and_to_nothing_else() -> None:
    assert wrongs(history("screen"), shown(5, theme("coat"), "screen:w")) == set()
    assert "theme jacket of nobody who is here|" in wrongs(history("screen"), shown(5, theme("jacket"), "screen:w"))
    assert "theme coat of nobody who is here|" in wrongs(history("phone"), shown(5, theme("coat"), "screen:w"))


def test_a_screen_never_shows_a_rare_article_a_size_or_mostly_theme() -> None:
    rare = {**theme("coat"), "general": [{"product_id": "rare"}]}
    sized = {**theme("coat"), "general": [{"product_id": "p", "my_size": "38"}]}
    mostly = {**theme("coat"), "themed": [{"product_id": "p"}]}
    assert "a rare article|" in wrongs(history("screen"), shown(5, rare, "screen:w"))
    assert "a field that no public screen has|" in wrongs(history("screen"), shown(5, sized, "screen:w"))
    assert "less than half general|" in wrongs(history("screen"), shown(5, mostly, "screen:w"))


def test_with_several_there_long_enough_the_theme_of_one_is_wrong() -> None:
    told = history("screen")
    told.enter("ben", 0)
    told.note("ben", 0.1, zone="women")
    case = Case(told, frozenset(), 0, 90, screen_zones={"screen:w": "women"})
    assert Wrong("screen:w", "screen", "theme coat of one of several") in judged(
        [shown(40, theme("coat"), "screen:w")], case
    )


def test_a_phone_sees_its_own_visit_and_nobody_elses() -> None:
    own = Frame(5, "phone:anna", "visit", {"visit_id": "v1", "mirror": CARD})
    assert wrongs(history(), own) == set()
    assert "mirror|ben" in wrongs(history(), Frame(5, "phone:ben", "visit", {"visit_id": "v1", "mirror": CARD}))


def test_a_phone_that_only_was_heard_has_the_controls_and_nothing_personal() -> None:
    view = {"visit_id": "v1", "mode": "phone", "reservations": [{"item": {"product_id": "p1"}}]}
    assert wrongs(history(answered=False), Frame(5, "phone:anna", "visit", view)) == {"reservations|anna"}


def test_what_head_office_was_told_counts_once_the_store_is_back_and_what_the_air_said_at_once() -> None:
    told = history()
    told.note("anna", 41, mode="phone")
    outage = Outage(pulled_at=30, plugged_at=40, back_at=44)
    kept = [shown(5, CARD), Frame(44.5, "tablet-1", "remove", {"id": "v1"})]
    assert judged(kept, Case(told, frozenset(), 0, 90, outages=(outage,))) == {}
    assert judged(kept, Case(told, frozenset(), 0, 90)) != {}
    earlier = history()
    earlier.note("anna", 32, mode="phone")
    assert judged([shown(5, CARD)], Case(earlier, frozenset(), 0, 39, outages=(outage,))) != {}
