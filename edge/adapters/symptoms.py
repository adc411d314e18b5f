"""Measures what `edge.core.diagnosis` judges. Each probe has its time limit, and none changes anything.

Nothing of the state folder is opened that the running service owns: what is in its files it says itself, at /metrics.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, get_args

import urllib3
from prometheus_client.parser import text_string_to_metric_families

from edge.adapters import enrolment, system
from edge.adapters.bluez_adapter import ADAPTER_INTERFACE, AdapterMissing
from edge.core.inputs import ScannerHealth
from edge.core.symptoms import (
    Adapter,
    Bluetooth,
    Machine,
    Office,
    Running,
    ScannerPlan,
    ScannerReading,
    StorePlan,
    Symptoms,
)
from edge.errors import NotEnrolled
from edge.settings import Settings

_BLUETOOTH_WITHIN_S: Final = 6.0
_TOOL_WITHIN_S: Final = 3.0
_OWN_WITHIN_S: Final = 3.0
_RATES: Final = (
    "scanner_reports_per_second", "scanner_members_per_second", "scanner_members_expected_per_second"
)  # fmt: skip
_MONITORS: Final = "org.bluez.AdvertisementMonitorManager1"
_KERNEL_ADAPTERS: Final = Path("/sys/class/bluetooth")


def measured(settings: Settings, state_dir: Path, own_url: str) -> Symptoms:
    """Takes as long as the slowest probe's limit; `own_url` is where the service should answer."""
    is_wanted = any(scanner.source.startswith("bluez") for scanner in settings.scanner)
    return Symptoms(
        plan=_plan(settings),
        is_enrolled=_is_enrolled(state_dir),
        machine=machine(state_dir),
        office=office(settings.hq.url, settings.hq.timeout_s),
        bluetooth=bluetooth() if is_wanted else None,
        running=running(own_url),
    )


def _plan(settings: Settings) -> StorePlan:
    scanners = tuple(ScannerPlan(scanner.id, scanner.source) for scanner in settings.scanner)
    return StorePlan(scanners, settings.offline.policy, settings.offline.lease_days, settings.hq.url)


def _is_enrolled(state_dir: Path) -> bool:
    try:
        enrolment.load(state_dir)
    except NotEnrolled:
        return False
    return True


def machine(state_dir: Path) -> Machine:
    """The clock, and the disk under `state_dir`, or under what will hold it."""
    standing = next(path for path in (state_dir, *state_dir.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=standing):
            unwritable = ""
    except OSError as error:
        unwritable = error.strerror or type(error).__name__
    return Machine(system.is_synchronised(), shutil.disk_usage(standing).free, unwritable)


def office(url: str, within_s: float) -> Office:
    """Whether head office answers, and how far its clock is ahead of ours."""
    try:
        reply = urllib3.request("GET", f"{url}/readyz", timeout=within_s, retries=False)
    except urllib3.exceptions.HTTPError as error:
        return Office(_reason(error))
    if reply.status != 200:  # noqa: PLR2004 - OK
        return Office(f"it answers with {reply.status}")
    try:
        ahead_s = parsedate_to_datetime(reply.headers["Date"]).timestamp() - time.time()
    except (KeyError, ValueError, TypeError):
        return Office("")
    return Office("", ahead_s)


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "its name is not known"
    if isinstance(error, urllib3.exceptions.NewConnectionError):  # which is also called a timeout
        return "no connection"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.SSLError):
        return "its certificate is not trusted"
    return "the connection broke"


def running(own_url: str) -> Running | None:
    """What the service at `own_url` says; None when nobody answers there, or somebody else."""
    try:
        reply = urllib3.request("GET", f"{own_url}/metrics", timeout=_OWN_WITHIN_S, retries=False)
        if reply.status != 200:  # noqa: PLR2004 - OK
            return None
        return _read(reply.data.decode())
    except (urllib3.exceptions.HTTPError, ValueError, KeyError):
        return None


