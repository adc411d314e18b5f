"""The tables of SYNC.md, for SQLite and PostgreSQL alike. Instants are unix seconds UTC, bodies zstd-compressed JSON,
`sum8` is `wire.page.sum8` of them.

`merchant_id` stands in every table that a merchant owns. What names a row in the feed's order is plain text, so that
both databases sort it; the migrations under `hq/adapters/migrations` are what makes these tables.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, text

METADATA: Final = MetaData()

# k is feed (what stores read), revoke (withdrawals), phone (what phones read) or device (who may speak for a store).
# One row each, raised last.
COUNTER: Final = Table(
    "counter", METADATA, Column("k", Text, primary_key=True), Column("seq", BigInteger, nullable=False)
)
META: Final = Table("meta", METADATA, Column("k", Text, primary_key=True), Column("v", Text, nullable=False))
# everywhere: members without a home store are in the scope of every store; otherwise of none.
MERCHANT: Final = Table(
    "merchant",
    METADATA,
    Column("merchant_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("everywhere", Boolean, nullable=False, server_default=text("true")),
)
STORE: Final = Table(
    "store",
    METADATA,
    Column("store_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)
DEVICE: Final = Table(
    "device",
    METADATA,
    Column("device_id", Text, primary_key=True),
    Column("store_id", Text, nullable=False, index=True),
    Column("public_key", Text, nullable=False, unique=True),
    Column("enrolled_at", Double, nullable=False),
    Column("revoked_at", Double),
    Column("seen_at", Double, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("revoke_seq", BigInteger, nullable=False),
    # The process that speaks for the device now, and those before it: an earlier one that speaks again is a second one.
    Column("boot_id", Text, nullable=False, server_default=""),
    Column("boot_at", Double, nullable=False, server_default=text("0")),
    Column("past_boots", Text, nullable=False, server_default=""),
    Column("conflict_at", Double),
    Column("conflict", Text, nullable=False, server_default=""),
    Column("schema_version", Integer),
    Column("clock_offset_s", Double),
)
ENROL_CODE: Final = Table(
    "enrol_code",
    METADATA,
    Column("code_hash", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("expires_at", Double, nullable=False),
)
# recognise_until 0: no store may hold this profile. It repeats what the signed receipt in the body says, for queries.
PROFILE: Final = Table(
    "profile",
    METADATA,
    Column("member_ref", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("rev", BigInteger, nullable=False),
    Column("loyalty_number", Text),
    Column("home_store", Text, nullable=False, server_default=""),
    Column("recognise_until", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sum8", BigInteger, nullable=False, server_default=text("0")),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index("profile_loyalty", "merchant_id", "loyalty_number", unique=True),
    Index("profile_recognise", "merchant_id", "recognise_until"),
    Index("profile_home", "merchant_id", "home_store", "member_ref"),
)
MEMBER_SECRET: Final = Table(
    "member_secret",
    METADATA,
    Column("member_ref", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
RECEIPT: Final = Table(
    "receipt",
    METADATA,
    Column("receipt_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("member_ref", Text, nullable=False, index=True),
    Column("given_at", Double, nullable=False),
    Column("body", Text, nullable=False),
)
# image repeats what the body says, for queries; empty: none.
PRODUCT: Final = Table(
    "product",
    METADATA,
    Column("merchant_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("rev", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sum8", BigInteger, nullable=False, server_default=text("0")),
    Column("image", Text, nullable=False, server_default=""),
    Index("product_image", "merchant_id", "image"),
)
# name: `wire.picture.picture_name` of octets, head office's copy; small: for phones.
PICTURE: Final = Table(
    "picture",
    METADATA,
    Column("merchant_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("added_at", Double, nullable=False),
    Column("small", LargeBinary, nullable=False),
    Column("octets", LargeBinary, nullable=False),
)
STOCK: Final = Table(
    "stock",
    METADATA,
    Column("store_id", Text, primary_key=True),
    Column("variant_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("rev", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sum8", BigInteger, nullable=False, server_default=text("0")),
)
SCOPE: Final = Table(
    "scope",
    METADATA,
    Column("store_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("rev", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False),
    Index("scope_feed", "store_id", "seq", "kind", "key"),
    Index("scope_seq", "seq"),
    Index("scope_member", "key", sqlite_where=text("kind = 'profile'"), postgresql_where=text("kind = 'profile'")),
)
# Which stores hold those who are at home in store_id, besides it.
NEIGHBOUR: Final = Table(
    "neighbour",
    METADATA,
    Column("store_id", Text, primary_key=True),
    Column("near_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
)
SCOPE_REASON: Final = Table(
    "scope_reason",
    METADATA,
    Column("member_ref", Text, primary_key=True),
    Column("store_id", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("until", Double, nullable=False, index=True),
)
# What number the feed had when: so tombstones can be as old as they must be without each of them carrying a date.
TIDE: Final = Table(
    "tide",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
)
REVOCATION: Final = Table(
    "revocation",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("merchant_id", Text, nullable=False),
    Column("member_ref", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index("revocation_merchant", "merchant_id", "seq"),
    Index("revocation_member", "member_ref", "seq"),
)
APPLIED: Final = Table(
    "applied_receipt",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("device_id", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("member_ref", Text, nullable=False),
    Column("applied_at", Double, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("signature", Text, nullable=False),
)
STREAM: Final = Table(
    "stream",
    METADATA,
    Column("device_id", Text, primary_key=True),
    Column("incarnation", Text, primary_key=True),
    Column("high", BigInteger, nullable=False),
)
EVENT: Final = Table(
    "event",
    METADATA,
    Column("device_id", Text, primary_key=True),
    Column("incarnation", Text, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("merchant_id", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", Double, nullable=False, index=True),
    # When it was written down, in seconds since this boot of the store's machine began: right where `at` was corrected.
    Column("boot_id", Text, nullable=False, server_default=""),
    Column("mono_s", Double, nullable=False, server_default=text("0")),
    Column("visit_id", Text, nullable=False),
    Column("member_ref", Text, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Index("event_type_at", "type", "at"),
)
COMMAND: Final = Table(
    "command",
    METADATA,
    Column("command_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("member_ref", Text, nullable=False, index=True),
    Column("expires_at", Double, nullable=False),
    Column("body", Text, nullable=False),
)
PHONE_VIEW: Final = Table(
    "phone_view",
    METADATA,
    Column("visit_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("member_ref", Text, nullable=False, index=True),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("expires_at", Double, nullable=False),
    Column("body", LargeBinary),  # NULL: the visit ended
)
PHONE_CODE: Final = Table(
    "phone_code",
    METADATA,
    Column("code_hash", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("member_ref", Text, nullable=False, index=True),
    Column("visit_id", Text, nullable=False),
    Column("expires_at", Double, nullable=False),
)
SESSION: Final = Table(
    "session",
    METADATA,
    Column("token_hash", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("member_ref", Text, nullable=False, index=True),
    Column("expires_at", Double, nullable=False),
)
# Numbered by the database itself, not by a counter: a note must not make one writer wait for another.
AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("merchant_id", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("member_ref", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Index("audit_member", "member_ref", "n"),
    Index("audit_at", "at"),
    sqlite_autoincrement=True,
)
ACCOUNT: Final = Table(
    "account",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),
    Index("account_name", "merchant_id", "name", unique=True),
)
ACCOUNT_INVITE: Final = Table(
    "account_invite",
    METADATA,
    Column("token_hash", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("expires_at", Double, nullable=False),
)
ACCOUNT_SESSION: Final = Table(
    "account_session",
    METADATA,
    Column("token_hash", Text, primary_key=True),
    Column("session_id", Text, nullable=False, unique=True),
    Column("account_id", Text, nullable=False, index=True),
    Column("csrf", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)
API_KEY: Final = Table(
    "api_key",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
)
# One write with an Idempotency-Key; reply NULL: it is being done. What was answered is sealed, it may hold a secret.
ONCE: Final = Table(
    "once",
    METADATA,
    Column("claim", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("claimed_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("member_ref", Text, nullable=False, index=True),
    Column("reply", LargeBinary),
)
COUNTERS: Final = ("device", "feed", "phone", "revoke")
