"""Stores that cost next to nothing: the real protocol with signed tokens and receipts, on one event loop."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wire.page import Page, Put, unpack_page
from wire.sync import Revocation, device_token

TOKEN_S: Final = 120.0
_ANSWER_S: Final = 60.0


class Line:
    """One connection to head office that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._is_old = False

    async def ask(self, method: str, path: str, token: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """(status, headers in lower case, body)."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._is_old = False
        head = f"{method} {path} HTTP/1.1\r\nHost: hq\r\nAuthorization: Bearer {token}\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await _answer(self._reader)
        except asyncio.IncompleteReadError as torn:
            if torn.partial or not self._is_old:
                raise
            self.close()  # it lay idle for too long: once more on a new one
            self._reader = self._writer = None
            return await self.ask(method, path, token, body)
        finally:
            self._is_old = True

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@dataclass
class Store:
    """`applied` is called for each withdrawal once head office has its receipt."""

    device_id: str
    key: Ed25519PrivateKey
    port: int
    applied: Callable[[Revocation, float], None] = lambda _revocation, _at: None
    cursor: str = ""
    revoked: int = 0
    polls: int = 0
    woken_at: float = 0.0  # when the last answer was there
    members: dict[str, int] = field(default_factory=dict)
    _token: tuple[str, float] = ("", 0.0)

    def __post_init__(self) -> None:
        self._feed, self._reports = Line(self.port), Line(self.port)

    @property
    def token(self) -> str:
        now = time.time()
        if now - self._token[1] > TOKEN_S:
            self._token = (device_token(self.device_id, self.key, now, "b1"), now)
        return self._token[0]

    async def poll(self, wait_s: float) -> bool:
        """Whether there was something; receipts have been given then."""
        page = await self.hear(wait_s)
        if page is not None:
            await self.apply(page)
        return page is not None

    async def hear(self, wait_s: float) -> Page | None:
        """What the feed answered, not applied yet; None: nothing new."""
        query = f"/v1/feed?r={self.revoked}&wait={wait_s}&limit=2000" + (f"&c={self.cursor}" if self.cursor else "")
        status, headers, body = await self._feed.ask("GET", query, self.token)
        self.polls, self.woken_at = self.polls + 1, time.perf_counter()
        if status == 204:
            self.cursor, self.revoked = headers["x-regulars-cursor"], int(headers["x-regulars-revoke"])
            return None
        if status != 200:
            raise RuntimeError(f"the feed answered {status}: {body[:200]!r}")
        return unpack_page(body)

    async def live(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.poll(25)

    async def catch_up(self) -> None:
        while await self.poll(0):
            pass

    def close(self) -> None:
        self._feed.close()
        self._reports.close()

    async def apply(self, page: Page) -> None:
        self.cursor, self.revoked = page.header.cursor, page.header.revoke_cursor
        for record in page.records:
            if record.kind == "profile" and isinstance(record, Put):
                self.members[record.key] = record.rev
            else:
                self.members.pop(record.key, None)
        for revocation in page.header.revocations:
            self.members.pop(revocation.member_ref, None)
            await self._prove(revocation)
            self.applied(revocation, time.perf_counter())

    async def _prove(self, revocation: Revocation) -> None:
        signed = self.key.sign(f"{self.device_id}:{revocation.seq}:{revocation.member_ref}".encode()).hex()
        said: dict[str, Any] = {"seq": revocation.seq, "member_ref": revocation.member_ref, "applied_at": time.time()}
        body = json.dumps({**said, "signature": signed}).encode()
        status, _, answer = await self._reports.ask("POST", "/v1/receipts", self.token, body)
        if status != 204:
            raise RuntimeError(f"a receipt was answered {status}: {answer[:200]!r}")


async def in_turns(work: list[Callable[[], Awaitable[object]]], at_once: int) -> None:
    """All of it, `at_once` at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(each: Callable[[], Awaitable[object]]) -> None:
        async with gate:
            await each()

    await asyncio.gather(*(one(each) for each in work))


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    return int(lines[0].split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))