def _read(text: str) -> Running:
    """Raises KeyError for metrics that are not a store's."""
    values: dict[str, float] = {}
    rates: dict[tuple[str, str], float] = {}
    faults: dict[str, str] = {}
    healths: dict[str, ScannerHealth] = {}
    files: dict[str, str] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name, scanner = sample.name.removeprefix("regulars_"), sample.labels.get("scanner", "")
            if name in _RATES:
                rates[scanner, name] = sample.value
            elif name == "scanner_fault" and sample.value:
                faults[scanner] = sample.labels["fault"]
            elif name == "scanner_health" and sample.value:
                healths[scanner] = _health(sample.labels["health"])
            elif name == "files":
                files = sample.labels
            elif not sample.labels:
                values[name] = sample.value
    return Running(
        scanners={
            scanner: ScannerReading(
                health,
                rates[scanner, _RATES[0]],
                faults.get(scanner, ""),
                rates[scanner, _RATES[1]],
                rates[scanner, _RATES[2]],
            )
            for scanner, health in healths.items()
        },
        as_of=values["replica_as_of_seconds"],
        keys_until=values["day_keys_until_seconds"],
        events_waiting=int(values["events_waiting"]),
        faults=int(values["faults_total"]),
        lease_until=values.get("lease_until_seconds", 0.0),
        is_disk_full=bool(values.get("disk_full")),
        is_locked=bool(values.get("replica_locked")),
        sqlite=files.get("sqlite", ""),
        key_source=files.get("key", ""),
        answers=int(values.get("answers_total", 0)),
        answers_late=int(values.get("answers_late_total", 0)),
    )


def _health(word: str) -> ScannerHealth:
    """Raises ValueError for one that a newer service has and we do not know."""
    found: ScannerHealth | None = next((health for health in get_args(ScannerHealth) if health == word), None)
    if found is None:
        raise ValueError(word)
    return found


def bluetooth() -> Bluetooth | None:
    """BlueZ as the system bus shows it; None where there is no system bus to ask."""
    if sys.platform != "linux":
        return None
    try:
        tree = asyncio.run(_objects())
    # Whatever D-Bus raises means the same: bluetoothd cannot be asked.
    except Exception:  # noqa: BLE001
        return Bluetooth(is_answering=False, version=_bluez_version(), plugged=_plugged())
    adapters = (
        Adapter(
            name=path.rpartition("/")[2],
            mac=str(interfaces[ADAPTER_INTERFACE].get("Address", "")),
            is_on=bool(interfaces[ADAPTER_INTERFACE].get("Powered", True)),
            has_monitors=_MONITORS in interfaces,
        )
        for path, interfaces in sorted(tree.items())
        if ADAPTER_INTERFACE in interfaces
    )
    return Bluetooth(is_answering=True, version=_bluez_version(), plugged=_plugged(), adapters=tuple(adapters))


def _plugged() -> int:
    """Adapters that the kernel has, whether or not bluetoothd runs: without one Debian does not start it."""
    try:
        return sum(entry.name.startswith("hci") and ":" not in entry.name for entry in _KERNEL_ADAPTERS.iterdir())
    except OSError:
        return 0


async def _objects() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    # Needs dbus-fast, which is installed on Linux only (pyproject.toml).
    from edge.adapters import bluez_bus  # noqa: PLC0415

    async with asyncio.timeout(_BLUETOOTH_WITHIN_S), bluez_bus.system_bus() as bus:
        # Asked first: a call would have the bus start bluetoothd, which Debian does not without an adapter, and wait.
        (is_there,) = await bluez_bus.call(
            bus, "/org/freedesktop/DBus", bluez_bus.DAEMON, "NameHasOwner", "s", [bluez_bus.BLUEZ], to=bluez_bus.DAEMON
        )
        if not is_there:
            raise AdapterMissing("bluetoothd does not run")
        return await bluez_bus.objects(bus)


def _bluez_version() -> str:
    """`5.66`; bluetoothd does not tell its version over D-Bus, its tool does."""
    tool = shutil.which("bluetoothctl", path=f"{os.environ.get('PATH', '')}:/usr/bin")
    if tool is None:
        return ""
    try:
        told = subprocess.run(  # noqa: S603 - our own arguments only
            [tool, "--version"], capture_output=True, text=True, timeout=_TOOL_WITHIN_S, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.strip().rpartition(" ")[2]
