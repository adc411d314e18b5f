"""A consent receipt in the words of ISO/IEC TS 27560 and the Data Privacy Vocabulary (DPV), as JSON-LD.

What is signed is the short receipt of `wire.receipt`; this is the form for whoever asks for it: the same facts, each
purpose by itself, with the signed receipt and the key inside, so that anybody can check the signature without us.
docs/consent.md says what each field means. Nothing here is looked up: the context is written out.
"""

from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from wire.receipt import ConsentReceipt, Purpose

SCHEMA_VERSION: Final = "ISO/IEC TS 27560:2023"
CONTEXT: Final[dict[str, JsonValue]] = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "regulars": "urn:regulars:consent:",
}
# Which kind of purpose of the vocabulary each of ours is; our own name stands beside it, since it is the narrower one.
_PURPOSES: Final = {
    Purpose.RECOGNISE: "dpv:Personalisation",
    Purpose.STAFF: "dpv:CustomerCare",
    Purpose.SCREEN: "dpv:PersonalisedAdvertising",
    Purpose.WEB_HISTORY: "dpv:PersonalisedBenefits",
    Purpose.MEASURE: "dpv:ServiceUsageAnalytics",
}
_DATA: Final = {
    Purpose.RECOGNISE: ["regulars:member_ref", "regulars:loyalty_number", "regulars:rotating_token"],
    Purpose.STAFF: ["regulars:alias", "regulars:sizes", "regulars:preferences", "regulars:reservations"],
    Purpose.SCREEN: ["regulars:preferences"],
    Purpose.WEB_HISTORY: ["regulars:viewed", "regulars:wishlist"],
    Purpose.MEASURE: ["regulars:visit_events"],
}


def consent_record(receipt: ConsentReceipt, controller: str, public_key: str, language: str) -> dict[str, JsonValue]:
    """`controller` is the merchant's name, `public_key` the hex Ed25519 key that signed; empty when it is not known."""
    given = _instant(receipt.given_at)
    expires = _instant(receipt.expires_at)
    return {
        "@context": dict(CONTEXT),
        "@id": f"urn:regulars:receipt:{receipt.receipt_id}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": SCHEMA_VERSION,
        "dct:identifier": receipt.receipt_id,
        "dct:created": {"@type": "xsd:dateTime", "@value": given},
        "dct:language": language,
        "dpv:hasDataSubject": {"@type": "dpv:Customer", "dct:identifier": receipt.member_ref},
        "dpv:hasDataController": {
            "@type": "dpv:DataController",
            "dct:title": controller,
            "dct:identifier": receipt.merchant_id,
        },
        "dpv:hasLegalBasis": "eu-gdpr:A6-1-a",
        "dpv:hasConsentStatus": "dpv:ConsentGiven" if receipt.purposes else "dpv:ConsentWithdrawn",
        "dpv:hasNotice": {"@type": "dpv:PrivacyNotice", "dct:hasVersion": receipt.notice},
        "dpv:hasIndicationMethod": receipt.channel,
        "dpv:hasRecipient": {
            "@type": "dpv:Recipient",
            "dct:title": "stores of the merchant, staff and screens in them",
        },
        "dpv:hasRight": ["eu-gdpr:A7-3", "eu-gdpr:A15", "eu-gdpr:A16", "eu-gdpr:A17", "eu-gdpr:A20"],
        "dpv:hasProcess": [_purpose(receipt, purpose, given, expires) for purpose in Purpose],
        "regulars:epoch": receipt.epoch,
        "regulars:adult": receipt.adult,
        "regulars:signed": receipt.model_dump(mode="json") | {"purposes": sorted(receipt.purposes)},
        "regulars:proof": {
            "algorithm": "Ed25519",
            "key_id": receipt.key_id,
            "public_key": public_key,
            "over": "regulars:signed without `signature`, as JSON with sorted keys and without spaces, UTF-8",
        },
    }


def _purpose(receipt: ConsentReceipt, purpose: Purpose, given: str, expires: str) -> JsonValue:
    """Each by itself: nothing is implied by anything else."""
    is_given = purpose in receipt.purposes
    return {
        "@type": "dpv:Process",
        "dct:identifier": f"regulars:{purpose.value}",
        "dpv:hasPurpose": _PURPOSES[purpose],
        "dpv:hasPersonalData": list[JsonValue](_DATA[purpose]),
        "dpv:hasConsentStatus": "dpv:ConsentGiven" if is_given else "dpv:ConsentRefused",
        "dpv:isIndicatedAtTime": {"@type": "xsd:dateTime", "@value": given},
        "dpv:hasDuration": {"@type": "dpv:UntilTimeDuration", "@value": expires} if is_given else None,
    }


def _instant(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
