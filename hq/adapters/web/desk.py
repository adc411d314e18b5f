"""What every route needs: the office off the loop, the clock, who is asking, and a bounded body.

Database work runs in a small pool of threads, never on the loop: a parked poll is an event, not a thread, and a page
takes one of the threads for the milliseconds that it is read.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict
from quart import Request, Response, g, request
from werkzeug.exceptions import UnsupportedMediaType

from hq.adapters.passwords import AT_ONCE
from hq.adapters.web.ignored import ignored
from hq.adapters.web.together import Pages, Receipts
from hq.adapters.web.wake import Changes, News, Wakes, news_after
from hq.core.codes import Rate
from hq.core.registry import Seen
from hq.errors import BadInput, NotSignedIn, Refused, Revoked, TooFast
from hq.settings import LimitSettings

if TYPE_CHECKING:
    from hq.core.registry import Device
    from hq.service import HeadOffice

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Model = TypeVar("Model", bound=BaseModel)

JSON_TYPE: Final = "application/json"
SHOPPER_LIMIT: Final = 64 * 1024
# 500 events, or a catalogue of some 10,000 products; more goes through `regulars hq import`.
MACHINE_LIMIT: Final = 8 * 1024 * 1024
BODY_TIMEOUT_S: Final = 15
# Two and a half seconds of passwords on a Pi; whoever comes later is better told than kept.
WAITING: Final = 50
_MACHINE_PATHS: Final = (
    "/v1/profiles/", "/v1/products", "/v1/stock", "/v1/pictures", "/v1/events", "/v1/phone-views",
)  # fmt: skip


class BoundedRequest(Request):
    """Refuses a body by its length before it is read, smaller for what anybody may send."""

    def __init__(self, *args: object, **options: object) -> None:
        path = str(args[2])
        options["max_content_length"] = MACHINE_LIMIT if path.startswith(_MACHINE_PATHS) else SHOPPER_LIMIT
        super().__init__(*args, **options)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Rates:
    """Each counts one kind of caller by name or address, in memory that is bounded."""

    anybody: Rate
    refused: Rate
    callers: Rate
    devices: Rate

    @classmethod
    def of(cls, limits: LimitSettings) -> "Rates":
        """A minute's worth may come at once: pages and programs ask in bursts."""
        numbers = (
            limits.anybody_per_minute,
            limits.refused_per_minute,
            limits.callers_per_minute,
            limits.devices_per_minute,
        )
        return cls(*(Rate(burst=number, per_minute=number) for number in numbers))


