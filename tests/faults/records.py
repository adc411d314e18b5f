"""What lies on the disks of both sides when nobody runs: read as an auditor would, beside the programs themselves."""

import json
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.adapters.cache_sqlite import Cache
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_key import StoreKey, store_key
from edge.adapters.store_sqlite import connected, meta
from wire.profile import Profile


@dataclass(frozen=True, slots=True)
class StoredEvent:
    device_id: str
    incarnation: str
    n: int
    type: str
    visit_id: str
    member_ref: str


def stored_events(hq_state: Path) -> list[StoredEvent]:
    """In the order in which head office took them."""
    with closing(sqlite3.connect(hq_state / "hq.sqlite")) as db:
        rows = db.execute("SELECT device_id, incarnation, n, type, visit_id, member_ref FROM event ORDER BY rowid")
        return [StoredEvent(*row) for row in rows]


def open_outbox(edge_state: Path) -> Outbox:
    return Outbox(edge_state / "outbox.db", _key(edge_state).of("outbox"))


def open_cache(edge_state: Path) -> Cache:
    return Cache(edge_state / "cache.db", _key(edge_state).of("cache"))


def replica_of(edge_state: Path, members: Collection[str]) -> dict[str, Profile]:
    """Profiles as the store would show them, of those members that it has."""
    cache = open_cache(edge_state)
    try:
        found = {member: cache.profile(member) for member in members}
    finally:
        cache.close()
    return {member: body for member, body in found.items() if body is not None}


class Stored:
    """Single facts of a store's folder."""

    @staticmethod
    def device_id(edge_state: Path) -> str:
        return str(json.loads((edge_state / "device.json").read_text())["device_id"])

    @staticmethod
    def high(edge_state: Path) -> dict[str, int]:
        """Incarnation of the outbox -> its highest number."""
        db = connected(edge_state / "outbox.db", _key(edge_state).of("outbox"), "FULL")
        try:
            return {meta(db, "incarnation", ""): int(meta(db, "high", "0"))}
        finally:
            db.close()


def _key(edge_state: Path) -> StoreKey:
    return store_key(edge_state, edge_state / "outbox.db")
