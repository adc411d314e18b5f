"""One tag on two phones is noticed; a phone that changes its address is left in peace."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.core.contest import Contest
from edge.core.inputs import Contested
from edge.core.sighting import Sighting
from tests.recordings.walks import walks


def sightings(*spells: tuple[str, float, float]) -> Iterator[Sighting]:
    """One packet a second from each address while its spell lasts, in order of time."""
    packets = [(at, address) for address, first, last in spells for at in range(int(first), int(last) + 1)]
    return (Sighting("m0", "s1", -60, 0, b"tag", address, at) for at, address in sorted(packets))


def contests(*spells: tuple[str, float, float]) -> list[Contested]:
    contest = Contest()
    return [told for told in map(contest.enter, sightings(*spells)) if told]


def test_a_phone_that_changes_its_address_is_not_contested() -> None:
    assert contests(("A", 0, 300), ("B", 301, 900)) == []


def test_an_overlap_of_less_than_ten_seconds_is_innocent() -> None:
    assert contests(("A", 0, 100), ("B", 91, 300)) == []


def test_two_addresses_for_ten_seconds_contest_the_tag_once() -> None:
    assert contests(("A", 0, 100), ("B", 50, 100)) == [Contested("m0", 60)]


def test_an_address_that_comes_back_after_another_appeared_contests_the_tag() -> None:
    assert contests(("A", 0, 5), ("B", 6, 10), ("A", 11, 20), ("B", 21, 30)) == [Contested("m0", 21)]


def test_a_repeater_with_a_new_address_for_every_packet_contests_the_tag() -> None:
    repeated = [(f"B{second}", second, second) for second in range(50, 70)]
    assert contests(("A", 0, 100), *repeated) == [Contested("m0", 61)]


def test_a_flood_of_addresses_contests_the_tag_before_the_phone_is_heard_again() -> None:
    contest = Contest()
    told = [contest.enter(Sighting("m0", "s1", -60, 0, b"tag", f"B{n}", n / 1_000)) for n in range(100)]
    assert len([each for each in told if each]) == 1


def test_a_phone_that_starts_its_advertising_anew_every_few_seconds_is_not_contested() -> None:
    assert contests(*((f"A{n}", 4 * n, 4 * n + 3) for n in range(100))) == []


def test_an_address_unheard_for_half_a_minute_starts_anew() -> None:
    assert contests(("A", 0, 5), ("B", 6, 40), ("A", 41, 45)) == []


def test_many_addresses_do_not_grow_the_memory() -> None:
    contest = Contest()
    for n in range(1_000):
        contest.enter(Sighting("m0", "s1", -60, 0, b"tag", f"A{n}", n / 100))
    assert len(contest._tags[b"tag"].spells) == 4


def test_addresses_are_forgotten_half_a_minute_after_the_last_packet() -> None:
    contest = Contest()
    contest.enter(Sighting("m0", "s1", -60, 0, b"tag", "A", 0.0))
    contest.enter(Sighting("m1", "s1", -60, 0, b"other", "B", 31.0))
    assert list(contest._tags) == [b"other"]


PLACES = {"s1": (0.0, 0.0, 2.5), "s2": (20.0, 0.0, 2.5), "s3": (6.0, 0.0, 2.5)}


def torn(*readings: tuple[float, str, int]) -> list[Contested]:
    """All under the phone's own address, which a repeater can copy as well."""
    contest = Contest(PLACES)
    heard = [Sighting("m0", scanner, rssi_dbm, 0, b"tag", "A", at) for at, scanner, rssi_dbm in readings]
    return [told for told in map(contest.enter, heard) if told]


def beside(first: str, second: str, rssi_dbm: int, seconds: int = 8) -> list[tuple[float, str, int]]:
    return [(at + shift, place, rssi_dbm) for at in range(seconds) for shift, place in ((0, first), (0.4, second))]


def test_a_tag_that_is_loud_at_two_far_scanners_for_seconds_is_contested() -> None:
    assert [told.member_ref for told in torn(*beside("s1", "s2", -48))] == ["m0"]


def test_a_tag_between_two_scanners_is_not_contested() -> None:
    assert torn(*beside("s1", "s3", -48)) == []
    assert torn(*beside("s1", "s2", -54)) == []


def test_a_shopper_who_runs_from_one_scanner_to_the_other_is_not_contested() -> None:
    assert torn(*[(at, "s1", -45) for at in range(5)], *[(at, "s2", -45) for at in range(7, 12)]) == []


def test_an_adapter_that_reads_nonsense_now_and_then_contests_nobody() -> None:
    assert torn(*[(at, "s1", -50) for at in range(30)], (30.1, "s2", 42), (30.2, "s2", 29), (31, "s1", -50)) == []


def test_a_scanner_without_a_position_proves_nothing() -> None:
    assert torn(*beside("s1", "somewhere", -40)) == []


@pytest.mark.needs("shared")
def test_no_beacon_on_the_recorded_walks_is_in_two_places(recordings: Path) -> None:
    receivers = (recordings / "ble_walks" / "tetam.dev").read_text().splitlines()[0].partition(":")[2]
    positions = {mac: tuple(place[0]) for mac, place in ast.literal_eval(receivers.strip()).items()}
    for steps in walks(recordings / "ble_walks").values():
        contest = Contest(positions)
        heard = [Sighting("m0", step.scanner, step.rssi_dbm, 0, b"tag", "A", step.at) for step in steps]
        assert not any(map(contest.enter, heard))
