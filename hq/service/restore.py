"""After a backup was put back: a new epoch, so that every store fetches anew, and what stores know that was lost.

What was taken away after the backup is back with it. Of people, programs and codes nobody can tell which, so none of
them opens anything until it is given anew; devices go on, but for those that are named, because only stores can tell
which withdrawals were lost: one made after the backup is in no table any more, and its member would be a member again.
The stores that applied it still know it, keep the member away by themselves, and report it; here it is made once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq.core.accounts import Account, ApiKey
from hq.core.audit import COMMAND, Actor, Entry
from hq.core.consent import lost_withdrawal
from hq.core.registry import Device
from hq.errors import Unknown
from hq.service.members import MemberDesk
from hq.service.office import Office
from wire.sync import ReceiptPost

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change, View


@dataclass(frozen=True, slots=True)
class Restored:
    """`accounts` that need a new link, `keys` that programs need anew, and the devices that go on."""

    epoch: str
    accounts: tuple[Account, ...]
    keys: tuple[ApiKey, ...]
    devices: tuple[Device, ...]


class RestoreDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def restored(self, now: float, revoked: Sequence[str] = ()) -> Restored:
        """Running services learn of it when they start; to be said once. `revoked`: devices that are no one's any more.

        Raises Unknown, and does nothing, when one of them is not here.
        """
        office = self._office

        def work(change: "Change") -> Restored:
            devices = {device.device_id: device for device in change.devices(office.merchant_id)}
            if not set(revoked) <= set(devices):
                raise Unknown(
                    "One of these devices is not here.", "See `regulars hq devices`; it needs no revoking then."
                )
            epoch = office.random_octets(6).hex()
            change.set_meta("epoch", epoch)
            change.set_meta("restored_at", str(now))
            change.note(office.merchant_id, Entry(now, COMMAND, "office.restored", epoch))
            accounts, keys = _closed(change, office.merchant_id, now)
            for device_id in revoked:
                change.revoke_device(device_id, now)
                change.note(office.merchant_id, Entry(now, COMMAND, "store.revoke_device", device_id))
            change.raise_counter("device")
            active = (each for each in devices.values() if each.revoked_at is None and each.device_id not in revoked)
            return Restored(epoch, accounts, keys, tuple(active))

        done = office.store.change(work)
        office.epoch = done.epoch
        office.known.forget()
        return done

    def remembered(self, device: Device, post: ReceiptPost, now: float) -> None:
        """A store's word for a withdrawal from before a restore; it may only end a consent, never begin one.

        Raises Unknown when nothing was restored since, so that a stolen store cannot end memberships as it likes.
        A proof of one that is known here (`seq`) may also name a later one, of a member who had come back in between:
        the backup was made before that, and only the store knows of it.
        """

        def work(view: "View") -> bool:
            restored_at = float(view.meta("restored_at") or 0)
            if not device.enrolled_at <= post.withdrawn_at <= restored_at:
                if post.seq == 0:
                    raise Unknown("There is no such withdrawal.", "Post what the feed said.")
                return False
            profile = view.profile(post.member_ref)
            return (
                profile is not None
                and profile.merchant_id == device.merchant_id
                and lost_withdrawal(profile, post.withdrawn_at)
            )

        if self._office.store.read(work):
            by = Actor("device", device.device_id)
            MemberDesk(self._office).withdraw(post.member_ref, post.kind, now, channel="store", by=by)


def _closed(change: "Change", merchant_id: str, now: float) -> tuple[tuple[Account, ...], tuple[ApiKey, ...]]:
    """Passwords, sessions, links, enrolment codes and programs' keys open nothing any more; whose they were."""
    accounts = tuple(each for each in change.accounts(merchant_id) if each.disabled_at is None)
    for account in accounts:
        change.change_account(account.account_id, password_hash="")
        change.end_account_sessions(account.account_id)
    keys = tuple(each for each in change.api_keys(merchant_id) if each.good_at(now))
    for key in keys:
        change.revoke_api_key(key.key_id, now)
    change.drop_invites(merchant_id)
    change.drop_enrol_codes()
    return accounts, keys