@dataclass(slots=True)
class Desk:
    office: "HeadOffice"
    admin_token: str
    pool: ThreadPoolExecutor
    frame_ancestors: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    clock: Callable[[], float] = time.time
    # Alone with the counters: behind a thousand sign-ins it would come too late to spare them.
    watcher: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="counters"))
    wakes: Wakes = field(init=False)
    rates: "Rates" = field(default_factory=lambda: Rates.of(LimitSettings()))
    snapshots: int = 0  # under way
    pictures: int = 0  # being read
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))  # of those who sign in
    waiting: int = 0
    revoked: frozenset[str] = frozenset()  # devices that were taken away
    seen: dict[str, Seen] = field(default_factory=dict)
    pages: Pages = field(init=False)
    receipts: Receipts = field(init=False)

    def __post_init__(self) -> None:
        self.wakes = Wakes(self._changes_after, self.clock)
        self.pages, self.receipts = Pages(self), Receipts(self)

    async def run(
        self, work: Callable[Arguments, Result], *args: Arguments.args, **options: Arguments.kwargs
    ) -> Result:
        """`work` in one of the database threads."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, partial(work, *args, **options))

    @property
    def is_secure(self) -> bool:
        """Whether cookies may insist on TLS: a shop's own machine on plain HTTP could not sign anybody in."""
        return self.office.office.public_url.startswith("https://")

    async def in_turn(
        self, work: Callable[Arguments, Result], *args: Arguments.args, **options: Arguments.kwargs
    ) -> Result:
        """`run` for what weighs a password. Raises TooFast.

        It waits here for its turn, not in a database thread: a burst of guesses would take all of them, and every
        store would wait until the last guess was weighed.
        """
        if self.waiting >= WAITING:
            raise TooFast("Too many people sign in at once.", "Try again in a moment.", retry_after_s=5)
        self.waiting += 1
        try:
            async with self.turns:
                return await self.run(work, *args, **options)
        finally:
            self.waiting -= 1

    async def device(self) -> "Device":
        """Which store's machine is asking. Raises NotSignedIn and TooFast."""
        asked: Device | None = g.get("device")
        if asked is not None:
            return asked
        found = self.office.stores.known(bearer(), self.clock())
        if found is None:
            found = await self.proven(self.run(self.office.stores.signed_in, bearer(), self.clock()))
        self.count(self.rates.devices, found.device_id)
        g.device = found
        return found

    def still(self, device: "Device") -> None:
        """For who has waited. Raises NotSignedIn when the device was taken away meanwhile."""
        if device.device_id in self.revoked:
            raise Revoked

    async def proven(self, looked_up: Coroutine[Any, Any, Result]) -> Result:
        """What a lookup of a token found. One that finds nothing counts against the address it came from."""
        try:
            return await looked_up
        except NotSignedIn:
            self.count(self.rates.refused, client())
            raise

    def count(self, rate: Rate, who: str) -> None:
        """Raises TooFast."""
        if not rate.allows(who, self.clock()):
            raise TooFast("Too many requests.", "Wait, and ask less often.", retry_after_s=rate.wait_s(who))

    def require_own_page(self) -> None:
        """No other site's page may write in a shopper's name: browsers do not let it send this header."""
        origin = request.headers.get("Origin")
        if request.headers.get("X-Regulars") != "1" or not (origin is None or origin in self._own_origins()):
            raise Refused("This request does not come from our own page.", "Open the page again.")

    def _own_origins(self) -> set[str]:
        # The browser wrote both headers: an origin that names the host it asked is our own page under another name.
        scheme, _, rest = self.office.office.public_url.partition("://")
        return {f"{scheme}://{rest.partition('/')[0]}", f"{request.scheme}://{request.host}", *self.origins}

    async def _changes_after(self, counters: Mapping[str, int]) -> Changes:
        """Also takes in what polls and sign-ins need not look up again."""
        office = self.office.office

        def read_news() -> tuple[News, float]:
            began = self.clock()
            read = office.store.read(partial(news_after, counters))
            if read.revoked is None:
                office.known.confirm(began)
            else:
                office.known.forget()
            return read, began

        read, began = await asyncio.get_running_loop().run_in_executor(self.watcher, read_news)
        if read.revoked is not None:
            self.revoked = read.revoked
        if read.rows is None:
            office.lately.begin(read.changes.counters, began)
        else:
            office.lately.take(read.rows, read.withdrawals, read.changes.counters, began)
        return read.changes


class Sent(BaseModel):
    """What somebody sends, as body or query: fields that are not known are left out, and counted (`body`)."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


def bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def client() -> str:
    """Whom to count wrong codes against; in memory only, in no log."""
    return request.remote_addr or "?"


async def body(model: type[Model]) -> Model:
    """The request's JSON as `model`; what `model` has no field for is left out, and counted in the answer's headers.

    Raises BadInput and ValidationError, both answered as a 400, and UnsupportedMediaType.

    orjson because it refuses what no database can keep: NaN, infinity (also as 1e999), half a surrogate pair, and
    nesting without end.
    """
    if (request.mimetype or JSON_TYPE) != JSON_TYPE and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType("The body is not application/json.")
    try:
        sent = await octets() or b"{}"
        value = orjson.loads(sent)
    except ValueError:
        raise BadInput("The request is not JSON.", "Send one JSON object.") from None
    # Strict, or "no" would be a false, true a 1 and "7" a number: a wrong type is told, not guessed at.
    read = model.model_validate_json(sent, strict=True)
    g.ignored = ignored(value, read)
    return read


async def octets() -> bytes:
    """The request's body as it came, never taken for a form."""
    sent = await request.get_data(as_text=False, parse_form_data=False)
    return sent if isinstance(sent, bytes) else sent.encode()


def model_reply(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(by_alias=True), status=status, content_type=JSON_TYPE)


def query(model: type[Model]) -> Model:
    """The address's query as `model`. Raises ValidationError."""
    return model.model_validate(request.args.to_dict())
