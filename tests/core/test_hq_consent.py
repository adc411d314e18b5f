"""Receipts, their withdrawal, and the keys that follow from them."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq.core import consent
from hq.core.erasure import RETENTION
from hq.core.keys import HubKeys, SealedSecret, day_keys, link_mac, link_proven, open_secret, seal_secret
from hq.core.registry import Device, receipt_genuine
from hq.core.wishes import JoinRequest, MemberChange, Preferences, joined, with_own_words, with_preferences
from wire.profile import Observed, Profile
from wire.receipt import ConsentReceipt, Purpose, verified
from wire.rst1 import DAY_S, day_key
from wire.sync import ReceiptPost
from wire.views import Mode

KEYS = HubKeys(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), b"s" * 32)
REF = "ab" * 16
DAY = 20_000
NOON = DAY * DAY_S + 43_200.0
SECRET = b"k" * 32


def receipt(*purposes: Purpose, epoch: int = 0) -> ConsentReceipt:
    return consent.given("house", REF, frozenset(purposes), KEYS, receipt_id="r1", now=NOON, epoch=epoch)


def profile(*purposes: Purpose, mode: Mode = Mode.ADVICE) -> Profile:
    request = JoinRequest(alias="Anna", adult=True, purposes=frozenset(purposes), standing_mode=mode)
    return joined(request, receipt(*purposes), "1", int(NOON))


def test_a_receipt_is_signed_for_exactly_its_purposes() -> None:
    public = [(KEYS.key_id, KEYS.signing.public_key())]
    given = receipt(Purpose.RECOGNISE)
    assert verified(given, public)
    assert not verified(given.model_copy(update={"purposes": frozenset(Purpose)}), public)


def test_a_standing_mode_is_never_more_open_than_the_purposes() -> None:
    assert profile(Purpose.RECOGNISE).standing_mode is Mode.PHONE
    assert profile(Purpose.RECOGNISE, Purpose.SCREEN).standing_mode is Mode.SCREEN
    assert profile(Purpose.RECOGNISE, Purpose.STAFF).standing_mode is Mode.ADVICE


def test_a_withdrawn_receipt_has_no_purposes_and_the_next_epoch() -> None:
    ended = consent.withdrawn(profile(Purpose.RECOGNISE), KEYS, receipt_id="r2", now=NOON, channel="phone-page")
    assert (ended.purposes, ended.epoch) == (frozenset(), 1)
    assert not consent.recognisable(consent.with_consent(profile(Purpose.RECOGNISE), ended), NOON)


def test_only_giving_up_recognition_raises_the_epoch() -> None:
    member = profile(Purpose.RECOGNISE, Purpose.STAFF)
    narrower = consent.changed(member, {Purpose.RECOGNISE}, KEYS, receipt_id="r2", now=NOON)
    nothing = consent.changed(member, {Purpose.STAFF}, KEYS, receipt_id="r2", now=NOON)
    assert (narrower.epoch, nothing.epoch) == (0, 1)


def test_a_join_says_everything_that_is_wrong_at_once_and_in_the_members_language() -> None:
    mistakes = consent.join_mistakes(" ", adult=False, purposes=frozenset(), language="de")
    assert [mistake.field for mistake in mistakes] == ["alias", "adult", "purposes"]
    assert "wiedererkennen" in mistakes[2].sentence
    assert consent.join_mistakes("Anna", adult=True, purposes={Purpose.RECOGNISE}, language="de") == ()


def test_day_keys_are_those_of_the_member_and_of_the_store() -> None:
    sealed = SealedSecret(REF, seal_secret(SECRET, REF, KEYS.seal, b"n" * 12), receipt(Purpose.RECOGNISE, epoch=3))
    assert day_keys([sealed], 4711, [DAY], KEYS.seal) == {DAY: {REF: day_key(SECRET, 4711, DAY, 3).hex()}}


@pytest.mark.parametrize("day", [DAY - 1, DAY + 731])
def test_no_key_is_given_for_a_day_without_consent(day: int) -> None:
    sealed = SealedSecret(REF, seal_secret(SECRET, REF, KEYS.seal, b"n" * 12), receipt(Purpose.RECOGNISE))
    assert day_keys([sealed], 4711, [day], KEYS.seal) == {day: {}}


def test_no_key_is_given_without_the_consent_to_be_recognised() -> None:
    sealed = SealedSecret(REF, seal_secret(SECRET, REF, KEYS.seal, b"n" * 12), receipt(Purpose.MEASURE))
    assert day_keys([sealed], 4711, [DAY], KEYS.seal) == {DAY: {}}


def test_a_sealed_secret_opens_only_for_its_own_member() -> None:
    sealed = seal_secret(SECRET, REF, KEYS.seal, b"n" * 12)
    assert open_secret(sealed, REF, KEYS.seal) == SECRET
    assert SECRET not in sealed
    for member_ref, seal in (("cd" * 16, KEYS.seal), (REF, b"t" * 32)):
        with pytest.raises(ValueError):
            open_secret(sealed, member_ref, seal)


def test_an_app_proves_its_key_only_about_now() -> None:
    mac = link_mac(SECRET, int(NOON))
    assert link_proven(SECRET, int(NOON), mac, NOON + 100)
    assert not link_proven(SECRET, int(NOON), mac, NOON + 200)
    assert not link_proven(b"x" * 32, int(NOON), mac, NOON)


def test_a_stores_receipt_must_be_of_that_withdrawal() -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
    public = key.public_key().public_bytes_raw().hex()
    device = Device("d-1", "de-1", public, 0.0, None, 0.0, "", 0, "house", 1)
    signature = key.sign(f"d-1:7:{REF}".encode()).hex()
    assert receipt_genuine(device, ReceiptPost(seq=7, member_ref=REF, applied_at=1.0, signature=signature))
    assert not receipt_genuine(device, ReceiptPost(seq=8, member_ref=REF, applied_at=1.0, signature=signature))
    assert not receipt_genuine(device, ReceiptPost(seq=7, member_ref=REF, applied_at=1.0, signature="zz"))


def test_the_keys_of_head_office_are_never_printed() -> None:
    assert KEYS.seal.hex() not in repr(KEYS)
    assert "s" * 8 not in repr(KEYS)


def test_what_the_member_said_herself_outlives_what_systems_say() -> None:
    wish = MemberChange(preferences=Preferences(brands_liked=("Elm",), colours=()))
    said = with_preferences(profile(Purpose.RECOGNISE), wish, int(NOON))
    fact = Observed[str](value="Nord", source="till", observed_at=1)
    sent = said.model_copy(update={"brands_liked": (fact,)})
    once = with_own_words(sent, said)
    assert [(f.value, f.source) for f in once.brands_liked] == [("Elm", "member"), ("Nord", "till")]
    assert with_own_words(sent, once).brands_liked == once.brands_liked


def test_every_period_of_keeping_has_its_reason() -> None:
    assert all(rule.reason for rule in RETENTION)
    assert {"phone_view", "command", "session", "event"} <= {rule.table for rule in RETENTION}
