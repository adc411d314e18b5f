"""A real disk, small enough to fill, under the store's files while it runs."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from edge.adapters.ballast import BALLAST_FILE, Ballast
from edge.adapters.cache_sqlite import Cache
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_sqlite import OperationalError
from edge.core.bodies import Kept
from edge.core.effects import DropVisit, Erase, Keep, KeepVisit, Record
from edge.core.replica import Plan, Revoked
from edge.core.visit import Visit
from tests.core.pages import HUB_KEYS, packed
from tests.core.store import ANNA, BEN, FILE_KEY, NOW, profile
from tests.stored import decrypted
from wire.sync import Revocation

MEGABYTE = 1 << 20
ARRIVED = Record(
    "visit.arrived", NOW, "v1", ANNA, {"zone": "coats"}, (KeepVisit(Visit("v1", ANNA, "coats", NOW, NOW)),)
)

pytestmark = pytest.mark.needs("root")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def ballast(disk: Path) -> Ballast:
    return Ballast(disk, size=MEGABYTE, spare=2 * MEGABYTE)


@pytest.fixture
def box(disk: Path, ballast: Ballast) -> Iterator[Outbox]:
    opened = Outbox(disk / "outbox.db", FILE_KEY, None, ballast)
    yield opened
    opened.close()


@pytest.fixture
def cache(disk: Path, ballast: Ballast) -> Iterator[Cache]:
    opened = Cache(disk / "cache.db", FILE_KEY, ballast)
    opened.trust(HUB_KEYS)
    opened.apply(Plan({("profile", one): Kept(1, packed(profile(one))) for one in (ANNA, BEN)}), "e.1.x", 0, NOW)
    yield opened
    opened.close()


def fill(disk: Path) -> Path:
    film = disk / "film"
    with suppress(OSError), film.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    assert shutil.disk_usage(disk).free < 4096
    return film


def write_until_refused(box: Outbox) -> int:
    """How many were acknowledged."""
    for written in range(5000):
        try:
            box.write([ARRIVED])
        except OperationalError:
            return written
    raise AssertionError("the disk was never full")


def numbers(box: Outbox) -> list[int]:
    sent = box.batch()
    return [event.n for event in sent.events] if sent else []


def test_a_disk_that_fills_loses_nothing_that_was_acknowledged(disk: Path, box: Outbox, ballast: Ballast) -> None:
    fill(disk)
    acknowledged = write_until_refused(box)
    assert ballast.is_out
    box.close()
    again = Outbox(disk / "outbox.db", FILE_KEY, None, ballast)
    assert numbers(again) == list(range(1, acknowledged + 1))
    again.close()


def test_on_a_full_disk_who_withdraws_goes_and_what_happens_is_refused(
    disk: Path, box: Outbox, cache: Cache, ballast: Ballast
) -> None:
    box.write([ARRIVED])
    fill(disk)
    write_until_refused(box)
    gone = Revocation(seq=5, member_ref=ANNA, kind="erase", at=NOW)
    cache.apply(Plan({("profile", ANNA): Kept(1)}, {ANNA: Revoked(gone, 1)}), "e.2.x", 5, NOW)
    box.write([Keep((DropVisit("v1"), Erase(ANNA)))])
    box.tidy()
    cache.scrub()
    cache.confirm(gone)
    assert ANNA.encode() not in decrypted(disk / "outbox.db", FILE_KEY)
    assert (cache.profile(ANNA), cache.profile(BEN), cache.unconfirmed()) == (None, profile(BEN), ())
    with pytest.raises(OperationalError, match="the disk is full"):
        box.write([ARRIVED])
    with pytest.raises(OperationalError, match="the disk is full"):
        cache.apply(Plan({("profile", "c" * 32): Kept(1, packed(profile("c" * 32)))}), "e.3.x", 5, NOW)


def test_when_there_is_room_again_it_is_kept_again_and_the_store_goes_on(
    disk: Path, box: Outbox, ballast: Ballast
) -> None:
    film = fill(disk)
    acknowledged = write_until_refused(box)
    film.unlink()
    box.write([ARRIVED])
    assert numbers(box) == list(range(1, acknowledged + 2))
    assert not ballast.is_out
    assert (disk / BALLAST_FILE).stat().st_blocks * 512 >= MEGABYTE


def test_a_store_that_starts_on_a_full_disk_gives_the_room_at_once(disk: Path, ballast: Ballast) -> None:
    fill(disk)
    again = Ballast(disk, size=MEGABYTE, spare=2 * MEGABYTE)
    assert again.is_out
    Outbox(disk / "outbox.db", FILE_KEY, None, again).close()


def test_a_lease_that_ends_on_a_full_disk_leaves_nobody(disk: Path, cache: Cache) -> None:
    fill(disk)
    cache.forget_members()
    assert (cache.profile(ANNA), cache.profile(BEN)) == (None, None)
    assert ANNA.encode() not in decrypted(disk / "cache.db", FILE_KEY)
