"""Composition root of head office: the only place that joins the database, the keys, the service and the web."""

import asyncio
import errno
import gc
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from hq.adapters.key_files import admin_token, hub_keys, make_state
from hq.adapters.passwords import Passwords
from hq.adapters.store_sql import SqlStore
from hq.adapters.store_sql.connection import THREADS
from hq.adapters.store_sql.move import MOVED
from hq.adapters.web import Desk, create_app
from hq.adapters.web.desk import Rates
from hq.adapters.web.keyring_api import setup_url
from hq.adapters.web.patience import PatientProtocol
from hq.core.accounts import Role
from hq.core.audit import COMMAND, Entry
from hq.core.erasure import retention
from hq.core.keys import HubKeys
from hq.errors import Misconfigured, PortTaken
from hq.service import HeadOffice
from hq.service.office import Office
from hq.settings import DatabaseSettings, Settings

URL_FILE: Final = "hq.url"
_FILE: Final = "hq.sqlite"
_SEAL: Final = "seal"
# Parked polls and streams are told to end first, so this is only for a client that does not read its answer.
_GRACE_S: Final = 2
_BACKLOG: Final = 2_048
# 2,000 parked polls are a million objects, and going through all of them takes a third of a second in which nobody is
# answered: as Python comes, several times while a withdrawal is proved. So once in some ten million new ones.
_RUBBISH: Final = (10_000, 20, 50)


@contextmanager
def open_office(
    settings: Settings, state: Path, public_url: str = "", *, checks_file: bool = False
) -> Iterator[HeadOffice]:
    """Head office on the database of `state`, made or brought up to date first; also beside a running service.

    `checks_file`: whether all of it is looked through before anything is written, which takes seconds when it is large.
    """
    make_state(state)
    store = SqlStore(settings.database.url or f"sqlite:///{state / _FILE}")
    try:
        with _telling_what_keeps_it_shut():
            if checks_file:
                store.check()
            store.migrate()
            _refuse_moved(store)
            office = Office(
                store=store,
                keys=_keys(store, state),
                random_octets=secrets.token_bytes,
                public_url=public_url or settings.web.public_url,
                lease_s=settings.stores.lease_days * 86_400,
                retention=retention(**settings.retention.model_dump()),
            )
            head_office = HeadOffice(office, Passwords())
            head_office.registry.open(settings.merchant.name, everywhere=settings.stores.unassigned == "everywhere")
        yield head_office
    finally:
        store.close()


@contextmanager
def _telling_what_keeps_it_shut() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise Misconfigured(
            f"The database cannot be opened ({type(error.__cause__ or error).__name__}).",
            "Check that it runs, and that STATE is on a writable disk with room.",
        ) from None


def _refuse_moved(store: SqlStore) -> None:
    if store.read(lambda view: view.meta(MOVED)) is not None:
        raise Misconfigured(
            "This database was moved to PostgreSQL.", "Name that one in STATE/hq.toml, under [database], as url."
        )


def move(settings: Settings, state: Path, url: str) -> Mapping[str, int]:
    """All of STATE/hq.sqlite into the empty PostgreSQL at `url`; rows by table. Raises Misconfigured.

    While nobody serves from it: what came in afterwards would stay behind.
    """
    file = state / _FILE
    if settings.database.url or not file.exists():
        raise Misconfigured("Here is no SQLite file that could move.", "Give the --state in which hq.sqlite lies.")
    if not url.startswith("postgresql"):
        raise Misconfigured("Only a PostgreSQL is moved to.", "For example: postgresql+psycopg:///regulars.")
    if _is_served(state):
        raise Misconfigured("Head office is running.", "Stop it first: systemctl stop regulars-hq.")
    with closing(SqlStore(f"sqlite:///{file}")) as store, _telling_what_keeps_it_shut():
        store.check()
        store.migrate()
        _refuse_moved(store)
        moved = store.move_to(url)
    there = settings.model_copy(update={"database": DatabaseSettings(url=url)})
    with open_office(there, state) as head_office:  # with the keys that belong to it, or this says so
        head_office.office.note(Entry(now(), COMMAND, "office.moved"))
    return moved


def _is_served(state: Path) -> bool:
    try:
        host, _, port = (state / URL_FILE).read_text().strip().removeprefix("http://").rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), timeout=5):
            return True
    except (OSError, ValueError):
        return False


