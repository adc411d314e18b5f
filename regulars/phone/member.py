"""What the app knows and decides: its secret, its mode, and whether to believe the store. No radio and no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from wire import rst1

# A store's clock may be this far off before its challenge is refused: a tag lives for three quarters of an hour.
CLOCK_SKEW_S: Final = 900


class Wish(StrEnum):
    """The mode wished for this visit; invisible is silence."""

    STORED = "stored"
    PHONE = "phone"
    SCREEN = "screen"
    ADVICE = "advice"
    INVISIBLE = "invisible"


_BITS: Final = {Wish.STORED: 0, Wish.PHONE: 1, Wish.SCREEN: 2, Wish.ADVICE: 3}


class Mistrust(Exception):
    """The store is not the one it says it is, or cannot prove it: the app says nothing more to it."""


@dataclass(frozen=True, slots=True)
class Member:
    """One membership in one store. `secret` is Kc, 32 bytes."""

    secret: bytes
    store: int
    epoch: int = 0
    wish: Wish = Wish.STORED

    def wishing(self, wish: Wish) -> "Member":
        """The same with another mode."""
        return replace(self, wish=wish)

    @property
    def is_silent(self) -> bool:
        """Nothing goes on air."""
        return self.wish is Wish.INVISIBLE

    def service_data(self, now: float) -> Mapping[str, bytes]:
        """What it says at that instant, as 128-bit service data."""
        return {_SERVICE: rst1.body_at(self._key(now), int(now), _BITS.get(self.wish, 0))}

    def answer(self, challenge_octets: bytes, now: float) -> tuple[bytes, bytes]:
        """RESP to CHAL, and the ACK that only the true store can give. Raises Mistrust."""
        challenge = rst1.parse_challenge(challenge_octets)
        if challenge is None:
            raise Mistrust("what answers as the store does not speak RST1")
        if challenge.store != self.store:
            raise Mistrust(f"this is store {challenge.store}, not {self.store}: correct --store, or be careful")
        if abs(challenge.unix_s - now) > CLOCK_SKEW_S:
            raise Mistrust("the store's clock and this one differ by more than 15 minutes: correct the wrong one")
        key = self._key(now)
        tag = rst1.tag_at(key, int(now))
        return rst1.pack_response(key, challenge, _BITS.get(self.wish, 0), tag), rst1.ack_mac(key, challenge.nonce, tag)

    def _key(self, now: float) -> bytes:
        return rst1.day_key(self.secret, self.store, int(now) // rst1.DAY_S, self.epoch)


def turns_at(now: float) -> float:
    """When the tag on air is out of date: the next quarter of an hour."""
    return (int(now) // rst1.QUARTER_S + 1) * float(rst1.QUARTER_S)


_SERVICE: Final = str(UUID(bytes=rst1.SERVICE_UUID128))
