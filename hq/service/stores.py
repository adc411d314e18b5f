"""What stores ask of head office: to be enrolled, keys, the feed; and what they report."""

import json
from typing import TYPE_CHECKING, Final

from hq.core.changes import PAGE_REVOCATIONS, PAGE_ROWS, Place, cursor_text, next_place, parse_cursor
from hq.core.codes import PHONE_CODE_LIFETIME_S, code_hash
from hq.core.consent import recognisable
from hq.core.keys import day_keys
from hq.core.outbox import accepted
from hq.core.registry import Device, is_public_key, receipt_genuine
from hq.core.visits import LONGEST_TTL_S
from hq.errors import BadInput, Conflict, NotSignedIn, Rebootstrap, TooFast, Unknown
from hq.service.office import Office
from hq.service.restore import RestoreDesk
from wire.cards import PhoneView
from wire.event import BatchAck, EventBatch
from wire.profile import SCHEMA, Profile
from wire.rst1 import DAY_S
from wire.sync import (
    BootReply,
    DayKeys,
    EnrolReply,
    EnrolRequest,
    FeedPage,
    Gone,
    PhoneCodePost,
    PhoneViewPost,
    Put,
    ReceiptPost,
    Record,
    token_device,
    token_valid,
)

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change, View
    from hq.core.changes import ScopeRow

_OLDEST_SCHEMA: Final = max(1, SCHEMA - 2)


class StoreDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def signed_in(self, token: str, now: float) -> Device:
        """The device whose key signed this token. Raises NotSignedIn."""
        device_id = token_device(token)
        device = self._office.store.read(lambda view: view.device(device_id)) if device_id else None
        if device is None or not token_valid(token, device.key, now):
            raise NotSignedIn(
                "The device token is missing, of an unknown device or not of these five minutes.",
                "Compare the clock with `now`; enrol again when this device was replaced.",
            )
        if device.revoked_at is not None:
            raise NotSignedIn("This device was revoked.", "Enrol it again with a new code.")
        return device

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

    def boot(self, now: float) -> BootReply:
        office = self._office
        return BootReply(epoch=office.epoch, now=now, lease_s=office.lease_s, hub_keys=office.hub_keys)

    def day_keys(self, device: Device, first_day: int, days: int, now: float) -> DayKeys:
        """For the lease and one day, yesterday included: nobody needs more, so nobody gets more."""
        today = int(now // DAY_S)
        last_day = today + self._office.lease_s // DAY_S + 1
        if not (today - 1 <= first_day and days >= 1 and first_day + days - 1 <= last_day):
            raise BadInput(
                f"Day keys are given from day {today - 1} to day {last_day}.", "Ask for days within the lease."
            )
        secrets = self._office.store.read(lambda view: view.secrets(device.merchant_id, now))
        wanted = range(first_day, first_day + days)
        keys = day_keys(secrets, device.store_number, wanted, self._office.keys.seal)
        return DayKeys(store_number=device.store_number, days=keys)

    def page(self, device: Device, cursor: str | None, revoked: int, limit: int, now: float) -> FeedPage:
        """One page, maybe empty; its cursors may have moved even then. Raises Rebootstrap."""
        place = self._place(cursor)
        limit = max(1, min(limit, PAGE_ROWS))

        def work(view: "View") -> FeedPage:
            counters = view.counters()
            if place.seq > counters["feed"] or revoked > counters["revoke"]:
                raise Rebootstrap(
                    "This cursor is ahead of head office.",
                    "Start again without a cursor; after a restore, run `regulars hq restored` at head office.",
                )
            revocations = view.revocations_after(device.merchant_id, revoked, PAGE_REVOCATIONS)
            if len(revocations) == PAGE_REVOCATIONS:  # more of them wait, and they go first
                rows: tuple[ScopeRow, ...] = ()
                after, revoke_cursor = place, revocations[-1].seq
            else:
                rows = view.scope_after(device.store_id, place, limit)
                after, revoke_cursor = next_place(rows, limit, counters["feed"]), counters["revoke"]
            return FeedPage(
                epoch=self._office.epoch,
                now=now,
                cursor=cursor_text(self._office.epoch, after),
                revoke_cursor=revoke_cursor,
                revocations=revocations,
                records=_records(view, device, rows),
            )

        return self._office.store.read(work)

    def check_schema(self, version: int | None) -> None:
        if version is not None and not _OLDEST_SCHEMA <= version <= SCHEMA:
            raise Conflict(
                f"Head office speaks profile schemas {_OLDEST_SCHEMA} to {SCHEMA}.", "Update the store's software."
            )

    def events(self, device: Device, batch: EventBatch) -> BatchAck:
        def work(change: "Change") -> BatchAck:
            high = change.stream_high(device.device_id, batch.incarnation)
            new, ack = accepted(high, batch)
            if new:
                change.save_events(device, batch.incarnation, new)
            return ack

        return self._office.store.change(work)

    def receipt(self, device: Device, post: ReceiptPost, now: float) -> None:
        if not receipt_genuine(device, post):
            raise BadInput("The receipt is not signed by this device's key.", "Sign <device_id>:<seq>:<member_ref>.")
        if post.seq == 0:
            RestoreDesk(self._office).remembered(device, post, now)
            return

        def work(change: "Change") -> None:
            withdrawal = change.withdrawal(post.seq)
            if (
                withdrawal is None
                or withdrawal.member_ref != post.member_ref
                or withdrawal.merchant_id != device.merchant_id
            ):
                raise Unknown("There is no such withdrawal.", "Post what the feed said.")
            change.put_applied(device, post, now)

        self._office.store.change(work)

    def phone_view(self, device: Device, post: PhoneViewPost, now: float) -> None:
        """Refused as unknown when the member withdrew meanwhile: nothing of the visit is kept then."""
        view = None if post.view is None else PhoneView.model_validate_json(json.dumps(post.view))
        if view is not None and (view.store_id != device.store_id or view.visit_id != post.visit_id):
            raise BadInput("The view is of another store or visit.", "Post a store's own visits only.")
        until = now if view is None else now + max(0, min(post.ttl_s, LONGEST_TTL_S))

        def work(change: "Change") -> None:
            _member_of(change, device, post.member_ref, now if view is not None else None)
            if change.visit_store(post.visit_id) not in {None, device.store_id}:
                raise Unknown("There is no such visit here.", "Post a store's own visits only.")
            seq = change.raise_counter("phone")
            change.save_visit(device, post, view, until=until, seq=seq)

        self._office.store.change(work)

    def phone_code(self, device: Device, post: PhoneCodePost, now: float) -> None:
        def work(change: "Change") -> None:
            _member_of(change, device, post.member_ref, now)
            until = min(post.expires_at, now + PHONE_CODE_LIFETIME_S)
            if not change.put_phone_code(post.code_hash, device.merchant_id, post.member_ref, post.visit_id, until):
                raise Conflict("This code is in use.", "Make another one.")

        self._office.store.change(work)

    def _place(self, cursor: str | None) -> Place:
        if cursor is None:
            return Place(0)
        parsed = parse_cursor(cursor)
        if parsed is None:
            raise BadInput("This is not a cursor.", "Send `cursor` of the last page as it came.")
        if parsed[0] != self._office.epoch:
            raise Rebootstrap("Head office was restored since.", "Start again without a cursor.")
        return parsed[1]


def _records(view: "View", device: Device, rows: "tuple[ScopeRow, ...]") -> tuple[Record, ...]:
    bodies = view.bodies(device.store_id, device.merchant_id, rows)
    records: list[Record] = []
    for row in rows:
        found = bodies.get((row.kind, row.key))
        if row.gone:
            records.append(Gone(kind=row.kind, key=row.key, rev=row.rev))
        elif found is not None:  # else it was purged meanwhile, as expired commands are
            records.append(Put(kind=row.kind, key=row.key, rev=found[0], body=found[1]))
    return tuple(records)


def _member_of(change: "Change", device: Device, member_ref: str, now: float | None) -> Profile:
    """The member whom this store may recognise at `now`; None: whom it once could."""
    profile = change.profile(member_ref)
    if profile is None or profile.merchant_id != device.merchant_id:
        raise Unknown("There is no such member here.", "Forget this member.")
    if now is not None and not recognisable(profile, now):
        raise Unknown("There is no such member here.", "Forget this member.")
    return profile
