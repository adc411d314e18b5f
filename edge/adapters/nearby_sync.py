"""Fetches what the neighbouring stores have, every few minutes; a week without one changes nothing but the age."""

import random
from collections.abc import Callable
from typing import Final

from edge.adapters.hq_http import HqClient
from edge.adapters.nearby_sqlite import NearbyFile
from edge.adapters.store_sqlite import DatabaseError, OperationalError
from edge.errors import HqRefused
from wire.nearby import NearbyAsk

# Fresh enough to send a customer there, after a telephone call; 2,000 stores ask seven times a second then.
ASK_S: Final = 300.0
# What head office counts is right by itself; once a week all of it is compared by fetching it, a megabyte.
WHOLE_S: Final = 7 * 86_400.0
# An older head office does not know the question; it may be updated today.
OLDER_S: Final = 3_600.0


class NearbySync:
    """`told` hears when neighbours' stock changed, and says whether it took that."""

    def __init__(self, client: HqClient, file: NearbyFile, told: Callable[[], bool]) -> None:
        self._client, self._file, self._told = client, file, told
        self._is_news = False

    def turn(self) -> float:
        """One answer; after how many seconds to ask again. Raises HqUnreachable, ValueError, DatabaseError."""
        self._file.mend()
        now = self._client.now()
        try:
            if now - self._file.whole_at() >= WHOLE_S:
                self._file.begin_anew(now)
            reply = self._client.nearby(NearbyAsk(after=dict(self._file.cursors())))
            self._is_news |= self._file.apply(reply)
        except HqRefused as refused:
            if refused.status != 404:  # noqa: PLR2004 - Not Found
                raise
            return OLDER_S
        except OperationalError:
            raise
        except DatabaseError:
            self._file.rebuild()
            raise
        if reply.more:
            return 0.0
        if self._is_news and self._told():
            self._is_news = False
        return ASK_S * random.uniform(0.8, 1.2)  # noqa: S311 - so that stores do not ask all at once
