"""Two machines with one device's key: told apart from a restart, and the one that came second is refused."""

from dataclasses import replace

from hq.core.registry import PAST_BOOTS, Device, StoreReceipt, succeeded, voice

NOW = 1_800_000_000.0
DEVICE = Device(
    "d-1", "de-1", "00" * 32, NOW, None, NOW, "", 0, "house", 1, boot_id="b", boot_at=NOW, past_boots="a"
)  # fmt: skip


def test_a_process_that_began_since_is_a_restart() -> None:
    assert voice(DEVICE, "c", NOW) == "new"
    assert succeeded(DEVICE, "c") == "b a"


def test_an_earlier_process_that_goes_on_speaking_is_a_second_machine() -> None:
    assert voice(DEVICE, "a", NOW + 10) == "second"


def test_what_an_earlier_process_had_under_way_is_only_late() -> None:
    assert voice(DEVICE, "a", NOW + 1) == "late"


def test_the_one_that_was_there_first_goes_on_and_all_others_are_refused() -> None:
    settled = replace(DEVICE, boot_id="a", past_boots=succeeded(DEVICE, "a"), conflict="processes")
    assert voice(settled, "a", NOW + 20) == "same"
    assert voice(settled, "b", NOW + 20) == "refused"
    assert voice(settled, "new", NOW + 20) == "refused"


def test_the_past_is_bounded() -> None:
    device = DEVICE
    for number in range(20):
        device = replace(device, past_boots=succeeded(device, f"n{number}"), boot_id=f"n{number}")
    assert len(device.past_boots.split()) == PAST_BOOTS


def test_a_device_that_was_taken_away_holds_what_it_has_until_its_lease_ends() -> None:
    receipt = StoreReceipt("de-1", "Store", "d-1", NOW, None, revoked_at=NOW)
    assert receipt.may_hold(100, NOW + 99)
    assert not receipt.may_hold(100, NOW + 100)
