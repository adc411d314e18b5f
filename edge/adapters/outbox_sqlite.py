"""`outbox.db`: what only this store knows. Precious: synchronous=FULL, and never thrown away by itself.

A fact and the event that reports it are one transaction (NORMAL lost acknowledged rows in 4 of 40 power cuts). One
connection writes; its lock lets the state thread, the sync thread and a pairing device take turns.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final

import orjson
from pydantic import TypeAdapter

from edge.adapters import remnants
from edge.adapters.ballast import Ballast
from edge.adapters.clock import Clock
from edge.adapters.store_sqlite import Damaged, Database, DatabaseError, emptied, meta, opened, put_meta
from edge.core import outbox
from edge.core.clock import Anchor
from edge.core.effects import (
    Alive,
    Done,
    DropVisit,
    Erase,
    Keep,
    KeepStep,
    KeepVisit,
    Lift,
    Record,
    Restriction,
    StoreFact,
)
from edge.core.pairing import DeviceKind, Paired
from edge.core.visit import Visit, kept
from edge.errors import OutboxDamaged
from wire.event import Event, EventBatch

SCHEMA: Final = "1"

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (n INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS visit (visit_id TEXT PRIMARY KEY, member_ref TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS restriction (
    member_ref TEXT, kind TEXT, fact TEXT, until REAL NOT NULL, PRIMARY KEY (member_ref, kind, fact));
CREATE TABLE IF NOT EXISTS step (
    reservation_id TEXT PRIMARY KEY, member_ref TEXT NOT NULL, step TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS done (command_id TEXT PRIMARY KEY, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pairing_code (
    code_hash TEXT PRIMARY KEY, kind TEXT NOT NULL, device_id TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS device (token_hash TEXT PRIMARY KEY, kind TEXT NOT NULL, device_id TEXT NOT NULL);
"""
_VISIT: Final = TypeAdapter(Visit)


