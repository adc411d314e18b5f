"""Head office's store API over HTTP/1.1, one method a call, each with its time limit.

Knows URLs, status codes and tokens; what an answer means for the store is decided elsewhere.
"""

import json
import secrets
import struct
from collections.abc import Collection, Generator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from edge.adapters.clock import Clock
from edge.adapters.enrolment import Enrolment
from edge.core.pull import PULL_S
from edge.errors import EnrolRefused, HqRefused, HqUnreachable
from edge.settings import HqSettings
from wire import profile
from wire.event import BatchAck, EventBatch
from wire.nearby import NearbyAsk, NearbyReply, unpack_nearby
from wire.page import PAGE_LIMIT, Page, unpack_page
from wire.picture import MASTER_LIMIT
from wire.sync import (
    ASKED_HEADER,
    BootReply,
    BootRequest,
    DayKeys,
    DigestReply,
    EnrolReply,
    EnrolRequest,
    PhoneCodePost,
    PhoneViewPost,
    PullPost,
    ReceiptPost,
    Revocation,
    asked_from,
    device_token,
)

PAGE_ROWS: Final = 2000
# Nine days of so many members are 600 kB of JSON, and 0.1 s of head office's time here.
KEY_MEMBERS: Final = 1000
# Seven of our threads call at once; none waits for another's connection.
CONNECTIONS: Final = 7
# The day keys of 100,000 members for a lease are 60 MB of JSON.
ANSWER_LIMIT: Final = 64 * 1024 * 1024
# 0.1 MB over a line of 64 kbit/s takes 13 s.
PICTURE_S: Final = 60.0
_CHUNK: Final = 64 * 1024
_PREFIX: Final = struct.Struct(">I")
_PROBLEM_LIMIT: Final = 64 * 1024
ENROL_REFUSALS: Final = frozenset({400, 401, 403, 404, 409, 410, 422})


class Unchanged(BaseModel):
    """Nothing new; the cursors may have moved all the same."""

    cursor: str
    revoke_cursor: int


class StartOver(Exception):
    """Head office does not know the cursor any more."""


