"""The messages between head office and its stores; pages of the feed and the snapshot are `wire.page`."""

import base64
import json
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from wire.views import Mode

TOKEN_LIFETIME_S: Final = 300
CLOCK_TOLERANCE_S: Final = 120
BOOT_ID_LENGTH: Final = 32
# Ours have some 220 characters. Nobody has proved anything when it is read: lists in lists would go deeper than Python.
TOKEN_LENGTH: Final = 1_000
# An id as a store reports it. Many stores' reports are written in one transaction: one with a NUL in it, which
# PostgreSQL does not take, took the others along.
ReportedId = Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EnrolRequest(_Message):
    code: str
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # Ed25519, made on the Pi


class EnrolReply(_Message):
    device_id: str
    store_id: str
    store_number: int
    store_name: str
    merchant_id: str
    hub_keys: dict[str, str]  # key id -> Ed25519 public key, hex: verifies consent receipts


class BootRequest(_Message):
    """`clock` is the store's own, before it learned ours. `cache_key`: the store keeps none itself and asks for it.

    `dictionaries` are those that it need not be sent.
    """

    clock: float | None = None
    cache_key: bool = False
    dictionaries: tuple[int, ...] = ()


class BootReply(_Message):
    """`dictionaries` are those that the store did not name: id -> zstd dictionary, base64."""

    epoch: str
    now: float
    lease_s: int
    hub_keys: dict[str, str]
    cache_key: str = ""  # 32 octets in hex, always the same for one device, and for it alone
    dictionaries: dict[int, str] = {}


class Bucket(_Message):
    """Rows of one kind after the bucket before it and up to `upto` (empty: to the end), as head office has them."""

    kind: Literal["profile", "product", "stock"]
    upto: str = ""
    count: Annotated[int, Field(ge=0)]
    digest: Annotated[int, Field(ge=0, lt=2**64)]


class DigestReply(_Message):
    """What a store at `cursor` holds, by ranges of sorted keys; commands, which live for minutes, are left out."""

    epoch: str
    now: float
    cursor: str
    buckets: tuple[Bucket, ...]


class DayKeys(_Message):
    """Day (unix // 86400) -> member_ref -> SK in hex, for this store only.

    `upto`: the last member of this answer when more come behind it; empty when these are all.
    """

    store_number: int
    upto: str = ""
    days: dict[int, dict[str, str]]


class Revocation(_Message):
    """Applied before anything else and by every store; `erase` also removes the member's history."""

    seq: int
    member_ref: str
    kind: Literal["withdraw", "erase"]
    at: float


RecordKind = Literal["profile", "product", "stock", "command"]
# Characters: a key may have 200 (`wire.product.FeedKey`), an article from before there was that limit more.
CURSOR_LENGTH: Final = 1_000
# Each answer of the feed says here to which question: taken for the answer to another one, it would pass over news.
ASKED_HEADER: Final = "X-Regulars-Asked"


def asked_from(cursor: str, revoke_cursor: int) -> str:
    """Where a store stood when it asked, as a header's value; an empty cursor is the very beginning."""
    return urlencode({"c": cursor, "r": revoke_cursor})


class PhoneCommand(_Message):
    """What a shopper asked for on the phone page; rides the feed as a record of kind `command`."""

    command_id: str
    member_ref: str
    kind: Literal["mode", "help", "hide", "checkin", "forget"]
    mode: Mode | None = None  # for `mode`
    fact: str = ""  # for `hide`: a `wire.views.Fact`
    at: float
    expires_at: float


class PhoneViewPost(_Message):
    """A visit's PhoneView on its way to the shopper's page; `view` None ends it."""

    visit_id: ReportedId
    member_ref: ReportedId
    ttl_s: int
    view: dict[str, JsonValue] | None


class PhoneCodePost(_Message):
    """A single-use code that staff showed the shopper; only its SHA-256 travels."""

    code_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    member_ref: ReportedId
    visit_id: ReportedId
    expires_at: float


class PullPost(_Message):
    """A loyalty card was shown whose member this store does not hold; the profile then comes through the feed."""

    loyalty_number: Annotated[str, Field(min_length=1, max_length=40)]


class PullReply(_Message):
    member_ref: str
    until: float  # when the store lets go again


class ReceiptPost(_Message):
    """Signed proof that this store applied a revocation: Ed25519 over `<device_id>:<seq>:<member_ref>`.

    Number 0: head office was restored, and this store remembers from before a withdrawal of `kind` made at
    `withdrawn_at`. If it was lost with the restore, it is made again.
    """

    seq: int
    member_ref: ReportedId
    applied_at: float
    signature: str
    withdrawn_at: float = 0.0
    kind: Literal["withdraw", "erase"] = "withdraw"


def device_token(device_id: str, key: Ed25519PrivateKey, now_s: float, boot_id: str = "") -> str:
    """`<claims>.<signature>`, base64url: good for five minutes at any worker behind any balancer.

    `boot_id` is new with every start of the process: by it head office finds two machines with one key.
    """
    said = {"device": device_id, "iat": int(now_s), **({"boot": boot_id} if boot_id else {})}
    claims = json.dumps(said, separators=(",", ":")).encode()
    return f"{_b64(claims)}.{_b64(key.sign(claims))}"


def token_device(token: str) -> str | None:
    """Whose token this claims to be, unverified: only to find the key that `token_valid` needs."""
    device_id = (_claims(token) or {}).get("device")
    return device_id if isinstance(device_id, str) and device_id.isascii() and device_id.isprintable() else None


def token_boot(token: str) -> tuple[str, int]:
    """(boot_id, when it was signed) of a token that is valid; the id is empty when it names none."""
    claims = _claims(token) or {}
    boot_id, issued_at = claims.get("boot", ""), claims.get("iat")
    is_id = isinstance(boot_id, str) and len(boot_id) <= BOOT_ID_LENGTH and boot_id.isalnum() and boot_id.isascii()
    return (str(boot_id) if is_id else ""), (issued_at if isinstance(issued_at, int) else 0)


def token_valid(token: str, key: Ed25519PublicKey, now_s: float) -> bool:
    """Whether `key` signed the token and it is of these five minutes."""
    claims = _claims(token)
    if claims is None:
        return False
    try:
        key.verify(_unb64(token.partition(".")[2]), _unb64(token.partition(".")[0]))
    except (InvalidSignature, ValueError):
        return False
    issued_at = claims.get("iat")
    return isinstance(issued_at, int) and is_timely(issued_at, now_s)


def is_timely(issued_at: int, now_s: float) -> bool:
    """Whether a token that was signed at `issued_at` is of these five minutes."""
    return -CLOCK_TOLERANCE_S <= now_s - issued_at <= TOKEN_LIFETIME_S


def _claims(token: str) -> dict[str, object] | None:
    if len(token) > TOKEN_LENGTH:
        return None
    try:
        claims = json.loads(_unb64(token.partition(".")[0]))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def _b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