class Outbox:
    """Raises OutboxDamaged when the file cannot be read."""

    def __init__(self, path: Path, key: bytes, clock: Clock | None = None, ballast: Ballast | None = None) -> None:
        self._path, self._key, self._clock = path, key, clock or Clock()
        self._ballast = ballast or Ballast(path.parent)
        self._lock = RLock()
        self._is_untidy = False
        self._erased: list[str] = []
        self._had: int | None = None  # head office has up to here, which is not written yet
        try:
            self._db = opened(path, key, "FULL", _TABLES, SCHEMA)
        except Damaged as error:
            raise OutboxDamaged(path, str(error.args[0])) from error
        if not meta(self._db, "incarnation", ""):
            self._begin(self._db)
        if boot_id := meta(self._db, "boot_id", ""):
            at, since_s, confirmed = (meta(self._db, name, "0") for name in ("alive_at", "mono_s", "is_confirmed"))
            self._clock.resume(Anchor(boot_id, float(since_s), float(at), confirmed == "1"))

    # the service reads, once, when it starts

    def visits(self) -> list[Visit]:
        return [_VISIT.validate_json(row[0]) for row in self._read("SELECT body FROM visit ORDER BY visit_id")]

    def restrictions(self, now_s: float) -> list[Restriction]:
        rows = self._read("SELECT member_ref, kind, until, fact FROM restriction WHERE until > ?", [now_s])
        return [Restriction(*row) for row in rows]

    def done(self, now_s: float) -> dict[str, float]:
        """Phone commands that were carried out -> until when the feed may bring them again."""
        return dict(self._read("SELECT command_id, until FROM done WHERE until > ?", [now_s]))

    def steps(self, now_s: float) -> list[KeepStep]:
        query = "SELECT reservation_id, member_ref, step, until FROM step WHERE until > ?"
        return [KeepStep(*row) for row in self._read(query, [now_s])]

    def alive_at(self) -> float:
        """When the service last said that it runs; 0 if never."""
        with self._lock:
            return float(meta(self._db, "alive_at", "0"))

    # the state thread writes

    def write(self, step: Sequence[Record | Keep]) -> None:
        """All facts and events of one step, in one transaction: one fsync, however much happened."""
        facts = [fact for one in step for fact in one.facts]
        removes = any(isinstance(fact, Erase | DropVisit) for fact in facts)
        self._ballast.write(lambda: self._write(step), removes=removes)
        self._is_untidy |= removes
        self._erased += [fact.member_ref for fact in facts if isinstance(fact, Erase)]

    def _write(self, step: Sequence[Record | Keep]) -> None:
        anchor = self._clock.anchor()
        with self._writing() as db:
            self._put_acked(db)
            high = before = int(meta(db, "high", "0"))
            for one in step:
                if isinstance(one, Record):
                    event = outbox.numbered(one, high, anchor)
                    db.table("event").insert({"n": event.n, "body": event.model_dump_json().encode()})
                    high = event.n
                _put_facts(db, one.facts, anchor)
            if high != before:
                put_meta(db, high=str(high))

    def tidy(self) -> None:
        """An erased member, and a visit that ended, leave the write-ahead log too. Before a receipt goes out."""
        if self._is_untidy:
            self._ballast.write(self._tidy, removes=True)
            self._is_untidy = False

    def _tidy(self) -> None:
        with self._lock:
            emptied(self._db)
            if remnants.found(self._path, self._key, [member.encode() for member in self._erased]):
                self._db.execute("VACUUM")
                emptied(self._db)
            self._erased.clear()

    # the sync thread

    def batch(self) -> EventBatch | None:
        """The oldest events that head office does not have yet."""
        with self._lock:
            rows = self._read(f"{_EVENTS} WHERE n > ? ORDER BY n LIMIT ?", [self._acked(), outbox.BATCH_LENGTH])
            incarnation = meta(self._db, "incarnation", "")
        return outbox.batch(incarnation, [_event(row) for row in rows])

    def waiting(self) -> int:
        with self._lock:
            return int(self._read("SELECT count(*) FROM event WHERE n > ?", [self._acked()])[0][0])

    def high(self) -> int:
        """The highest number given to an event in this incarnation."""
        with self._lock:
            return int(meta(self._db, "high", "0"))

    def acknowledge(self, n: int) -> None:
        """Head office has every event up to `n`; those that it has had for long go.

        Written with what is written next, half a minute later at most: by itself it cost the card as much as the event.
        Events that a power cut takes it from are sent again, and count once.
        """
        with self._lock:
            self._had = n
        if self._ballast.is_out:  # nothing else is written now, and this makes room
            self._ballast.write(self._settle, removes=True)

    def _settle(self) -> None:
        with self._writing() as db:
            self._put_acked(db)

    def _put_acked(self, db: Database) -> None:
        n, self._had = self._had, None
        if n is None:
            return
        put_meta(db, acked=str(n))
        newest = db.execute(f"{_EVENTS} WHERE n = ?", [n]).fetchone()
        if newest is not None:
            oldest = db.execute(f"{_EVENTS} WHERE n < ? ORDER BY n LIMIT ?", [n, outbox.BATCH_LENGTH])
            db.execute("DELETE FROM event WHERE n <= ?", [outbox.outlived(map(_event, oldest), _event(newest))])

    def go_back(self, n: int) -> bool:
        """Head office has nothing behind `n` any more; False when what followed is not here any more either."""
        with self._writing() as db:
            is_here = db.execute("SELECT 1 FROM event WHERE n = ?", [n + 1]).fetchone() is not None
            if is_here:
                self._had = None
                put_meta(db, acked=str(n))
            return is_here

    def renumber(self) -> None:
        """A new incarnation: what waits is numbered from 1 again, in its order."""
        with self._writing() as db:
            rows = db.execute(f"{_EVENTS} WHERE n > ? ORDER BY n", [self._acked()]).fetchall()
            db.execute("DELETE FROM event")
            for n, row in enumerate(rows, 1):
                event = _event(row).model_copy(update={"n": n})
                db.table("event").insert({"n": n, "body": event.model_dump_json().encode()})
            self._begin(db, len(rows))

    # pairing: web threads; each call is one transaction

    def create_code(self, kind: DeviceKind, device_id: str, code_hash: str, expires_at: float) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM pairing_code WHERE kind = ? AND device_id = ?", [kind, device_id])
            row = {"code_hash": code_hash, "kind": kind, "device_id": device_id, "expires_at": expires_at}
            db.table("pairing_code").upsert(row, pk="code_hash")

    def redeem(self, code_hash: str, token_hash: str, now: float) -> Paired | None:
        with self._writing() as db:
            query = "SELECT kind, device_id, expires_at FROM pairing_code WHERE code_hash = ?"
            found = db.execute(query, [code_hash]).fetchone()
            db.execute("DELETE FROM pairing_code WHERE code_hash = ? OR expires_at <= ?", [code_hash, now])
            if found is None or found[2] <= now:
                return None
            kind, device_id, _ = found
            db.execute("DELETE FROM device WHERE kind = ? AND device_id = ?", [kind, device_id])
            db.table("device").insert({"token_hash": token_hash, "kind": kind, "device_id": device_id})
            return Paired(kind, device_id)

    def burn_codes(self) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM pairing_code")

    def device_by_token_hash(self, token_hash: str) -> Paired | None:
        found = self._read("SELECT kind, device_id FROM device WHERE token_hash = ?", [token_hash])
        return Paired(*found[0]) if found else None

    def revoke(self, kind: DeviceKind, device_id: str) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM device WHERE kind = ? AND device_id = ?", [kind, device_id])
            db.execute("DELETE FROM pairing_code WHERE kind = ? AND device_id = ?", [kind, device_id])

    def close(self) -> None:
        with self._lock:
            with suppress(DatabaseError):  # a full disk: then they are sent again
                self._settle()
            self._db.close()

    # how

    def _begin(self, db: Database, high: int = 0) -> None:
        self._had = None
        with db.atomic():
            put_meta(db, incarnation=secrets.token_hex(8), high=str(high), acked="0")

    def _acked(self) -> int:
        return int(meta(self._db, "acked", "0")) if self._had is None else self._had

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with self._lock, self._db.atomic() as db:
            yield db

    def _read(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            return list(self._db.execute(query, values).fetchall())


_EVENTS: Final = "SELECT body FROM event"


def _event(row: Sequence[Any]) -> Event:
    return Event.model_validate_json(row[0])


def _put_facts(db: Database, facts: Sequence[StoreFact], anchor: Anchor) -> None:
    for fact in facts:
        _put_fact(db, fact, anchor)


def _put_fact(db: Database, fact: StoreFact, anchor: Anchor) -> None:
    match fact:
        case KeepVisit(visit):
            body = _VISIT.dump_json(kept(visit))
            db.table("visit").upsert(
                {"visit_id": visit.visit_id, "member_ref": visit.member_ref, "body": body}, pk="visit_id"
            )
        case DropVisit(visit_id):
            db.execute("DELETE FROM visit WHERE visit_id = ?", [visit_id])
        case Restriction(member_ref, kind, until, name):
            row = {"member_ref": member_ref, "kind": kind, "fact": name, "until": until}
            db.table("restriction").upsert(row, pk=("member_ref", "kind", "fact"))
        case Lift(member_ref, kind):
            db.execute("DELETE FROM restriction WHERE member_ref = ? AND kind = ?", [member_ref, kind])
        case Done(command_id, until):
            db.table("done").upsert({"command_id": command_id, "until": until}, pk="command_id")
        case KeepStep(reservation_id, member_ref, step, until):
            row = {"reservation_id": reservation_id, "member_ref": member_ref, "step": step, "until": until}
            db.table("step").upsert(row, pk="reservation_id")
        case Alive(at):
            put_meta(
                db,
                alive_at=str(at),
                boot_id=anchor.boot_id,
                mono_s=str(anchor.mono_s),
                is_confirmed=f"{anchor.is_confirmed:d}",
            )
        case Erase(member_ref):
            _erase(db, member_ref)


def _erase(db: Database, member_ref: str) -> None:
    """What waits for head office, and what it has, keeps its number and loses the member."""
    db.execute("DELETE FROM visit WHERE member_ref = ?", [member_ref])
    db.execute("DELETE FROM restriction WHERE member_ref = ?", [member_ref])
    db.execute("DELETE FROM step WHERE member_ref = ?", [member_ref])
    # A week of a large store are 140,000 events: SQLite finds the few that may name the member.
    for n, body in db.execute("SELECT n, body FROM event WHERE instr(body, ?)", [member_ref.encode()]).fetchall():
        event: Mapping[str, object] = orjson.loads(body)
        if event["member_ref"] == member_ref:
            db.execute("UPDATE event SET body = ? WHERE n = ?", [orjson.dumps({**event, "member_ref": ""}), n])
