"""`make test-deploy`: deploy/install.sh in a clean Debian under its own systemd.

Last line: `deploy: PASS|FAIL key=value`; exit 1 when something is wrong, 3 when the container cannot be made here.
Debian's packages come over the network while the image is built; from then on there is none, and the installer, an
upgrade and all that the store does have to get by without.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
from packaging.markers import Marker

from tests.deploy.container import (
    CACHE,
    ROOT,
    Answer,
    Container,
    ContainerFailed,
    Missing,
    booted,
    fresh,
    inside,
    need,
)

UNIT: Final = "regulars-edge.service"
# The bars, and why.
SCORE: Final = 1.5  # of 10, systemd's own measure of what a broken service could still do
AGAIN_S: Final = 30.0  # an upgrade in which nothing changed is a restart
# systemd itself, and the unit's own two processes, on a machine with other work.
BOOT_S: Final = 120.0
INSTALL_S: Final = 600.0
WATCHDOG_S: Final = 3
# Debian 12 and 13, and each one's Python.
SUITES: Final = {"bookworm": (3, 11), "trixie": (3, 13)}
_BOUND: Final = "/srv/checkout"
_WHEELS: Final = "/srv/wheels"
_BEGAN: Final = time.monotonic()


@dataclass(slots=True)
class Findings:
    """What was seen, and what of it is wrong."""

    values: dict[str, object] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def note(self, name: str, value: object, *, good: bool) -> None:
        self.values[name] = value
        if not good:
            self.missed.append(name)
        say(f"{name}={value}{'' if good else '   <- wrong'}")

    @property
    def line(self) -> str:
        verdict = "FAIL" if self.missed else "PASS"
        pairs = [f"{name}={value}" for name, value in self.values.items()]
        return " ".join(["deploy:", verdict, *pairs, *([f"missed={','.join(self.missed)}"] if self.missed else [])])


def say(text: str) -> None:
    """Progress, on stderr."""
    click.echo(f"[{time.monotonic() - _BEGAN:5.1f}] {text}", err=True)


def checkout(suite: str) -> Path:
    """What git would hand out, as it lies here; one for each suite, which may be tried side by side."""
    there = CACHE / f"checkout-{suite}"
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir(parents=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, there / name)
    return there


def wheels(python: tuple[int, int]) -> Path:
    """The pinned packages, fetched by this machine's own pip as it is configured. Raises ContainerFailed."""
    pins = ROOT / "requirements" / "postgres.txt"  # head office's, which holds the others
    version = "{}.{}".format(*python)
    there = CACHE / f"wheels-{version}-{hashlib.sha256(pins.read_bytes()).hexdigest()[:16]}"
    if not there.exists():
        partial = there.with_name(f"{there.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        # pip would read the pins' conditions for the Python it runs on.
        (partial / "pins").write_text(_holding(pins.read_text(), version))
        pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "download"]
        fetched = subprocess.run(
            [*pip, "--require-hashes", "--no-deps", "--only-binary", ":all:", "--python-version", version,
             "-r", partial / "pins", "-d", partial],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if fetched.returncode:
            raise ContainerFailed("pip could not fetch the pinned packages: check the network")
        partial.rename(there)
    return there


def _holding(pins: str, version: str) -> str:
    """Those whose condition holds on that Python, without the condition."""
    kept = []
    for block in re.split(r"\n(?=\S)", pins):
        head, _, hashes = block.partition("\\\n")
        name, _, condition = head.partition(";")
        here = {"python_version": version, "python_full_version": f"{version}.0"}
        if not condition or Marker(condition.strip()).evaluate(here):
            kept.append(f"{name.strip()} \\\n{hashes}")
    return "\n".join(kept)


def story(root: Path, suite: str, findings: Findings) -> None:
    """From a clean Debian to one from which the store is gone again."""
    binds = [(checkout(suite), _BOUND), (wheels(SUITES[suite]), _WHEELS)]
    before = files(root)
    began = time.monotonic()
    built = inside(root, binds, [f"{_BOUND}/deploy/install.sh", "--wheels", _WHEELS], INSTALL_S)
    findings.note("install_s", round(time.monotonic() - began), good=built.code == 0)
    if built.code:
        raise ContainerFailed(f"install.sh ended with {built.code}: {built.err.strip()[-400:]}")
    began = time.monotonic()
    with booted(root, binds, BOOT_S) as machine:
        findings.note("boot_s", round(time.monotonic() - began, 1), good=True)
        unit(machine, findings)
        doctor(machine, findings)
        enrol(machine, findings)
        watchdog(machine, findings)
        again(machine, findings)
        memory_only(machine, findings)
        solo(machine, findings)
        head_office(machine, findings)
        removed(machine, findings)
    left = sorted(files(root) - before)
    findings.note("left_behind", len(left), good=not left)
    for name in left[:10]:
        say(f"  {name}")


def unit(machine: Container, findings: Findings) -> None:
    """A new machine: up, safe, and saying what it waits for."""
    failed = machine.shell("systemctl --failed --no-legend --plain | cut -d ' ' -f 1")
    findings.note("failed_units", failed.replace("\n", ",") or 0, good=not failed)
    findings.note("unit", state(machine), good=state(machine) == "active")
    if state(machine) != "active":
        say(machine.shell(f"journalctl --unit {UNIT} --output cat --no-pager --lines 12"))
    findings.note("waits", status(machine).startswith("waiting for"), good=status(machine).startswith("waiting for"))
    for name in ("edge", "solo", "hq"):
        told = machine.shell(f"systemd-analyze security --no-pager regulars-{name}.service | tail -n 1")
        score = float(told.partition(": ")[2].split()[0])
        findings.note(f"score_{name}", score, good=score <= SCORE)


def doctor(machine: Container, findings: Findings) -> None:
    """Says that there is no adapter, and exits with 1."""
    told = machine.run("regulars", "doctor", "--json")
    faults = {one["subject"]: one["found"] for one in json.loads(told.out or '{"findings": []}')["findings"]}
    findings.note("doctor_exit", told.code, good=told.code == 1)
    is_said = faults.get("bluetooth") == "no adapter"
    findings.note("doctor_says_no_adapter", is_said, good=is_said)
    for line in machine.run("regulars", "doctor").out.splitlines():
        say(f"  {line}")


def enrol(machine: Container, findings: Findings) -> None:
    """The store meets a head office, in the same container, and serves without being started again."""
    office = "/opt/regulars/current/bin/regulars hq"
    machine.shell(f"systemd-run --quiet --unit hq {office} run --state /run/hq --port 8300")
    machine.shell("for i in $(seq 100); do [ -e /run/hq/hq.url ] && break; sleep 0.2; done", within_s=30)
    machine.shell(f"{office} add-store store-1 --number 1 --name Shop --state /run/hq")
    code = machine.shell(f"{office} enrol-code store-1 --state /run/hq")
    told = machine.run("regulars", "edge", "enrol", code)
    findings.note("enrol_exit", told.code, good=told.code == 0)
    is_serving = waited(lambda: status(machine) == "serving", 30)
    findings.note("serving", is_serving, good=is_serving)
    ready = machine.run("/opt/regulars/current/bin/python", "-c", _READY).out.strip()
    findings.note("readyz", ready, good=ready == "200")
    told = machine.run("regulars", "doctor", "--json")
    levels = {one["subject"]: one["level"] for one in json.loads(told.out or '{"findings": []}')["findings"]}
    is_fine = [levels.get(subject) for subject in ("identity", "service", "disk", "head office")] == ["ok"] * 4
    findings.note("doctor_sees_store_and_office", is_fine, good=is_fine)
    is_roots = "key in a file that only root may read" in machine.run("regulars", "doctor").out
    is_roots &= machine.run("test", "!", "-e", "/var/lib/regulars/store.key").code == 0
    findings.note("key_is_roots", is_roots, good=is_roots)
    exported = machine.run("regulars", "edge", "outbox", "export", "/var/lib/regulars/copy.db")
    findings.note("outbox_exports", exported.code, good=exported.code == 0)
    owners = machine.shell("stat -c %U /var/lib/regulars/* | sort -u")
    findings.note("owner", owners.replace("\n", ","), good=owners == "regulars")


_OFFICE: Final = "/var/lib/regulars/head-office"
_OFFICE_READY: Final = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8300/readyz', timeout=5).status)"
_READY: Final = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8470/readyz', timeout=5).status)"


def watchdog(machine: Container, findings: Findings) -> None:
    """A service that hangs is ended and started again by systemd."""
    short = f"[Service]\\nWatchdogSec={WATCHDOG_S}\\n"
    machine.shell(
        f"mkdir -p /run/systemd/system/{UNIT}.d && printf '{short}' > /run/systemd/system/{UNIT}.d/short.conf"
        f" && systemctl daemon-reload && systemctl restart {UNIT}"
    )
    time.sleep(2 * WATCHDOG_S)
    lives = machine.shell(f"systemctl show --value -p NRestarts {UNIT}")
    findings.note("restarts_while_well", lives, good=lives == "0")
    main = machine.shell(f"systemctl show --value -p MainPID {UNIT}")
    machine.shell(f"kill -STOP {main}")
    is_back = waited(lambda: machine.shell(f"systemctl show --value -p NRestarts {UNIT}") == "1", 30)
    is_back = is_back and waited(lambda: state(machine) == "active" and status(machine) == "serving", 30)
    findings.note("hung_service_restarted", is_back, good=is_back)
    machine.shell(f"rm -r /run/systemd/system/{UNIT}.d && systemctl daemon-reload")


def again(machine: Container, findings: Findings) -> None:
    """An upgrade without a network: settings and state are kept, the unit is active again."""
    machine.shell("echo '# ours' >> /etc/regulars/store.toml")
    kept = machine.shell("sha256sum /etc/regulars/store.toml /var/lib/regulars/device.key")
    began = time.monotonic()
    told = machine.run(f"{_BOUND}/deploy/install.sh", within_s=120)
    took_s = round(time.monotonic() - began, 1)
    findings.note("again_s", took_s, good=told.code == 0 and took_s <= AGAIN_S)
    same = machine.shell("sha256sum /etc/regulars/store.toml /var/lib/regulars/device.key") == kept
    findings.note("settings_kept", same, good=same)
    findings.note("unit_again", state(machine), good=state(machine) == "active")


def memory_only(machine: Container, findings: Findings) -> None:
    """Where bluetoothd would write: a stand-in for the program, the unit and its drop-in as they are."""
    stand_in = (
        "[Unit]\\nConditionPathIsDirectory=\\n[Service]\\nType=exec\\nBusName=\\nExecStart=\\n"
        "ExecStart=/bin/sh -c 'touch /var/lib/bluetooth/stranger; exec sleep 60'\\n"
    )
    started = machine.shell("systemctl show -p ExecStart bluetooth.service")
    findings.note("bluetoothd_experimental", "bluetoothd -E" in started, good="bluetoothd -E" in started)
    machine.shell(
        f'mkdir -p /run/systemd/system/bluetooth.service.d && printf "{stand_in}"'
        " > /run/systemd/system/bluetooth.service.d/stand-in.conf && systemctl daemon-reload"
        " && systemctl restart bluetooth.service"
    )
    pid = machine.shell("systemctl show --value -p MainPID bluetooth.service")
    kind = machine.shell(f"sed -n 's,.* /var/lib/bluetooth .* - \\([^ ]*\\) .*,\\1,p' /proc/{pid}/mountinfo")
    on_disk = machine.shell("ls -A /var/lib/bluetooth")
    findings.note("bluetooth_state", kind or "disk", good=kind == "tmpfs" and not on_disk)
    machine.shell(
        "systemctl stop bluetooth.service; rm -r /run/systemd/system/bluetooth.service.d; systemctl daemon-reload"
    )


def solo(machine: Container, findings: Findings) -> None:
    """The single shop: both sides in one unit."""
    machine.shell("systemctl stop hq.service")
    told: Answer = machine.run(f"{_BOUND}/deploy/install.sh", "--solo", within_s=180)
    both = machine.shell("systemctl is-active regulars-solo.service regulars-edge.service; true")
    findings.note("solo", both.replace("\n", ","), good=told.code == 0 and both == "active\ninactive")
    is_fine = "ok     service: running" in machine.run("regulars", "doctor").out
    findings.note("doctor_sees_solo", is_fine, good=is_fine)
    kept = machine.shell("find /etc/regulars/key/solo -type f -printf '%f %u %m\\n' | sort")
    lying = machine.shell("find /var/lib/regulars/solo -name seal.key -o -name store.key")
    is_roots = kept == "seal.key.root root 600\nstore.key.root root 600" and not lying
    findings.note("solo_keys_are_roots", is_roots, good=is_roots)
    told = machine.run("regulars", "hq", "add-store", "second", "--name", "Second")
    findings.note("solo_head_office_by_hand", told.code, good=told.code == 0)


def head_office(machine: Container, findings: Findings) -> None:
    """Head office alone, beside none of the others."""
    told: Answer = machine.run(f"{_BOUND}/deploy/install.sh", "--head-office", "--wheels", _WHEELS, within_s=INSTALL_S)
    units = machine.shell("systemctl is-active regulars-hq.service regulars-solo.service; true")
    findings.note("head_office", units.replace("\n", ","), good=told.code == 0 and units == "active\ninactive")
    is_ready = waited(lambda: machine.run("/opt/regulars/current/bin/python", "-c", _OFFICE_READY).out == "200\n", 30)
    findings.note("head_office_ready", is_ready, good=is_ready)
    link = machine.run("regulars", "hq", "admin", "invite").out
    findings.note("invites", "/hq#setup=" in link, good="/hq#setup=" in link)
    lying = machine.shell(f"ls {_OFFICE}")
    is_roots = "seal.key" not in lying and machine.shell("ls /etc/regulars/key/head-office") == "seal.key.root"
    findings.note("seal_is_roots", is_roots, good=is_roots)
    machine.shell("systemctl stop regulars-hq.service")
    told = machine.run("regulars", "hq", "restored")
    is_told = told.code == 0 and '"epoch"' in told.out and "seal.key" not in machine.shell(f"ls {_OFFICE}")
    findings.note("restored_while_stopped", is_told, good=is_told)
    speaks = machine.run("/opt/regulars/current/bin/python", "-c", "import psycopg").code
    findings.note("speaks_to_postgresql", speaks == 0, good=speaks == 0)


def removed(machine: Container, findings: Findings) -> None:
    """Without --purge what the shop owns stays; with it nothing does."""
    plain = machine.run(f"{_BOUND}/deploy/uninstall.sh")
    kept = machine.shell("ls -d /opt/regulars /etc/regulars/store.toml /var/lib/regulars/device.key 2>/dev/null")
    is_kept = plain.code == 0 and kept == "/etc/regulars/store.toml\n/var/lib/regulars/device.key"
    findings.note("uninstall_keeps_state", is_kept, good=is_kept)
    purged = machine.run(f"{_BOUND}/deploy/uninstall.sh", "--purge")
    gone = not machine.shell("getent passwd regulars; ls -d /etc/regulars /var/lib/regulars 2>/dev/null")
    findings.note("purge", purged.code == 0 and gone, good=purged.code == 0 and gone)


def state(machine: Container) -> str:
    return machine.shell(f"systemctl is-active {UNIT}")


def status(machine: Container) -> str:
    return machine.shell(f"systemctl show --value -p StatusText {UNIT}")


def waited(is_so: Callable[[], bool], within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.3)
    return False


def files(root: Path) -> set[str]:
    """Ours, by their name or the folder that holds them: Debian's own packages stay."""
    found = subprocess.run(
        ["find", str(root), "-xdev", "-iname", "*regulars*", "-not", "-path", "*/var/log/*", "-printf", "%P\\n"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return set(found.splitlines())


@click.command()
@click.option("--suite", type=click.Choice(list(SUITES)), default="bookworm", show_default=True, help="Which Debian.")
def main(suite: str) -> None:
    """The installer in a clean Debian."""
    sys.exit(tried(suite))


def tried(suite: str) -> int:
    """The exit code."""
    try:
        need()
        say(f"Debian {suite}")
        root = fresh(suite)
    except Missing as missing:
        click.echo(str(missing), err=True)
        return 3
    except ContainerFailed as failure:
        click.echo(f"{failure}.", err=True)
        click.echo("deploy: FAIL reason=no_container")
        return 1
    findings = Findings({"suite": suite})
    try:
        story(root, suite, findings)
    except ContainerFailed as failure:
        say(str(failure))
        findings.note("container", "failed", good=False)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    findings.values["seconds"] = round(time.monotonic() - _BEGAN)
    click.echo(findings.line)
    return 1 if findings.missed else 0


if __name__ == "__main__":
    main()
