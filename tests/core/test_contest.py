"""One tag on two phones is noticed; a phone that changes its address is left in peace."""

from collections.abc import Iterator

from edge.core.contest import Contest
from edge.core.inputs import Contested
from edge.core.sighting import Sighting


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
