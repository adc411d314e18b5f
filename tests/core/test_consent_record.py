"""The consent receipt in the words of ISO/IEC TS 27560 and DPV: the same facts, checkable without us."""

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hq.core import consent
from hq.core.consent_record import consent_record
from hq.core.keys import HubKeys
from wire.receipt import ConsentReceipt, Purpose

KEYS = HubKeys(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), b"s" * 32)
GIVEN = consent.given(
    "house", "ab" * 16, {Purpose.RECOGNISE, Purpose.STAFF}, KEYS, receipt_id="r-1", now=1_800_000_000
)  # fmt: skip


def record(receipt: ConsentReceipt = GIVEN) -> dict[str, object]:
    made: dict[str, object] = json.loads(json.dumps(consent_record(receipt, "Halm & Hede", KEYS.public_hex, "de")))
    return made


def test_each_purpose_stands_by_itself_given_or_refused() -> None:
    status = {each["dct:identifier"]: each["dpv:hasConsentStatus"] for each in record()["dpv:hasProcess"]}  # type: ignore[attr-defined]
    assert {name for name, said in status.items() if said == "dpv:ConsentGiven"} == {
        "regulars:recognise", "regulars:staff",
    }  # fmt: skip
    assert len(status) == len(Purpose)


def test_a_withdrawal_gives_nothing() -> None:
    ended = consent.given("house", "ab" * 16, frozenset(), KEYS, receipt_id="r-2", now=1_800_000_100, epoch=1)
    assert record(ended)["dpv:hasConsentStatus"] == "dpv:ConsentWithdrawn"
    assert all(each["dpv:hasConsentStatus"] == "dpv:ConsentRefused" for each in record(ended)["dpv:hasProcess"])  # type: ignore[attr-defined]


def test_anybody_can_check_the_signature_with_what_is_in_the_record() -> None:
    """As docs/consent.md says: sorted keys, no spaces, without `signature`."""
    made = record()
    signed, proof = dict(made["regulars:signed"]), made["regulars:proof"]  # type: ignore[call-overload]
    signature = bytes.fromhex(signed.pop("signature"))
    octets = json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(proof["public_key"])).verify(signature, octets)  # type: ignore[index]


def test_every_word_belongs_to_a_vocabulary_that_the_record_names() -> None:
    made = record()
    known = {*made["@context"], "@context"}  # type: ignore[misc]
    keys = _keys({name: value for name, value in made.items() if name != "regulars:signed"})
    assert {key.partition(":")[0] for key in keys if ":" in key and not key.startswith("@")} <= known


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in _keys(inner)}
    return {key for inner in value for key in _keys(inner)} if isinstance(value, list) else set()
