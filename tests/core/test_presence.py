"""One arrival and one leaving per visit; passers-by never arrive; zones move after the shopper and do not flap."""

import random
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.presence import Arrived, Change, Left, Moved, Presence
from edge.core.zone import FloorPlan
from edge.settings import PresenceSettings, ScannerSettings, ZoneSettings

RULES = PresenceSettings(arrive_after_s=8, left_after_s=120, max_visit_s=3_600)
KINDS = {
    "coats": "floor",
    "shoes": "floor",
    "cabin": "fitting",
    "door": "entrance",
    "porch": "vestibule",
    "street": "outside",
}
PLAN = FloorPlan.draw(
    [
        ZoneSettings.model_validate({"id": zone, "kind": kind, "rect": (n, 0, n + 1, 1)})
        for n, (zone, kind) in enumerate(KINDS.items())
    ],
    [ScannerSettings(id=f"at-{zone}", zone=zone) for zone in KINDS],
)
Story = Iterable[tuple[int, Mapping[str, int]]]


def everywhere(zone: str, seconds: Iterable[int], rssi_dbm: int = -60) -> Story:
    """Heard loudly in one zone and faintly in the others, twice a second."""
    return ((second, {other: rssi_dbm - 20 * (other != zone) for other in KINDS}) for second in seconds)


def told(presence: Presence, *stories: Story, until: int = 0) -> list[Change]:
    """What is told when somebody is heard as the stories go; time then runs on to `until`."""
    heard = dict(pair for story in stories for pair in story)
    changes: list[Change] = []
    for second in range(max(until, max(heard, default=0)) + 1):
        for zone, rssi_dbm in heard.get(second, {}).items():
            presence.hear("anna", f"at-{zone}", rssi_dbm, second - 0.5)
            presence.hear("anna", f"at-{zone}", rssi_dbm, second)
        changes += presence.advance(second)
    return changes


@pytest.fixture
def presence() -> Presence:
    return Presence(PLAN, RULES)


def test_a_visit_arrives_once_moves_and_leaves_once(presence: Presence) -> None:
    changes = told(presence, everywhere("coats", range(60)), everywhere("shoes", range(60, 120)), until=300)
    assert [type(change) for change in changes] == [Arrived, Moved, Left]
    assert [change.zone for change in changes] == ["coats", "shoes", "shoes"]
    assert changes[2] == Left("anna", "shoes", 119 + 120, "silent")
    assert len(presence) == 0


def test_an_arrival_takes_the_time_that_is_set(presence: Presence) -> None:
    (arrived,) = told(presence, everywhere("coats", range(30)))
    assert arrived == Arrived("anna", "coats", 8, "inside")


def test_two_decibels_move_nobody_who_has_not_arrived_either(presence: Presence) -> None:
    for second in range(7):
        louder, fainter = ("at-coats", "at-shoes") if second < 3 else ("at-shoes", "at-coats")
        presence.hear("anna", louder, -60, second)
        presence.hear("anna", fainter, -62, second)
        assert presence.advance(second) == []
        assert presence.zone_of("anna") == "coats"


def answers(presence: Presence, *seconds: int, at: str = "coats", until: int = 0) -> list[Change]:
    """A phone that nobody hears answers the challenge in those seconds; time runs on to `until`."""
    changes: list[Change] = []
    for second in range(max(*seconds, until) + 1):
        if second in seconds:
            presence.answer("anna", f"at-{at}", second)
        changes += presence.advance(second)
    return changes


def test_a_phone_in_a_pocket_arrives_by_answering_and_leaves_when_it_answers_no_more(presence: Presence) -> None:
    changes = answers(presence, 0, 9, 600, until=2_000)
    assert changes == [Arrived("anna", "coats", 9, "answered"), Left("anna", "coats", 1_500, "silent")]
    assert len(presence) == 0


@pytest.mark.parametrize("seconds", [(0, 0), (0, 7), (0, 300)], ids=["one", "in passing", "two approaches"])
def test_answers_that_somebody_walking_past_could_give_make_no_visit(
    presence: Presence, seconds: tuple[int, int]
) -> None:
    assert answers(presence, *seconds, until=900) == []
    assert len(presence) == 0


@pytest.mark.parametrize("zone", ["door", "porch", "street", "attic"])
def test_answers_over_a_radio_at_the_door_or_unknown_make_no_visit(presence: Presence, zone: str) -> None:
    assert answers(presence, 0, 20, 40, at=zone, until=900) == []


def test_answers_of_a_phone_on_air_do_not_make_it_arrive_from_the_street(presence: Presence) -> None:
    changes: list[Change] = []
    for second in range(60):
        presence.hear("anna", "at-street", -60, second)
        presence.answer("anna", "at-coats", second)
        changes += presence.advance(second)
    assert changes == []


def test_a_visit_goes_on_in_the_pocket_as_long_as_the_phone_answers(presence: Presence) -> None:
    changes = told(presence, everywhere("coats", range(60)))
    presence.answer("anna", "at-coats", 100)
    changes += [change for second in range(61, 2_000) for change in presence.advance(second)]
    assert [type(change) for change in changes] == [Arrived, Left]
    assert changes[-1].at == 100 + 900


