"""Head office's signing key can be changed; what it signed before stays good."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hq.adapters.key_files import hub_keys, make_state, rotate_hub_key
from hq.core import consent
from hq.core.keys import HubKeys
from wire.receipt import ConsentReceipt, Purpose, verified


def receipt(keys: HubKeys) -> ConsentReceipt:
    return consent.given("house", "ab" * 16, {Purpose.RECOGNISE}, keys, receipt_id="r-1", now=1_800_000_000)


def believed(given: ConsentReceipt, keys: HubKeys) -> bool:
    known = [(key_id, Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))) for key_id, key in keys.published.items()]
    return verified(given, known)


def test_a_new_key_signs_and_the_old_receipts_stay_good(tmp_path: Path) -> None:
    make_state(tmp_path)
    old = hub_keys(tmp_path, makes_seal=True)
    before = receipt(old)
    new = rotate_hub_key(tmp_path)
    assert new.key_id != old.key_id
    assert believed(before, new)
    assert believed(receipt(new), new)
    assert not believed(receipt(new), old)  # a store that has not asked again


def test_every_key_before_is_kept_once(tmp_path: Path) -> None:
    make_state(tmp_path)
    keys = [hub_keys(tmp_path, makes_seal=True), *(rotate_hub_key(tmp_path) for _ in range(3))]
    assert list(keys[-1].published) == [each.key_id for each in keys]
    assert hub_keys(tmp_path).published == keys[-1].published


def test_what_seals_the_members_keys_is_not_changed(tmp_path: Path) -> None:
    make_state(tmp_path)
    seal = hub_keys(tmp_path, makes_seal=True).seal
    assert rotate_hub_key(tmp_path).seal == seal


def test_a_crash_after_the_first_half_loses_nothing(tmp_path: Path) -> None:
    make_state(tmp_path)
    old = hub_keys(tmp_path, makes_seal=True)
    (tmp_path / "hub.retired").write_text(f"{old.public_hex}\n")
    (tmp_path / "hub.retired").chmod(0o600)
    assert hub_keys(tmp_path).published == old.published


def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    make_state(tmp_path)
    hub_keys(tmp_path, makes_seal=True)
    rotate_hub_key(tmp_path)
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
