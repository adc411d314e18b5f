"""The simulator as a process: one shop, its radios on TCP ports and its remote control, until told to stop."""

import argparse
import asyncio
import errno
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import uvicorn

from simulator.agenda import Clock
from simulator.attachment import LOOPBACK
from simulator.control import make_control
from simulator.errors import PortTaken, SimulatorError
from simulator.floor import load_floor
from simulator.payloads import load_payloads
from simulator.venue import Chances, Venue
from simulator.walk import load_walk, shipped_walk

_HIGHEST_PORT: Final = 65_535
# A page closes its stream in a few milliseconds; the whole demo has three seconds to end.
_FAREWELL_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. Port 0: any free one."""

    config: Path
    port: int = 0
    hci_port_base: int = 0
    adverts: Path | None = None
    walk: Path | None = None
    seed: int = 1
    allowed_origins: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the open shop can be reached."""

    control: str
    peripheral: str
    scanners: dict[str, str]


def steady_clock() -> Clock:
    """Unix seconds that never jump: a step of the system clock must not freeze everybody in the shop."""
    began_at, began_monotonic = time.time(), time.monotonic()
    return lambda: began_at + time.monotonic() - began_monotonic


async def run(options: Options, ready: Callable[[Ready], None], stop: asyncio.Event) -> None:
    """Open the shop, say where, serve until `stop` is set. Raises SimulatorError when it cannot open."""
    floor = load_floor(options.config)
    payloads = load_payloads(options.adverts) if options.adverts else []
    walk = load_walk(options.walk) if options.walk else shipped_walk()
    listener = _listen(options.port)
    venue = Venue(floor, steady_clock(), Chances(seed=options.seed, payloads=payloads))
    try:
        radios = await venue.open(options.hci_port_base)
        app, remote = make_control(venue, radios, walk, options.allowed_origins)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        following = asyncio.create_task(venue.follow())
        ready(Ready(f"http://{LOOPBACK}:{listener.getsockname()[1]}", radios.peripheral, radios.scanners))
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({serving, following, stopping}, return_when=asyncio.FIRST_COMPLETED)
        remote.stopped.set()
        server.should_exit = True
        for task in (following, stopping):
            task.cancel()
        await asyncio.wait({serving}, timeout=_FAREWELL_S)
        server.force_exit = True  # whoever still holds a connection open has been told
        await serving
        if following in done:
            following.result()
    finally:
        await venue.close()
        listener.close()


class _Server(uvicorn.Server):
    """Signals belong to whoever runs the loop, not to the web server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them."""
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m simulator`: the exit code."""
    options = _parse(arguments)
    # Bumble's warnings name addresses; the radio rules of the store hold for its simulator too.
    for library in ("bumble", "uvicorn"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        asyncio.run(_until_signal(options))
    except SimulatorError as error:
        sys.stderr.write(f"simulator: {error}\n")
        return error.exit_code
    return 0


async def _until_signal(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(options, _announce, stop)


def _announce(ready: Ready) -> None:
    sys.stdout.write(json.dumps(asdict(ready)) + "\n")
    with suppress(BrokenPipeError):
        sys.stdout.flush()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A demo started again at once must not wait for the old connections' time to run out.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()  # whoever reads the ready line may call at once
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTaken(port, "the simulator's remote control") from error
    return listener


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _HIGHEST_PORT:
        message = f"a port is 0..{_HIGHEST_PORT}"
        raise argparse.ArgumentTypeError(message)
    return port


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="simulator", description="A virtual shop to try Regulars in.")
    parser.add_argument("--config", type=Path, required=True, metavar="STORE.toml", help="the shop")
    parser.add_argument("--port", type=_port, default=0, help="remote control; 0 or absent: any free port")
    parser.add_argument("--hci-port-base", type=_port, default=0, help="check-in radio; scanners follow; 0: any free")
    parser.add_argument("--adverts", type=Path, metavar="FILE.jsonl", help="payloads of the crowd; absent: invented")
    parser.add_argument("--walk", type=Path, metavar="FILE", help="recorded walk, .mbd or .jsonl; absent: the shipped")
    parser.add_argument("--seed", type=int, default=1, help="what chance draws")
    parser.add_argument("--allow-origin", action="append", default=[], metavar="URL", help="page that may control it")
    found = parser.parse_args(arguments)
    return Options(
        found.config, found.port, found.hci_port_base, found.adverts, found.walk, found.seed, found.allow_origin
    )
