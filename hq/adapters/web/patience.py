"""How long a connection may take to say what it wants.

uvicorn waits for a request's head for ever: who opens connections and says nothing, or a letter a minute, takes one
file of the process each until there are none left for stores. Bodies have a limit of their own, `BODY_TIMEOUT_S`.
"""

from asyncio import TimerHandle, Transport
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

# A phone at the edge of a Wi-Fi takes two or three; more only helps those who mean no request.
HEAD_S: Final = 10.0


class PatientProtocol(H11Protocol):
    """Its timer runs from the connection to the end of the first head, and from the first letter of each later one."""

    head_s = HEAD_S
    _head_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self.head_s, self._too_slow)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        is_answering = cycle is not None and not cycle.response_complete
        if is_answering or self.timeout_keep_alive_task is not None or self.transport.is_closing():
            self._stop()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_s, self._too_slow)

    def _stop(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        self.transport.close()
