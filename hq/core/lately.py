"""The last changes of the feed, remembered: most polls find nothing new, and are told so without the database.

One reader, four times a second, takes in what changed since it last looked; which stores that concerned is complete
from the place where it began. What ended is remembered whole, for it has no body, and so are withdrawals, which wake
every store at once. What is new or changed is only known to be there, and read for each store when it asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hq.core.changes import Place, ScopeRow
from wire.sync import Revocation

# As long as one failed reading may go unnoticed; older than that, every poll asks the database itself.
FRESH_S: Final = 1.0
# Of each store. More of them are seldom waited for, and of 2,000 stores they are 8 MB.
ROWS: Final = 16
# Of all merchants; a store that is further back reads its own.
WITHDRAWALS: Final = 500


@dataclass(slots=True)
class Lately:
    """Complete from `since` (a number of the feed) and `withdrawn_since` to `counters`, as of `at`."""

    counters: Mapping[str, int] = field(default_factory=dict)
    at: float = float("-inf")
    since: int = 0
    withdrawn_since: int = 0
    _new: dict[str, int] = field(default_factory=dict)  # by store: the number of the last thing that has a body
    _ended: dict[str, tuple[ScopeRow, ...]] = field(default_factory=dict)
    _withdrawals: tuple[tuple[str, Revocation], ...] = ()

    def is_fresh(self, now: float) -> bool:
        return 0 <= now - self.at < FRESH_S

    def begin(self, counters: Mapping[str, int], at: float) -> None:
        """Nothing is known of what was before: there was too much of it, or nobody looked."""
        self.counters, self.at, self.since, self.withdrawn_since = counters, at, counters["feed"], counters["revoke"]
        self._new.clear()
        self._ended.clear()
        self._withdrawals = ()

    def take(
        self,
        rows: Iterable[tuple[str, ScopeRow]],
        withdrawals: Iterable[tuple[str, Revocation]],
        counters: Mapping[str, int],
        at: float,
    ) -> None:
        """All (store_id, row) and (merchant_id, withdrawal) after the counters before, in their order."""
        all_withdrawals = (*self._withdrawals, *withdrawals)
        if len(all_withdrawals) > WITHDRAWALS:
            self.withdrawn_since = all_withdrawals[-WITHDRAWALS - 1][1].seq
        self._withdrawals = all_withdrawals[-WITHDRAWALS:]
        self.counters, self.at = counters, at
        for store_id, row in rows:
            if row.gone:
                ended = (*self._ended.get(store_id, ()), row)
                if len(ended) > ROWS:
                    self._new[store_id] = max(self._new.get(store_id, 0), ended[0].seq)
                self._ended[store_id] = ended[-ROWS:]
            else:
                self._new[store_id] = row.seq

    def after(self, store_id: str, place: Place, limit: int) -> tuple[ScopeRow, ...] | None:
        """What a store at `place` has not seen, all of it tombstones. None: only the database can tell."""
        if not place.whole or not self.since <= place.seq <= self.counters.get("feed", -1):
            return None
        if self._new.get(store_id, 0) > place.seq:
            return None
        rows = tuple(row for row in self._ended.get(store_id, ()) if row.seq > place.seq)
        return rows if len(rows) < limit else None

    def withdrawals(self, merchant_id: str, revoked: int) -> tuple[Revocation, ...] | None:
        """Those after a store's own number. None: only the database can tell."""
        if not self.withdrawn_since <= revoked <= self.counters.get("revoke", -1):
            return None
        if revoked == self.counters["revoke"]:
            return ()
        return tuple(each for of, each in self._withdrawals if of == merchant_id and each.seq > revoked)
