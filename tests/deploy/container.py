"""A Debian of its own with its own systemd, in a folder: made by debootstrap, run by systemd-nspawn.

The host's first process need not be systemd: nspawn gets control groups made by hand, and registers with nobody.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CACHE: Final = ROOT / "build" / "deploy"
_MIRROR: Final = "http://deb.debian.org/debian"
_PROGRAMS: Final = {"debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "nsenter": "util-linux"}
_GROUPS: Final = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup"))

# $0 is the name of our control group, the arguments are nspawn's. /run is hidden, or nspawn would look for the host's
# systemd there. Disks that others have mounted are let go of here, or they could not take them out as long as we run.
_STAGE: Final = """
mount --make-rprivate / && mount -t tmpfs tmpfs /run
sed -n 's|^/dev/loop[0-9]* \\([^ ]*\\) .*|\\1|p' /proc/self/mounts | while read -r disk; do umount "$disk"; done
for tree in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ -d "$tree" ] && mkdir -p "$tree/$0" && echo $$ > "$tree/$0/cgroup.procs"
done
[ -e /sys/fs/cgroup/cgroup.controllers ] && mkdir -p "/sys/fs/cgroup/$0" && echo $$ > "/sys/fs/cgroup/$0/cgroup.procs"
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --quiet --register=no --keep-unit "$@"
"""


class Missing(Exception):
    """A prerequisite; one sentence with the remedy."""


class ContainerFailed(Exception):
    """It was not made, or did not come up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command inside said."""

    code: int
    out: str
    err: str


def need() -> None:
    """Raises Missing."""
    if os.geteuid() != 0:
        raise Missing("A container needs root: run it as root.")
    missing = [package for program, package in _PROGRAMS.items() if shutil.which(program) is None]
    if missing:
        raise Missing(f"Programs are missing: apt install {' '.join(missing)}.")


def fresh(suite: str) -> Path:
    """A clean minimal Debian, as its installer leaves it: no Python, no BlueZ. The caller removes it.

    Raises Missing, ContainerFailed.
    """
    base = CACHE / suite
    if not base.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        partial = CACHE / f"{suite}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus,ca-certificates", suite,
             str(partial), _mirror(suite)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise ContainerFailed(f"debootstrap ended with {made.returncode}: {_last(made.stdout + made.stderr)}")
        partial.rename(base)
    root = CACHE / f"root-{os.getpid()}"
    subprocess.run(["cp", "--archive", "--reflink=auto", str(base), str(root)], check=True)
    # How this machine reaches Debian's packages, a proxy for one, belongs to the machine and not to the project.
    reach = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False).stdout
    (root / "etc/apt/apt.conf.d/99host").write_text(reach)
    return root


def _mirror(suite: str) -> str:
    """Where this machine's apt finds the suite, if it does."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Component: main",
         f"Codename: {suite}"],
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    return asked[0] if asked else _MIRROR


def _last(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else ""


def _command(root: Path, binds: Sequence[tuple[Path, str]], *options: str) -> list[str]:
    bound = [f"--bind-ro={here}:{there}" for here, there in binds]
    return ["unshare", "--mount", "sh", "-c", _STAGE, root.name, "--directory", str(root), *bound, *options]


def inside(root: Path, binds: Sequence[tuple[Path, str]], command: Sequence[str], within_s: float) -> Answer:
    """Runs one command in the root without starting it, with the host's network: as an image is built."""
    ended = subprocess.run(
        _command(root, binds, "--pipe", *command),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within_s, check=False,
    )  # fmt: skip
    return Answer(ended.returncode, ended.stdout, ended.stderr)


@dataclass(frozen=True, slots=True)
class Container:
    """A booted one; `leader` is its first process, as the host numbers it."""

    leader: int

    def run(self, *command: str, within_s: float = 60.0) -> Answer:
        """In all its namespaces, with an environment of its own."""
        enter = ["nsenter", "--target", str(self.leader), "--all", "env", "--ignore-environment"]
        try:
            ended = subprocess.run(
                [*enter, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *command],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Answer(124, "", f"took longer than {within_s:.0f} s")
        return Answer(ended.returncode, ended.stdout, ended.stderr)

    def shell(self, script: str, within_s: float = 60.0) -> str:
        """Its output, stripped."""
        return self.run("sh", "-c", script, within_s=within_s).out.strip()


@contextmanager
def booted(root: Path, binds: Sequence[tuple[Path, str]], within_s: float) -> Iterator[Container]:
    """Starts systemd, without any network but its own loopback, and waits until it has started all units."""
    console = root.parent / f"{root.name}.log"
    with console.open("wb") as log:
        process = subprocess.Popen(
            _command(root, binds, "--private-network", "--console=pipe", "--boot"),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield _up(process, within_s)
        console.unlink()  # kept where something went wrong
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _ungroup(root.name)


def _up(process: "subprocess.Popen[bytes]", within_s: float) -> Container:
    until = time.monotonic() + within_s
    while time.monotonic() < until and process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if children:
            container = Container(int(children[0]))
            if container.run("systemctl", "is-system-running", within_s=5).out.strip() in {"running", "degraded"}:
                return container
        time.sleep(0.2)
    raise ContainerFailed("systemd did not come up in the container")


def _ungroup(name: str) -> None:
    """Control groups are folders; the deepest go first."""
    for tree in _GROUPS:
        for folder in sorted((tree / name).glob("**/"), reverse=True):
            try:
                folder.rmdir()
            except OSError:
                continue
