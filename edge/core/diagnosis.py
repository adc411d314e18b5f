"""What is wrong with a store, from what was measured: values in, findings with their remedies out.

A *fault* keeps the store from recognising anybody, or will soon; a *note* is worth knowing and no reason to call
somebody. What could not be measured is never called fine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from edge.core.symptoms import Adapter, Bluetooth, Running, ScannerPlan, ScannerReading, Symptoms

Level = Literal["ok", "note", "fault"]

# A phone or beacon speaks three to ten times a second: one that is near makes more than this. Below it nobody is there,
# or the kernel's duplicate filter is on, which leaves about two reports for each device and scan.
EXPECTED_REPORTS_PER_S: Final = 1.0
# A day's writing of the busiest store; a full disk loses events.
FREE_BYTES: Final = 200_000_000
# RST1 accepts the quarter of an hour before and after the present one.
CLOCK_WRONG_S: Final = 900.0
CLOCK_LATE_S: Final = 30.0
# Keys are fetched at each midnight UTC; a line away longer than this is worth a call while there still are some.
KEYS_SHORT_S: Final = 36 * 3600.0
LINE_AWAY_S: Final = 120.0
_HOURS_FROM_S: Final = 2 * 3600.0
# Older ones know no `Experimental` setting for monitors; 5.66 is Debian 12's.
OLDEST_BLUEZ: Final = (5, 66)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `remedy` is a sentence, empty when nothing is to be done."""

    subject: str
    level: Level
    found: str
    remedy: str = ""


def diagnose(symptoms: Symptoms, now: float) -> tuple[Finding, ...]:
    """In the order in which a person would look."""
    return (
        *_enrolment(symptoms),
        *_service(symptoms),
        *_bluetooth(symptoms),
        *_scanners(symptoms),
        *_clock(symptoms),
        *_disk(symptoms),
        *_files(symptoms),
        *_line(symptoms, now),
        *_keys(symptoms, now),
    )


def is_well(findings: Sequence[Finding]) -> bool:
    return all(finding.level != "fault" for finding in findings)


def _enrolment(symptoms: Symptoms) -> Iterator[Finding]:
    if symptoms.is_enrolled:
        yield Finding("identity", "ok", "enrolled at head office")
    else:
        yield Finding(
            "identity",
            "fault",
            "this store is not enrolled",
            "get a code at head office with `regulars hq enrol-code STORE` and run `regulars edge enrol CODE`.",
        )


def _service(symptoms: Symptoms) -> Iterator[Finding]:
    running = symptoms.running
    if running is None:
        remedy = "see `journalctl -u regulars-edge`, or start it with `systemctl start regulars-edge`."
        if not symptoms.is_enrolled:
            remedy = "enrol the store; a service that waits for it goes on by itself."
        yield Finding("service", "fault", "nothing answers at the store's own address", remedy)
    elif running.faults:
        yield Finding(
            "service",
            "note",
            f"running, {running.faults} steps failed since its start",
            "see `journalctl -u regulars-edge` for where, and report it.",
        )
    else:
        yield Finding("service", "ok", "running")


def _bluetooth(symptoms: Symptoms) -> Iterator[Finding]:
    wanted = [one for one in symptoms.plan.scanners if _kind(one) == "bluez"]
    found = symptoms.bluetooth
    if not wanted:
        return
    if found is None or not (found.plugged or found.adapters):
        yield Finding("bluetooth", "fault", "no adapter", "plug in a USB Bluetooth adapter (docs/HARDWARE.md).")
        return
    if not found.is_answering:
        remedy = "run `systemctl start bluetooth`" + ("." if found.version else ", after `apt install bluez`.")
        yield Finding("bluetooth", "fault", "bluetoothd does not answer", remedy)
        return
    yield from _version(found)
    for adapter in found.adapters:
        yield from _adapter(adapter)
    for scanner in wanted:
        yield from _wanted(scanner, found)


def _version(found: Bluetooth) -> Iterator[Finding]:
    numbers = tuple(int(part) for part in found.version.split(".") if part.isdecimal())
    if not numbers:
        yield Finding("bluetooth", "note", "BlueZ of unknown version", "install the package bluez, whose tools say it.")
    elif numbers < OLDEST_BLUEZ:
        yield Finding("bluetooth", "fault", f"BlueZ {found.version}", "upgrade to Debian 12 or newer, with BlueZ 5.66.")
    else:
        yield Finding("bluetooth", "ok", f"BlueZ {found.version}")


