"""The pairing store that tests use where a file would add nothing; held to the same suite as the real one."""

import threading
from dataclasses import dataclass, field

from edge.core.pairing import DeviceKind, Paired


@dataclass
class FakePairingStore:
    codes: dict[str, tuple[Paired, float]] = field(default_factory=dict)
    tokens: dict[str, Paired] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def create_code(self, kind: DeviceKind, device_id: str, code_hash: str, expires_at: float) -> None:
        device = Paired(kind, device_id)
        with self.lock:
            self.codes = {hash_: entry for hash_, entry in self.codes.items() if entry[0] != device}
            self.codes[code_hash] = (device, expires_at)

    def redeem(self, code_hash: str, token_hash: str, now: float) -> Paired | None:
        with self.lock:
            device, expires_at = self.codes.pop(code_hash, (None, 0.0))
            if device is None or now >= expires_at:
                return None
            self._forget(device)
            self.tokens[token_hash] = device
            return device

    def burn_codes(self) -> None:
        with self.lock:
            self.codes = {}

    def device_by_token_hash(self, token_hash: str) -> Paired | None:
        return self.tokens.get(token_hash)

    def revoke(self, kind: DeviceKind, device_id: str) -> None:
        device = Paired(kind, device_id)
        with self.lock:
            self._forget(device)
            self.codes = {hash_: entry for hash_, entry in self.codes.items() if entry[0] != device}

    def _forget(self, device: Paired) -> None:
        self.tokens = {hash_: one for hash_, one in self.tokens.items() if one != device}
