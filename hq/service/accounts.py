"""People sign in, programs bring keys: who is asking at head office, and what that allows."""

import hmac
from typing import TYPE_CHECKING, Final, Protocol

from hq.core.accounts import (
    INVITE_LIFETIME_S,
    SESSION_LIFETIME_S,
    Account,
    Caller,
    Invite,
    Role,
    Session,
    of_account,
    of_key,
    password_fault,
    read_key,
    read_name,
)
from hq.core.audit import Actor, Entry
from hq.core.codes import token_hash
from hq.errors import BadInput, Conflict, FieldError, NotSignedIn, TooFast
from hq.service.office import Office

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change

# A page asks every few seconds; the idle time is two hours, so it may be off by this much.
_SEEN_EVERY_S: Final = 60
_SENTENCES: Final = {
    "error.password_length": "A password has 12 to 128 characters.",
    "error.password_easy": "This password is easy to guess.",
}


class Passwords(Protocol):
    def hash(self, password: str) -> str: ...
    def right(self, password: str, password_hash: str) -> bool: ...
    def outdated(self, password_hash: str) -> bool: ...


class AccountDesk:
    def __init__(self, office: Office, passwords: Passwords) -> None:
        self._office = office
        self._passwords = passwords

    def has_owner(self) -> bool:
        return self._office.store.read(lambda view: view.owners(self._office.merchant_id)) > 0

    def invite(self, role: Role, by: Actor, now: float, *, account_id: str = "") -> str:
        """The secret of a link that works once, within two days: a new account, or `account_id`'s new password."""
        office, secret = self._office, self._office.random_octets(24).hex()
        invite = Invite(role, account_id, now + INVITE_LIFETIME_S)

        def work(change: "Change") -> None:
            change.add_invite(office.merchant_id, token_hash(secret), invite)
            change.note(office.merchant_id, Entry(now, by, "account.invite", account_id or role.value))

        office.store.change(work)
        return secret

    def set_up(self, secret: str, typed_name: str, password: str, client: str, now: float) -> tuple[str, Caller]:
        """(session token, caller): what the link is for is done, it is used up, and whoever held it is signed in."""
        office = self._office
        self._not_locked(f"setup {client}", now)
        invite = office.store.read(lambda view: view.invite(token_hash(secret), now))
        if invite is None:
            office.tries.wrong(f"setup {client}", now)
            raise _stale_link()
        account = self._account_of(invite, typed_name, now)
        self._check_password(password, account.name)
        password_hash = self._passwords.hash(password)

        def work(change: "Change") -> tuple[str, Caller]:
            if not change.take_invite(token_hash(secret), now):
                raise _stale_link()
            if invite.account_id:
                change.change_account(account.account_id, password_hash=password_hash, disabled_at=None)
                change.end_account_sessions(account.account_id)
                change.drop_account_invites(account.account_id)
            elif not change.add_account(_with_password(account, password_hash)):
                raise Conflict("This name is taken.", "Choose another one.", key="error.name_taken")
            actor = Actor("account", account.account_id, account.role)
            change.note(office.merchant_id, Entry(now, actor, "account.set_up", account.account_id))
            return self._open_session(change, account, now)

        return office.store.change(work)

    def sign_in(self, typed_name: str, password: str, client: str, now: float) -> tuple[str, Caller]:
        """(session token, caller). One answer for a wrong name and a wrong password, and it takes the same time."""
        office, name = self._office, read_name(typed_name) or ""
        here = f"account {client} {name}"
        self._not_locked(here, now)
        if not office.guesses.allows(name, now):
            raise TooFast("Too many wrong passwords for this name.", "Wait a minute.", key="error.locked")
        account = office.store.read(lambda view: view.account_by_name(office.merchant_id, name))
        known = account is not None and account.disabled_at is None
        is_right = self._passwords.right(password, account.password_hash if account is not None and known else "")
        if account is None or not is_right:
            office.tries.wrong(here, now)
            # Whose account was tried is told by its id; a name that is none here was typed, and is not kept.
            tried = account.account_id if account else ""
            office.note(Entry(now, Actor("anybody"), "account.sign_in", tried, outcome="refused"))
            raise NotSignedIn(
                "The name or the password is wrong.", "Try again, or ask for a new link.", key="error.password_wrong"
            )
        office.tries.right(here)
        office.guesses.forget(name)
        renewed = self._passwords.hash(password) if self._passwords.outdated(account.password_hash) else ""

        def work(change: "Change") -> tuple[str, Caller]:
            if renewed:
                change.change_account(account.account_id, password_hash=renewed)
            actor = Actor("account", account.account_id, account.role)
            change.note(office.merchant_id, Entry(now, actor, "account.sign_in", account.account_id))
            return self._open_session(change, account, now)

        return office.store.change(work)

    def of_session(self, token: str, now: float) -> Caller:
        """Raises NotSignedIn, also when the session was ended elsewhere or its account closed."""
        office = self._office
        session = office.store.read(lambda view: view.account_session(token_hash(token))) if token else None
        account = None if session is None else office.store.read(lambda view: view.account(session.account_id))
        if session is None or account is None or account.disabled_at is not None or not session.open_at(now):
            raise NotSignedIn("Nobody is signed in here.", "Sign in.", key="error.signed_out")
        if now - session.seen_at >= _SEEN_EVERY_S:
            office.store.change(lambda change: change.see_account_session(session.session_id, now))
        return of_account(account, session)

    def of_key(self, token: str, now: float) -> Caller:
        """Raises NotSignedIn for a key that is unknown, revoked or has had its time."""
        parts = read_key(token)
        key = self._office.store.read(lambda view: view.api_key(parts[0])) if parts else None
        # A hash without salt is enough for 256 random bits, and fast enough for every request.
        if parts is None or key is None or not hmac.compare_digest(key.secret_hash, token_hash(parts[1])):
            raise NotSignedIn("The key is missing or wrong.", "Send it as `Authorization: Bearer rk_...`.")
        if not key.good_at(now):
            raise NotSignedIn("This key was revoked or has had its time.", "Ask an owner for a new one.")
        return of_key(key)

    def sign_out(self, caller: Caller, now: float) -> None:
        self._end_session(caller, caller.session_id, "account.sign_out", now)

    def change_password(self, caller: Caller, old: str, new: str, now: float) -> None:
        """Every other session of this account ends, and every link to it: whoever knew the old password is out."""
        office = self._office
        account = office.store.read(lambda view: view.account(caller.actor.id))
        here = f"password {caller.actor.id}"
        self._not_locked(here, now)
        if account is None or not self._passwords.right(old, account.password_hash):
            office.tries.wrong(here, now)
            raise BadInput("The present password is wrong.", "Try again.", key="error.password_wrong")
        self._check_password(new, account.name)
        password_hash = self._passwords.hash(new)

        def work(change: "Change") -> None:
            change.change_account(account.account_id, password_hash=password_hash)
            change.end_account_sessions(account.account_id, but=caller.session_id)
            change.drop_account_invites(account.account_id)
            change.note(office.merchant_id, Entry(now, caller.actor, "account.password", account.account_id))

        office.store.change(work)

    def sessions(self, account_id: str, now: float) -> tuple[Session, ...]:
        found = self._office.store.read(lambda view: view.account_sessions(account_id))
        return tuple(session for session in found if session.open_at(now))

    def end_session(self, caller: Caller, session_id: str, now: float) -> None:
        """Twice is as good as once."""
        self._end_session(caller, session_id, "account.end_session", now)

    def end_other_sessions(self, caller: Caller, now: float) -> int:
        account_id = caller.actor.id

        def work(change: "Change") -> int:
            change.note(self._office.merchant_id, Entry(now, caller.actor, "account.end_sessions", account_id))
            return change.end_account_sessions(account_id, but=caller.session_id)

        return self._office.store.change(work)

    def _end_session(self, caller: Caller, session_id: str, action: str, now: float) -> None:
        def work(change: "Change") -> None:
            if change.end_account_session(caller.actor.id, session_id):
                change.note(self._office.merchant_id, Entry(now, caller.actor, action, caller.actor.id))

        self._office.store.change(work)

    def _open_session(self, change: "Change", account: Account, now: float) -> tuple[str, Caller]:
        office, token = self._office, self._office.random_octets(32).hex()
        session = Session(
            session_id=office.random_octets(8).hex(),
            account_id=account.account_id,
            csrf=office.random_octets(16).hex(),
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LIFETIME_S,
        )
        change.add_account_session(token_hash(token), session)
        return token, of_account(account, session)

    def _account_of(self, invite: Invite, typed_name: str, now: float) -> Account:
        if invite.account_id:
            account = self._office.store.read(lambda view: view.account(invite.account_id))
            if account is None:
                raise _stale_link()
            return account
        name = read_name(typed_name)
        if name is None:
            sentence = "A name is 2 to 64 letters, digits and . _ @ + -."
            raise BadInput(
                sentence, "Choose another one.", key="error.account_name",
                fields=(FieldError.of("name", "error.account_name", sentence),),
            )  # fmt: skip
        account_id = f"a-{self._office.random_octets(8).hex()}"
        return Account(account_id, self._office.merchant_id, name, invite.role, "", now, None)

    def _check_password(self, password: str, name: str) -> None:
        fault = password_fault(password, name)
        if fault:
            sentence = _SENTENCES[fault]
            raise BadInput(
                sentence, "Choose a longer sentence of your own.", key=fault,
                fields=(FieldError.of("password", fault, sentence),),
            )  # fmt: skip

    def _not_locked(self, who: str, now: float) -> None:
        wait_s = int(self._office.tries.locked_for_s(who, now))
        if wait_s:
            raise TooFast(
                "Too many wrong tries.", f"Wait {wait_s + 1} s.", key="error.locked", retry_after_s=wait_s + 1
            )


def _with_password(account: Account, password_hash: str) -> Account:
    return Account(
        account.account_id, account.merchant_id, account.name, account.role, password_hash, account.created_at, None
    )


def _stale_link() -> BadInput:
    return BadInput(
        "This link is wrong, used or older than two days.", "Ask for a new one: regulars hq admin invite.",
        key="error.link_stale",
    )  # fmt: skip
