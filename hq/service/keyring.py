"""What owners decide: who else has an account, which programs hold a key."""

from typing import TYPE_CHECKING, Final

from hq.core.accounts import KEY_SCOPES, Account, ApiKey, Right, Role, key_text
from hq.core.audit import Actor, Entry
from hq.core.codes import token_hash
from hq.errors import BadInput, Conflict, Unknown
from hq.service.office import Office

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from hq.adapters.store_sql import Change

_DAY_S: Final = 86_400


class KeyringDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def accounts(self) -> tuple[Account, ...]:
        return self._office.store.read(lambda view: view.accounts(self._office.merchant_id))

    def account(self, account_id: str) -> Account:
        account = self._office.store.read(lambda view: view.account(account_id))
        if account is None or account.merchant_id != self._office.merchant_id:
            raise Unknown("There is no such account.", "See the list of accounts.")
        return account

    def change_account(
        self, account_id: str, by: Actor, now: float, *, role: Role | None = None, disabled: bool | None = None
    ) -> Account:
        """What is None stays. Whoever is closed or changes the role is signed out; the last owner stays one.

        A link from before the closing opens nothing any more: it may lie in the mailbox of whoever was sent away.
        """
        office = self._office
        self.account(account_id)

        def work(change: "Change") -> Account:
            values: dict[str, object] = {}
            owners = change.owners(office.merchant_id)
            if role is not None:
                values["role"] = role.value
            if disabled is not None:
                values["disabled_at"] = now if disabled else None
            if values:
                change.change_account(account_id, **values)
                change.end_account_sessions(account_id)
            if disabled:
                change.drop_account_invites(account_id)
            if owners and not change.owners(office.merchant_id):
                raise Conflict("Somebody has to remain owner.", "Make another owner first.", key="error.last_owner")
            for action in _changes(role, disabled):
                change.note(office.merchant_id, Entry(now, by, action, account_id))
            account = change.account(account_id)
            if account is None:
                raise Unknown("There is no such account.", "See the list of accounts.")
            return account

        return office.store.change(work)

    def end_sessions(self, account_id: str, by: Actor, now: float) -> int:
        office = self._office
        self.account(account_id)

        def work(change: "Change") -> int:
            change.note(office.merchant_id, Entry(now, by, "account.end_sessions", account_id))
            return change.end_account_sessions(account_id)

        return office.store.change(work)

    def api_keys(self) -> tuple[ApiKey, ...]:
        return self._office.store.read(lambda view: view.api_keys(self._office.merchant_id))

    def make_key(
        self, name: str, scopes: "AbstractSet[Right]", days: int | None, by: Actor, now: float
    ) -> tuple[ApiKey, str]:
        """(key, what the program sends): the latter is shown once and kept nowhere."""
        office = self._office
        if not scopes or not scopes <= KEY_SCOPES:
            raise BadInput(
                "A key has at least one scope, and none over accounts or the audit log.",
                f"Choose of: {', '.join(sorted(KEY_SCOPES))}.",
            )
        key_id, secret = office.random_octets(8).hex(), office.random_octets(32).hex()
        expires_at = None if days is None else now + days * _DAY_S
        key = ApiKey(key_id, office.merchant_id, name, frozenset(scopes), token_hash(secret), now, expires_at, None)

        def work(change: "Change") -> None:
            change.add_api_key(key)
            change.note(office.merchant_id, Entry(now, by, "key.make", key_id))

        office.store.change(work)
        return key, key_text(key_id, secret)

    def revoke_key(self, key_id: str, by: Actor, now: float) -> None:
        """Twice is as good as once."""
        office = self._office

        def work(change: "Change") -> None:
            key = change.api_key(key_id)
            if key is None or key.merchant_id != office.merchant_id:
                raise Unknown("There is no such key.", "See the list of keys.")
            change.revoke_api_key(key_id, now)
            change.note(office.merchant_id, Entry(now, by, "key.revoke", key_id))

        office.store.change(work)


def _changes(role: Role | None, disabled: bool | None) -> tuple[str, ...]:  # noqa: FBT001 - as it was asked for
    """What the audit log calls it: whoever was made owner, or shut out, must not have to be guessed."""
    made = () if role is None else (f"account.role_{role.value}",)
    closed = () if disabled is None else ("account.close" if disabled else "account.open",)
    return made + closed