class HqClient:
    """One enrolled store's side. Safe to call from several threads."""

    def __init__(self, settings: HqSettings, enrolment: Enrolment, clock: Clock) -> None:
        self._settings, self._enrolment, self._clock = settings, enrolment, clock
        self._pool = _pool(settings)
        self._boot_id = secrets.token_hex(8)

    def now(self) -> float:
        return self._clock.now()

    def boot(self, dictionaries: Collection[int] = (), *, needs_key: bool = False) -> BootReply:
        """`dictionaries` need not be sent. `needs_key`: for the key of cache.db, which head office makes for us."""
        asked_at = self._clock.anchor().mono_s
        request = BootRequest(clock=self._clock.system(), cache_key=needs_key, dictionaries=tuple(sorted(dictionaries)))
        reply = BootReply.model_validate(self._json("POST", "/v1/boot", request))
        self._confirm(reply.now, asked_at)
        return reply

    def day_keys(self, first_day: int, days: int, members: Collection[str] = (), after: str = "") -> DayKeys:
        """Of some members whom this store holds, the next behind `after`, or of these of them.

        An older head office gives those of all at once.
        """
        asked = {"members": ",".join(sorted(members))} if members else {"after": after, "limit": KEY_MEMBERS}
        query = urlencode({"from": first_day, "days": days, **asked})
        return DayKeys.model_validate(self._json("GET", f"/v1/daykeys?{query}"))

    def feed(self, cursor: str, revoke_cursor: int, wait_s: int, *, ahead: bool = False) -> Page | Unchanged:
        """Parks up to `wait_s`. Raises StartOver, HqUnreachable, ValueError for a page that is torn or not asked for.

        `ahead`: the page before is still being applied, so these cursors acknowledge nothing.
        """
        asked: dict[str, Any] = {"r": revoke_cursor, "wait": wait_s, "limit": PAGE_ROWS, "v": profile.SCHEMA}
        began = self._clock.anchor().mono_s
        query = urlencode({**asked, **({"c": cursor} if cursor else {}), **({"ahead": 1} if ahead else {})})
        timeout_s = wait_s + self._settings.timeout_s
        status, headers, body = self._call("GET", f"/v1/feed?{query}", timeout_s=timeout_s, also=frozenset({410}))
        if status == 410:  # noqa: PLR2004 - Gone, SYNC.md
            raise StartOver
        question = asked_from(cursor, revoke_cursor)
        if headers.get(ASKED_HEADER, question) != question:  # an older head office does not say
            raise ValueError("head office's answer is to another question")
        if status == 204:  # noqa: PLR2004 - No Content
            moved = headers.get("X-Regulars-Cursor", cursor)
            # HTTP takes a head that the line broke off for whole. Nothing is left of this page, so the cursor ends it.
            if not moved.endswith((".", cursor)):
                raise ValueError("head office's answer ends within its head")
            return Unchanged(
                cursor=moved,
                revoke_cursor=int(headers.get("X-Regulars-Revoke", revoke_cursor)),
            )
        page = unpack_page(body)
        self._confirm(page.header.now, began)
        return page

    def snapshot(self, after: str, revoke_cursor: int, upto: str = "") -> Generator[Page, None, None]:
        """All that this store may hold, after one place and up to another, sorted; the last page has the trailer.

        Raises as `feed` does, also between two pages. Head office sends on while a page is being applied.
        """
        query = urlencode({"after": after, "upto": upto, "r": revoke_cursor, "v": profile.SCHEMA})
        reply = self._opened("GET", f"/v1/snapshot?{query}")
        try:
            while prefix := _read(self._settings, reply, _PREFIX.size):
                yield unpack_page(_read(self._settings, reply, _page_length(prefix)))
        finally:
            reply.close()

    def nearby(self, ask: NearbyAsk) -> NearbyReply:
        """What changed in the neighbouring stores. Raises HqUnreachable, ValueError for a torn answer."""
        return unpack_nearby(self._call("POST", "/v1/nearby", ask)[2])

    def digest(self) -> DigestReply:
        return DigestReply.model_validate(self._json("GET", "/v1/digest"))

    def events(self, batch: EventBatch) -> BatchAck:
        return BatchAck.model_validate(self._json("POST", "/v1/events", batch))

    def receipt(self, revocation: Revocation, applied_at: float) -> None:
        """The signed proof that the revocation was applied."""
        seq, member = revocation.seq, revocation.member_ref
        signature = self._enrolment.key.sign(f"{self._enrolment.store.device_id}:{seq}:{member}".encode()).hex()
        self._json(
            "POST",
            "/v1/receipts",
            ReceiptPost(
                seq=seq,
                member_ref=member,
                applied_at=applied_at,
                signature=signature,
                withdrawn_at=revocation.at,
                kind=revocation.kind,
            ),
        )

    def phone_view(self, post: PhoneViewPost) -> None:
        self._json("POST", "/v1/phone-views", post)

    def phone_code(self, post: PhoneCodePost) -> None:
        self._json("POST", "/v1/phone-codes", post)

    def pull(self, loyalty_number: str) -> None:
        """The member of this card comes with the feed. Raises HqRefused, 404 for a card that is nobody's."""
        self._call("POST", "/v1/pull", PullPost(loyalty_number=loyalty_number), timeout_s=PULL_S)

    def picture(self, name: str) -> bytes:
        """Whatever head office has under this name, at most `MASTER_LIMIT` and one octet, within `PICTURE_S`.

        Raises HqUnreachable, also for a line that trickles.
        """
        until = self._clock.anchor().mono_s + PICTURE_S
        reply = self._opened("GET", f"/v1/pictures/{name}")
        octets = b""
        try:
            while len(octets) <= MASTER_LIMIT and (more := _read_some(self._settings, reply)):
                octets += more
                if self._clock.anchor().mono_s > until:
                    raise HqUnreachable(self._settings.url, "a picture takes too long")
        finally:
            reply.close()
        return octets[: MASTER_LIMIT + 1]

    def close(self) -> None:
        self._pool.clear()

    def _json(self, method: str, path: str, body: BaseModel | Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - validated by each caller
        _, _, octets = self._call(method, path, body)
        return json.loads(octets) if octets else None

    def _call(
        self,
        method: str,
        path: str,
        body: BaseModel | Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
        also: frozenset[int] = frozenset(),
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Once more after a refused token: the answer says what time it is there."""
        status, headers, octets = self._send(method, path, body, timeout_s)
        if status == 401 and self._learn_time(octets):  # noqa: PLR2004 - Unauthorized
            status, headers, octets = self._send(method, path, body, timeout_s)
        if status >= 400 and status not in also:  # noqa: PLR2004 - HTTP's errors
            raise HqRefused(self._settings.url, status, _detail(octets))
        return status, headers, octets

    def _send(
        self, method: str, path: str, body: BaseModel | Mapping[str, Any] | None, timeout_s: float | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        token = device_token(self._enrolment.store.device_id, self._enrolment.key, self.now(), self._boot_id)
        return _exchange(
            self._pool, self._settings, method, path, body, timeout_s, {"Authorization": f"Bearer {token}"}
        )

    def _opened(self, method: str, path: str) -> urllib3.BaseHTTPResponse:
        """The answer's body is not read yet."""
        reply = self._ask(method, path)
        if reply.status == 401 and self._learn_time(_read(self._settings, reply, _PROBLEM_LIMIT)):  # noqa: PLR2004 - Unauthorized
            reply.close()
            reply = self._ask(method, path)
        if reply.status < 400:  # noqa: PLR2004 - HTTP's errors
            return reply
        octets = _read(self._settings, reply, _PROBLEM_LIMIT)
        reply.close()
        if reply.status == 410:  # noqa: PLR2004 - Gone, SYNC.md
            raise StartOver
        raise HqRefused(self._settings.url, reply.status, _detail(octets))

    def _ask(self, method: str, path: str) -> urllib3.BaseHTTPResponse:
        token = device_token(self._enrolment.store.device_id, self._enrolment.key, self.now(), self._boot_id)
        return _asked(self._pool, self._settings, method, path, None, None, {"Authorization": f"Bearer {token}"})

    def _learn_time(self, octets: bytes) -> bool:
        now = _problem(octets).get("now")
        if not isinstance(now, int | float):
            return False
        self._clock.confirm(now)
        return True

    def _confirm(self, office_s: float, asked_at: float) -> None:
        self._clock.confirm(office_s, self._clock.anchor().mono_s - asked_at)


def enrol(settings: HqSettings, code: str, key: Ed25519PrivateKey) -> EnrolReply:
    """Raises EnrolRefused for a wrong or used code, HqUnreachable when nobody answers."""
    request = EnrolRequest(code=code, public_key=key.public_key().public_bytes_raw().hex())
    pool = _pool(settings)
    try:
        status, _, octets = _exchange(pool, settings, "POST", "/v1/enrol", request, None, {})
    finally:
        pool.clear()
    if status in ENROL_REFUSALS:
        raise EnrolRefused(_detail(octets).rstrip(".") or f"status {status}")
    if status >= 400:  # noqa: PLR2004 - HTTP's errors
        raise HqRefused(settings.url, status, _detail(octets))
    return EnrolReply.model_validate(json.loads(octets))


def _pool(settings: HqSettings) -> urllib3.PoolManager:
    headers = {"User-Agent": "regulars-edge"}
    if settings.proxy_token.get_secret_value():
        headers["X-Proxy-Token"] = settings.proxy_token.get_secret_value()
    return urllib3.PoolManager(maxsize=CONNECTIONS, retries=False, headers=headers)


def _exchange(  # noqa: PLR0917 - what a request is made of
    pool: urllib3.PoolManager,
    settings: HqSettings,
    method: str,
    path: str,
    body: BaseModel | Mapping[str, Any] | None,
    timeout_s: float | None,
    headers: Mapping[str, str],
) -> tuple[int, Mapping[str, str], bytes]:
    reply = _asked(pool, settings, method, path, body, timeout_s, headers)
    octets = _read(settings, reply, ANSWER_LIMIT + 1)
    if len(octets) > ANSWER_LIMIT:
        reply.close()
        raise HqUnreachable(settings.url, "its answer is too long")
    reply.release_conn()
    return reply.status, reply.headers, octets


def _asked(  # noqa: PLR0917 - the one place where a request is put together
    pool: urllib3.PoolManager,
    settings: HqSettings,
    method: str,
    path: str,
    body: BaseModel | Mapping[str, Any] | None,
    timeout_s: float | None,
    headers: Mapping[str, str],
) -> urllib3.BaseHTTPResponse:
    """The answer's body is not read yet."""
    octets = body.model_dump_json().encode() if isinstance(body, BaseModel) else None
    octets = json.dumps(body).encode() if octets is None and body is not None else octets
    every = {**pool.headers, **headers, **({"Content-Type": "application/json"} if octets is not None else {})}
    timeout = urllib3.Timeout(connect=settings.timeout_s, read=timeout_s or settings.timeout_s)
    try:
        return pool.request(
            method, settings.url + path, body=octets, headers=every, timeout=timeout, redirect=False,
            preload_content=False,
        )  # fmt: skip
    except urllib3.exceptions.HTTPError as error:
        raise HqUnreachable(settings.url, type(error).__name__) from None


def _read(settings: HqSettings, reply: urllib3.BaseHTTPResponse, length: int) -> bytes:
    """At most so many octets; fewer only at the end."""
    try:
        return reply.read(length)
    except urllib3.exceptions.HTTPError as error:
        raise HqUnreachable(settings.url, type(error).__name__) from None


def _read_some(settings: HqSettings, reply: urllib3.BaseHTTPResponse) -> bytes:
    """What has come, at least one octet; nothing at the end."""
    try:
        return reply.read1(_CHUNK)
    except urllib3.exceptions.HTTPError as error:
        raise HqUnreachable(settings.url, type(error).__name__) from None


def _page_length(prefix: bytes) -> int:
    if len(prefix) < _PREFIX.size:
        raise ValueError("the page ends inside a length")
    length: int = _PREFIX.unpack(prefix)[0]
    if length > PAGE_LIMIT:
        raise ValueError(f"the page is larger than {PAGE_LIMIT} octets")
    return length


def _detail(octets: bytes) -> str:
    return str(_problem(octets).get("detail", ""))


def _problem(octets: bytes) -> dict[str, Any]:
    try:
        found = json.loads(octets)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
