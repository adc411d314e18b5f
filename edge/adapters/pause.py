"""How long a store waits before it asks head office again."""

import random
import threading
from typing import Final

FIRST_PAUSE_S: Final = 0.5
# A withdrawal waits behind a line that has come back, so short outages are asked after often; one that lasts longer
# than some minutes is asked after seldom, or a restored head office would meet every store at once.
SHORT_PAUSE_S: Final = 2.0
SHORT_TRIES: Final = 60
LONGEST_PAUSE_S: Final = 15.0


class Pause:
    """Doubles up to a bound, with jitter, so that stores do not come back all at once."""

    def __init__(
        self, stopping: threading.Event, *, short_s: float = SHORT_PAUSE_S, longest_s: float = LONGEST_PAUSE_S
    ) -> None:
        self._stopping, self._short_s, self._longest_s = stopping, short_s, longest_s
        self._next_s = FIRST_PAUSE_S
        self._tries = 0

    def wait(self) -> None:
        self._stopping.wait(self._next_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter is no secret
        self._tries += 1
        bound_s = self._short_s if self._tries < SHORT_TRIES else self._longest_s
        self._next_s = min(bound_s, self._next_s * 2)

    def reset(self) -> None:
        self._next_s, self._tries = FIRST_PAUSE_S, 0
