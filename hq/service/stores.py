"""What stores ask of head office: to be let in, enrolled, given keys; and what they report."""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from hq.core.audit import Actor, Entry
from hq.core.codes import PHONE_CODE_LIFETIME_S, code_hash
from hq.core.consent import recognisable
from hq.core.keys import EVERYBODY, KeyPage, SealedSecret, cache_key, day_keys
from hq.core.known import Token
from hq.core.outbox import accepted
from hq.core.registry import Device, is_public_key, receipt_genuine, voice
from hq.core.scopes import LONGEST_VISIT_S, VISIT_S, Reason
from hq.core.visits import LONGEST_TTL_S
from hq.errors import BadInput, Conflict, Foreign, HqError, NotSignedIn, Refused, Revoked, TooFast, Unknown
from hq.service.office import Office
from hq.service.restore import RestoreDesk
from wire.cards import PhoneView
from wire.dictionary import SHIPPED, shipped_octets
from wire.event import BatchAck, EventBatch
from wire.profile import Profile
from wire.rst1 import DAY_S
from wire.sync import (
    BootReply,
    BootRequest,
    DayKeys,
    EnrolReply,
    EnrolRequest,
    PhoneCodePost,
    PhoneViewPost,
    ReceiptPost,
    is_timely,
    token_boot,
    token_device,
    token_valid,
)

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change, View

_ONE_MACHINE: Final = (
    "Switch the wrong one off and settle the alarm at head office (`regulars hq settle-device`), or revoke the device "
    "there and enrol the right machine with a new code."
)


class StoreDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def known(self, token: str, now: float) -> Device | None:
        """The device whose token this is, when nothing about it has to be looked up or written down first."""
        known = self._office.known
        said = known.token(token)
        device = known.device(said.device_id if said else token_device(token) or "", now)
        if device is None or device.revoked_at is not None:
            return None
        if said is None:
            if not token_valid(token, device.key, now):
                return None
            said = Token(device.device_id, *token_boot(token))
            known.keep_token(token, said)
        elif not is_timely(said.issued_at, now):
            return None
        return device if voice(device, said.boot_id, said.issued_at) in {"same", "late"} else None

    def signed_in(self, token: str, now: float) -> Device:
        """The device whose key signed this token. Raises NotSignedIn and Refused."""
        turn = self._office.known.turn
        device_id = token_device(token)
        device = self._office.store.read(lambda view: view.device(device_id)) if device_id else None
        if device is None or not token_valid(token, device.key, now):
            raise NotSignedIn(
                "The device token is missing, of an unknown device or not of these five minutes.",
                "Compare the clock with `now`; enrol again when this device was replaced.",
            )
        if device.revoked_at is not None:
            raise Revoked
        boot_id, issued_at = token_boot(token)
        said = voice(device, boot_id, issued_at)
        if said == "refused":
            raise Refused(
                "Two machines use this device's key; this one came second.",
                _ONE_MACHINE,
                key="error.two_devices",
            )
        if said in {"new", "second"}:
            self._begin_boot(device, boot_id, now, is_second=said == "second")
        else:
            self._office.known.keep(device, now, turn)
        return device

    def _begin_boot(self, device: Device, boot_id: str, now: float, *, is_second: bool) -> None:
        def work(change: "Change") -> None:
            change.begin_boot(device, boot_id, now)
            if is_second:
                change.note_clash(device.device_id, "processes", now)
                actor = Actor("device", device.device_id)
                change.note(device.merchant_id, Entry(now, actor, "device.two", device.store_id, outcome="refused"))
            change.raise_counter("device")

        self._office.store.change(work)
        self._office.known.forget()

    def enrol(self, request: EnrolRequest, client: str, now: float) -> EnrolReply:
        office = self._office
        wait_s = office.tries.locked_for_s(f"enrol {client}", now)
        if wait_s:
            raise TooFast(
                "Too many wrong codes from here.", f"Wait {int(wait_s) + 1} s.", key="error.locked",
                retry_after_s=int(wait_s) + 1,
            )  # fmt: skip
        if not is_public_key(request.public_key):
            raise BadInput("The public key is not an Ed25519 key.", "Send its 32 octets in hex.")
        device_id = f"d-{office.random_octets(8).hex()}"

        def work(change: "Change") -> EnrolReply | None:
            store_id = change.take_enrol_code(code_hash(request.code), now)
            shop = change.shop(store_id) if store_id else None
            if shop is None:
                return None
            if not change.add_device(device_id, shop.store_id, request.public_key, now):
                raise Conflict("This key is enrolled already.", "Make a new key pair for this device.")
            change.note(shop.merchant_id, Entry(now, Actor("device", device_id), "store.enrol", shop.store_id))
            return EnrolReply(
                device_id=device_id,
                store_id=shop.store_id,
                store_number=shop.number,
                store_name=shop.name,
                merchant_id=shop.merchant_id,
                hub_keys=office.hub_keys,
            )

        reply = office.store.change(work)
        if reply is None:
            office.tries.wrong(f"enrol {client}", now)
            raise BadInput(
                "This enrolment code is wrong, used or older than a day.",
                "Make a new one: regulars hq enrol-code STORE.",
                key="error.code_wrong",
            )
        office.tries.right(f"enrol {client}")
        return reply

    def boot(self, device: Device, request: BootRequest, now: float) -> BootReply:
        office = self._office
        if request.clock is not None:
            offset_s = request.clock - now
            office.store.change(lambda change: change.note_clock(device.device_id, offset_s))
        lacking = [number for number in SHIPPED if number not in request.dictionaries]
        return BootReply(
            epoch=office.epoch,
            now=now,
            lease_s=office.lease_s,
            hub_keys=office.hub_keys,
            cache_key=cache_key(office.keys.seal, device.device_id) if request.cache_key else "",
            dictionaries={number: b64encode(shipped_octets(number)).decode() for number in lacking},
        )

    def day_keys(self, device: Device, first_day: int, days: int, now: float, page: KeyPage = EVERYBODY) -> DayKeys:
        """For the lease and one day, yesterday included, of the members in this store's scope that `page` asks for.

        Nobody needs more, so nobody gets more. Raises Foreign for members of whom it never held one; who asks for one
        among its own gets its own, and it is written down.
        """
        today = int(now // DAY_S)
        last_day = today + self._office.lease_s // DAY_S + 1
        if not (today - 1 <= first_day and days >= 1 and first_day + days - 1 <= last_day):
            raise BadInput(
                f"Day keys are given from day {today - 1} to day {last_day}.", "Ask for days within the lease."
            )

        def work(view: "View") -> tuple[list[SealedSecret], int]:
            return view.secrets(device.store_id, now, page), len(view.ever_held(device.store_id, page.only))

        secrets, own = self._office.store.read(work)
        if own < len(set(page.only)):
            foreign = self._foreign(device, Foreign("member"), now)
            if not own:
                raise foreign
        wanted = range(first_day, first_day + days)
        keys = day_keys(secrets, device.store_number, wanted, self._office.keys.seal)
        upto = secrets[-1].member_ref if page.limit and len(secrets) == page.limit else ""
        return DayKeys(store_number=device.store_number, upto=upto, days=keys)

    def events(self, device: Device, batch: EventBatch, now: float) -> BatchAck:
        """Raises Conflict when other events were sent under these numbers: two machines count with one key."""

        def work(change: "Change") -> BatchAck | None:
            high = change.stream_high(device.device_id, batch.incarnation)
            repeated = [event for event in batch.events if event.n <= high]
            if repeated and change.contradicts(device, batch.incarnation, repeated):
                change.note_clash(device.device_id, "events", now)
                change.raise_counter("device")
                return None
            new, ack = accepted(high, batch)
            if new:
                # A store that was away reports visits of members who were erased meanwhile, and does not know it yet.
                there = change.members_among(device.merchant_id, {event.member_ref for event in new})
                unnamed = (
                    event if event.member_ref in there else event.model_copy(update={"member_ref": ""}) for event in new
                )
                change.save_events(device, batch.incarnation, tuple(unnamed))
            return ack

        ack = self._office.store.change(work)
        if ack is None:
            raise Conflict(
                "Other events came under these numbers: two machines use this device's key.",
                _ONE_MACHINE,
                key="error.two_devices",
            )
        return ack

    def receipts(self, posts: Sequence[tuple[Device, ReceiptPost]], now: float) -> Sequence[HqError | None]:
        """What there is to say against each; the others are committed, all in one transaction."""
        restored_at = self._office.store.read(lambda view: float(view.meta("restored_at") or 0))
        told = [self._against(device, post, restored_at, now) for device, post in posts]
        good = [number for number, (_, post) in enumerate(posts) if told[number] is None and post.seq != 0]
        if not good:
            return told
        proofs = [posts[number] for number in good]
        for position in self._office.store.change(lambda change: change.prove(proofs, now)):
            device = proofs[position][0]
            told[good[position]] = self._foreign(device, Foreign("withdrawal"), now)
        return told

    def _against(self, device: Device, post: ReceiptPost, restored_at: float, now: float) -> HqError | None:
        if not receipt_genuine(device, post):
            return BadInput("The receipt is not signed by this device's key.", "Sign <device_id>:<seq>:<member_ref>.")
        if post.seq == 0 or post.withdrawn_at <= restored_at:
            try:
                RestoreDesk(self._office).remembered(device, post, now)
            except HqError as error:
                return error
        return None

    def phone_view(self, device: Device, post: PhoneViewPost, now: float) -> None:
        """Refused as unknown when the member withdrew meanwhile: nothing of the visit is kept then."""
        view = None if post.view is None else PhoneView.model_validate_json(json.dumps(post.view))
        if view is not None and (view.store_id != device.store_id or view.visit_id != post.visit_id):
            raise BadInput("The view is of another store or visit.", "Post a store's own visits only.")
        until = now if view is None else now + max(0, min(post.ttl_s, LONGEST_TTL_S))

        def work(change: "Change") -> None:
            _member_of(change, device, post.member_ref, now if view is not None else None)
            if change.visit_store(post.visit_id) not in {None, device.store_id}:
                raise Foreign("visit")
            seq = change.raise_counter("phone")
            change.save_visit(device, post, view, until=until, seq=seq)

        self._change(device, work, now)

    def phone_code(self, device: Device, post: PhoneCodePost, now: float) -> None:
        def work(change: "Change") -> None:
            _member_of(change, device, post.member_ref, now)
            until = min(post.expires_at, now + PHONE_CODE_LIFETIME_S)
            if not change.put_phone_code(post.code_hash, device.merchant_id, post.member_ref, post.visit_id, until):
                raise Conflict("This code is in use.", "Make another one.")

        self._change(device, work, now)

    def pull(self, device: Device, loyalty_number: str, now: float) -> Reason:
        """The member with this number stands at the till: into this store's scope, for a visit.

        One answer for a number that nobody has and for a member who may not be recognised: a store must not learn
        who is a member by trying.
        """
        office = self._office
        if not office.pulls.allows(device.device_id, now):
            raise TooFast("Too many cards at once.", "Try again in a moment.", retry_after_s=5)

        def work(change: "Change") -> Reason | None:
            found = change.profile_by_loyalty(device.merchant_id, loyalty_number)
            profile = None if found is None else change.profile(found.member_ref)
            if profile is None or not recognisable(profile, now):
                return None
            return begin_visit(change, profile, device.store_id, now, now + VISIT_S)

        reason = office.store.change(work)
        member_ref = "" if reason is None else reason.member_ref
        office.note(
            Entry(
                now, Actor("device", device.device_id), "member.pull", device.store_id, member_ref,
                "refused" if reason is None else "done",
            )
        )  # fmt: skip
        if reason is None:
            raise Unknown("There is no such member.", "Check the number.", key="error.unknown_loyalty")
        return reason

    def _change(self, device: Device, work: Callable[["Change"], None], now: float) -> None:
        """A store that asks for another's is answered as if there were no such thing, and it is written down."""
        try:
            self._office.store.change(work)
        except Foreign as foreign:
            self._foreign(device, foreign, now)
            raise

    def _foreign(self, device: Device, foreign: Foreign, now: float) -> Foreign:
        actor = Actor("device", device.device_id)
        self._office.note(Entry(now, actor, "store.foreign", foreign.what, outcome="refused"))
        return foreign


def begin_visit(change: "Change", profile: Profile, store_id: str, now: float, until: float) -> Reason:
    """Whoever announces a visit or begins one is held by that store until it is over."""
    reason = Reason(store_id, profile.member_ref, "visit", min(until, now + LONGEST_VISIT_S))
    change.add_reason(profile.merchant_id, reason)
    change.rescope(profile.merchant_id, profile.member_ref)
    return reason


def _member_of(change: "Change", device: Device, member_ref: str, now: float | None) -> Profile:
    """The member whom this store holds and may recognise at `now`; None: whom it holds or held."""
    profile = change.profile(member_ref)
    if profile is None or (now is not None and not recognisable(profile, now)):
        raise Unknown("There is no such member here.", "Forget this member.")
    if not change.holds(device.store_id, member_ref, now_gone=now is None):
        raise Foreign("member")
    return profile
