"""Merchants, stores, their devices and the codes that enrol them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from hq.adapters.store_sql.rows import among, change_each, inserted, upsert
from hq.adapters.store_sql.tables import APPLIED, DEVICE, ENROL_CODE, MERCHANT, META, REVOCATION, STORE
from hq.core.registry import Clash, Device, Seen, Shop, StoreReceipt, Withdrawal, succeeded
from wire.sync import ReceiptPost


class StoreReads:
    _c: Connection

    def meta(self, key: str) -> str | None:
        return self._c.execute(select(META.c.v).where(META.c.k == key)).scalar()

    def shop(self, store_id: str) -> Shop | None:
        row = self._c.execute(select(STORE).where(STORE.c.store_id == store_id)).mappings().first()
        return None if row is None else Shop(**row)

    def shops(self, merchant_id: str) -> tuple[Shop, ...]:
        query = select(STORE).where(STORE.c.merchant_id == merchant_id).order_by(STORE.c.store_id)
        return tuple(Shop(**row) for row in self._c.execute(query).mappings())

    def device(self, device_id: str) -> Device | None:
        query = (
            select(DEVICE, STORE.c.merchant_id, STORE.c.number.label("store_number"))
            .join(STORE, STORE.c.store_id == DEVICE.c.store_id)
            .where(DEVICE.c.device_id == device_id)
        )
        row = self._c.execute(query).mappings().first()
        return None if row is None else Device(**row)

    def revoked_devices(self) -> Mapping[str, str]:
        """device_id -> store_id"""
        query = select(DEVICE.c.device_id, DEVICE.c.store_id).where(DEVICE.c.revoked_at.is_not(None))
        return {row.device_id: row.store_id for row in self._c.execute(query)}

    def devices(self, merchant_id: str) -> tuple[Device, ...]:
        query = (
            select(DEVICE, STORE.c.merchant_id, STORE.c.number.label("store_number"))
            .join(STORE, STORE.c.store_id == DEVICE.c.store_id)
            .where(STORE.c.merchant_id == merchant_id)
            .order_by(DEVICE.c.store_id, DEVICE.c.enrolled_at, DEVICE.c.device_id)
        )
        return tuple(Device(**row) for row in self._c.execute(query).mappings())

    def withdrawal(self, seq: int) -> Withdrawal | None:
        """With one entry for each device that was enrolled when it happened and may still hold the member's data.

        A store that was away for two withdrawals of one member proves the later one, which covers the earlier.
        """
        row = self._c.execute(select(REVOCATION).where(REVOCATION.c.seq == seq)).mappings().first()
        if row is None:
            return None
        applied = (
            select(APPLIED.c.device_id, func.min(APPLIED.c.applied_at).label("applied_at"))
            .where(APPLIED.c.member_ref == row["member_ref"], APPLIED.c.seq >= seq)
            .group_by(APPLIED.c.device_id)
            .subquery()
        )
        query = (
            select(
                STORE.c.store_id,
                STORE.c.name,
                DEVICE.c.device_id,
                DEVICE.c.seen_at,
                DEVICE.c.revoked_at,
                applied.c.applied_at,
            )
            .join(STORE, STORE.c.store_id == DEVICE.c.store_id)
            .outerjoin(applied, applied.c.device_id == DEVICE.c.device_id)
            .where(STORE.c.merchant_id == row["merchant_id"], DEVICE.c.enrolled_at <= row["at"])
            .order_by(STORE.c.store_id, DEVICE.c.device_id)
        )
        receipts = tuple(StoreReceipt(**entry) for entry in self._c.execute(query).mappings())
        return Withdrawal(row["seq"], row["merchant_id"], row["member_ref"], row["kind"], row["at"], receipts)


class StoreWrites(StoreReads):
    def put_meta(self, key: str, value: str) -> bool:
        return inserted(self._c, META, {"k": key, "v": value})

    def set_meta(self, key: str, value: str) -> None:
        upsert(self._c, META, [{"k": key, "v": value}])

    def add_merchant(self, merchant_id: str, name: str) -> bool:
        return inserted(self._c, MERCHANT, {"merchant_id": merchant_id, "name": name})

    def add_shop(self, shop: Shop) -> bool:
        """False when its id or its number is taken."""
        return inserted(
            self._c,
            STORE,
            {
                "store_id": shop.store_id,
                "merchant_id": shop.merchant_id,
                "number": shop.number,
                "name": shop.name,
                "timezone": shop.timezone,
                "created_at": shop.created_at,
            },
        )

    def next_store_number(self) -> int:
        return int(self._c.execute(select(func.coalesce(func.max(STORE.c.number), 0))).scalar_one()) + 1

    def put_enrol_code(self, code_hash: str, store_id: str, expires_at: float) -> None:
        row = {"code_hash": code_hash, "store_id": store_id, "expires_at": expires_at}
        self._c.execute(insert(ENROL_CODE).values(row))

    def take_enrol_code(self, code_hash: str, now: float) -> str | None:
        """The store it enrols into; it is used up by this."""
        query = delete(ENROL_CODE).where(ENROL_CODE.c.code_hash == code_hash, ENROL_CODE.c.expires_at > now)
        return self._c.execute(query.returning(ENROL_CODE.c.store_id)).scalar()

    def drop_enrol_codes(self) -> None:
        self._c.execute(delete(ENROL_CODE))

    def add_device(self, device_id: str, store_id: str, public_key: str, now: float) -> bool:
        """False when this key belongs to a device already."""
        row = {
            "device_id": device_id,
            "store_id": store_id,
            "public_key": public_key,
            "enrolled_at": now,
            "revoked_at": None,
            "seen_at": now,
            "cursor": "",
            "revoke_seq": 0,
        }
        return inserted(self._c, DEVICE, row)

    def seen_devices(self, seen: Mapping[str, Seen]) -> None:
        """How far each store says that it has come."""
        rows = [
            {
                "device_id": device_id,
                "seen_at": each.at,
                "cursor": each.place,
                "revoke_seq": each.revoked,
                "schema_version": each.reads,
            }
            for device_id, each in sorted(seen.items())
        ]
        change_each(self._c, DEVICE, rows)

    def begin_boot(self, device: Device, boot_id: str, now: float) -> None:
        values = {"boot_id": boot_id, "boot_at": now, "past_boots": succeeded(device, boot_id)}
        self._c.execute(update(DEVICE).where(DEVICE.c.device_id == device.device_id).values(values))

    def note_clash(self, device_id: str, clash: Clash, now: float) -> None:
        """The first one is what people at head office have to know; later ones change nothing."""
        query = update(DEVICE).where(DEVICE.c.device_id == device_id, DEVICE.c.conflict_at.is_(None))
        self._c.execute(query.values(conflict=clash, conflict_at=now))

    def settle_clash(self, device_id: str) -> bool:
        """False when there was none."""
        query = update(DEVICE).where(DEVICE.c.device_id == device_id, DEVICE.c.conflict != "")
        return self._c.execute(query.values(conflict="", conflict_at=None)).rowcount > 0

    def note_clock(self, device_id: str, offset_s: float) -> None:
        self._c.execute(update(DEVICE).where(DEVICE.c.device_id == device_id).values(clock_offset_s=offset_s))

    def revoke_device(self, device_id: str, now: float) -> bool:
        """False when there is none that is not revoked already."""
        query = update(DEVICE).where(DEVICE.c.device_id == device_id, DEVICE.c.revoked_at.is_(None))
        return self._c.execute(query.values(revoked_at=now)).rowcount > 0

    def prove(self, posts: Sequence[tuple[Device, ReceiptPost]], now: float) -> set[int]:
        """Notes what these devices let go of. Which of them, by position, named no withdrawal of their merchant.

        Each proves the member's earlier withdrawals too: what was let go then is what an earlier one asked for, and a
        store that was away hears of several at once and signs for the last.
        """
        members = sorted({post.member_ref for _, post in posts})
        query = select(REVOCATION.c.merchant_id, REVOCATION.c.member_ref, REVOCATION.c.seq)
        there: dict[tuple[str, str], set[int]] = {}
        for found in self._c.execute(query.where(among(self._c, REVOCATION.c.member_ref, members))):
            there.setdefault((found.merchant_id, found.member_ref), set()).add(found.seq)
        rows: list[dict[str, Any]] = []
        foreign: set[int] = set()
        for position, (device, post) in enumerate(posts):
            seqs = there.get((device.merchant_id, post.member_ref), set())
            if post.seq not in seqs:
                foreign.add(position)
                continue
            row = {
                "device_id": device.device_id,
                "store_id": device.store_id,
                "member_ref": post.member_ref,
                "applied_at": post.applied_at,
                "received_at": now,
                "signature": post.signature,
            }
            rows += [{"seq": seq, **row} for seq in seqs if seq <= post.seq]
        rows.sort(key=lambda row: (row["seq"], row["device_id"]))
        upsert(self._c, APPLIED, rows, keep=APPLIED.c.keys())  # the first proof of each stays
        return foreign
