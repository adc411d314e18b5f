"""The export of one member: everything held, gathered in one reading, and noted as the access that it is."""

from typing import TYPE_CHECKING

from hq.core.audit import Actor, Entry
from hq.core.consent_record import consent_record
from hq.core.export import Access, HeldBecause, MemberEvent, MemberExport, Proof, Secrets, StoreCopy, Withdrawn
from hq.errors import Unknown
from hq.service.office import Office
from wire.profile import Profile

if TYPE_CHECKING:
    from hq.adapters.store_sql import View


class ExportDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def export(self, member_ref: str, by: Actor, now: float) -> MemberExport:
        """Raises Unknown for who is no member here, also after the erasure: then nothing is held but what proves it."""
        office = self._office

        def work(view: "View") -> MemberExport:
            profile = view.profile(member_ref)
            if profile is None or profile.merchant_id != office.merchant_id:
                raise Unknown("There is no such member.", "Give the member_ref.")
            return self._gathered(view, profile, now)

        export = office.store.read(work)
        office.note(Entry(now, by, "member.export", member_ref=member_ref))
        return export

    def _gathered(self, view: "View", profile: Profile, now: float) -> MemberExport:
        office, member_ref = self._office, profile.member_ref
        receipts, controller = view.receipts(member_ref), view.merchant_name(office.merchant_id)
        names = {shop.store_id: shop.name for shop in view.shops(office.merchant_id)}
        keys, sessions, codes = view.count_secrets(member_ref)
        return MemberExport(
            exported_at=now,
            controller=controller,
            profile=profile,
            created_at=view.member_since(member_ref),
            consent_receipts=receipts,
            consent_records=tuple(
                consent_record(each, controller, office.hub_keys.get(each.key_id, ""), profile.language)
                for each in receipts
            ),
            events=tuple(MemberEvent.model_validate(event) for event in view.member_events(member_ref)),
            visits=tuple(view.member_visits(member_ref)),
            wishes=tuple(view.member_wishes(member_ref)),
            shared_with=tuple(
                StoreCopy(store_id=store_id, name=names.get(store_id, store_id))
                for store_id in sorted(view.holders(member_ref))
            ),
            held_because=tuple(
                HeldBecause(store_id=each.store_id, reason=each.reason, until=each.until)
                for each in view.reasons(member_ref)
            ),
            access_log=tuple(_access(entry) for entry in view.member_access(member_ref)),
            withdrawals=_withdrawals(view, member_ref),
            secrets=Secrets(member_key=keys > 0, sessions=sessions, codes=codes),
        )


def _access(entry: Entry) -> Access:
    """Who by kind and role: an account's id would tell which colleague it was."""
    return Access(
        at=entry.at,
        by=entry.actor.role or entry.actor.kind,
        action=entry.action,
        object=entry.object,
        outcome=entry.outcome,
    )


def _withdrawals(view: "View", member_ref: str) -> tuple[Withdrawn, ...]:
    found = (view.withdrawal(seq) for seq in view.member_withdrawals(member_ref))
    return tuple(
        Withdrawn(
            seq=each.seq,
            kind=each.kind,
            at=each.at,
            proofs=tuple(
                Proof(store_id=proof.store_id, device_id=proof.device_id, applied_at=proof.applied_at)
                for proof in each.receipts
            ),
        )
        for each in found
        if each is not None
    )