def _keys(store: SqlStore, state: Path) -> HubKeys:
    """Those by which this database was begun: with another seal no phone would be recognised, and nobody told why."""
    before = store.read(lambda view: view.meta(_SEAL))
    keys = hub_keys(state, makes_seal=before is None)
    if before is None:
        store.change(lambda change: change.put_meta(_SEAL, keys.seal_mark))
        before = store.read(lambda view: view.meta(_SEAL))  # a command beside this one may have been first
    if before != keys.seal_mark:
        raise Misconfigured(
            "The key that opens the members' keys is not the one that closed them.",
            "Put the seal.key back that belongs to this database: it was in the same backup.",
        )
    return keys


def run(settings: Settings, state: Path, version: str) -> None:
    """Serves until SIGINT or SIGTERM. Raises PortTaken and Misconfigured."""
    log_to_stderr()
    make_state(state)
    with listening(settings.web.host, settings.web.port) as listener:
        host, port = listener.getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        public_url = settings.web.public_url or url
        with open_office(settings, state, public_url, checks_file=True) as office, _thread_pool() as pool:
            desk = Desk(
                office,
                admin_token(state),
                pool,
                frame_ancestors=settings.web.origins,
                origins=settings.web.origins,
                rates=Rates.of(settings.limits),
            )
            url_file = state / URL_FILE
            url_file.write_text(f"{url}\n")
            structlog.get_logger("hq").info("head office listens", url=url)
            _say_who_signs_in_first(office)
            try:
                asyncio.run(_serve(desk, settings, listener, version))
            finally:
                url_file.unlink(missing_ok=True)


def _say_who_signs_in_first(office: HeadOffice) -> None:
    """A one-time link for whoever sits before this terminal; a log must not hold one, so it only gets the remedy."""
    if office.accounts.has_owner():
        return
    if sys.stderr.isatty():
        secret = office.accounts.invite(Role.OWNER, COMMAND, now())
        sys.stderr.write(
            "Nobody can sign in yet. Open this link once, within two days, and choose a name and a password:\n"
            f"  {setup_url(office.office.public_url, secret)}\n"
        )
    else:
        structlog.get_logger("hq").info("nobody can sign in yet", remedy="regulars hq admin invite")


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Bound before anything else is started, so that a taken port is one sentence and nothing half-started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP: asyncio sets TCP_NODELAY only then, and without it every answer of two writes waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        yield listener
    except (socket.gaierror, UnicodeError):
        raise PortTaken(f"There is no machine called {host}.", "Give an address of this one: --host HOST.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Port {port} on {host} is taken.", "Give another one: --port PORT.") from None
        if error.errno in {errno.EACCES, errno.EADDRNOTAVAIL}:
            raise PortTaken(f"{host}:{port} cannot be used: {os.strerror(error.errno)}.", "Give another one.") from None
        raise
    finally:
        listener.close()


def log_to_stderr() -> None:
    """One JSON line each, with an event and numbers: no names, tokens or addresses are ever passed to it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class _Server(uvicorn.Server):
    """Tells parked polls to end before it waits for their connections."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]
        # uvicorn would raise the signal again after a clean stop, and the exit code would say failure.
        return nullcontext()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._desk.wakes.stop()
        await super().shutdown(sockets)

    def stop(self) -> None:
        self.should_exit = True


async def _serve(desk: Desk, settings: Settings, listener: socket.socket, version: str) -> None:
    app = create_app(desk, version)
    config = uvicorn.Config(
        app,
        log_config=None,  # its access log would hold shoppers' addresses
        access_log=False,
        lifespan="on",
        http=PatientProtocol,  # on h11: uvicorn's other one takes a request's head of any length
        ws="none",
        server_header=False,
        proxy_headers=bool(settings.web.trusted_proxies),
        forwarded_allow_ips=list(settings.web.trusted_proxies),
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
    )
    server = _Server(config, desk)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_RUBBISH)
    # Not by the loop's own handler: it is told through a pipe that the database threads write to as well, and a signal
    # that finds it full is lost. uvicorn looks ten times a second whether it shall stop.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: server.stop())
    await server.serve(sockets=[listener])


@contextmanager
def _thread_pool() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def now() -> float:
    """The clock of the command line."""
    return time.time()
