"""What a test may need beyond Python and the pins: how each thing is found, and what to do when it is missing.

`REGULARS_REQUIRE` turns a skip into a failure: `all`, or names with commas (`chromium,shared`). CI sets `all`.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
# The variable serves a copy of the tests that runs elsewhere, against the installed wheel.
RECORDINGS: Final = Path(os.environ.get("REGULARS_RECORDINGS") or ROOT.parent / "shared" / "data")


_SBIN: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Need:
    """`find` returns where the thing is, None when it is missing; `remedy` tells a person what to do."""

    find: Callable[[], Path | None]
    remedy: str


def program(*names: str) -> Callable[[], Path | None]:
    def find() -> Path | None:
        found = next(filter(None, map(shutil.which, names)), None)
        return Path(found) if found else None

    return find


def existing(path: Path) -> Callable[[], Path | None]:
    return lambda: path if path.exists() else None


def newest(pattern: str) -> Callable[[], Path | None]:
    """The last of the files that fit, in order of their names; `pattern` is absolute."""
    return lambda: max(Path("/").glob(pattern.removeprefix("/")), default=None)


def root_rights() -> Path | None:
    return Path("/") if os.geteuid() == 0 else None


def loop_devices() -> Path | None:
    """Disks made of files, for tests that fill them and cut their power."""
    control = Path("/dev/loop-control")
    return control if os.geteuid() == 0 and control.exists() and shutil.which("mkfs.ext4", path=_SBIN) else None


def tpm_in_software() -> Path | None:
    """And what systemd needs to speak to it."""
    found = shutil.which("swtpm")
    is_whole = shutil.which("systemd-creds") and next(Path("/usr/lib").glob("*/libtss2-tcti-swtpm.so.0"), None)
    return Path(found) if found and is_whole and os.geteuid() == 0 else None


NEEDS: Final[dict[str, Need]] = {
    "caddy": Need(program("caddy"), "apt install caddy"),
    "chromium": Need(program("chromium", "chromium-browser", "google-chrome"), "apt install chromium"),
    "esphome": Need(existing(ROOT / ".venv-esphome" / "bin" / "esphome"), "make verify-firmware"),
    "javac": Need(program("javac"), "apt install default-jdk-headless"),
    "node": Need(program("node", "nodejs"), "apt install nodejs"),
    "qemu": Need(program("qemu-system-x86_64"), "apt install qemu-system-x86"),
    "postgresql": Need(newest("/usr/lib/postgresql/*/bin/initdb"), "apt install postgresql"),
    "loop": Need(loop_devices, "run the tests as root, with loop devices (modprobe loop) and e2fsprogs"),
    "root": Need(root_rights, "run the tests as root"),
    "shared": Need(existing(RECORDINGS), "the recordings belong beside the checkout, in ../shared/data"),
    "swtpm": Need(tpm_in_software, "run the tests as root; apt install swtpm libtss2-tcti-swtpm0 tpm2-tools"),
    "dbus-daemon": Need(program("dbus-daemon"), "apt install dbus-daemon"),
    "make": Need(program("make"), "apt install make"),
    "git": Need(program("git"), "apt install git"),
}


class Missing(Exception):
    """A need that this machine does not meet; `required` when REGULARS_REQUIRE names it."""

    def __init__(self, name: str, *, required: bool) -> None:
        super().__init__(f"needs {name}: {NEEDS[name].remedy}")
        self.required = required


def locate(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the thing called `name` is. Raises Missing, or KeyError for a name that NEEDS does not list."""
    found = NEEDS[name].find()
    if found is None:
        asked = {word.strip() for word in environment.get("REGULARS_REQUIRE", "").split(",")}
        raise Missing(name, required=bool(asked & {"all", name}))
    return found
