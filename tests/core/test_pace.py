"""A scanner that reports members far too seldom is told from a quiet shop."""

from edge.core.pace import Pace


def listen(pace: Pace, every_s: float, until: float, members: int = 5) -> list[float]:
    """When it called itself slow, looking once a second."""
    slow = []
    for tenth in range(round(until * 10)):
        now = tenth / 10
        for member in range(members):
            if tenth % round(every_s * 10) == member % round(every_s * 10):
                pace.hear(f"m{member}", now)
        if tenth % 10 == 0 and pace.is_slow(now):
            slow.append(now)
    return slow


def test_members_at_their_phones_pace_are_as_expected() -> None:
    pace = Pace()
    assert listen(pace, 0.5, 180) == []
    assert pace.expected_per_s == 5.0
    assert 9.0 < pace.heard_per_s < 11.5


def test_locked_phones_and_half_the_packets_lost_are_not_slow() -> None:
    assert listen(Pace(), 2.0, 180) == []


def test_a_filtered_scanner_is_slow_after_a_minute() -> None:
    slow = listen(Pace(), 10.0, 180)
    assert 60 <= slow[0] <= 85


def test_an_empty_shop_is_not_slow() -> None:
    pace = Pace()
    assert listen(pace, 1.0, 120, members=0) == []
    assert pace.expected_per_s == 0.0


def test_somebody_who_leaves_is_not_missed() -> None:
    pace = Pace()
    listen(pace, 0.5, 30)
    assert not any(pace.is_slow(30.0 + second) for second in range(120))
    assert pace.expected_per_s == 0.0


def test_it_remembers_nobody_for_long_and_not_everybody() -> None:
    pace = Pace()
    for member in range(5_000):
        pace.hear(f"m{member}", 1.0)
    assert len(pace._heard) == 1_000
    pace.is_slow(60.0)
    assert pace._heard == {}
