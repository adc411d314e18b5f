"""Trusted time: what the system clock, a restart, a power cut and head office may and may not do to it."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.clock import STEP_S, Anchor, TrustedTime
from edge.core.lease import DAY_S, lease_end

NOW = 1_760_000_000.0


def confirmed(at: float = NOW) -> TrustedTime:
    time = TrustedTime("boot", 100.0, 0.0)
    time.confirm(at, 0.0, 100.0)
    return time


def test_before_head_office_speaks_the_system_clock_is_taken() -> None:
    assert TrustedTime("boot", 100.0, NOW).now(130.0) == NOW + 30


def test_once_confirmed_the_system_clock_says_nothing() -> None:
    time = confirmed()
    time.consult(NOW + 10**8, 160.0)
    assert time.now(160.0) == NOW + 60


def test_a_restart_within_one_boot_goes_on_whatever_the_system_clock_says() -> None:
    kept = confirmed().anchor(200.0)
    again = TrustedTime("boot", 260.0, 0.0)
    again.resume(kept, 260.0)
    assert again.now(260.0) == NOW + 160
    again.consult(NOW + 10**8, 260.0)
    assert again.now(260.0) == NOW + 160


def test_after_a_power_cut_time_does_not_go_back_behind_what_was_kept() -> None:
    kept = confirmed().anchor(200.0)
    again = TrustedTime("next boot", 5.0, NOW - 10**7)
    again.resume(kept, 5.0)
    assert again.now(5.0) == kept.at
    again.consult(NOW - 10**7, 6.0)
    assert again.now(6.0) == kept.at


def test_after_a_power_cut_a_system_clock_that_went_on_is_taken() -> None:
    again = TrustedTime("next boot", 5.0, NOW + 7200)
    again.resume(Anchor("boot", 100.0, NOW, is_confirmed=True), 5.0)
    assert again.now(5.0) == NOW + 7200


def test_a_system_clock_that_is_synchronised_later_moves_a_time_nobody_confirmed() -> None:
    again = TrustedTime("next boot", 5.0, NOW)
    again.consult(NOW + 86_400, 65.0)
    assert again.now(65.0) == NOW + 86_400


def test_head_office_corrects_a_system_clock_that_ran_ahead_by_years() -> None:
    time = TrustedTime("boot", 5.0, NOW + 10**9)
    time.confirm(NOW, 0.1, 6.0)
    assert time.now(6.0) == NOW + 0.1


def test_an_answer_that_took_long_moves_time_only_as_far_as_it_must() -> None:
    time = confirmed()
    time.confirm(NOW + 80, 25.0, 200.0)  # NOW + 100 lies between the two
    assert time.now(200.0) == NOW + 100
    time.confirm(NOW + 150, 25.0, 200.0)
    assert time.now(200.0) == NOW + 150


def test_a_little_ahead_of_head_office_time_runs_slower_instead_of_back() -> None:
    time = confirmed()
    time.confirm(NOW, 0.0, 120.0)  # we were 20 s ahead
    assert time.now(120.0) == NOW + 20
    assert time.now(140.0) == NOW + 30
    assert time.now(160.0) == NOW + 40
    assert time.now(170.0) == NOW + 50


def test_far_ahead_of_head_office_is_followed() -> None:
    time = confirmed()
    time.confirm(NOW - STEP_S - 1, 0.0, 100.0)
    assert time.now(100.0) == NOW - STEP_S - 1


@given(st.lists(st.tuples(st.floats(0.01, 1000), st.floats(-STEP_S / 2, 1000), st.floats(0, 30)), max_size=20))
def test_time_never_runs_backwards_through_small_corrections(answers: list[tuple[float, float, float]]) -> None:
    time, mono_s, before = confirmed(), 100.0, NOW
    for passed_s, off_s, within_s in answers:
        mono_s += passed_s
        now = time.now(mono_s)
        assert now >= before
        time.confirm(now + off_s, within_s, mono_s)
        before = time.now(mono_s)
        assert before >= now - 1e-6


def test_a_lease_is_the_shorter_of_policy_and_grant_and_none_before_head_office_spoke() -> None:
    assert lease_end(NOW, 2, 7 * DAY_S) == NOW + 2 * DAY_S
    assert lease_end(NOW, 7, 1 * DAY_S) == NOW + DAY_S
    assert lease_end(0.0, 7, 7 * DAY_S) == 0.0
