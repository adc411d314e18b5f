"""What owners do: other people's accounts, programs' keys, and reading who did what."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response

from hq.adapters.web import callers
from hq.adapters.web.desk import Desk, Sent, body, model_reply, query
from hq.adapters.web.openapi import operation
from hq.adapters.web.replies import (
    AccountReply,
    Accounts,
    AuditEntry,
    AuditPage,
    Ended,
    InviteReply,
    KeyMade,
    KeyReply,
    Keys,
)
from hq.core.accounts import INVITE_LIFETIME_S, Right, Role


class InviteRequest(Sent):
    """A new account of `role`."""

    role: Role


class AccountChange(Sent):
    """What is left out stays as it is."""

    role: Role | None = None
    disabled: bool | None = None


class KeyRequest(Sent):
    """`days` null: until it is revoked."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    scopes: Annotated[frozenset[Right], Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=3_650)] | None = 365


class AuditQuery(Sent):
    """`action` is a whole one (`member.erase`) or its kind (`member`); `before` the `next` of the page before."""

    before: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    action: Annotated[str, Field(max_length=60)] = ""
    actor: Annotated[str, Field(max_length=80)] = ""
    member_ref: Annotated[str, Field(max_length=40)] = ""


def accounts_api(desk: Desk) -> Blueprint:
    routes = Blueprint("accounts_api", __name__, url_prefix="/v1/accounts")
    keyring = desk.office.keyring

    @routes.get("")
    @operation("account", "office", right=Right.ACCOUNTS_WRITE, reply=Accounts)
    async def accounts() -> Response:
        await callers.office(desk, Right.ACCOUNTS_WRITE)
        found = await desk.run(keyring.accounts)
        return model_reply(Accounts(accounts=tuple(map(AccountReply.of, found))))

    @routes.post("")
    @operation("account", "office", right=Right.ACCOUNTS_WRITE, request=InviteRequest, reply=InviteReply, status=201)
    async def invite() -> Response:
        caller = await callers.office(desk, Right.ACCOUNTS_WRITE)
        now, wish = desk.clock(), await body(InviteRequest)
        secret = await desk.run(desk.office.accounts.invite, wish.role, caller.actor, now)
        return model_reply(_invite(desk, secret, now), 201)

    @routes.post("/<account_id>/password-link")
    @operation("account", "office", right=Right.ACCOUNTS_WRITE, reply=InviteReply, status=201)
    async def password_link(account_id: str) -> Response:
        caller, now = await callers.office(desk, Right.ACCOUNTS_WRITE), desk.clock()
        account = await desk.run(keyring.account, account_id)
        secret = await desk.run(
            desk.office.accounts.invite, account.role, caller.actor, now, account_id=account.account_id
        )
        return model_reply(_invite(desk, secret, now), 201)

    @routes.put("/<account_id>")
    @operation("account", "office", right=Right.ACCOUNTS_WRITE, request=AccountChange, reply=AccountReply)
    async def change(account_id: str) -> Response:
        caller, wish = await callers.office(desk, Right.ACCOUNTS_WRITE), await body(AccountChange)
        changed = await desk.run(
            keyring.change_account, account_id, caller.actor, desk.clock(), role=wish.role, disabled=wish.disabled
        )
        return model_reply(AccountReply.of(changed))

    @routes.delete("/<account_id>/sessions")
    @operation("account", "office", right=Right.ACCOUNTS_WRITE, reply=Ended)
    async def end_sessions(account_id: str) -> Response:
        caller = await callers.office(desk, Right.ACCOUNTS_WRITE)
        return model_reply(Ended(ended=await desk.run(keyring.end_sessions, account_id, caller.actor, desk.clock())))

    return routes


def keys_api(desk: Desk) -> Blueprint:
    routes = Blueprint("keys_api", __name__, url_prefix="/v1/keys")
    keyring = desk.office.keyring

    @routes.get("")
    @operation("account", "office", right=Right.ACCOUNTS_WRITE, reply=Keys)
    async def keys() -> Response:
        await callers.office(desk, Right.ACCOUNTS_WRITE)
        return model_reply(Keys(keys=tuple(map(KeyReply.of, await desk.run(keyring.api_keys)))))

    @routes.post("")
    @operation("account", "office", right=Right.ACCOUNTS_WRITE, request=KeyRequest, reply=KeyMade, status=201)
    async def make() -> Response:
        caller, wish = await callers.office(desk, Right.ACCOUNTS_WRITE), await body(KeyRequest)
        key, token = await desk.run(keyring.make_key, wish.name, wish.scopes, wish.days, caller.actor, desk.clock())
        return model_reply(KeyMade(key=KeyReply.of(key), token=token), 201)

    @routes.delete("/<key_id>")
    @operation("account", "office", right=Right.ACCOUNTS_WRITE, status=204)
    async def revoke(key_id: str) -> Response:
        caller = await callers.office(desk, Right.ACCOUNTS_WRITE)
        await desk.run(keyring.revoke_key, key_id, caller.actor, desk.clock())
        return Response(status=204)

    return routes


def audit_api(desk: Desk) -> Blueprint:
    routes = Blueprint("audit_api", __name__, url_prefix="/v1/audit")

    @routes.get("")
    @operation("office", "office", right=Right.AUDIT_READ, query=AuditQuery, reply=AuditPage)
    async def audit() -> Response:
        await callers.office(desk, Right.AUDIT_READ)
        asked = query(AuditQuery)
        found = await desk.run(
            desk.office.overview.audit,
            before=asked.before,
            limit=asked.limit,
            action=asked.action,
            actor=asked.actor,
            member_ref=asked.member_ref,
        )
        is_full = len(found) == asked.limit
        return model_reply(AuditPage(entries=tuple(map(AuditEntry.of, found)), next=found[-1].n if is_full else None))

    return routes


def _invite(desk: Desk, secret: str, now: float) -> InviteReply:
    return InviteReply(setup_url=setup_url(desk.office.office.public_url, secret), expires_at=now + INVITE_LIFETIME_S)


def setup_url(public_url: str, secret: str) -> str:
    """Behind the hash: it reaches no server, no log and no other site."""
    return f"{public_url}/hq#setup={secret}"
