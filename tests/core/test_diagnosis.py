"""What the doctor says of a store, from what was measured."""

from dataclasses import replace

import pytest

from edge.core.diagnosis import Finding, diagnose, is_well
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

NOW = 1_800_000_000.0
DAY_S = 86_400
MAC = "00:1A:7D:DA:71:13"
ADAPTER = Adapter("hci0", MAC, is_on=True, has_monitors=True)
BLUEZ = Bluetooth(is_answering=True, version="5.82", plugged=1, adapters=(ADAPTER,))
RUNNING = Running(
    {"s1": ScannerReading("ok", 88.0)}, as_of=NOW - 10, keys_until=NOW + 8 * DAY_S, events_waiting=0, faults=0
)
WELL = Symptoms(
    plan=StorePlan((ScannerPlan("s1", f"bluez:{MAC}"),), "resilient", 7, "https://hq.example"),
    is_enrolled=True,
    machine=Machine(is_synchronised=True, free_bytes=20_000_000_000, unwritable=""),
    office=Office("", 0.3),
    bluetooth=BLUEZ,
    running=RUNNING,
)


def of(subject: str, symptoms: Symptoms) -> Finding:
    """The worst finding about it."""
    found = [finding for finding in diagnose(symptoms, NOW) if finding.subject == subject]
    return max(found, key=lambda finding: ("ok", "note", "fault").index(finding.level))


def hearing(reading: ScannerReading) -> Symptoms:
    return replace(WELL, running=replace(RUNNING, scanners={"s1": reading}))


def with_adapter(adapter: Adapter) -> Symptoms:
    return replace(WELL, bluetooth=replace(BLUEZ, adapters=(adapter,)))


def test_a_well_store_has_no_remedy_in_its_report() -> None:
    findings = diagnose(WELL, NOW)
    assert is_well(findings)
    assert {finding.level for finding in findings} == {"ok"}
    assert not any(finding.remedy for finding in findings)


def test_every_finding_that_is_not_fine_has_a_remedy_in_one_sentence() -> None:
    ill = replace(
        WELL, is_enrolled=False, running=None, bluetooth=Bluetooth(is_answering=False, version=""),
        machine=Machine(is_synchronised=None, free_bytes=0, unwritable=""), office=Office("no connection"),
    )  # fmt: skip
    findings = diagnose(ill, NOW)
    assert {finding.subject for finding in findings} == {
        "identity",
        "service",
        "bluetooth",
        "clock",
        "disk",
        "head office",
    }
    assert all(finding.remedy.endswith(".") for finding in findings)


def test_a_machine_without_an_adapter_is_told_to_get_one() -> None:
    found = of("bluetooth", replace(WELL, bluetooth=Bluetooth(is_answering=False, version="5.66")))
    assert (found.level, found.found) == ("fault", "no adapter")
    assert "plug in" in found.remedy


def test_an_adapter_without_bluetoothd_is_not_called_missing() -> None:
    found = of("bluetooth", replace(WELL, bluetooth=Bluetooth(is_answering=False, version="", plugged=1)))
    assert found.found == "bluetoothd does not answer"
    assert "apt install bluez" in found.remedy


def test_a_store_that_hears_by_nodes_only_needs_no_adapter() -> None:
    plan = replace(WELL.plan, scanners=(ScannerPlan("s1", "esphome:node-1"),))
    assert is_well(diagnose(replace(WELL, plan=plan, bluetooth=None), NOW))


def test_bluetoothd_without_its_experimental_interfaces_is_a_fault() -> None:
    found = of(f"adapter {MAC}", with_adapter(replace(ADAPTER, has_monitors=False)))
    assert found.level == "fault"
    assert "-E" in found.remedy


def test_an_adapter_that_is_off_is_a_fault() -> None:
    assert "rfkill" in of(f"adapter {MAC}", with_adapter(replace(ADAPTER, is_on=False))).remedy


def test_an_adapter_that_store_toml_names_and_nobody_has_is_told_with_those_that_are_there() -> None:
    found = of("scanner s1", with_adapter(replace(ADAPTER, mac="AA:BB:CC:DD:EE:FF")))
    assert found.level == "fault"
    assert MAC in found.found
    assert "AA:BB:CC:DD:EE:FF" in found.remedy


def test_a_mac_in_small_letters_is_the_same() -> None:
    assert is_well(diagnose(with_adapter(replace(ADAPTER, mac=MAC.lower())), NOW))


@pytest.mark.parametrize(("version", "level"), [("5.65", "fault"), ("5.66", "ok"), ("5.82", "ok"), ("", "note")])
def test_bluez_has_to_be_debian_12s_or_newer(version: str, level: str) -> None:
    assert of("bluetooth", replace(WELL, bluetooth=replace(BLUEZ, version=version))).level == level


@pytest.mark.parametrize("health", ["deaf", "away"])
def test_a_scanner_that_does_not_hear_is_a_fault(health: str) -> None:
    found = of("scanner s1", hearing(ScannerReading("deaf" if health == "deaf" else "away", 0.0)))
    assert found.level == "fault"
    assert found.remedy


