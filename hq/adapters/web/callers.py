"""Who is asking, and how often: each route calls exactly one of these before it does anything.

What is proven (a device's signature, a key, a session) is counted under its own name; what is not is counted under
the address it comes from. So a shop whose Wi-Fi and whose store machine share one address cannot be shut out by a
visitor's phone. Addresses are counted in memory and are in no log.
"""

import hmac
from typing import Final

from quart import g, request

from hq.adapters.web.desk import Desk, bearer, client
from hq.core.accounts import Caller, Right, of_machine
from hq.core.audit import Entry
from hq.errors import Refused

OFFICE_COOKIE: Final = "regulars_office"
PHONE_COOKIE: Final = "regulars_phone"


def anybody(desk: Desk) -> None:
    """For what needs no sign-in. Raises TooFast."""
    desk.count(desk.rates.anybody, client())


async def member(desk: Desk) -> str:
    """Whose page is asking: her member_ref. Raises NotSignedIn and TooFast."""
    token = request.cookies.get(PHONE_COOKIE, "")
    found = await desk.proven(desk.run(desk.office.phones.signed_in, token, desk.clock()))
    desk.count(desk.rates.callers, found)
    return found


async def office(desk: Desk, right: Right) -> Caller:
    """A person, a program, or STATE's own token, with this right. Raises NotSignedIn, Refused and TooFast."""
    caller = await _caller(desk)
    if not caller.may(right):
        entry = Entry(desk.clock(), caller.actor, f"{right}.denied", outcome="refused")
        await desk.run(desk.office.office.note, entry)
        raise Refused("Your role or key does not carry this right.", f"Ask an owner for `{right}`.", key="error.right")
    return caller


async def person(desk: Desk) -> Caller:
    """Somebody who signed in with a name and a password. Raises NotSignedIn, Refused and TooFast."""
    caller = await _caller(desk)
    if caller.actor.kind != "account":
        raise Refused("This belongs to a person's own session.", "Sign in with a name and a password.")
    return caller


async def _caller(desk: Desk) -> Caller:
    token, now = bearer(), desk.clock()
    if token and hmac.compare_digest(token.encode(), desk.admin_token.encode()):
        caller = of_machine("state")
    elif token:
        caller = await desk.proven(desk.run(desk.office.accounts.of_key, token, now))
    else:
        cookie = request.cookies.get(OFFICE_COOKIE, "")
        caller = await desk.proven(desk.run(desk.office.accounts.of_session, cookie, now))
        _own_write(desk, caller)
    desk.count(desk.rates.callers, caller.session_id or caller.actor.id or caller.actor.kind)
    g.actor = caller.actor
    return caller


def _own_write(desk: Desk, caller: Caller) -> None:
    """A cookie travels with any page's request: a write shows that it comes from the page that was signed in."""
    if request.method in {"GET", "HEAD"}:
        return
    desk.require_own_page()
    if not hmac.compare_digest(request.headers.get("X-CSRF", "").encode(), caller.csrf.encode()):
        raise Refused("This request does not come from the page that signed in.", "Open the page again.")
