"""What the test machine boots: Debian's own kernel, and an initramfs of busybox and the modules that Bluetooth needs.

The kernel package is unpacked, never installed. Root rights are not needed for any of this.
"""

import gzip
import lzma
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CACHE: Final = ROOT / "build" / "bluez"
_HERE: Final = Path(__file__).resolve().parent

_BOOT_MODULES: Final = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
# The kernel's own pairing code asks for the ciphers as soon as an adapter comes up.
_BLUETOOTH_MODULES: Final = (
    "virtio_console", "bluetooth", "hci_vhci", "uhid", "ecb", "cmac", "ecdh_generic", "algif_hash", "algif_skcipher",
)  # fmt: skip
_APPLETS: Final = ("sh", "mount", "mkdir", "insmod", "sed", "echo", "switch_root")
_PROGRAMS: Final = {
    "qemu-system-x86_64": "qemu-system-x86 seabios",
    "busybox": "busybox-static",
    "modprobe": "kmod",
    "dbus-daemon": "dbus",
    "bluetoothd": "bluez",
}
_PT_INTERP: Final = 3
_BLUETOOTHD: Final = Path("/usr/libexec/bluetooth/bluetoothd")


class Missing(Exception):
    """A prerequisite; one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Image:
    """Two files for QEMU, and which kernel they are."""

    kernel: Path
    initramfs: Path
    version: str


def image() -> Image:
    """Made on first use, kept in build/bluez. Raises Missing."""
    _need_programs()
    unpacked = _unpacked_kernel()
    version = next(path.name for path in (unpacked / "lib" / "modules").iterdir())
    initramfs = CACHE / f"initramfs-{version}.gz"
    sources = (_HERE / "init.sh", Path(__file__))
    if not initramfs.exists() or any(source.stat().st_mtime > initramfs.stat().st_mtime for source in sources):
        fresh = initramfs.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(gzip.compress(_archive(unpacked, version), compresslevel=1))
        fresh.rename(initramfs)
    return Image(unpacked / "boot" / f"vmlinuz-{version}", initramfs, version)


def other_bluez() -> str:
    """Debian 13's bluez, unpacked. Raises Missing."""
    root = CACHE / "trixie"
    if not (root / "usr/libexec/bluetooth/bluetoothd").exists():
        raise Missing(f"Debian 13's BlueZ is missing: {_HERE.relative_to(ROOT)}/fetch-bluez brings it.")
    return str(root)


def _need_programs() -> None:
    missing = [package for program, package in _PROGRAMS.items() if not _is_there(program)]
    if missing:
        raise Missing(f"Programs are missing: apt install {' '.join(missing)}.")


def _is_there(program: str) -> bool:
    if program == "bluetoothd":
        return _BLUETOOTHD.exists()
    found = shutil.which(program, path=_PATH)
    return found is not None and (program != "busybox" or _stands_alone(Path(found).read_bytes()))


def _stands_alone(program: bytes) -> bool:
    """The other busybox package asks for a C library (PT_INTERP), which an initramfs does not have."""
    (start,) = struct.unpack_from("<Q", program, 0x20)
    size, count = struct.unpack_from("<HH", program, 0x36)
    return all(struct.unpack_from("<I", program, start + n * size)[0] != _PT_INTERP for n in range(count))


def _unpacked_kernel() -> Path:
    unpacked = CACHE / "kernel"
    if not (unpacked / "lib" / "modules").is_dir():
        raise Missing(f"The test machine's kernel is missing: {_HERE.relative_to(ROOT)}/fetch-kernel brings Debian's.")
    return unpacked


_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _archive(unpacked: Path, version: str) -> bytes:
    """The initramfs as a cpio archive (newc)."""
    if not (unpacked / "lib" / "modules" / version / "modules.dep").exists():
        _run("depmod", "-b", str(unpacked), version)
    busybox = Path(shutil.which("busybox", path=_PATH) or "")
    entries = [
        *(_entry(name, 0o040755, b"") for name in ("bin", "m", "proc", "sys", "dev")),
        _entry("init", 0o100755, (_HERE / "init.sh").read_bytes()),
        _entry("bin/busybox", 0o100755, busybox.read_bytes()),
        *(_entry(f"bin/{applet}", 0o120777, b"busybox") for applet in _APPLETS),
    ]
    known: set[str] = set()
    for stage, names in (("boot", _BOOT_MODULES), ("bluetooth", _BLUETOOTH_MODULES)):
        files = [path for path in _modules(unpacked, version, names) if path.name not in known]
        known |= {path.name for path in files}
        entries += [_entry(f"m/{_plain(path)}", 0o100644, _octets(path)) for path in files]
        entries.append(_entry(f"m/{stage}", 0o100644, "".join(f"{_plain(path)}\n" for path in files).encode()))
    return b"".join((*entries, _entry("TRAILER!!!", 0, b"")))


def _modules(unpacked: Path, version: str, names: tuple[str, ...]) -> Iterator[Path]:
    """In the order in which they load; those built into the kernel are left out."""
    seen: set[str] = set()
    for name in names:
        # A kernel that has it built in, or that does not have it, says so on stderr; loading would tell in earnest.
        listed = _run("modprobe", "-d", str(unpacked), "-S", version, "--show-depends", name, check=False)
        for line in listed.splitlines():
            verb, _, rest = line.partition(" ")
            if verb == "insmod" and rest not in seen:
                seen.add(rest)
                yield Path(rest.split()[0])


def _plain(path: Path) -> str:
    return path.name.removesuffix(".xz")


def _octets(path: Path) -> bytes:
    octets = path.read_bytes()
    return lzma.decompress(octets) if path.suffix == ".xz" else octets


def _run(*command: str, check: bool = True) -> str:
    environment = {"PATH": _PATH}
    return subprocess.run(command, check=check, capture_output=True, text=True, env=environment, timeout=60).stdout


_counter = iter(range(1, 1 << 20))


def _entry(name: str, mode: int, octets: bytes) -> bytes:
    """One file, folder or link."""
    encoded = name.encode() + b"\0"
    fields = (next(_counter), mode, 0, 0, 1, 0, len(octets), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + encoded) + _padded(octets)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