def test_a_phone_that_is_heard_after_its_answer_leaves_by_its_silence(presence: Presence) -> None:
    presence.answer("anna", "at-coats", 10)
    changes = told(presence, everywhere("coats", range(60)), until=300)
    assert changes[-1] == Left("anna", "coats", 59 + 120, "silent")


@pytest.mark.parametrize("zone", ["door", "porch", "street"])
def test_nobody_arrives_at_the_door_or_outside(presence: Presence, zone: str) -> None:
    assert told(presence, everywhere(zone, range(600)), until=900) == []
    assert len(presence) == 0


def test_a_passer_by_whom_one_scanner_inside_hears_for_a_moment_does_not_arrive(presence: Presence) -> None:
    mirrored = [(second, {"coats": -55}) for second in range(100, 103)]
    assert (
        told(presence, everywhere("street", range(100)), mirrored, everywhere("street", range(103, 200)), until=400)
        == []
    )


@pytest.mark.parametrize("rival", ["door", "porch", "street"])
def test_whoever_is_heard_inside_hardly_louder_than_at_the_door_does_not_arrive(presence: Presence, rival: str) -> None:
    beside_the_wall = [(second, {"coats": -70, rival: -72}) for second in range(120)]
    assert told(presence, beside_the_wall) == []


def test_whoever_is_heard_faintly_and_nowhere_else_is_behind_a_wall(presence: Presence) -> None:
    assert told(presence, [(second, {"coats": -88}) for second in range(120)]) == []


def test_moments_in_doubt_delay_an_arrival_and_do_not_undo_it(presence: Presence) -> None:
    doubtful = [(second, {"coats": -70, "door": -72 if second % 20 < 6 else -95}) for second in range(60)]
    (arrived,) = told(presence, doubtful)
    assert 10 < arrived.at < 40


def test_a_sighting_that_was_long_on_its_way_changes_nothing(presence: Presence) -> None:
    changes = told(presence, everywhere("coats", range(5)))
    for second in range(10, 40):
        presence.hear("anna", "at-coats", -60, second - 6.0)
        changes += presence.advance(second)
    assert changes == []


def test_one_packet_and_silence_is_nobody(presence: Presence) -> None:
    assert told(presence, [(0, {"coats": -50})], until=300) == []
    assert len(presence) == 0


def test_two_packets_far_apart_are_nobody(presence: Presence) -> None:
    presence.hear("anna", "at-coats", -50, 0)
    presence.advance(0)
    presence.hear("anna", "at-coats", -50, 25)
    assert presence.advance(25) == []


def test_whoever_comes_through_the_door_arrives_when_inside(presence: Presence) -> None:
    stories = (
        everywhere(zone, range(start, start + 20)) for start, zone in ((0, "street"), (20, "door"), (40, "coats"))
    )
    (arrived,) = told(presence, *stories)
    assert arrived.zone == "coats"
    assert 48 <= arrived.at <= 53


def test_whoever_goes_out_and_stays_there_has_left(presence: Presence) -> None:
    changes = told(presence, everywhere("coats", range(60)), everywhere("street", range(60, 200)), until=400)
    assert [(type(change), change.reason) for change in changes] == [(Arrived, "inside"), (Left, "outside")]
    assert 70 <= changes[1].at <= 76


def test_a_look_outside_does_not_end_the_visit(presence: Presence) -> None:
    stories = (everywhere("coats", range(60)), everywhere("street", range(60, 67)), everywhere("coats", range(67, 120)))
    assert [type(change) for change in told(presence, *stories)] == [Arrived]


def test_silence_at_the_door_ends_the_visit_in_half_the_time(presence: Presence) -> None:
    changes = told(presence, everywhere("coats", range(60)), everywhere("door", range(60, 80)), until=300)
    assert changes[-1] == Left("anna", "door", 79 + 60, "silent")


def test_a_phone_that_falls_silent_for_less_than_the_limit_stays(presence: Presence) -> None:
    changes = told(presence, everywhere("coats", range(60)), everywhere("coats", range(150, 160)))
    assert [type(change) for change in changes] == [Arrived]


def test_a_move_is_told_within_five_seconds(presence: Presence) -> None:
    moved = told(presence, everywhere("coats", range(60)), everywhere("shoes", range(60, 90)))[-1]
    assert isinstance(moved, Moved)
    assert moved.at - 60 <= 5


def test_one_loud_packet_from_elsewhere_moves_nobody(presence: Presence) -> None:
    burst = [(40, {"coats": -70, "shoes": -50})]
    changes = told(presence, everywhere("coats", range(40)), burst, everywhere("coats", range(41, 80)))
    assert [type(change) for change in changes] == [Arrived]


