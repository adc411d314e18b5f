"""A disk made of a file, which can be small, or lose its power at any moment. Needs root and loop devices."""

import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.faults.spawner import Life

# linux/ext4.h: what the kernel offers for just this, also used by its own tests (xfstests' "godown").
_EXT4_IOC_SHUTDOWN: Final = 0x8004587D
_NO_LOG_FLUSH: Final = 2
_ENV: Final = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
_RELEASED_S: Final = 10.0


class Disk:
    """`mount` is where it is; after `cut` nothing reaches it any more, until `plug_in`."""

    def __init__(self, folder: Path, mib: int) -> None:
        self.image, self.mount = folder / "disk.img", folder / "disk"
        self.mount.mkdir()
        with self.image.open("wb") as file:
            file.truncate(mib << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(self.image))
        self.plug_in()

    def cut(self, *lives: Life) -> None:
        """Power is gone, for the disk and for everything that ran: what was not synced is lost.

        They are stopped a moment before: in the middle of a shutdown ext4 answers an fsync with success whose
        transaction was just thrown away, which at a real cut nobody would be there to repeat.
        """
        for life in lives:
            life.freeze()
        handle = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _EXT4_IOC_SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(handle)
        for life in lives:
            life.kill()
        self.take_out()

    def plug_in(self) -> None:
        _run("mount", "-o", "loop", str(self.image), str(self.mount))

    def take_out(self, within_s: float = _RELEASED_S) -> None:
        """Once nobody has a file open, and nobody else has the disk mounted.

        A program that began a mount namespace of its own while it was mounted here, as a container does, still has it
        there. Plugged in again it would not be read anew: the kernel would show the dead one, where each file that is
        opened is an I/O error.
        """
        end = time.monotonic() + within_s
        while os.path.ismount(self.mount):
            done = subprocess.run(["umount", str(self.mount)], capture_output=True, check=False)
            if done.returncode and time.monotonic() > end:
                raise AssertionError(done.stderr.decode())
            time.sleep(0.02 if done.returncode else 0)
        while self._is_held():
            assert time.monotonic() < end, f"another mount namespace still holds {self.mount}: end what began one"
            time.sleep(0.02)

    def abandon(self) -> None:
        """Away with it, whoever still has a file open: a folder with a disk in it is one that nobody can remove."""
        if os.path.ismount(self.mount):
            _run("umount", "--lazy", str(self.mount))
        self.image.unlink()

    def _is_held(self) -> bool:
        """Whether a loop device still lies on the image: the kernel takes it off with the last mount."""
        listed = subprocess.run(
            ["losetup", "--associated", str(self.image)], check=True, capture_output=True, env=_ENV, timeout=30
        )
        return bool(listed.stdout)

    def fill(self, leave: int = 0) -> Path:
        """A file that takes all room but `leave` bytes; unlink it to make room."""
        space = self.mount / "filling"
        with space.open("wb") as file:
            room = os.statvfs(self.mount)
            os.posix_fallocate(file.fileno(), 0, max(1, room.f_bavail * room.f_frsize - leave - (256 << 10)))
        block = b"x" * 4096
        with space.open("ab", buffering=0) as file:
            while os.statvfs(self.mount).f_bavail * os.statvfs(self.mount).f_frsize > leave:
                try:
                    file.write(block)
                except OSError:
                    break
        return space


@contextmanager
def loop_disk(folder: Path, mib: int) -> Iterator[Disk]:
    disk = Disk(folder, mib)
    try:
        yield disk
    finally:
        try:
            disk.take_out()
        finally:
            disk.abandon()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=_ENV, timeout=30)
