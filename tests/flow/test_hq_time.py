"""What ends by itself at head office; time is a number here, and the database a real file."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq.core.codes import ENROL_CODE_LIFETIME_S, PHONE_CODE_LIFETIME_S
from hq.core.erasure import TOMBSTONE_S
from hq.core.registry import Device
from hq.core.visits import COMMAND_LIFETIME_S, SESSION_LIFETIME_S
from hq.core.wishes import JoinRequest
from hq.errors import BadInput, HqError, NotSignedIn, Rebootstrap, TooFast
from hq.main import open_office
from hq.service import HeadOffice
from hq.service.members import Joined
from hq.settings import Settings
from wire.event import Event, EventBatch
from wire.page import Gone
from wire.receipt import RECEIPT_LIFETIME_S, Purpose
from wire.rst1 import DAY_S
from wire.sync import EnrolRequest, device_token
from wire.views import Mode

NOW = 1_800_000_000.0
KEY = Ed25519PrivateKey.from_private_bytes(b"p" * 32)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[HeadOffice]:
    with open_office(Settings(), tmp_path / "state", "http://hq.test") as office:
        office.registry.add_shop("de-1", "Eins", 4711, "Europe/Berlin", NOW)
        yield office


@pytest.fixture
def device(office: HeadOffice) -> Device:
    device_id = enrol(office, office.registry.enrol_code("de-1", NOW).code, NOW)
    return office.stores.signed_in(device_token(device_id, KEY, NOW), NOW)


@pytest.fixture
def joined(office: HeadOffice) -> Joined:
    purposes = frozenset({Purpose.RECOGNISE})
    return office.members.join(JoinRequest(alias="Anna", adult=True, purposes=purposes), "phone", NOW)


def test_an_enrolment_code_lives_a_day(office: HeadOffice) -> None:
    code = office.registry.enrol_code("de-1", NOW).code
    with pytest.raises(BadInput):
        enrol(office, code, NOW + ENROL_CODE_LIFETIME_S)


def test_a_device_token_lives_five_minutes(office: HeadOffice, device: Device) -> None:
    token = device_token(device.device_id, KEY, NOW)
    assert office.stores.signed_in(token, NOW + 299).device_id == device.device_id
    for now in (NOW + 301, NOW - 121):
        with pytest.raises(NotSignedIn):
            office.stores.signed_in(token, now)


def test_a_token_of_another_key_is_not_believed(office: HeadOffice, device: Device) -> None:
    forged = device_token(device.device_id, Ed25519PrivateKey.generate(), NOW)
    with pytest.raises(NotSignedIn):
        office.stores.signed_in(forged, NOW)


def test_a_phone_code_lives_ten_minutes(office: HeadOffice, joined: Joined) -> None:
    with pytest.raises(BadInput):
        office.phones.sign_in(joined.phone_code, "phone", NOW + PHONE_CODE_LIFETIME_S)


def test_a_sign_in_lives_half_a_day(office: HeadOffice, joined: Joined) -> None:
    session, member_ref = office.phones.sign_in(joined.phone_code, "phone", NOW)
    assert office.phones.signed_in(session, NOW + SESSION_LIFETIME_S - 1) == member_ref
    with pytest.raises(NotSignedIn):
        office.phones.signed_in(session, NOW + SESSION_LIFETIME_S)


def test_a_consent_that_ran_out_takes_the_member_out_of_the_store(
    office: HeadOffice, device: Device, joined: Joined
) -> None:
    page = office.feed.page(device, None, 0, 100, NOW)
    assert [record.key for record in page.records] == [joined.profile.member_ref]
    later = NOW + RECEIPT_LIFETIME_S
    office.retention.purge(later)
    seen = replace(device, seen_at=later)
    page = office.feed.page(seen, page.header.cursor, page.header.revoke_cursor, 100, later)
    assert [(type(record), record.key) for record in page.records] == [(Gone, joined.profile.member_ref)]
    office.retention.purge(later)
    assert office.feed.page(seen, page.header.cursor, page.header.revoke_cursor, 100, later).records == ()


def test_a_consent_that_ran_out_gives_no_day_keys(office: HeadOffice, device: Device, joined: Joined) -> None:
    last = int((NOW + RECEIPT_LIFETIME_S) // DAY_S)
    now = last * DAY_S + 1.0
    assert office.stores.day_keys(device, last, 2, now).days.keys() == {last, last + 1}
    assert joined.profile.member_ref in office.stores.day_keys(device, last, 2, now).days[last]
    assert joined.profile.member_ref not in office.stores.day_keys(device, last, 2, now).days[last + 1]


def test_a_command_that_nobody_fetched_in_time_never_arrives(
    office: HeadOffice, device: Device, joined: Joined
) -> None:
    cursor = office.feed.page(device, None, 0, 100, NOW).header.cursor
    office.phones.command(joined.profile.member_ref, "c-0000001", "mode", NOW, mode=Mode.INVISIBLE, store_id="de-1")
    late = NOW + COMMAND_LIFETIME_S
    office.retention.purge(late)
    page = office.feed.page(device, cursor, 0, 100, late)
    assert page.records == ()
    assert page.header.cursor != cursor


def test_head_office_opened_again_is_the_same_one(tmp_path: Path) -> None:
    with open_office(Settings(), tmp_path / "state") as first:
        seen = (first.office.epoch, first.office.hub_keys)
    with open_office(Settings(), tmp_path / "state") as second:
        assert (second.office.epoch, second.office.hub_keys) == seen


def test_a_cursor_from_before_a_restore_starts_again(office: HeadOffice, device: Device) -> None:
    cursor = office.feed.page(device, None, 0, 100, NOW).header.cursor
    office.office.epoch = "another"
    with pytest.raises(Rebootstrap):
        office.feed.page(device, cursor, 0, 100, NOW)


def test_withdrawing_twice_is_one_withdrawal(office: HeadOffice, joined: Joined) -> None:
    first = office.members.withdraw(joined.profile.loyalty_number, "withdraw", NOW, channel="head-office")
    again = office.members.withdraw(joined.profile.member_ref, "withdraw", NOW + 1, channel="phone-page")
    erased = office.members.withdraw(joined.profile.member_ref, "erase", NOW + 2, channel="phone-page")
    assert (first, again, erased) == (1, 1, 2)


def test_a_client_that_guesses_enrolment_codes_is_locked(office: HeadOffice) -> None:
    for _ in range(5):
        with pytest.raises(BadInput):
            enrol(office, "GUESS00000", NOW)
    with pytest.raises(TooFast):
        enrol(office, office.registry.enrol_code("de-1", NOW).code, NOW)
    assert enrol(office, office.registry.enrol_code("de-1", NOW).code, NOW + 601)


def test_joining_has_a_pace(office: HeadOffice) -> None:
    request = JoinRequest(alias="Anna", adult=True, purposes=frozenset({Purpose.RECOGNISE}))
    for _ in range(60):
        office.members.join(request, "one client", NOW)
    with pytest.raises(TooFast):
        office.members.join(request, "one client", NOW)
    assert office.members.join(request, "one client", NOW + 60).profile.rev == 1


def test_a_profile_without_consent_reaches_no_store(office: HeadOffice, device: Device, joined: Joined) -> None:
    stranger = joined.profile.model_copy(update={"member_ref": "cd" * 16, "loyalty_number": "", "alias": "Bert"})
    office.members.put_profile(stranger, NOW)
    page = office.feed.page(device, None, 0, 100, NOW)
    assert [record.key for record in page.records] == [joined.profile.member_ref]


def test_head_office_cannot_give_a_consent_in_a_members_name(office: HeadOffice, joined: Joined) -> None:
    wider = joined.profile.model_copy(
        update={
            "consent": joined.receipt.model_copy(update={"purposes": frozenset(Purpose)}),
            "standing_mode": "advice",
        }
    )
    saved = office.members.put_profile(wider, NOW)
    assert saved.consent == joined.receipt
    assert saved.standing_mode is Mode.PHONE


def test_every_refusal_has_a_status_and_an_exit_code() -> None:
    kinds: list[type[HqError]] = [HqError, *HqError.__subclasses__()]
    assert all(kind.status >= 400 and 0 < kind.exit_code <= 4 and kind.title for kind in kinds)


def enrol(office: HeadOffice, code: str, now: float) -> str:
    public_key = KEY.public_key().public_bytes_raw().hex()
    return office.stores.enrol(EnrolRequest(code=code, public_key=public_key), "a client", now).device_id


def test_a_store_that_was_away_longer_than_tombstones_are_kept_starts_from_nothing(
    office: HeadOffice, device: Device, joined: Joined
) -> None:
    page = office.feed.page(device, None, 0, 100, NOW)
    office.retention.purge(NOW)
    office.members.withdraw(joined.profile.member_ref, "withdraw", NOW + 1, channel="head-office")
    office.retention.purge(NOW + 2 * 3600)
    late = NOW + TOMBSTONE_S + 3 * 3600
    assert office.retention.purge(late)["tombstone"] == 1
    with pytest.raises(Rebootstrap):
        office.feed.page(device, page.header.cursor, page.header.revoke_cursor, 100, late)
    again = office.feed.page(device, None, page.header.revoke_cursor, 100, late)
    assert [revocation.member_ref for revocation in again.header.revocations] == [joined.profile.member_ref]


def test_who_was_where_is_gone_after_a_day(office: HeadOffice, device: Device) -> None:
    events = (Event(n=1, type="visit.moved", at=NOW), Event(n=2, type="visit.help", at=NOW))
    office.stores.events(device, EventBatch(incarnation="i", first=1, events=events), NOW)
    assert office.retention.purge(NOW + 24 * 3600 - 1) == {}
    assert office.retention.purge(NOW + 24 * 3600) == {"event": 1}
