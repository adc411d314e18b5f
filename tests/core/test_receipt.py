"""Consent receipts and device tokens: believed only with the right signature, and only in their time."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wire.receipt import ConsentReceipt, Purpose, signed, verified
from wire.sync import device_token, token_device, token_valid

NOW = 1_760_000_000
HUB = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS = [("hub-1", HUB.public_key())]


def receipt(**changes: Any) -> ConsentReceipt:
    fields: dict[str, Any] = {
        "receipt_id": "r1",
        "merchant_id": "m1",
        "member_ref": "0" * 32,
        "purposes": frozenset({Purpose.RECOGNISE, Purpose.STAFF}),
        "given_at": NOW,
        "expires_at": NOW + 100,
        "notice": "2026-11",
        "channel": "join-page",
        "adult": True,
    }
    return signed(ConsentReceipt(**{**fields, **changes}), HUB, "hub-1")


def test_a_receipt_signed_by_head_office_is_believed() -> None:
    assert verified(receipt(), KEYS)


@pytest.mark.parametrize(
    "forged",
    [
        {"purposes": frozenset(Purpose)},
        {"member_ref": "1" * 32},
        {"expires_at": NOW + 10_000},
        {"epoch": 1},
        {"signature": "zz"},
        {"signature": ""},
        {"key_id": "hub-2"},
    ],
)
def test_a_receipt_changed_in_any_field_is_not_believed(forged: dict[str, Any]) -> None:
    assert not verified(receipt().model_copy(update=forged), KEYS)


def test_a_receipt_signed_by_somebody_else_is_not_believed() -> None:
    assert not verified(signed(receipt(), STRANGER, "hub-1"), KEYS)


def test_a_receipt_survives_the_wire() -> None:
    assert verified(ConsentReceipt.model_validate_json(receipt().model_dump_json()), KEYS)


@pytest.mark.parametrize(("now_s", "granted"), [(NOW - 1, False), (NOW, True), (NOW + 99, True), (NOW + 100, False)])
def test_a_grant_holds_from_its_first_second_until_it_expires(now_s: int, *, granted: bool) -> None:
    assert receipt().granted(Purpose.STAFF, now_s) is granted


def test_a_purpose_that_was_not_granted_is_not_implied_by_the_others() -> None:
    assert not receipt().granted(Purpose.SCREEN, NOW)


@pytest.mark.parametrize(("age_s", "valid"), [(0, True), (300, True), (301, False), (-120, True), (-121, False)])
def test_a_device_token_is_good_for_five_minutes(age_s: int, *, valid: bool) -> None:
    token = device_token("d1", HUB, NOW)
    assert token_device(token) == "d1"
    assert token_valid(token, HUB.public_key(), NOW + age_s) is valid


@pytest.mark.parametrize(
    "claims", ["[" * 20_000, '{"device": ' + "[" * 20_000, '{"device": "d\\u0000"}', '{"device": 1}']
)
def test_claims_that_nobody_signed_are_no_trap(claims: str) -> None:
    token = f"{urlsafe_b64encode(claims.encode()).decode()}.AA"
    assert token_device(token) is None
    assert not token_valid(token, HUB.public_key(), NOW)


def test_a_device_token_of_another_key_is_refused() -> None:
    assert not token_valid(device_token("d1", STRANGER, NOW), HUB.public_key(), NOW)


@pytest.mark.parametrize("token", ["", ".", "a.b", "e30.", "e30.AAAA", "ä.ö"])
def test_a_device_token_that_is_no_token_is_refused(token: str) -> None:
    assert not token_valid(token, HUB.public_key(), NOW)
