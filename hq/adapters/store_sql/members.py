"""Profiles, members' sealed secrets and their consent receipts."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from hq.adapters.store_sql.rows import CHUNK_ROWS, among, body_columns, inserted, unpacked, upsert
from hq.adapters.store_sql.scopes import IS_PROFILE, sends
from hq.adapters.store_sql.tables import (
    COMMAND,
    EVENT,
    MEMBER_SECRET,
    ONCE,
    PHONE_CODE,
    PHONE_VIEW,
    PROFILE,
    RECEIPT,
    REVOCATION,
    SCOPE,
    SCOPE_REASON,
    SESSION,
)
from hq.core.keys import EVERYBODY, KeyPage, SealedSecret
from wire.profile import Profile
from wire.receipt import ConsentReceipt, Purpose


class MemberReads:
    _c: Connection
    _writes: bool

    def profile(self, member_ref: str) -> Profile | None:
        """Locked until the end of a writing transaction."""
        query = select(PROFILE.c.body).where(PROFILE.c.member_ref == member_ref)
        return self._one_profile(query.with_for_update(key_share=True) if self._writes else query)

    def profiles(self, member_refs: Sequence[str]) -> dict[str, Profile]:
        """Locked, in their order, until the end of a writing transaction."""
        found: dict[str, Profile] = {}
        for start in range(0, len(member_refs), CHUNK_ROWS):
            query = select(PROFILE.c.member_ref, PROFILE.c.body).order_by(PROFILE.c.member_ref)
            query = query.where(among(self._c, PROFILE.c.member_ref, member_refs[start : start + CHUNK_ROWS]))
            rows = self._c.execute(query.with_for_update(key_share=True) if self._writes else query)
            found |= {row.member_ref: Profile.model_validate_json(unpacked(row.body)) for row in rows}
        return found

    def profile_by_loyalty(self, merchant_id: str, number: str) -> Profile | None:
        """Not locked: whoever writes it afterwards asks `profile` for it again."""
        query = select(PROFILE.c.body).where(PROFILE.c.merchant_id == merchant_id, PROFILE.c.loyalty_number == number)
        return self._one_profile(query)

    def members_among(self, merchant_id: str, refs: Collection[str]) -> frozenset[str]:
        """Those of `refs` who have a profile here."""
        query = select(PROFILE.c.member_ref).where(PROFILE.c.merchant_id == merchant_id)
        query = query.where(PROFILE.c.member_ref.in_(refs)).order_by(PROFILE.c.member_ref)
        # Shared among those who report; an erasure, which deletes the profile first, waits and finds what they wrote.
        locked = query.with_for_update(read=True, key_share=True)
        return frozenset(self._c.execute(locked if self._writes else query).scalars())

    def erased_among(self, merchant_id: str, refs: Sequence[str]) -> frozenset[str]:
        """Those of `refs` who were erased here."""
        found: set[str] = set()
        for start in range(0, len(refs), CHUNK_ROWS):
            query = select(REVOCATION.c.member_ref).where(REVOCATION.c.merchant_id == merchant_id)
            query = query.where(REVOCATION.c.kind == "erase")
            chunk = refs[start : start + CHUNK_ROWS]
            found |= set(self._c.execute(query.where(among(self._c, REVOCATION.c.member_ref, chunk))).scalars())
        return frozenset(found)

    def secret(self, member_ref: str) -> bytes | None:
        query = select(MEMBER_SECRET.c.sealed).where(MEMBER_SECRET.c.member_ref == member_ref)
        return self._c.execute(query).scalar()

    def secrets(self, store_id: str, now: float, page: KeyPage = EVERYBODY) -> list[SealedSecret]:
        """Of the members whom this store holds and may recognise now, as far as `page` asks for them."""
        query = (
            select(PROFILE.c.member_ref, PROFILE.c.body, MEMBER_SECRET.c.sealed)
            .select_from(PROFILE)
            .join(SCOPE, (SCOPE.c.key == PROFILE.c.member_ref) & IS_PROFILE)
            .join(MEMBER_SECRET, MEMBER_SECRET.c.member_ref == PROFILE.c.member_ref)
            .where(SCOPE.c.store_id == store_id, SCOPE.c.gone.is_(False), PROFILE.c.recognise_until > now)
            .order_by(SCOPE.c.key)
        )
        if page.only:
            query = query.where(PROFILE.c.member_ref.in_(page.only))
        if page.after:
            query = query.where(SCOPE.c.key > page.after)
        if page.limit:
            query = query.limit(page.limit)
        return [_sealed(row) for row in self._c.execute(query).mappings()]

    def receipts(self, member_ref: str) -> tuple[ConsentReceipt, ...]:
        query = select(RECEIPT.c.body).where(RECEIPT.c.member_ref == member_ref)
        query = query.order_by(RECEIPT.c.given_at, RECEIPT.c.receipt_id)
        return tuple(ConsentReceipt.model_validate_json(body) for body in self._c.execute(query).scalars())

    def lapsed_profiles(self, now: float, limit: int) -> tuple[Profile, ...]:
        """Whose consent ended by itself and who are still marked as recognisable."""
        query = select(PROFILE.c.body).where(PROFILE.c.recognise_until > 0, PROFILE.c.recognise_until <= now)
        bodies = self._c.execute(query.order_by(PROFILE.c.member_ref).limit(limit)).scalars()
        return tuple(Profile.model_validate_json(unpacked(body)) for body in bodies)

    def _one_profile(self, query: Select[bytes]) -> Profile | None:
        body = self._c.execute(query).scalar()
        return None if body is None else Profile.model_validate_json(unpacked(body))


class MemberWrites(MemberReads):
    def save_profile(self, profile: Profile, now: float) -> None:
        self.save_profile_rows([profile_row(profile, now)])

    def save_profiles(self, profiles: Sequence[Profile], now: float) -> None:
        self.save_profile_rows([profile_row(profile, now) for profile in profiles])

    def save_profile_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """What `profile_row` made, at most a chunk of them; each has to be `put` as well, as ever."""
        upsert(self._c, PROFILE, rows, keep=("created_at",))

    def close_recognition(self, member_ref: str) -> None:
        """For a consent that ended by itself: the receipt stays as it was signed."""
        query = update(PROFILE).where(PROFILE.c.member_ref == member_ref)
        self._c.execute(query.values(recognise_until=0))

    def save_secret(self, profile: Profile, sealed: bytes) -> None:
        row = {"member_ref": profile.member_ref, "merchant_id": profile.merchant_id, "sealed": sealed}
        self._c.execute(insert(MEMBER_SECRET).values(row))

    def save_receipt(self, receipt: ConsentReceipt) -> None:
        row = {
            "receipt_id": receipt.receipt_id,
            "merchant_id": receipt.merchant_id,
            "member_ref": receipt.member_ref,
            "given_at": receipt.given_at,
            "body": receipt.model_dump_json(),
        }
        inserted(self._c, RECEIPT, row)

    def erase_member(self, member_ref: str) -> None:
        """Everything but the revocation itself, by which stores still have to learn of it."""
        self._c.execute(delete(SCOPE).where(sends(COMMAND.c.member_ref == member_ref)))
        # The profile first, see `members_among`.
        named = (PROFILE, MEMBER_SECRET, RECEIPT, EVENT, COMMAND, PHONE_CODE, PHONE_VIEW, SESSION, SCOPE_REASON, ONCE)
        for table in named:
            self._c.execute(delete(table).where(table.c.member_ref == member_ref))

    def end_phones(self, member_ref: str) -> None:
        """What a withdrawal takes from a phone: the visit, waiting codes and commands; the session may read the end."""
        self._c.execute(delete(SCOPE).where(sends(COMMAND.c.member_ref == member_ref)))
        for table in (COMMAND, PHONE_CODE, PHONE_VIEW, SCOPE_REASON):
            self._c.execute(delete(table).where(table.c.member_ref == member_ref))


def profile_row(profile: Profile, now: float) -> dict[str, Any]:
    return {
        "member_ref": profile.member_ref,
        "merchant_id": profile.merchant_id,
        "rev": profile.rev,
        "loyalty_number": profile.loyalty_number or None,
        "home_store": profile.home_store,
        "recognise_until": _recognise_until(profile),
        **body_columns(profile.member_ref, profile),
        "created_at": now,
        "updated_at": now,
    }


def _recognise_until(profile: Profile) -> float:
    consent = profile.consent
    return float(consent.expires_at) if consent is not None and Purpose.RECOGNISE in consent.purposes else 0.0


def _sealed(row: RowMapping) -> SealedSecret:
    """Who may be recognised has a consent. Of the profile it alone is read: a whole one takes ten times as long."""
    consent = ConsentReceipt.model_validate(orjson.loads(unpacked(row["body"]))["consent"])
    return SealedSecret(row["member_ref"], row["sealed"], consent)
