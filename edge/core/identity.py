"""From an advertisement to a member: what one radio thread knows, and what it remembers of those it heard.

Two rules about what may live here. Of strangers nothing is kept: their packets raise one number. And the address of a
phone goes no further than `contest`, for resolved tags only.
"""

from collections.abc import Iterable, Mapping

from edge.core.contest import Contest
from edge.core.digest import Digest
from edge.core.inputs import Contested, Heard
from edge.core.layout import build_table
from edge.core.reach import NOWHERE, Point
from edge.core.sighting import Sighting
from edge.core.table import EMPTY_TABLE, Holder, TokenTable
from wire import rst1

__all__ = ["EMPTY_TABLE", "Holder", "Identity", "TokenTable", "build_table"]


class Identity:
    """What one radio thread knows: the table in force, and those of its members who are on air.

    Not shared between threads, but for `use`, which swaps one reference.
    """

    def __init__(self, table: TokenTable = EMPTY_TABLE, positions: Mapping[str, Point] = NOWHERE) -> None:
        """`positions`: where the scanners hang, as far as that is known."""
        self.table = table
        self.foreign = 0
        self._contest = Contest(positions)
        self._digest = Digest()

    def use(self, table: TokenTable) -> None:
        """Swap the table; safe from any thread."""
        self.table = table

    def hear(
        self, scanner: str, address: str, rssi_dbm: int, bodies: Iterable[rst1.Body], at: float
    ) -> tuple[Heard | Contested, ...]:
        """What the service must know of one advertisement: mostly nothing. Strangers are counted in `foreign`."""
        table = self.table
        for body in bodies:
            member_ref = table.resolve(body.tag)
            if member_ref is not None:
                break
        else:
            self.foreign += 1
            return ()
        sighting = Sighting(member_ref, scanner, rssi_dbm, body.mode_bits, body.tag, address, at)
        contested = self._contest.enter(sighting)
        heard = self._digest.add(sighting)
        return (*((contested,) if contested else ()), *((heard,) if heard else ()))