def test_what_the_radio_says_of_a_scanner_is_said_on_with_its_remedy() -> None:
    found = of("scanner s1", hearing(ScannerReading("away", 0.0, "the node has another key: flash it")))
    assert (found.level, found.found, found.remedy) == ("fault", "away, the node has another key", "flash it.")


def test_a_scanner_that_hears_members_too_seldom_is_told_with_both_figures() -> None:
    found = of("scanner s1", hearing(ScannerReading("ok", 3.0, "members are heard far less often: move it", 0.5, 4.0)))
    assert found.level == "fault"
    assert "of members 0.5 where 4.0 or more are expected" in found.found
    assert found.remedy == "move it."


def test_few_reports_are_a_note_because_the_shop_may_be_empty() -> None:
    symptoms = hearing(ScannerReading("ok", 0.4))
    assert of("scanner s1", symptoms).level == "note"
    assert is_well(diagnose(symptoms, NOW))


@pytest.mark.parametrize(
    ("ahead_s", "is_synchronised", "level"),
    [(0.0, True, "ok"), (901.0, True, "fault"), (-901.0, None, "fault"), (60.0, True, "note"), (None, None, "note"),
     (0.0, False, "fault"), (None, True, "ok")],
)  # fmt: skip
def test_a_clock_is_trusted_when_synchronised_and_like_head_offices(
    ahead_s: float | None, *, is_synchronised: bool | None, level: str
) -> None:
    machine = replace(WELL.machine, is_synchronised=is_synchronised)
    assert of("clock", replace(WELL, machine=machine, office=Office("", ahead_s))).level == level


def test_a_full_disk_is_a_fault() -> None:
    assert of("disk", replace(WELL, machine=replace(WELL.machine, free_bytes=199_000_000))).level == "fault"


def test_a_read_only_card_is_a_fault() -> None:
    found = of("disk", replace(WELL, machine=replace(WELL.machine, unwritable="Read-only file system")))
    assert found.level == "fault"
    assert "Read-only" in found.found


def test_an_absent_head_office_is_told_with_what_waits_for_it() -> None:
    symptoms = replace(WELL, office=Office("no connection"), running=replace(RUNNING, events_waiting=17))
    assert "17 events wait" in of("head office", symptoms).found


def test_a_head_office_that_answers_everybody_but_this_store_is_a_fault() -> None:
    found = of("head office", replace(WELL, running=replace(RUNNING, as_of=NOW - 3600)))
    assert (found.level, "60 minutes" in found.found) == ("fault", True)


@pytest.mark.parametrize(("left_s", "level"), [(8 * DAY_S, "ok"), (DAY_S, "fault"), (-1, "fault")])
def test_keys_that_end_soon_are_a_fault_before_they_do(left_s: float, level: str) -> None:
    assert of("day keys", replace(WELL, running=replace(RUNNING, keys_until=NOW + left_s))).level == level


def test_a_store_without_members_is_not_ill() -> None:
    assert is_well(diagnose(replace(WELL, running=replace(RUNNING, keys_until=0.0)), NOW))


def test_the_offline_policy_is_named() -> None:
    assert "resilient, 7 days" in of("day keys", WELL).found


def test_a_service_that_does_not_run_is_a_fault() -> None:
    assert "systemctl start regulars-edge" in of("service", replace(WELL, running=None)).remedy


def test_steps_that_failed_are_a_note() -> None:
    assert of("service", replace(WELL, running=replace(RUNNING, faults=2))).level == "note"


def test_phones_that_mostly_answer_too_late_are_a_fault() -> None:
    late = replace(RUNNING, answers=3, answers_late=12)
    assert "answer_within_ms" in of("challenge", replace(WELL, running=late)).remedy
    for running in (replace(late, answers=20), replace(late, answers_late=4)):
        assert all(finding.subject != "challenge" for finding in diagnose(replace(WELL, running=running), NOW))


def test_a_store_without_scanners_is_told() -> None:
    plan = replace(WELL.plan, scanners=())
    assert of("scanners", replace(WELL, plan=plan)).level == "fault"


FILES = replace(RUNNING, sqlite="3.53.4", key_source="tpm", lease_until=NOW + 7 * DAY_S)


def test_the_files_are_told_with_their_sqlite_and_where_their_key_is() -> None:
    found = of("files", replace(WELL, running=FILES))
    assert (found.level, found.found) == ("ok", "encrypted, SQLite 3.53.4, key sealed to this machine's TPM")
    on_the_card = of("files", replace(WELL, running=replace(FILES, key_source="file")))
    assert "whoever copies that has it" in on_the_card.found


def test_a_replica_without_its_key_is_a_fault() -> None:
    strict = replace(WELL, plan=replace(WELL.plan, policy="strict"), running=replace(FILES, is_locked=True))
    found = of("files", strict)
    assert found.level == "fault"
    assert "from head office, in memory only, not given yet" in found.found


def test_the_lease_is_told_with_the_policy() -> None:
    assert "resilient, 7 days, its lease ends in 7.0" in of("day keys", replace(WELL, running=FILES)).found


def test_a_disk_that_filled_while_the_store_ran_is_a_fault_though_there_is_room_again() -> None:
    found = of("disk", replace(WELL, running=replace(FILES, is_disk_full=True)))
    assert found.level == "fault"
    assert "make room" in found.remedy
