"""How often one scanner hears the members who are here, beside how often their phones speak. No clock, no radio.

A scanner whose duplicate filter is on reports a phone about once per scan: it looks healthy, and zones follow late.
Only the pace tells, and only of members: strangers may speak as seldom as they like.
"""

from typing import Final

# RST1 phones advertise every 100 to 300 ms, a locked one every second; of these the caller passes on two a second at
# most (digest). A pocket at the far end of the room loses half of them.
SPOKEN_PER_S: Final = 1.0
_SLOWEST_SHARE: Final = 0.3
# Longer than a scan of BlueZ with its pause, which is how often a filtered phone is heard.
_HERE_FOR_S: Final = 16.0
# Somebody who walks past the far end is heard slowly too; a fault lasts.
_SLOW_FOR_S: Final = 60.0
# A flood of members must not cost memory: the pace of the first thousand tells as much.
_MOST_MEMBERS: Final = 1_000


class Pace:
    """One scanner's. `heard_per_s` and `expected_per_s` are of the last sixteen seconds."""

    def __init__(self) -> None:
        self.heard_per_s = 0.0
        self.expected_per_s = 0.0
        self._heard: dict[str, list[float]] = {}
        self._slow_since: float | None = None

    def hear(self, member_ref: str, now: float) -> None:
        """A member was heard."""
        times = self._heard.get(member_ref)
        if times is not None:
            times.append(now)
        elif len(self._heard) < _MOST_MEMBERS:
            self._heard[member_ref] = [now]

    def is_slow(self, now: float) -> bool:
        """Look at the last seconds: True when members have been heard far too seldom for a minute. Once a second."""
        for member_ref, times in list(self._heard.items()):
            kept = [at for at in times if now - at <= _HERE_FOR_S]
            if kept:
                self._heard[member_ref] = kept
            else:
                del self._heard[member_ref]
        spans = [(len(times), now - times[0]) for times in self._heard.values() if now - times[0] >= _HERE_FOR_S / 2]
        self.heard_per_s = sum(count / span for count, span in spans)
        self.expected_per_s = SPOKEN_PER_S * len(spans)
        if not self._heard or (spans and self.heard_per_s >= _SLOWEST_SHARE * self.expected_per_s):
            self._slow_since = None
        elif spans and self._slow_since is None:
            self._slow_since = now
        return self._slow_since is not None and now - self._slow_since >= _SLOW_FOR_S
