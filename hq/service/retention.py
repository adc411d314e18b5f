"""What has had its time goes: by the service's own clock twice a minute, and by `regulars hq purge`.

In pieces, each a transaction of its own: a purge that deletes a year at once would hold up every store meanwhile.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from hq.core.erasure import TOMBSTONE_S, Retention
from hq.core.pictures import UNUSED_S
from hq.service.office import Office

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change

ROWS_AT_ONCE: Final = 500
# A quarter of a million rows of each kind in one go; what is left waits for the next one.
_PIECES: Final = 500
_TIDE_EVERY_S: Final = 3600.0


class RetentionDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def purge(self, now: float) -> Mapping[str, int]:
        """How many rows of what went; what went from stores' scopes counts as `scope`."""
        self._office.store.change(lambda change: change.note_tide(now, _TIDE_EVERY_S))
        gone: Counter[str] = Counter()
        gone["consent"] = self._all(partial(_end_lapsed_consents, now))
        gone["scope"] = self._all(partial(_end_lapsed_reasons, now))
        gone["tombstone"] = self._all(lambda change: change.bury(now - TOMBSTONE_S, ROWS_AT_ONCE))
        gone["picture"] = self._all(lambda change: change.drop_unused_pictures(now - UNUSED_S, ROWS_AT_ONCE))
        self._office.store.change(partial(_drop_lapsed_commands, now))
        for rule in self._office.retention:
            gone[rule.table] += self._all(partial(_purge, rule, now))
        return {what: count for what, count in sorted(gone.items()) if count}

    def _all(self, piece: Callable[["Change"], int]) -> int:
        total = 0
        for _ in range(_PIECES):
            done = self._office.store.change(piece)
            total += done
            if done < ROWS_AT_ONCE:
                break
        return total


def _end_lapsed_consents(now: float, change: "Change") -> int:
    lapsed = change.lapsed_profiles(now, ROWS_AT_ONCE)
    for profile in lapsed:
        change.close_recognition(profile.member_ref)
        change.gone(profile.merchant_id, "profile", profile.member_ref, profile.rev)
    return len(lapsed)


def _end_lapsed_reasons(now: float, change: "Change") -> int:
    lapsed = change.lapsed_reasons(now, ROWS_AT_ONCE)
    for merchant_id, reason in lapsed:
        change.drop_reason(reason)
        change.rescope(merchant_id, reason.member_ref)
    return len(lapsed)


def _drop_lapsed_commands(now: float, change: "Change") -> None:
    change.drop_lapsed_commands(now)


def _purge(rule: Retention, now: float, change: "Change") -> int:
    return change.purge(rule, now, ROWS_AT_ONCE)
