"""Who is asking, and how often: each route calls exactly one of these before it does anything.

Within one request the second question gets the first one's answer: `once` asks before the route does.

What is proven (a device's signature, a key, a session) is counted under its own name; what is not is counted under
the address it comes from. So a shop whose Wi-Fi and whose store machine share one address cannot be shut out by a
visitor's phone. Addresses are counted in memory and are in no log.
"""

import hmac
from typing import Final

from quart import g, request

from hq.adapters.web.desk import Desk, bearer, client
from hq.adapters.web.openapi import Operation
from hq.core.accounts import Caller, Right, of_machine
from hq.core.audit import Entry
from hq.errors import Refused

OFFICE_COOKIE: Final = "regulars_office"
PHONE_COOKIE: Final = "regulars_phone"


async def admit(desk: Desk, described: Operation) -> None:
    """As this route will ask itself. Raises NotSignedIn, Refused and TooFast."""
    match described.who:
        case "device":
            await desk.device()
        case "member":
            await member(desk)
        case "session":
            await person(desk)
        case "office" if described.right is not None:
            await office(desk, described.right)
        case _:
            anybody(desk)


def anybody(desk: Desk) -> None:
    """For what needs no sign-in. Raises TooFast."""
    if not g.get("is_counted", False):
        g.is_counted = True
        desk.count(desk.rates.anybody, client())


async def member(desk: Desk) -> str:
    """Whose page is asking: her member_ref. Raises NotSignedIn and TooFast."""
    if "member" in g:
        return str(g.member)
    token = request.cookies.get(PHONE_COOKIE, "")
    found = await desk.proven(desk.run(desk.office.phones.signed_in, token, desk.clock()))
    desk.count(desk.rates.callers, found)
    g.member = found
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
    known: Caller | None = g.get("caller")
    if known is not None:
        return known
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
    g.caller = caller
    return caller


def _own_write(desk: Desk, caller: Caller) -> None:
    """A cookie travels with any page's request: a write shows that it comes from the page that was signed in."""
    if request.method in {"GET", "HEAD"}:
        return
    desk.require_own_page()
    if not hmac.compare_digest(request.headers.get("X-CSRF", "").encode(), caller.csrf.encode()):
        raise Refused("This request does not come from the page that signed in.", "Open the page again.")
