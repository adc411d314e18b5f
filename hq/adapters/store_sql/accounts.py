"""People's accounts with their sessions and one-time links, and programs' keys. Tokens lie here as hashes only."""

from sqlalchemy import Connection, Row, delete, insert, select, update

from hq.adapters.store_sql.rows import inserted
from hq.adapters.store_sql.tables import ACCOUNT, ACCOUNT_INVITE, ACCOUNT_SESSION, API_KEY
from hq.core.accounts import Account, ApiKey, Invite, Right, Role, Session


class AccountReads:
    _c: Connection
    _writes: bool

    def account(self, account_id: str) -> Account | None:
        row = self._c.execute(select(ACCOUNT).where(ACCOUNT.c.account_id == account_id)).first()
        return None if row is None else _account(row)

    def account_by_name(self, merchant_id: str, name: str) -> Account | None:
        query = select(ACCOUNT).where(ACCOUNT.c.merchant_id == merchant_id, ACCOUNT.c.name == name)
        row = self._c.execute(query).first()
        return None if row is None else _account(row)

    def accounts(self, merchant_id: str) -> tuple[Account, ...]:
        query = select(ACCOUNT).where(ACCOUNT.c.merchant_id == merchant_id).order_by(ACCOUNT.c.name)
        return tuple(_account(row) for row in self._c.execute(query))

    def owners(self, merchant_id: str) -> int:
        """How many can still sign in as owner. Locked in a writing transaction: the last two may resign at once."""
        query = select(ACCOUNT.c.account_id).where(ACCOUNT.c.merchant_id == merchant_id)
        query = query.where(ACCOUNT.c.role == Role.OWNER, ACCOUNT.c.disabled_at.is_(None))
        query = query.order_by(ACCOUNT.c.account_id)
        return len(self._c.execute(query.with_for_update() if self._writes else query).all())

    def account_session(self, token_hash: str) -> Session | None:
        row = self._c.execute(select(ACCOUNT_SESSION).where(ACCOUNT_SESSION.c.token_hash == token_hash)).first()
        return None if row is None else _session(row)

    def account_sessions(self, account_id: str) -> tuple[Session, ...]:
        query = select(ACCOUNT_SESSION).where(ACCOUNT_SESSION.c.account_id == account_id)
        return tuple(_session(row) for row in self._c.execute(query.order_by(ACCOUNT_SESSION.c.created_at.desc())))

    def invite(self, token_hash: str, now: float) -> Invite | None:
        query = select(ACCOUNT_INVITE).where(ACCOUNT_INVITE.c.token_hash == token_hash)
        row = self._c.execute(query.where(ACCOUNT_INVITE.c.expires_at > now)).first()
        return None if row is None else Invite(Role(row.role), row.account_id, row.expires_at)

    def api_key(self, key_id: str) -> ApiKey | None:
        row = self._c.execute(select(API_KEY).where(API_KEY.c.key_id == key_id)).first()
        return None if row is None else _key(row)

    def api_keys(self, merchant_id: str) -> tuple[ApiKey, ...]:
        query = select(API_KEY).where(API_KEY.c.merchant_id == merchant_id).order_by(API_KEY.c.created_at.desc())
        return tuple(_key(row) for row in self._c.execute(query))


class AccountWrites(AccountReads):
    def add_account(self, account: Account) -> bool:
        """False when the name is taken."""
        row = {
            "account_id": account.account_id,
            "merchant_id": account.merchant_id,
            "name": account.name,
            "role": account.role.value,
            "password_hash": account.password_hash,
            "created_at": account.created_at,
            "disabled_at": account.disabled_at,
        }
        return inserted(self._c, ACCOUNT, row)

    def change_account(self, account_id: str, **values: object) -> None:
        self._c.execute(update(ACCOUNT).where(ACCOUNT.c.account_id == account_id).values(values))

    def add_invite(self, merchant_id: str, token_hash: str, invite: Invite) -> None:
        row = {
            "token_hash": token_hash,
            "merchant_id": merchant_id,
            "role": invite.role.value,
            "account_id": invite.account_id,
            "expires_at": invite.expires_at,
        }
        self._c.execute(insert(ACCOUNT_INVITE).values(row))

    def take_invite(self, token_hash: str, now: float) -> bool:
        """Used up by this; False when somebody else was faster, or it had had its time."""
        query = delete(ACCOUNT_INVITE).where(ACCOUNT_INVITE.c.token_hash == token_hash)
        query = query.where(ACCOUNT_INVITE.c.expires_at > now)
        return self._c.execute(query.returning(ACCOUNT_INVITE.c.token_hash)).first() is not None

    def drop_account_invites(self, account_id: str) -> None:
        """Every link that would set this account's password."""
        self._c.execute(delete(ACCOUNT_INVITE).where(ACCOUNT_INVITE.c.account_id == account_id))

    def drop_invites(self, merchant_id: str) -> None:
        self._c.execute(delete(ACCOUNT_INVITE).where(ACCOUNT_INVITE.c.merchant_id == merchant_id))

    def add_account_session(self, token_hash: str, session: Session) -> None:
        row = {
            "token_hash": token_hash,
            "session_id": session.session_id,
            "account_id": session.account_id,
            "csrf": session.csrf,
            "created_at": session.created_at,
            "seen_at": session.seen_at,
            "expires_at": session.expires_at,
        }
        self._c.execute(insert(ACCOUNT_SESSION).values(row))

    def see_account_session(self, session_id: str, now: float) -> None:
        query = update(ACCOUNT_SESSION).where(ACCOUNT_SESSION.c.session_id == session_id)
        self._c.execute(query.values(seen_at=now))

    def end_account_session(self, account_id: str, session_id: str) -> bool:
        query = delete(ACCOUNT_SESSION).where(ACCOUNT_SESSION.c.account_id == account_id)
        query = query.where(ACCOUNT_SESSION.c.session_id == session_id)
        return self._c.execute(query.returning(ACCOUNT_SESSION.c.session_id)).first() is not None

    def end_account_sessions(self, account_id: str, *, but: str = "") -> int:
        """How many ended."""
        query = delete(ACCOUNT_SESSION).where(ACCOUNT_SESSION.c.account_id == account_id)
        return self._c.execute(query.where(ACCOUNT_SESSION.c.session_id != but)).rowcount

    def add_api_key(self, key: ApiKey) -> None:
        row = {
            "key_id": key.key_id,
            "merchant_id": key.merchant_id,
            "name": key.name,
            "scopes": " ".join(sorted(key.scopes)),
            "secret_hash": key.secret_hash,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "revoked_at": key.revoked_at,
        }
        self._c.execute(insert(API_KEY).values(row))

    def revoke_api_key(self, key_id: str, now: float) -> None:
        query = update(API_KEY).where(API_KEY.c.key_id == key_id, API_KEY.c.revoked_at.is_(None))
        self._c.execute(query.values(revoked_at=now))


def _account(row: "Row[tuple[object, ...]]") -> Account:
    values = row._asdict()
    return Account(**{**values, "role": Role(values["role"])})


def _session(row: "Row[tuple[object, ...]]") -> Session:
    values = row._asdict()
    del values["token_hash"]
    return Session(**values)


def _key(row: "Row[tuple[object, ...]]") -> ApiKey:
    values = row._asdict()
    # A scope that this version does not know any more opens nothing.
    scopes = frozenset(Right(scope) for scope in values["scopes"].split() if scope in set(Right))
    return ApiKey(**{**values, "scopes": scopes})
