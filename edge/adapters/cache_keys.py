"""The day keys in `cache.db`: by which a store knows the tags of its members for a day, and for no other."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from edge.adapters.cache_file import CacheFile
from edge.adapters.cache_withdrawals import STAYING_AWAY

DAY_S: Final = 86_400
# Two megabytes of keys, and tens of milliseconds in which nobody else reads.
_KEYS_AT_ONCE: Final = 10_000
_DAY_KEYS: Final = "SELECT member_ref, key FROM day_key WHERE day = ? AND member_ref > ? ORDER BY member_ref LIMIT ?"
_BETWEEN: Final = "SELECT member_ref, key FROM day_key WHERE day = ? AND member_ref > ? AND member_ref <= ?"
_LAST: Final = chr(0x10FFFF)  # no member is behind


class DayKeys(CacheFile):
    def day_keys_until(self) -> float:
        """When the last day ends that has keys here; 0 without any."""
        found = self._read("SELECT max(day) FROM day_key")
        return 0.0 if found[0][0] is None else (float(found[0][0]) + 1) * DAY_S

    def day_keys(self, days: Collection[int]) -> Iterator[tuple[str, int, bytes]]:
        """(member_ref, day, SK) of these days, in pages: a million members' need not be in memory at once."""
        for day in sorted(days):
            last = ""
            while rows := self._read(_DAY_KEYS, [day, last, _KEYS_AT_ONCE]):
                last = str(rows[-1][0])
                yield from ((str(member), day, bytes(key)) for member, key in rows)

    def without_day_key(self, day: int, members: Collection[str]) -> list[str]:
        """Which of these have none."""
        query = """SELECT value FROM json_each(?) WHERE NOT EXISTS (
            SELECT 1 FROM day_key WHERE day = ? AND member_ref = value)"""
        return [str(row[0]) for row in self._read(query, [json.dumps([*members]), day])] if members else []

    def add_day_keys(self, days: Mapping[int, Mapping[str, str]]) -> None:
        """Of members who came since, beside the keys that are there; those who withdrew get none, as below."""
        with self._writing() as db:
            gone = {row[0] for row in db.execute(STAYING_AWAY).fetchall()}
            db.table("day_key").upsert_all(
                (
                    {"day": day, "member_ref": member, "key": bytes.fromhex(key)}
                    for day, keys in days.items()
                    for member, key in keys.items()
                    if member not in gone
                ),
                pk=("day", "member_ref"),
            )

    def put_day_keys(
        self, days: Mapping[int, Mapping[str, str]], first_day: int, after: str = "", upto: str = ""
    ) -> None:
        """Replaces the keys of the given days, of members behind `after` and up to `upto` (empty: to the end).

        Days before `first_day` go. Most keys are here already, from the day before: only what differs is written, or a
        large store would wear its card out with the same. Not of members who withdrew and did not come back: a
        restored head office may offer theirs again.
        """
        with self._writing() as db:
            gone = {row[0] for row in db.execute(STAYING_AWAY).fetchall()}
            db.execute("DELETE FROM day_key WHERE day < ?", [first_day])
            for day, keys in days.items():
                here = dict(db.execute(_BETWEEN, [day, after, upto or _LAST]).fetchall())
                given = {member: bytes.fromhex(key) for member, key in keys.items() if member not in gone}
                ended = [(day, member) for member in here.keys() - given.keys()]
                db.conn.executemany("DELETE FROM day_key WHERE day = ? AND member_ref = ?", ended)
                other = [(day, member, key) for member, key in given.items() if here.get(member) != key]
                db.conn.executemany("INSERT OR REPLACE INTO day_key VALUES (?, ?, ?)", other)