def test_noise_between_two_equally_loud_zones_does_not_flap(presence: Presence) -> None:
    chance = random.Random(7)
    noisy = [(second, {zone: round(chance.gauss(-65, 4)) for zone in ("coats", "shoes")}) for second in range(600)]
    assert len([change for change in told(presence, noisy) if isinstance(change, Moved)]) <= 6


def test_a_zone_that_hears_nothing_any_more_gives_way(presence: Presence) -> None:
    faint = [(second, {"shoes": -90}) for second in range(40, 60)]
    assert told(presence, everywhere("coats", range(40)), faint)[-1].zone == "shoes"


def test_a_check_in_is_here_without_radio_until_the_longest_visit_is_over(presence: Presence) -> None:
    presence.put("anna", "coats", 100)
    assert presence.zone_of("anna") == "coats"
    assert presence.last_heard("anna") is None
    assert presence.advance(100 + 3_599) == []
    assert presence.advance(100 + 3_600) == [Left("anna", "coats", 3_700, "dwell")]


def test_a_check_in_is_moved_by_radio_and_not_ended_by_silence_inside(presence: Presence) -> None:
    presence.put("anna", "coats", 0)
    (moved,) = told(presence, everywhere("shoes", range(5, 30)), until=3_599)
    assert (type(moved), moved.zone) == (Moved, "shoes")
    assert presence.advance(3_600) == [Left("anna", "shoes", 3_600, "dwell")]


@pytest.mark.parametrize(("zone", "reason"), [("door", "silent"), ("street", "outside")])
def test_a_check_in_that_is_heard_going_has_left(presence: Presence, zone: str, reason: str) -> None:
    presence.put("anna", "coats", 0)
    left = told(presence, everywhere("shoes", range(5, 30)), everywhere(zone, range(30, 50)), until=300)[-1]
    assert isinstance(left, Left)
    assert left.reason == reason


def test_a_check_in_of_somebody_already_here_changes_nothing(presence: Presence) -> None:
    told(presence, everywhere("shoes", range(30)))
    presence.put("anna", "coats", 30)
    assert presence.zone_of("anna") == "shoes"
    assert presence.advance(30) == []


def test_a_visit_resumed_after_a_restart_leaves_when_it_stays_silent(presence: Presence) -> None:
    presence.resume("anna", "coats", 50)
    assert presence.advance(169) == []
    assert presence.advance(170) == [Left("anna", "coats", 170, "silent")]


def test_whoever_is_forgotten_is_told_no_more(presence: Presence) -> None:
    told(presence, everywhere("coats", range(30)))
    presence.forget("anna")
    assert presence.advance(10_000) == []
    assert presence.zone_of("anna") is None


def test_a_scanner_that_is_not_on_the_plan_is_passed_over(presence: Presence) -> None:
    presence.hear("anna", "of another store", -40, 0)
    assert len(presence) == 0


@pytest.mark.parametrize("rssi_dbm", [29, 42, 127])
def test_a_level_that_nobody_can_have_measured_is_passed_over(presence: Presence, rssi_dbm: int) -> None:
    presence.hear("anna", "at-coats", rssi_dbm, 0)
    assert len(presence) == 0


def test_the_confidence_says_how_clear_the_zone_is(presence: Presence) -> None:
    told(presence, everywhere("coats", range(10)))
    clear = presence.estimate("anna")
    assert clear
    assert clear.zone == "coats"
    assert clear.confidence > 0.9
    told(presence, [(second, {"coats": -60, "shoes": -61}) for second in range(11, 20)])
    doubtful = presence.estimate("anna")
    assert doubtful
    assert 0.5 < doubtful.confidence < 0.6


packets = st.tuples(
    st.sampled_from(["anna", "ben"]), st.sampled_from(list(KINDS)), st.integers(-100, -30), st.floats(0, 40)
)


@settings(max_examples=60)
@given(st.lists(packets, max_size=80))
def test_whatever_is_heard_every_arrival_is_followed_by_one_leaving(heard: list[tuple[str, str, int, float]]) -> None:
    presence, now = Presence(PLAN, RULES), 0.0
    here: set[str] = set()
    for member_ref, zone, rssi_dbm, gap_s in [*heard, ("ben", "street", -100, 0.0)]:
        now += gap_s
        presence.hear(member_ref, f"at-{zone}", rssi_dbm, now)
        _follow(here, presence.advance(now))
    _follow(here, presence.advance(now + 10_000))
    assert here == set()
    assert len(presence) == 0


def _follow(here: set[str], changes: list[Change]) -> None:
    for change in changes:
        assert (change.member_ref in here) == (not isinstance(change, Arrived))
        if isinstance(change, Arrived):
            assert KINDS[change.zone] in {"floor", "fitting"}
        (here.discard if isinstance(change, Left) else here.add)(change.member_ref)


def test_a_flood_of_packets_does_not_grow_the_memory(presence: Presence) -> None:
    for n in range(10_000):
        presence.hear("anna", "at-coats", -60, n / 1_000)
    readings = presence._stays["anna"].loudness._readings["at-coats"]
    assert len(readings) <= 64
