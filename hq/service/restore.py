"""After a backup was put back: a new epoch, so that every store fetches anew, and what stores know that was lost.

A withdrawal made after the backup is in no table any more, and its member would be a member again. The stores that
applied it still know it, keep the member away by themselves, and report it; here it is made once more.
"""

from typing import TYPE_CHECKING

from hq.core.audit import Actor
from hq.core.consent import lost_withdrawal
from hq.core.registry import Device
from hq.errors import Unknown
from hq.service.members import MemberDesk
from hq.service.office import Office
from wire.sync import ReceiptPost

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change, View


class RestoreDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def restored(self, now: float) -> str:
        """The new epoch; running services learn of it when they start."""
        office = self._office

        def work(change: "Change") -> str:
            epoch = office.random_octets(6).hex()
            change.set_meta("epoch", epoch)
            change.set_meta("restored_at", str(now))
            return epoch

        office.epoch = office.store.change(work)
        return office.epoch

    def remembered(self, device: Device, post: ReceiptPost, now: float) -> None:
        """A store's word for a withdrawal from before a restore; it may only end a consent, never begin one.

        Raises Unknown when nothing was restored since, so that a stolen store cannot end memberships as it likes.
        """

        def work(view: "View") -> bool:
            restored_at = float(view.meta("restored_at") or 0)
            if not device.enrolled_at <= post.withdrawn_at <= restored_at:
                raise Unknown("There is no such withdrawal.", "Post what the feed said.")
            profile = view.profile(post.member_ref)
            return (
                profile is not None
                and profile.merchant_id == device.merchant_id
                and lost_withdrawal(profile, post.withdrawn_at)
            )

        if self._office.store.read(work):
            by = Actor("device", device.device_id)
            MemberDesk(self._office).withdraw(post.member_ref, post.kind, now, channel="store", by=by)
