"""Who may do what at head office: rights, the roles that people hold, the scopes that programs' keys carry.

Least privilege: each route names the one right it needs. A role is a fixed set of them; a key carries the ones it was
given, never those by which further keys and accounts are made.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hq.core.audit import Actor, ActorKind


class Right(StrEnum):
    STORES_READ = "stores.read"  # the overview, and how far a withdrawal is
    STORES_WRITE = "stores.write"  # adding stores, enrolment codes
    CATALOGUE_WRITE = "catalogue.write"  # products and stock
    PROFILES_WRITE = "profiles.write"  # what head office knows of a member
    MEMBERS_READ = "members.read"  # finding a member; everything that is held about one
    MEMBERS_END = "members.end"  # withdrawing and erasing for a member who asks
    AUDIT_READ = "audit.read"
    ACCOUNTS_WRITE = "accounts.write"  # people, keys, their sessions


class Role(StrEnum):
    """`owner` runs head office, `office` answers members and opens stores, `support` looks and changes nothing."""

    OWNER = "owner"
    OFFICE = "office"
    SUPPORT = "support"


RIGHTS: Final = {
    Role.OWNER: frozenset(Right),
    Role.OFFICE: frozenset(
        {Right.STORES_READ, Right.STORES_WRITE, Right.CATALOGUE_WRITE, Right.MEMBERS_READ, Right.MEMBERS_END}
    ),
    Role.SUPPORT: frozenset({Right.STORES_READ}),
}
# A key that could make keys or read who did what would outlive its own withdrawal, or watch it.
KEY_SCOPES: Final = frozenset(Right) - {Right.ACCOUNTS_WRITE, Right.AUDIT_READ}

# One working day; whoever is away for longer than a lunch signs in again.
SESSION_LIFETIME_S: Final = 10 * 3600
SESSION_IDLE_S: Final = 2 * 3600
# Long enough to reach a colleague in another time zone, short enough to be of no use in an old mailbox.
INVITE_LIFETIME_S: Final = 2 * 86_400
# NIST SP 800-63B-4 asks for 15 where a password stands alone and forbids rules of composition. 12 shuts the door on
# guessing over the network, which is locked after five tries, and is what people here are used to; 128 bounds argon2.
PASSWORD_LEAST: Final = 12
PASSWORD_MOST: Final = 128
_DIFFERENT_LEAST: Final = 5  # "aaaaaaaaaaaa" and "abababababab" are the first that a machine tries
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
_KEY: Final = re.compile(r"rk_([0-9a-f]{16})_([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Account:
    """One person at head office. `password_hash` is argon2's own text; empty before the first sign-in."""

    account_id: str
    merchant_id: str
    name: str
    role: Role
    password_hash: str
    created_at: float
    disabled_at: float | None

    def __repr__(self) -> str:
        return f"Account({self.account_id})"


@dataclass(frozen=True, slots=True)
class Session:
    """`session_id` names it on the page; the token itself is nowhere but in the cookie."""

    session_id: str
    account_id: str
    csrf: str
    created_at: float
    seen_at: float
    expires_at: float

    def open_at(self, now: float) -> bool:
        return now < self.expires_at and now - self.seen_at < SESSION_IDLE_S


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key. Its secret was shown once; `secret_hash` is SHA-256 of 256 random bits."""

    key_id: str
    merchant_id: str
    name: str
    scopes: frozenset[Right]
    secret_hash: str
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    def good_at(self, now: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Invite:
    """A one-time link: makes an account of `role`, or sets a new password for `account_id`."""

    role: Role
    account_id: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and what that allows. `csrf` is what a session's writes must carry; empty: no session."""

    actor: Actor
    rights: frozenset[Right]
    session_id: str = ""
    csrf: str = ""

    def may(self, right: Right) -> bool:
        return right in self.rights


def of_account(account: Account, session: Session) -> Caller:
    actor = Actor("account", account.account_id, account.role)
    return Caller(actor, RIGHTS[account.role], session.session_id, session.csrf)


def of_key(key: ApiKey) -> Caller:
    return Caller(Actor("key", key.key_id), key.scopes & KEY_SCOPES)


def of_machine(kind: ActorKind) -> Caller:
    """Who holds STATE's own token, or runs a command there, holds every key of head office already."""
    return Caller(Actor(kind), frozenset(Right))


def read_name(typed: str) -> str | None:
    """The account's name as it is kept; None when it cannot be one."""
    name = typed.strip().lower()
    return name if _NAME.fullmatch(name) else None


def password_fault(password: str, name: str) -> str:
    """Why this password is refused, as a message key of the pages; empty when it is not."""
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        return "error.password_length"
    lowered = password.lower()
    if len(set(lowered)) < _DIFFERENT_LEAST or (name and name in lowered) or lowered.isdecimal():
        return "error.password_easy"
    return ""


def key_text(key_id: str, secret: str) -> str:
    """What a program sends as its bearer token; `rk_` lets scanners of code find one that was committed."""
    return f"rk_{key_id}_{secret}"


def read_key(token: str) -> tuple[str, str] | None:
    """(key_id, secret)."""
    found = _KEY.fullmatch(token)
    return None if found is None else (found[1], found[2])
