"""Devices as they were last read, so that a store that asks several times in a row is looked up once.

One rule: nothing is believed across a change. Whoever changes a device calls `forget`; a service looks four times a
second whether another process did, and says so by `confirm`. What was read before a change and arrives after it is not
kept: hence the turn, taken before reading and given back with what was read.
"""

from dataclasses import dataclass, field
from typing import Final

from hq.core.registry import Device

# As long as another process's revocation of a device may need to be noticed when nobody looks any more whether there
# was one; our own is noticed at once.
KNOWN_S: Final = 1.0
DEVICES: Final = 4_000
# A store signs a new token with every second; the last few of each are recognised without checking them again.
TOKENS: Final = 8_000


@dataclass(frozen=True, slots=True)
class Token:
    """What a token said whose signature was found good."""

    device_id: str
    boot_id: str
    issued_at: int


@dataclass(slots=True)
class Known:
    """Bounded: full, it begins anew."""

    _turn: object = field(default_factory=object)
    _confirmed_at: float = 0.0
    _devices: dict[str, tuple[Device, float, object]] = field(default_factory=dict, repr=False)
    _tokens: dict[str, Token] = field(default_factory=dict, repr=False)

    @property
    def turn(self) -> object:
        return self._turn

    def device(self, device_id: str, now: float) -> Device | None:
        """As it is, or was within `KNOWN_S`."""
        device, read_at, turn = self._devices.get(device_id, (None, 0.0, None))
        if device is None or turn is not self._turn:
            return None
        return device if 0 <= now - max(read_at, self._confirmed_at) < KNOWN_S else None

    def token(self, text: str) -> Token | None:
        return self._tokens.get(text)

    def keep(self, device: Device, read_at: float, turn: object) -> None:
        if len(self._devices) >= DEVICES:
            self._devices.clear()
        self._devices[device.device_id] = (device, read_at, turn)

    def keep_token(self, text: str, said: Token) -> None:
        if len(self._tokens) >= TOKENS:
            self._tokens.clear()
        self._tokens[text] = said

    def confirm(self, at: float) -> None:
        """No device changed until then, since it was last said or forgotten."""
        self._confirmed_at = at

    def forget(self) -> None:
        self._turn = object()
        self._devices.clear()
