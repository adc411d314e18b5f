"""The folder of pictures survives whatever a disk does to it, and never takes the last of the disk."""

import os
import shutil
from pathlib import Path

import pytest

from edge.adapters.picture_files import NOTED_EVERY_S, PictureFiles
from wire.picture import SIZES

NOW = 1_790_000_000.0
A, B = "a" * 64, "b" * 64
SCALED = {size: b"x" * size for size in SIZES}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


def files(folder: Path, limit: int = 10**6, spare: int = 0) -> PictureFiles:
    return PictureFiles(folder, limit, lambda: NOW, spare)


def paths(folder: Path, name: str) -> list[Path]:
    return sorted(folder.glob(f"*/{name}-*"))


def test_what_was_kept_is_there_after_a_restart(folder: Path) -> None:
    files(folder).keep(A, SCALED)
    again = files(folder)
    assert again.names() == {A}
    assert {size: again.read(A, size) for size in SIZES} == SCALED
    assert again.held()[A].octets == sum(SIZES)


def test_only_the_services_own_user_may_look_inside(folder: Path) -> None:
    files(folder)
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", [b"", b"x" * 239, b"y" * 240])
def test_a_damaged_file_is_never_shown_and_takes_its_picture_along(folder: Path, damage: bytes) -> None:
    here = files(folder)
    here.keep(A, SCALED)
    here.keep(B, SCALED)
    paths(folder, f"{A}-240")[0].write_bytes(damage)
    assert here.read(A, 240) is None
    assert here.names() == {B}
    assert here.read(A, 480) is None
    assert paths(folder, A) == []
    here.keep(A, SCALED)
    assert here.read(A, 240) == SCALED[240]


def test_a_picture_that_is_not_whole_is_fetched_again(folder: Path) -> None:
    files(folder).keep(A, SCALED)
    paths(folder, A)[1].unlink()
    assert files(folder).names() == frozenset()
    assert paths(folder, A) == []


def test_strange_files_go_and_a_strange_folder_too(folder: Path) -> None:
    folder.mkdir()
    (folder / "partial").write_bytes(b"x")
    (folder / "aa").mkdir()
    (folder / "aa" / "notes.txt").write_bytes(b"x")
    (folder / "aa" / "link").symlink_to(folder.parent)
    assert files(folder).names() == frozenset()
    assert [path for path in folder.glob("**/*") if not path.is_dir()] == []
    shutil.rmtree(folder)
    folder.write_bytes(b"a file in its place")
    files(folder).keep(A, SCALED)
    assert files(folder).names() == {A}


def test_a_folder_that_was_taken_away_is_no_end(folder: Path) -> None:
    here = files(folder)
    here.keep(A, SCALED)
    shutil.rmtree(folder)
    assert here.read(A, 240) is None
    assert here.room() == 0


def test_the_room_is_the_limit_or_what_the_disk_can_spare(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = files(folder, limit=5_000, spare=1_000)
    here.keep(A, SCALED)
    taken = sum(SIZES)
    for free, room in ((10**6, 5_000), (1_500, taken + 500), (1_000, taken), (100, taken - 900)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, left=free: shutil._ntuple_diskusage(0, 0, left))
        assert here.room() == room


def test_what_a_disk_does_not_take_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = files(folder)
    written = Path.write_bytes

    def full(path: Path, octets: bytes) -> int:
        if len(octets) > 300:
            raise OSError(28, "No space left on device")
        return written(path, octets)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        here.keep(A, SCALED)
    assert (here.names(), paths(folder, A)) == (frozenset(), [])


def test_use_is_noted_on_the_disk_once_a_day(folder: Path) -> None:
    here = files(folder)
    here.keep(A, SCALED)
    path = paths(folder, f"{A}-240")[0]
    for age, noted in ((NOTED_EVERY_S - 60, NOW - NOTED_EVERY_S + 60), (NOTED_EVERY_S + 60, NOW)):
        os.utime(path, (NOW - age, NOW - age))
        here.read(A, 240)
        assert path.stat().st_mtime == noted
