"""Consent and mode: who counts as what, and what a redacted profile no longer holds."""

import pytest

from edge.core.consent import NOBODY, Scope, redacted, scope
from tests.core.members import NOW, anna, consent
from wire.profile import Profile
from wire.receipt import Purpose
from wire.views import Assurance, Audience, Fact, Mode

HEARD, ANSWERED = Assurance.HEARD, Assurance.ANSWERED


def asked(profile: Profile | None = None, choice: Mode | None = None, air: Mode | None = None, **how: object) -> Scope:
    sure = how.get("assurance", ANSWERED)
    assert isinstance(sure, Assurance)
    policy = HEARD if how.get("trusting") else ANSWERED
    contested = bool(how.get("contested"))
    return scope(profile or anna(), choice, air, assurance=sure, policy=policy, now=NOW, contested=contested)


def test_nobody_is_here_without_a_profile() -> None:
    assert scope(None, None, None, assurance=ANSWERED, policy=ANSWERED, now=NOW) is NOBODY
    assert not NOBODY.here


@pytest.mark.parametrize(
    "receipt", [None, consent(expires_at=int(NOW)), consent(given_at=int(NOW + 1)), consent(member_ref="f" * 32)]
)
def test_nobody_is_here_without_a_valid_receipt_of_their_own(receipt: object) -> None:
    found = asked(anna(consent=receipt))
    assert not found.here
    assert not any(found.facts.values())


def test_consent_to_something_else_is_not_consent_to_be_recognised() -> None:
    assert not asked(anna(consent=consent(purposes=frozenset({Purpose.STAFF, Purpose.SCREEN})))).here


def test_the_choice_of_the_visit_wins_over_the_standing_mode() -> None:
    assert asked(anna(standing_mode=Mode.ADVICE), Mode.PHONE).mode is Mode.PHONE
    assert asked(anna(standing_mode=Mode.PHONE), Mode.ADVICE).mode is Mode.ADVICE


def test_a_more_private_wish_on_air_holds_at_once() -> None:
    assert asked(anna(standing_mode=Mode.ADVICE), air=Mode.PHONE, assurance=HEARD).mode is Mode.PHONE


def test_a_more_open_wish_on_air_holds_only_when_answered() -> None:
    quiet = anna(standing_mode=Mode.PHONE)
    assert asked(quiet, air=Mode.ADVICE, assurance=HEARD).mode is Mode.PHONE
    assert asked(quiet, air=Mode.ADVICE, assurance=ANSWERED).mode is Mode.ADVICE
    assert asked(quiet, air=Mode.ADVICE, assurance=HEARD, trusting=True).mode is Mode.ADVICE


def test_a_choice_made_on_the_phone_is_never_opened_by_the_radio() -> None:
    assert asked(anna(), Mode.PHONE, Mode.ADVICE).mode is Mode.PHONE
    assert asked(anna(), Mode.INVISIBLE, Mode.ADVICE).mode is Mode.INVISIBLE


def test_a_mode_is_capped_by_what_was_granted() -> None:
    without_staff = anna(consent=consent(purposes=frozenset({Purpose.RECOGNISE, Purpose.SCREEN})))
    assert asked(without_staff, Mode.ADVICE).mode is Mode.SCREEN
    assert asked(without_staff).modes_open == (Mode.INVISIBLE, Mode.PHONE, Mode.SCREEN)


def test_a_contested_tag_is_only_heard_whatever_the_store_trusts() -> None:
    found = asked(anna(standing_mode=Mode.ADVICE), contested=True, trusting=True)
    assert found.assurance is HEARD
    assert not found.allows(Audience.STAFF, Fact.ALIAS)


def test_a_hidden_fact_is_hidden_from_every_audience() -> None:
    found = asked(anna(standing_mode=Mode.ADVICE, hidden=frozenset({"sizes"})))
    assert not any(found.allows(audience, Fact.SIZES) for audience in Audience)
    assert found.allows(Audience.STAFF, Fact.ALIAS)


def test_hiding_reservations_also_hides_that_somebody_waits_with_one() -> None:
    found = asked(anna(standing_mode=Mode.ADVICE, hidden=frozenset({"reservations"})), assurance=HEARD)
    assert found.allows(Audience.STAFF, Fact.PRESENCE)
    assert not found.allows(Audience.STAFF, Fact.WAITING)


def test_the_controls_stay_on_the_own_phone_whatever_is_hidden() -> None:
    found = asked(anna(hidden=frozenset({"mode", "mirror", "access_log"})))
    assert found.facts[Audience.PHONE] >= {Fact.MODE, Fact.MIRROR, Fact.ACCESS_LOG}


def test_a_redacted_profile_holds_nothing_at_all_when_nothing_is_allowed() -> None:
    blank = redacted(anna(), frozenset())
    assert not any(
        blank.model_dump(
            exclude={"schema_version", "merchant_id", "rev", "standing_mode", "language", "member_ref"}
        ).values()
    )
    assert blank.member_ref == "0" * 32


def test_every_field_of_a_profile_is_covered_by_a_fact_or_never_shown() -> None:
    """A field that is added to the profile must be decided about here before it can reach a view."""
    everything = anna(language="en", home_store="de-0042", hidden=frozenset({"tier"}))
    before, after = everything.model_dump(), redacted(everything, frozenset()).model_dump()
    kept = {name for name in before if before[name] == after[name]}
    assert kept == {"schema_version", "merchant_id", "rev", "standing_mode"}
