"""A withdrawal that a restore lost is made again on the word of a store that had applied it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq.core.registry import Device
from hq.core.wishes import MemberChange
from hq.errors import Unknown
from hq.service import HeadOffice
from hq.service.restore import RestoreDesk
from tests.contract.test_hq_scopes import NOW, joined, made_office
from wire.receipt import Purpose
from wire.sync import ReceiptPost

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
RECOGNISE = frozenset({Purpose.RECOGNISE})
# When the member first left and came back, the backup being made then; when the disk died and the backup was put there.
LEFT, BACK, RESTORED, LATER = NOW + 100, NOW + 200, NOW + 300, NOW + 400


class Place:
    """A member who left, came back, and is there again in the restored backup; what happened since BACK is lost."""

    def __init__(self, office: HeadOffice, *, is_restored: bool) -> None:
        self.office, self.member = office, joined(office)
        public_key = KEY.public_key().public_bytes_raw().hex()
        office.office.store.change(lambda change: change.add_device("d", "a", public_key, NOW))
        self.seq = office.members.withdraw(self.member, "withdraw", LEFT, channel="app")
        office.members.change(self.member, MemberChange(purposes=RECOGNISE), BACK)
        if is_restored:
            RestoreDesk(office.office).restored(RESTORED)

    def post(self, seq: int, withdrawn_at: float) -> object:
        device = self.office.office.store.read(lambda view: view.device("d"))
        assert isinstance(device, Device)
        signature = KEY.sign(f"d:{seq}:{self.member}".encode()).hex()
        post = ReceiptPost(
            seq=seq, member_ref=self.member, applied_at=LATER, signature=signature, withdrawn_at=withdrawn_at
        )
        return self.office.stores.receipts([(device, post)], LATER)[0]

    @property
    def is_member(self) -> bool:
        profile = self.office.office.store.read(lambda view: view.profile(self.member))
        assert profile is not None
        assert profile.consent is not None
        return bool(profile.consent.purposes)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[HeadOffice]:
    office = made_office(f"sqlite:///{tmp_path / 'hq.sqlite'}")
    office.registry.open("House", everywhere=False)
    office.registry.add_shop("a", "a", None, "Europe/Berlin", NOW)
    yield office
    office.office.store.close()


@pytest.mark.parametrize("is_known", [True, False], ids=["under the known one's number", "under none"])
def test_one_that_only_the_store_knows_is_made_again(office: HeadOffice, *, is_known: bool) -> None:
    place = Place(office, is_restored=True)
    assert place.post(place.seq if is_known else 0, BACK + 50) is None
    assert not place.is_member


@pytest.mark.parametrize("withdrawn_at", [LEFT, RESTORED + 50], ids=["the known one", "after the restore"])
def test_a_proof_of_one_that_is_known_ends_no_later_consent(office: HeadOffice, withdrawn_at: float) -> None:
    place = Place(office, is_restored=True)
    assert place.post(place.seq, withdrawn_at) is None
    assert place.is_member


def test_without_a_restore_nobodys_consent_ends_on_a_stores_word(office: HeadOffice) -> None:
    place = Place(office, is_restored=False)
    assert place.post(place.seq, BACK + 50) is None
    assert isinstance(place.post(0, BACK + 50), Unknown)
    assert place.is_member
