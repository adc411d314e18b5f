"""Two readings a second from each scanner, a changed mode at once, nothing without a reading."""

import pytest

from edge.core.digest import Digest
from edge.core.sighting import Sighting


def test_a_member_is_told_at_most_twice_a_second_with_the_mean_since() -> None:
    digest = Digest()
    told = [digest.add(Sighting("m0", "s1", -60 - n, 0, b"tag", "A", n * 0.125)) for n in range(9)]
    assert [heard.rssi_dbm for heard in told if heard] == [-60, -62, -66]


def test_each_scanner_is_told_by_itself() -> None:
    digest = Digest()
    told = [digest.add(Sighting("m0", scanner, -60, 0, b"tag", "A", 1.0)) for scanner in ("s1", "s2", "s1")]
    assert [heard.scanner for heard in told if heard] == ["s1", "s2"]


def test_a_changed_mode_is_told_at_once() -> None:
    digest = Digest()
    told = [digest.add(Sighting("m0", "s1", -60, mode, b"tag", "A", at)) for at, mode in ((0, 0), (0.1, 0), (0.2, 1))]
    assert [heard.mode_bits for heard in told if heard] == [0, 1]


@pytest.mark.parametrize("rssi_dbm", [-127, -121, 21, 127])
def test_a_packet_without_a_reading_is_not_told(rssi_dbm: int) -> None:
    assert Digest().add(Sighting("m0", "s1", rssi_dbm, 0, b"tag", "A", 0.0)) is None


def test_a_clock_set_back_silences_nobody() -> None:
    digest = Digest()
    assert digest.add(Sighting("m0", "s1", -60, 0, b"tag", "A", 10_000.0))
    assert digest.add(Sighting("m0", "s1", -60, 0, b"tag", "A", 5.0))


def test_the_digest_forgets_who_is_silent() -> None:
    digest = Digest()
    for n in range(500):
        digest.add(Sighting(f"m{n}", "s1", -60, 0, b"tag", "A", float(n)))
    assert len(digest._tallies) <= 31
