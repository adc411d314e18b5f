"""A visit of the laptop phone: it speaks, turns its tag over and answers the store whenever its mode is new.

A store that cannot prove itself is not spoken to again.
"""

import asyncio
import hmac
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, Protocol

from regulars.phone.errors import Distrusted, NoStore, NotKnown
from regulars.phone.member import Member, Mistrust, Wish, turns_at

# After a failure wait 2, 4, 8, 16 s; a store that cannot answer five times is left alone until the mode changes.
_FIRST_PAUSE_S: Final = 2.0
_MOST_TRIES: Final = 5
_TRIES_AT_ONCE: Final = 3
# A store takes no answer that comes late (docs/app-kit/RST1.md, section 6); the second one has its keys at hand.
_CHALLENGES_A_CALL: Final = 3

Tell = Callable[[dict[str, object]], None]


class Call(Protocol):
    """A connection to the store."""

    async def challenge(self) -> bytes:
        """CHAL."""

    async def respond(self, octets: bytes) -> None:
        """RESP."""

    async def acknowledgement(self) -> bytes:
        """ACK; empty when the store refuses to give one."""


class Radio(Protocol):
    """What a phone's Bluetooth does."""

    async def say(self, service_data: Mapping[str, bytes]) -> None:
        """Put this on air instead of what was there; nothing at all when it is empty."""

    def call(self) -> AbstractAsyncContextManager[Call]:
        """A connection to the store in reach; raises NoStore."""


class Visit:
    """`wishes` brings new modes while the visit lasts; `tell` gets one dictionary per event."""

    def __init__(self, radio: Radio, member: Member, wishes: "asyncio.Queue[Wish]", tell: Tell) -> None:
        self._radio = radio
        self._member = member
        self._wishes = wishes
        self._tell = tell

    async def answer_once(self) -> None:
        """Speak, answer one challenge, fall silent. Raises PhoneError, NoStore after three tries."""
        await self._speak()
        try:
            error = await self._answer_patiently(_TRIES_AT_ONCE)
            if error is not None:
                raise error
        finally:
            await self._radio.say({})

    async def run(self) -> None:
        """Until cancelled. Raises Distrusted, NoAdapter; NoStore only is told."""
        try:
            while True:
                await self._speak()
                if not self._member.is_silent:
                    await self._answer_patiently(_MOST_TRIES)
                await self._until_new_wish()
        finally:
            await self._radio.say({})

    async def _speak(self) -> None:
        now = time.time()
        await self._radio.say({} if self._member.is_silent else self._member.service_data(now))
        self._tell({"event": "silent" if self._member.is_silent else "speaking", "mode": self._member.wish.value})

    async def _until_new_wish(self) -> None:
        """Meanwhile the tag turns over four times an hour."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(turns_at(time.time()) - time.time()):
                    wish = await self._wishes.get()
                    self._member = self._member.wishing(wish)
                    return
            await self._speak()

    async def _answer_patiently(self, tries: int) -> NoStore | None:
        """None when the store was answered; else what was wrong the last time."""
        pause_s = _FIRST_PAUSE_S
        for attempt in range(1, tries + 1):
            try:
                await self._answer()
            except NoStore as error:
                self._tell({"event": "unanswered", "why": str(error), "attempt": attempt})
                # A store that said no says it again; a connection that broke off may hold the next time.
                if isinstance(error, NotKnown) or attempt == tries:
                    return error
            else:
                return None
            await asyncio.sleep(pause_s)
            pause_s *= 2
        return None

    async def _answer(self) -> None:
        began = time.monotonic()
        try:
            async with self._radio.call() as call:
                proof, expected = await self._exchange(call)
        except Mistrust as mistrust:
            raise Distrusted(f"{mistrust}.") from None
        if not proof:
            raise NotKnown("the store does not know this member: is --epoch right, and the consent valid?")
        if not hmac.compare_digest(proof, expected):
            raise Distrusted("the store could not prove itself, so the phone is silent: it may be an imitation.")
        self._tell({"event": "answered", "mode": self._member.wish.value, "took_s": round(time.monotonic() - began, 2)})

    async def _exchange(self, call: Call) -> tuple[bytes, bytes]:
        """What the store gave as proof, empty when it gave none, and what it has to be."""
        proof = expected = b""
        for _ in range(_CHALLENGES_A_CALL):
            response, expected = self._member.answer(await call.challenge(), time.time())
            await call.respond(response)
            proof = await call.acknowledgement()
            if proof:
                break
        return proof, expected
