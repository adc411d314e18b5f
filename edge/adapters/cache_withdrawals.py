"""The withdrawals in `cache.db`, which outlive what they took away, and the look for what it left in the file."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import structlog

from edge.adapters import remnants
from edge.adapters.cache_file import CacheFile
from edge.adapters.store_sqlite import Database
from edge.core.replica import Revoked, told_anew
from wire.sync import Revocation

STAYING_AWAY: Final = """
SELECT member_ref FROM revoked WHERE NOT EXISTS (
    SELECT 1 FROM record WHERE kind = 'profile' AND key = member_ref AND body IS NOT NULL)
"""
_REVOKED: Final = "SELECT seq, member_ref, kind, at, rev FROM revoked"
_ANY_REVOKED: Final = "SELECT 1 FROM revoked WHERE member_ref BETWEEN ? AND ? LIMIT 1"
# Of some thirty members at once; to look for more takes longer than to write the file anew.
_TRACES: Final = 300
_AT_ANOTHER: Final = """
SELECT 1 FROM record WHERE kind = 'profile' AND instr(body, ?)
UNION ALL SELECT 1 FROM found WHERE instr(CAST(words AS BLOB), ?) LIMIT 1
"""
# A shorter loyalty number is found by chance in any file, and tells nobody.
_TRACE_LENGTH: Final = 6
_log = structlog.get_logger("cache")


class Withdrawals(CacheFile):
    _traces: list[bytes]  # of members who withdrew, to be looked for

    def revoked(self, members: Collection[str]) -> Mapping[str, Revoked]:
        """Most pages of a snapshot hold nobody who ever withdrew, which one look tells."""
        if not members or not self._read(_ANY_REVOKED, [min(members), max(members)]):
            return {}
        among = f"{_REVOKED} WHERE member_ref IN (SELECT value FROM json_each(?))"  # noqa: S608 - only our own text
        return {row[1]: _revoked(row) for row in self._read(among, [json.dumps([*members])])}

    def unconfirmed(self) -> tuple[Revocation, ...]:
        """Applied here; head office has no receipt yet."""
        return tuple(_revoked(row).revocation for row in self._read(f"{_REVOKED} WHERE confirmed = 0 ORDER BY seq"))

    def confirm(self, revocation: Revocation) -> None:
        """Head office has the receipt of exactly this one."""
        self._ballast.write(lambda: self._confirm(revocation), removes=True)

    def scrub(self) -> None:
        """Before a receipt goes out: what members who withdrew may have left in free space is looked for and goes.

        Takes a second for 100,000 profiles; only a file in which something was found is written anew.
        """
        traces, self._traces = self._traces, []
        if traces and (len(traces) > _TRACES or self._is_left(traces)):
            _log.info("cache.rewritten")
            self._rewrite()

    def _confirm(self, revocation: Revocation) -> None:
        with self._writing() as db:
            where = [revocation.member_ref, revocation.seq]
            db.execute("UPDATE revoked SET confirmed = 1 WHERE member_ref = ? AND seq = ?", where)

    def _traces_of(self, member: str) -> list[bytes]:
        """The bytes in which a member is stored, but for the member_ref, which the withdrawal keeps."""
        rows = self._read("SELECT body FROM record WHERE kind = 'profile' AND key = ? AND body IS NOT NULL", [member])
        rows += self._read("SELECT key FROM day_key WHERE member_ref = ?", [member])
        numbers = self._read("SELECT loyalty FROM found WHERE member_ref = ? AND loyalty > ''", [member])
        # A name alone is somebody else's too; behind the end of its member_ref it is hers.
        names = self._read("SELECT substr(member_ref, -12) || words FROM found WHERE member_ref = ?", [member])
        told = [row[0].encode() for row in numbers if len(row[0]) >= _TRACE_LENGTH]
        return [bytes(row[0]) for row in rows] + told + [row[0].encode() for row in names]

    def _is_left(self, traces: list[bytes]) -> bool:
        """Two profiles have much in common: what a live one holds too tells nothing of the member who left."""
        left = remnants.found(self._path, self._key, traces)
        return any(not self._read(_AT_ANOTHER, [piece, piece]) for piece in left)


def put_revoked(db: Database, gone: Iterable[Revoked]) -> None:
    """With their day keys, which nobody may keep."""
    for one in gone:
        row = {**one.revocation.model_dump(), "rev": one.rev, "confirmed": 0}
        db.table("revoked").upsert(row, pk="member_ref")
        db.execute("DELETE FROM day_key WHERE member_ref = ?", [one.revocation.member_ref])


def told_again(db: Database) -> None:
    """All of them are unconfirmed again: a restored head office may have lost them, and learns them from its stores."""
    for row in db.execute(_REVOKED).fetchall():
        gone = told_anew(_revoked(row))
        values = [gone.revocation.seq, gone.rev, gone.revocation.member_ref]
        db.execute("UPDATE revoked SET seq = ?, rev = ?, confirmed = 0 WHERE member_ref = ?", values)


def _revoked(row: Sequence[Any]) -> Revoked:
    seq, member_ref, kind, at, rev = row
    return Revoked(Revocation(seq=seq, member_ref=member_ref, kind=kind, at=at), rev)
