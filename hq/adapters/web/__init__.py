"""Head office's web service: Quart, Flask's ASGI twin, because a parked poll must not cost a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog
from quart import Quart, Response, g

from hq.adapters.web.account_api import account_api, own_api
from hq.adapters.web.admin_api import members_api, partner_api, stores_api
from hq.adapters.web.catalogue_api import catalogue_api
from hq.adapters.web.desk import BODY_TIMEOUT_S, MACHINE_LIMIT, BoundedRequest, Desk
from hq.adapters.web.keyring_api import accounts_api, audit_api, keys_api
from hq.adapters.web.once import answer_once
from hq.adapters.web.openapi import serve_document
from hq.adapters.web.pages import health, pages
from hq.adapters.web.picture_api import picture_api, picture_pages
from hq.adapters.web.problem import answer_problems
from hq.adapters.web.registry_api import registry_api
from hq.adapters.web.shopper_api import choice_api, join_api, leaving_api, page_api, session_api
from hq.adapters.web.store_api import report_api, snapshot_api, store_api

_log: Final = structlog.get_logger("hq.web")
# Commands live two minutes, phone views less: a purge each half minute keeps neither much longer.
PURGE_S: Final = 30.0
# How far each store is, in one transaction for all: 2,000 polls with one each would keep the database busy.
SEEN_S: Final = 2.0

_HARDENING: Final = (
    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
)  # fmt: skip
_ROUTES: Final = (
    store_api, snapshot_api, report_api, partner_api, catalogue_api, picture_api, picture_pages, members_api,
    stores_api, registry_api, account_api, own_api, accounts_api, keys_api, audit_api, join_api, session_api, page_api,
    choice_api, leaving_api, pages, health,
)  # fmt: skip

__all__ = ["Desk", "create_app"]


def create_app(desk: Desk, version: str) -> Quart:
    app = Quart(__name__, static_folder=None)
    app.request_class = BoundedRequest
    app.config.update(MAX_CONTENT_LENGTH=MACHINE_LIMIT, BODY_TIMEOUT=BODY_TIMEOUT_S)
    serve_document(app, version)
    answer_problems(app)
    answer_once(app, desk)
    for make in _ROUTES:
        app.register_blueprint(make(desk))
    app.after_request(_hardened)
    _keep_house(app, desk)
    return app


async def _hardened(response: Response) -> Response:
    for name, value in _HARDENING:
        if name not in response.headers:
            response.headers.add(name, value)
    if left_out := g.get("ignored", 0):
        response.headers["X-Regulars-Ignored"] = str(left_out)
    return response


def _keep_house(app: Quart, desk: Desk) -> None:
    tasks: list[asyncio.Task[None]] = []

    @app.before_serving
    async def _start() -> None:
        work = (desk.wakes.watch(), _every(desk, PURGE_S, _purge), _every(desk, SEEN_S, _note_seen))
        tasks.extend(asyncio.create_task(each) for each in work)

    @app.after_serving
    async def _stop() -> None:
        desk.wakes.stop()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        with suppress(Exception):
            await _note_seen(desk)


async def _every(desk: Desk, period_s: float, work: Callable[[Desk], Awaitable[None]]) -> None:
    while not desk.wakes.stopping.is_set():
        try:
            await work(desk)
        except Exception as error:  # noqa: BLE001 - the top of a task: said, and tried again next time
            _log.error("housekeeping failed", work=getattr(work, "__name__", ""), error=type(error).__name__)
        await asyncio.sleep(period_s)


async def _purge(desk: Desk) -> None:
    if await desk.run(desk.office.retention.purge, desk.clock()):
        desk.wakes.nudge()


async def _note_seen(desk: Desk) -> None:
    seen, desk.seen = desk.seen, {}
    if seen:
        await desk.run(desk.office.office.store.change, lambda change: change.seen_devices(seen))
