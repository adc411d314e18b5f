"""What changes a member: joining, choosing, withdrawing, leaving; and head office's own writes of profiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq.core import consent
from hq.core.audit import COMMAND, Actor, Entry
from hq.core.codes import PHONE_CODE_LENGTH, PHONE_CODE_LIFETIME_S, code_from, code_hash
from hq.core.keys import NONCE_LENGTH, SECRET_LENGTH, seal_secret
from hq.core.loyalty import loyalty_number, read_loyalty
from hq.core.scopes import reserved
from hq.core.visits import EndKind
from hq.core.wishes import JoinRequest, MemberChange, joined, with_own_words, with_preferences
from hq.errors import BadInput, Conflict, FieldError, TooFast, Unknown
from hq.service.office import Office
from wire.profile import Profile
from wire.receipt import ConsentReceipt
from wire.views import Fact

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change


@dataclass(frozen=True, slots=True)
class Joined:
    """`secret` is Kc: it leaves head office here, once."""

    profile: Profile
    receipt: ConsentReceipt
    secret: bytes
    phone_code: str

    def __repr__(self) -> str:
        return "Joined(...)"


class MemberDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def join(self, request: JoinRequest, client: str, now: float) -> Joined:
        office = self._office
        if not office.joins.allows(client, now):
            raise TooFast("Too many people joined from here just now.", "Try again in a minute.")
        mistakes = consent.join_mistakes(
            request.alias, adult=request.adult, purposes=request.purposes, language=request.language
        )
        if mistakes:
            raise BadInput(
                " ".join(mistake.sentence for mistake in mistakes),
                key=mistakes[0].key,
                fields=tuple(FieldError.of(m.field, m.key, m.sentence) for m in mistakes),
            )
        member_ref, secret = office.new_id(), office.random_octets(SECRET_LENGTH)
        receipt = consent.given(
            office.merchant_id, member_ref, request.purposes, office.keys,
            receipt_id=office.new_id(), now=now, adult=request.adult,
        )  # fmt: skip
        sealed = seal_secret(secret, member_ref, office.keys.seal, office.random_octets(NONCE_LENGTH))
        code = code_from(office.random_octets(PHONE_CODE_LENGTH))

        def work(change: "Change") -> Profile:
            self._check_stores(change, {request.home_store} - {""})
            profile = joined(request, receipt, self._free_loyalty(change), int(now))
            change.save_profile(profile, now)
            change.save_secret(profile, sealed)
            change.save_receipt(receipt)
            change.put_phone_code(code_hash(code), office.merchant_id, member_ref, "", now + PHONE_CODE_LIFETIME_S)
            _tell_stores(change, profile, now)
            return profile

        return Joined(office.store.change(work), receipt, secret, code)

    def change(self, member_ref: str, wish: MemberChange, now: float) -> Profile:
        """The member's own choice; widening is hers to decide. Giving up recognition is a withdrawal."""
        office = self._office

        def work(change: "Change") -> Profile:
            self._check_stores(change, {wish.home_store or ""} - {""})
            profile = with_preferences(self._member(change, member_ref), wish, int(now))
            was = consent.recognisable(profile, now)
            if wish.purposes is not None:
                receipt = consent.changed(profile, wish.purposes, office.keys, receipt_id=office.new_id(), now=now)
                change.save_receipt(receipt)
                profile = consent.with_consent(profile, receipt)
            else:
                profile = profile.model_copy(update={"rev": profile.rev + 1})
            if wish.standing_mode is not None and profile.consent is not None:
                mode = consent.chosen_mode(wish.standing_mode, profile.consent.purposes)
                profile = profile.model_copy(update={"standing_mode": mode})
            change.save_profile(profile, now)
            if consent.recognisable(profile, now):
                _tell_stores(change, profile, now)
            elif was:
                by = Actor("member", member_ref)
                change.note(office.merchant_id, Entry(now, by, "member.withdraw", member_ref=member_ref))
                _end(change, profile, "withdraw", now)
            return profile

        return office.store.change(work)

    def hide(self, change: "Change", profile: Profile, fact: Fact, now: float) -> None:
        """Lasting, unlike the visit's own hiding: no store shows this fact again until the member says so."""
        hidden = profile.model_copy(update={"hidden": profile.hidden | {fact.value}, "rev": profile.rev + 1})
        change.save_profile(hidden, now)
        change.put(hidden.merchant_id, "profile", hidden.member_ref, hidden.rev)

    def withdraw(self, member: str, kind: EndKind, now: float, *, channel: str, by: Actor = COMMAND) -> int:
        """The withdrawal's number. `member` is a member_ref or a loyalty number. Twice is as good as once."""
        office = self._office

        def work(change: "Change") -> int:
            if kind == "erase" and (done := change.last_erasure(office.merchant_id, member)) is not None:
                return done
            profile = self._find(change, member)
            if kind == "withdraw" and profile.consent is not None and not profile.consent.purposes:
                seq = change.last_revocation(profile.member_ref)
                if seq is not None:
                    return seq
            receipt = consent.withdrawn(profile, office.keys, receipt_id=office.new_id(), now=now, channel=channel)
            ended = consent.with_consent(profile, receipt)
            change.save_receipt(receipt)
            change.save_profile(ended, now)
            change.note(office.merchant_id, Entry(now, by, f"member.{kind}", member_ref=ended.member_ref))
            return _end(change, ended, kind, now)

        seq = office.store.change(work)
        if kind == "erase":
            office.store.erase_traces()
        return seq

    def put_profile(self, sent: Profile, now: float, *, by: Actor = COMMAND) -> Profile:
        """Head office's own knowledge. Consent, loyalty number, hidden facts, standing mode and words are hers."""

        def work(change: "Change") -> Profile:
            self._office.note_write(change, Entry(now, by, "member.write", member_ref=sent.member_ref))
            return self.merge_profiles(change, [sent], now)[0]

        return self._office.store.change(work)

    def merge_profiles(self, change: "Change", sent: Sequence[Profile], now: float) -> Sequence[Profile]:
        """As `put_profile`, for many at once, each of another member."""
        sent = sorted(sent, key=lambda profile: profile.member_ref)
        known = change.profiles([profile.member_ref for profile in sent])
        unknown = [profile.member_ref for profile in sent if profile.member_ref not in known]
        if change.erased_among(self._office.merchant_id, unknown):
            raise Conflict(
                "This member was erased, and stays so.", "Delete the person in the system that sends this too."
            )
        merged = [self._merged(change, profile, known.get(profile.member_ref)) for profile in sent]
        named = {store_id for profile in merged for store_id in (profile.home_store, *reserved(profile, now))}
        self._check_stores(change, named - {""})
        change.save_profiles(merged, now)
        for profile in merged:
            if consent.recognisable(profile, now):
                _tell_stores(change, profile, now)
        return merged

    def _merged(self, change: "Change", sent: Profile, was: Profile | None) -> Profile:
        merchant_id = self._office.merchant_id
        if was is not None and was.merchant_id != merchant_id:
            raise Unknown("There is no such member here.", "Check the member_ref.")
        if was is None:
            number = sent.loyalty_number or self._free_loyalty(change)
            if change.profile_by_loyalty(merchant_id, number) is not None:
                raise Conflict("This loyalty number is another member's.", "Leave it out to get a new one.")
            owned: dict[str, object] = {"merchant_id": merchant_id, "consent": None, "rev": 1, "loyalty_number": number}
        else:
            owned = {
                "merchant_id": merchant_id,
                "consent": was.consent,
                "rev": was.rev + 1,
                "loyalty_number": was.loyalty_number,
                "hidden": was.hidden,
                "standing_mode": was.standing_mode,
                "home_store": sent.home_store or was.home_store,
            }
        return (sent if was is None else with_own_words(sent, was)).model_copy(update=owned)

    def _check_stores(self, change: "Change", named: set[str]) -> None:
        if named and not named <= {shop.store_id for shop in change.shops(self._office.merchant_id)}:
            raise BadInput("A store is named that is not here.", "Add it first: regulars hq add-store.")

    def _free_loyalty(self, change: "Change") -> str:
        for _ in range(8):  # one in ten thousand at 10 M members has to try again
            number = loyalty_number(self._office.random_octets(8))
            if change.profile_by_loyalty(self._office.merchant_id, number) is None:
                return number
        raise Conflict("No free loyalty number was found.", "Try again.")

    def _find(self, change: "Change", member: str) -> Profile:
        number = read_loyalty(member)
        found = change.profile_by_loyalty(self._office.merchant_id, number or member)
        # Locked: somebody who was erased between the two would be written again.
        profile = change.profile(member if found is None else found.member_ref)
        if profile is None or profile.merchant_id != self._office.merchant_id:
            raise Unknown("There is no such member.", "Give the member_ref or the loyalty number.")
        return profile

    def _member(self, change: "Change", member_ref: str) -> Profile:
        profile = change.profile(member_ref)
        if profile is None:
            raise Unknown("This membership has ended.", "Join again.", key="error.gone")
        return profile


def _tell_stores(change: "Change", profile: Profile, now: float) -> None:
    """Every store that has a reason to hold this member, those where something is kept for her included."""
    change.set_reasons(profile.merchant_id, profile.member_ref, "reservation", reserved(profile, now))
    change.put(profile.merchant_id, "profile", profile.member_ref, profile.rev)


def _end(change: "Change", profile: Profile, kind: EndKind, now: float) -> int:
    """Takes a member out of every store; what is last here takes the counters' locks."""
    change.end_phones(profile.member_ref)
    if kind == "erase":
        change.erase_member(profile.member_ref)
    change.gone(profile.merchant_id, "profile", profile.member_ref, profile.rev)
    return change.revoke(profile.merchant_id, profile.member_ref, kind, now)