def _adapter(adapter: Adapter) -> Iterator[Finding]:
    subject = f"adapter {adapter.mac}"
    if not adapter.is_on:
        yield Finding(
            subject,
            "fault",
            f"{adapter.name} is switched off",
            "run `rfkill unblock bluetooth`, then plug it in again.",
        )
    elif not adapter.has_monitors:
        yield Finding(
            subject,
            "fault",
            f"{adapter.name} is on, bluetoothd runs without its experimental interfaces and reports each phone once",
            "start bluetoothd with -E (deploy/install.sh does; or Experimental = true in /etc/bluetooth/main.conf).",
        )
    else:
        yield Finding(subject, "ok", f"{adapter.name} is on, with advertisement monitors")


def _wanted(scanner: ScannerPlan, found: Bluetooth) -> Iterator[Finding]:
    mac = scanner.source.partition(":")[2].upper()
    if mac and found.adapters and mac not in {adapter.mac.upper() for adapter in found.adapters}:
        there = ", ".join(adapter.mac for adapter in found.adapters)
        yield Finding(
            f"scanner {scanner.id}",
            "fault",
            f"no adapter has the address {mac}",
            f"plug that one in, or write one that is there into [[scanner]] source: {there}.",
        )


def _scanners(symptoms: Symptoms) -> Iterator[Finding]:
    if not symptoms.plan.scanners:
        yield Finding("scanners", "fault", "store.toml names none", "add a [[scanner]]: nobody can be heard.")
    if symptoms.running is None:
        return
    for scanner in symptoms.plan.scanners:
        reading = symptoms.running.scanners.get(scanner.id)
        if reading is not None:
            yield _scanner(scanner, reading)
    yield from _answers(symptoms.running)


def _answers(running: Running) -> Iterator[Finding]:
    """A phone that is late answers again; where most stay late, nobody is ever proved to be who they are."""
    if running.answers_late >= _LATE_ANSWERS and running.answers_late > running.answers:
        yield Finding(
            "challenge",
            "fault",
            f"{running.answers_late} answers came too late, {running.answers} in time",
            "raise presence.answer_within_ms in store.toml step by step: phones here are slower than it allows.",
        )


def _scanner(scanner: ScannerPlan, reading: ScannerReading) -> Finding:
    subject = f"scanner {scanner.id}"
    rate = f"{reading.reports_per_s:.1f} reports/s"
    if reading.expected_per_s:
        rate += f", of members {reading.members_per_s:.1f} where {reading.expected_per_s:.1f} or more are expected"
    if reading.health != "ok" or reading.fault:
        found, _, remedy = reading.fault.partition(": ")
        remedy = f"{remedy}." if remedy else _ANEW.get(_kind(scanner), "see the service's journal.")
        return Finding(subject, "fault", ", ".join(filter(None, (_STATES[reading.health] or rate, found))), remedy)
    if reading.reports_per_s < EXPECTED_REPORTS_PER_S:
        return Finding(
            subject,
            "note",
            f"{rate}, expected from one phone nearby: {EXPECTED_REPORTS_PER_S:.0f} or more",
            "walk past with a phone and look again: still so, the adapter is deaf or bluetoothd runs without -E.",
        )
    return Finding(subject, "ok", rate)


# Fewer may be one slow phone, or somebody who tries.
_LATE_ANSWERS: Final = 10
_STATES: Final = {"ok": "", "deaf": "open, and hears nothing", "away": "away"}
_ANEW: Final = {
    "bluez": "plug its adapter in; if it is, restart bluetoothd with `systemctl restart bluetooth`.",
    "esphome": "give the node power and network, and build its firmware from this store.toml and secrets.toml.",
    "simulator": "start this store with `regulars demo`.",
}


def _clock(symptoms: Symptoms) -> Iterator[Finding]:
    ahead_s, is_synchronised = symptoms.office.ahead_s, symptoms.machine.is_synchronised
    remedy = "switch time synchronisation on with `timedatectl set-ntp true`, and let UDP port 123 out."
    if ahead_s is not None and abs(ahead_s) > CLOCK_WRONG_S:
        found = f"{abs(ahead_s):.0f} s {'behind' if ahead_s > 0 else 'ahead of'} head office: no token is recognised"
        yield Finding("clock", "fault", found, remedy)
    elif is_synchronised is False:
        yield Finding("clock", "fault", "not synchronised: it may run away from the phones'", remedy)
    elif ahead_s is not None and abs(ahead_s) > CLOCK_LATE_S:
        yield Finding("clock", "note", f"{abs(ahead_s):.0f} s away from head office's", remedy)
    elif is_synchronised is None:
        yield Finding("clock", "note", "the system does not say whether it is synchronised", remedy)
    else:
        yield Finding("clock", "ok", "synchronised")


