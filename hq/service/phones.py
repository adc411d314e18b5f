"""What a shopper's phone asks: to sign in by a code, to see, to choose, to take the data along, to leave."""

from typing import TYPE_CHECKING

from hq.core.codes import PHONE_CODE_LENGTH, PHONE_CODE_LIFETIME_S, code_from, code_hash, token_hash
from hq.core.consent import recognisable
from hq.core.keys import link_proven, open_secret, visit_proven
from hq.core.scopes import VISIT_S, Reason
from hq.core.visits import COMMAND_LIFETIME_S, SESSION_LIFETIME_S, CommandKind, PhoneState
from hq.core.wishes import VisitRequest
from hq.errors import BadInput, Conflict, NotSignedIn, Refused, TooFast, Unknown
from hq.service.members import MemberDesk
from hq.service.office import Office
from hq.service.stores import begin_visit
from wire.profile import Profile
from wire.sync import PhoneCommand
from wire.views import Fact, Mode, capped

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change, View


class PhoneDesk:
    def __init__(self, office: Office, members: MemberDesk) -> None:
        self._office = office
        self._members = members

    def link(self, member_ref: str, at: int, mac: str, client: str, now: float) -> str:
        """A single-use code for an app that proves it holds Kc; one answer for every reason to refuse."""
        office = self._office
        self._not_locked(client, now)

        def work(change: "Change") -> str | None:
            profile, sealed = change.profile(member_ref), change.secret(member_ref)
            if profile is None or sealed is None:
                return None
            if not link_proven(open_secret(sealed, member_ref, office.keys.seal), at, mac, now):
                return None
            code = code_from(office.random_octets(PHONE_CODE_LENGTH))
            until = now + PHONE_CODE_LIFETIME_S
            change.put_phone_code(code_hash(code), profile.merchant_id, member_ref, "", until)
            return code

        code = office.store.change(work)
        if code is None:
            office.tries.wrong(client, now)
            raise Refused("The app could not prove who it is.", "Check the phone's clock, or join again.")
        return code

    def visit(self, wish: VisitRequest, client: str, now: float) -> Reason:
        """The app says that its member is on the way: that store holds the profile until the visit is over."""
        office = self._office
        self._not_locked(client, now)

        def work(change: "Change") -> Reason | None:
            profile, sealed = change.profile(wish.member_ref), change.secret(wish.member_ref)
            if profile is None or sealed is None:
                return None
            secret = open_secret(sealed, wish.member_ref, office.keys.seal)
            if not visit_proven(secret, wish.store_id, wish.at, wish.mac, now):
                return None
            return self._begin(change, profile, wish.store_id, now, wish.until)

        reason = office.store.change(work)
        if reason is None:
            office.tries.wrong(client, now)
            raise Refused("The app could not prove who it is.", "Check the phone's clock, or join again.")
        return reason

    def _begin(
        self, change: "Change", profile: Profile, store_id: str, now: float, until: float | None = None
    ) -> Reason:
        shop = change.shop(store_id)
        if shop is None or shop.merchant_id != profile.merchant_id:
            raise Unknown("There is no such store.", "Scan the code at the door again.")
        if not recognisable(profile, now):
            raise Refused("There is no consent to be recognised.", "Give it first.", key="error.no_consent")
        return begin_visit(change, profile, store_id, now, until or now + VISIT_S)

    def sign_in(self, code: str, client: str, now: float) -> tuple[str, str]:
        """(session token, member_ref) for a code that nobody used before."""
        office = self._office
        self._not_locked(client, now)
        token = office.random_octets(32).hex()

        def work(change: "Change") -> str | None:
            taken = change.take_phone_code(code_hash(code), now)
            if taken is None:
                return None
            change.add_session(token_hash(token), *taken, now + SESSION_LIFETIME_S)
            return taken[1]

        member_ref = office.store.change(work)
        if member_ref is None:
            office.tries.wrong(client, now)
            raise BadInput(
                "This code is wrong, used or older than ten minutes.", "Ask for a new one.", key="error.code_wrong"
            )
        office.tries.right(client)
        return token, member_ref

    def signed_in(self, token: str, now: float) -> str:
        """Whose session it is. Raises NotSignedIn."""
        member_ref = self._office.store.read(lambda view: view.session(token_hash(token), now)) if token else None
        if member_ref is None:
            raise NotSignedIn(
                "This phone is not signed in.", "Open the page with a new code.", key="error.code_expired"
            )
        return member_ref

    def sign_out(self, token: str) -> None:
        self._office.store.change(lambda change: change.end_session(token_hash(token)))

    def state(self, member_ref: str, now: float) -> PhoneState:
        def work(view: "View") -> PhoneState:
            profile = view.profile(member_ref)
            if profile is None:
                raise Unknown("This membership has ended.", "Join again.", key="error.gone")
            return PhoneState(
                profile=profile,
                receipts=view.receipts(member_ref),
                visit=view.visit_of(member_ref, now),
                shops=view.shops(profile.merchant_id),
                holders=view.holders(member_ref),
                recognised=recognisable(profile, now),
            )

        return self._office.store.read(work)

    def command(
        self,
        member_ref: str,
        command_id: str,
        kind: CommandKind,
        now: float,
        *,
        mode: Mode | None = None,
        fact: Fact | None = None,
        store_id: str = "",
    ) -> PhoneCommand:
        """Into the feed of the store where the member is, or of `store_id`; the same `command_id` is one command."""
        if not self._office.wishes.allows(member_ref, now):
            raise TooFast("Too many wishes at once.", "Try again in a moment.", retry_after_s=5)
        if (kind == "mode") != (mode is not None) or (kind == "hide") != (fact is not None):
            raise BadInput("`mode` belongs to kind mode and `fact` to kind hide.", "Send exactly what the kind needs.")
        command = PhoneCommand(
            command_id=command_id,
            member_ref=member_ref,
            kind=kind,
            mode=mode,
            fact=fact.value if fact is not None else "",
            at=now,
            expires_at=now + COMMAND_LIFETIME_S,
        )

        def work(change: "Change") -> PhoneCommand:
            profile = change.profile(member_ref)
            if profile is None or not recognisable(profile, now) or profile.consent is None:
                raise Refused("There is no consent to be recognised.", "Give it first.", key="error.no_consent")
            if mode is not None and capped(mode, profile.consent.purposes) is not mode:
                raise Refused(
                    "Your consents do not carry this mode.", "Give the consent first.", key="error.no_consent"
                )
            shop = self._shop(change, profile, store_id, now)
            if store_id:
                self._begin(change, profile, store_id, now)
            if not change.add_command(profile.merchant_id, shop, command):
                return command
            if fact is not None:
                self._members.hide(change, profile, fact, now)
            change.put(profile.merchant_id, "command", command_id, 1, store_id=shop)
            return command

        return self._office.store.change(work)

    def _shop(self, change: "Change", profile: Profile, store_id: str, now: float) -> str:
        if store_id:
            shop = change.shop(store_id)
            if shop is None or shop.merchant_id != profile.merchant_id:
                raise Unknown("There is no such store.", "Scan the code at the door again.")
            return store_id
        visit = change.visit_of(profile.member_ref, now)
        if visit is None:
            raise Conflict("You are not in a store now.", "Scan the code at the door.", key="error.gone")
        return visit.store_id

    def _not_locked(self, client: str, now: float) -> None:
        wait_s = self._office.tries.locked_for_s(client, now)
        if wait_s:
            raise TooFast(
                "Too many wrong codes from here.",
                f"Wait {int(wait_s) + 1} s.",
                key="error.locked",
                retry_after_s=int(wait_s) + 1,
            )
