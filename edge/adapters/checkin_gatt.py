"""The store as a peripheral: runs the challenge over whatever radio serves the GATT characteristics.

`edge.core.challenge` decides; here live the nonce, the clock and the retry. Runs on the radio loop.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import structlog

from edge.core.challenge import Challenges
from edge.core.identity import TokenTable
from edge.core.inputs import Answered
from wire import rst1

_START_WITHIN_S: Final = 10.0
_STOP_WITHIN_S: Final = 0.5
_FIRST_PAUSE_S: Final = 1.0
# A radio that was plugged in again serves within ten seconds.
_LONGEST_PAUSE_S: Final = 3.0

_log = structlog.get_logger(__name__)


class Peripheral(Protocol):
    """A radio that serves CHAL, RESP and ACK (wire.gatt) to phones that connect.

    Connections have opaque names, never used again. A callback that raises is an ATT error to the phone.
    """

    async def start(
        self,
        on_read_challenge: Callable[[str], bytes],
        on_write_response: Callable[[str, bytes], None],
        on_read_ack: Callable[[str], bytes],
        on_disconnect: Callable[[str], None],
    ) -> None: ...

    async def stop(self) -> None: ...

    async def wait_lost(self) -> None:
        """Until the radio is gone and has to be started anew."""


class Refused(Exception):
    """The phone may not have this; it connects anew or goes on without an answer."""


class CheckIn:
    """The challenge of one store. `table` gives the table in force, `tell` puts an input on the state queue."""

    def __init__(
        self,
        peripheral: Peripheral,
        challenges: Challenges,
        table: Callable[[], TokenTable],
        tell: Callable[[Answered], object],
        *,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._peripheral = peripheral
        self._challenges = challenges
        self._table = table
        self._tell = tell
        self._clock = clock
        self._nonce = nonce
        self.is_up = False
        self.answered = 0
        self.refused = 0

    @property
    def late(self) -> int:
        """Of those refused, how many answers took longer than the store allows."""
        return self._challenges.late

    @property
    def longest_s(self) -> float:
        """What the slowest right answer took."""
        return self._challenges.longest_s

    async def run(self) -> None:
        """Until cancelled: serve, and start anew when the radio is not there yet or goes away."""
        pause_s, told = _FIRST_PAUSE_S, ""
        while True:
            try:
                async with asyncio.timeout(_START_WITHIN_S):
                    await self._peripheral.start(self.challenge, self.respond, self.acknowledge, self.forget)
                self.is_up = True
                pause_s, told = _FIRST_PAUSE_S, ""
                await self._peripheral.wait_lost()
                _log.info("check_in_lost")
            # The top of this task: each radio fails in its own way, and scanning must go on beside it.
            except Exception as error:  # noqa: BLE001
                # A shop without an adapter would otherwise fill its log with one line for ever.
                if told != (told := type(error).__name__):
                    _log.info("check_in_away", reason=told)
            finally:
                self.is_up = False
                await self._leave()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def challenge(self, connection: str) -> bytes:
        """CHAL is read."""
        return self._given(self._challenges.issue(connection, self._clock(), self._nonce(rst1.NONCE_LENGTH)))

    def respond(self, connection: str, octets: bytes) -> None:
        """RESP is written. The phone learns from ACK whether it was right."""
        answered = self._challenges.respond(connection, octets, self._clock(), self._table())
        if answered is None:
            self.refused += 1
            return
        self.answered += 1
        self._tell(answered)

    def acknowledge(self, connection: str) -> bytes:
        """ACK is read."""
        return self._given(self._challenges.ack(connection))

    def forget(self, connection: str) -> None:
        """The connection ended."""
        self._challenges.forget(connection)

    async def _leave(self) -> None:
        with suppress(Exception):
            async with asyncio.timeout(_STOP_WITHIN_S):
                await self._peripheral.stop()

    def _given(self, octets: bytes | None) -> bytes:
        if octets is None:
            self.refused += 1
            raise Refused
        return octets