def _disk(symptoms: Symptoms) -> Iterator[Finding]:
    machine = symptoms.machine
    free = f"{machine.free_bytes / 1e6:.0f} MB free"
    if machine.unwritable:
        yield Finding(
            "disk",
            "fault",
            f"the state folder cannot be written ({machine.unwritable})",
            "run this as the service's user (`sudo regulars doctor`); if it is, remount or replace the card.",
        )
    elif symptoms.running is not None and symptoms.running.is_disk_full:
        found = f"{free}: it filled while the store ran; withdrawals go through, nothing else is written down"
        yield Finding("disk", "fault", found, f"make room: the store needs {FREE_BYTES / 1e6:.0f} MB.")
    elif machine.free_bytes < FREE_BYTES:
        yield Finding("disk", "fault", free, f"make room: the store needs {FREE_BYTES / 1e6:.0f} MB.")
    else:
        yield Finding("disk", "ok", free)


_KEYS: Final = {
    "tpm": "key sealed to this machine's TPM",
    "root": "key in a file that only root may read",
    "file": "key in the state folder: whoever copies that has it",
}


def _files(symptoms: Symptoms) -> Iterator[Finding]:
    running = symptoms.running
    if running is None or not running.sqlite:
        return
    found = f"encrypted, SQLite {running.sqlite}, {_KEYS.get(running.key_source, running.key_source)}"
    if symptoms.plan.policy == "strict":
        found += "; the replica's key from head office, in memory only"
    if running.is_locked:
        yield Finding(
            "files", "fault", f"{found}, not given yet", "reach head office: until then nobody is recognised."
        )
    else:
        yield Finding("files", "ok", found)


def _line(symptoms: Symptoms, now: float) -> Iterator[Finding]:
    running, office = symptoms.running, symptoms.office
    waiting = f", {running.events_waiting} events wait" if running and running.events_waiting else ""
    if office.absence:
        yield Finding(
            "head office",
            "fault",
            f"{symptoms.plan.hq_url} does not answer ({office.absence}){waiting}",
            "check the line and [hq] url; the store goes on without it for as long as its lease.",
        )
    elif running is not None and symptoms.is_enrolled and now - running.as_of > LINE_AWAY_S:
        copy = f"{_age(now - running.as_of)} old" if running.as_of else "still empty"
        yield Finding(
            "head office",
            "fault",
            f"answers, but the store's copy is {copy}{waiting}",
            "see `journalctl -u regulars-edge`: a store that was removed there must be enrolled again.",
        )
    else:
        yield Finding("head office", "ok", f"answers{waiting}")


def _keys(symptoms: Symptoms, now: float) -> Iterator[Finding]:
    running, plan = symptoms.running, symptoms.plan
    if running is None or not symptoms.is_enrolled:
        return
    policy = f"offline policy {plan.policy}, {plan.lease_days} days{_lease(running.lease_until, now)}"
    left_s = running.keys_until - now
    if not running.keys_until:
        yield Finding(
            "day keys", "note", f"none ({policy})", "no member has joined yet, or head office was never reached."
        )
    elif left_s <= 0:
        yield Finding("day keys", "fault", f"ended ({policy})", "reach head office: until then nobody is recognised.")
    elif left_s < KEYS_SHORT_S:
        found = f"end in {left_s / 3600:.0f} h ({policy})"
        yield Finding("day keys", "fault", found, "reach head office before, or nobody is recognised any more.")
    else:
        yield Finding("day keys", "ok", f"for {left_s / 86_400:.1f} days more ({policy})")


def _lease(until: float, now: float) -> str:
    if not until:
        return ""
    return f", its lease ends in {(until - now) / 86_400:.1f}" if until > now else ", its lease has ended"


def _kind(scanner: ScannerPlan) -> str:
    return scanner.source.partition(":")[0]


def _age(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < _HOURS_FROM_S else f"{seconds / 3600:.0f} hours"
