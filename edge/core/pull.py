"""Cards whose member this store does not hold: head office is asked, and staff wait for an answer, not for long."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.core.inputs import Device
from wire.live import Command

# The tablet asks again after three seconds and is answered by the line before that. Head office answers and the feed
# brings the profile in half a second; a line that needs longer than this is no line to stand and wait for.
PULL_S = 2.2


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who asked, with which command, and until when an answer is waited for."""

    client: str
    device: Device
    command: Command
    until: float


class Pulls:
    """By device and key: a command that comes twice waits once."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def wait(self, client: str, device: Device, command: Command, now: float) -> None:
        self._waiting[device.id, command.key] = Waiting(client, device, command, now + PULL_S)

    def arrived(self, is_known: Callable[[str], bool]) -> list[Waiting]:
        return self._taken(lambda waiting: is_known(waiting.command.loyalty))

    def of(self, loyalty: str) -> list[Waiting]:
        return self._taken(lambda waiting: waiting.command.loyalty == loyalty)

    def late(self, now: float) -> list[Waiting]:
        return self._taken(lambda waiting: waiting.until <= now)

    def _taken(self, is_meant: Callable[[Waiting], bool]) -> list[Waiting]:
        taken = {key: waiting for key, waiting in self._waiting.items() if is_meant(waiting)}
        for key in taken:
            del self._waiting[key]
        return list(taken.values())
