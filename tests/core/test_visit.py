"""The transitions of one visit."""

from dataclasses import replace

import pytest

from edge.core import visit
from edge.core.reservation import at_steps, into_fitting
from edge.core.visit import ARRIVING_S, Visit
from tests.core.store import ANNA, NOW, profile
from wire.cards import AccessEntry, State
from wire.views import Assurance, Mode

ARRIVED = Visit("v1", ANNA, "coats", NOW, NOW)
HERE = replace(ARRIVED, state="here")


def claimed(before: Visit, by: str) -> Visit:
    after = visit.claimed(before, by, NOW)
    assert after is not None
    return after


def test_arriving_becomes_here_after_a_while() -> None:
    assert visit.settled(ARRIVED, NOW + ARRIVING_S - 1).state == "arriving"
    assert visit.settled(ARRIVED, NOW + ARRIVING_S).state == "here"


def test_a_claim_serves_and_answers_the_call_for_help() -> None:
    after = claimed(visit.asked_help(HERE, NOW), "t1")
    assert (after.state, after.claimed_by, after.help_asked_at) == ("served", "t1", None)


def test_a_claimed_customer_is_nobody_elses() -> None:
    assert visit.claimed(claimed(HERE, "t1"), "t2", NOW) is None
    assert visit.claimed(claimed(HERE, "t1"), "t1", NOW) is not None


def test_released_is_free_again() -> None:
    after = visit.released(claimed(HERE, "t1"))
    assert (after.state, after.claimed_by) == ("here", "")


@pytest.mark.parametrize(("by", "state"), [("", "here"), ("t1", "served")])
def test_a_fitting_room_shows_until_the_customer_comes_out(by: str, state: State) -> None:
    before = claimed(HERE, by) if by else HERE
    inside = visit.moved(before, "rooms", into_fitting=True)
    assert inside.state == "fitting"
    assert visit.moved(inside, "coats", into_fitting=False).state == state


def test_a_claim_does_not_pull_anybody_out_of_the_fitting_room() -> None:
    assert claimed(visit.moved(HERE, "rooms", into_fitting=True), "t1").state == "fitting"


def test_what_is_only_heard_narrows_and_stays_narrow() -> None:
    after = visit.wished(visit.wished(HERE, Mode.PHONE), Mode.ADVICE)
    assert (after.heard_mode, after.air_mode) == (Mode.PHONE, None)


def test_an_answer_proves_and_clears_the_contest() -> None:
    after = visit.answered(visit.contested(visit.wished(HERE, Mode.PHONE)), Mode.ADVICE)
    assert (after.assurance, after.contested) == (Assurance.ANSWERED, False)
    assert (after.air_mode, after.heard_mode) == (Mode.ADVICE, None)


def test_a_choice_on_the_phone_replaces_what_the_air_wished() -> None:
    after = visit.chosen(visit.wished(HERE, Mode.PHONE), Mode.ADVICE)
    assert (after.mode_choice, after.air_mode, after.heard_mode) == (Mode.ADVICE, None, None)


def test_asking_twice_for_help_keeps_the_first_time() -> None:
    assert visit.asked_help(visit.asked_help(HERE, NOW), NOW + 60).help_asked_at == NOW


def test_one_look_is_one_line_in_the_log() -> None:
    def look(before: Visit, at: float) -> Visit:
        return visit.opened(before, AccessEntry(at=at, role="staff", what="card"))

    seen = look(look(look(HERE, NOW), NOW + 5), NOW + 90)
    assert [entry.at for entry in seen.access_log] == [NOW, NOW + 90]


def test_what_is_written_down_says_nothing_about_staff() -> None:
    seen = visit.opened(claimed(HERE, "t1"), AccessEntry(at=NOW, role="staff", what="card"))
    kept = visit.kept(seen)
    assert (kept.claimed_by, kept.claimed_at, kept.access_log) == ("", None, ())


def test_what_waits_goes_into_the_fitting_room_once() -> None:
    (held,) = into_fitting(profile(), NOW)
    assert into_fitting(at_steps(profile(), {held.reservation_id: "fitting"}), NOW) == ()


def test_a_reservation_that_ran_out_stays_where_it_is() -> None:
    assert into_fitting(profile(), NOW + 10**6) == ()
