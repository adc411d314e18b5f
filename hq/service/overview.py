"""What people at head office look at: the overview, one member's state, the audit log."""

from typing import TYPE_CHECKING

from hq.core.audit import Actor, Entry, Logged
from hq.core.consent import recognisable
from hq.core.loyalty import read_loyalty
from hq.core.overview import OPEN_MOST, Overview
from hq.errors import Unknown
from hq.service.office import Office
from wire.profile import Profile

if TYPE_CHECKING:
    from hq.adapters.store_sql import View


class OverviewDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def overview(self, now: float) -> Overview:
        merchant_id = self._office.merchant_id

        def work(view: "View") -> Overview:
            numbers = view.open_withdrawals(merchant_id, now, OPEN_MOST)
            found = (view.withdrawal(seq) for seq in numbers)
            lease_s = self._office.lease_s
            return Overview(
                members=view.count_members(merchant_id),
                recognised=view.count_members(merchant_id, now),
                stores=view.stores_seen(merchant_id, now),
                open=tuple(each.of_holders(lease_s) for each in found if each is not None),
                alarms=view.alarms(merchant_id),
            )

        return self._office.store.read(work)

    def member(self, member: str, by: Actor, now: float) -> tuple[Profile, bool, tuple[str, ...]]:
        """(profile, whether a store may recognise her now, stores that hold a copy) by member_ref or loyalty number."""
        merchant_id = self._office.merchant_id

        def work(view: "View") -> tuple[Profile, bool, tuple[str, ...]]:
            number = read_loyalty(member) or member
            profile = view.profile_by_loyalty(merchant_id, number) or view.profile(member)
            if profile is None or profile.merchant_id != merchant_id:
                raise Unknown("There is no such member.", "Give the member_ref or the loyalty number.")
            return profile, recognisable(profile, now), tuple(sorted(view.holders(profile.member_ref)))

        try:
            found = self._office.store.read(work)
        except Unknown:
            self._office.note(Entry(now, by, "member.find", outcome="refused"))
            raise
        self._office.note(Entry(now, by, "member.find", member_ref=found[0].member_ref))
        return found

    def audit(
        self, *, before: int | None, limit: int, action: str = "", actor: str = "", member_ref: str = ""
    ) -> tuple[Logged, ...]:
        return self._office.store.read(
            lambda view: view.audit(
                self._office.merchant_id,
                before=before,
                limit=limit,
                action=action,
                actor=actor,
                member_ref=member_ref,
            )
        )
