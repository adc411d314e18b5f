"""`regulars demo`: a shop to try, on this machine, with radio and phones simulated."""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from regulars.demo.headless import Outcome, play, written
from regulars.demo.interactive import serve
from regulars.demo.script import LEAST_S
from regulars.demo.shop import DemoShop
from regulars.solo.errors import SoloError
from regulars.solo.port import listening
from regulars.solo.processes import Place

PORT: Final = 8460
_STARTED_BY_MAKE: Final = "REGULARS_STARTED_AT"


@click.command(name="demo")
@click.option("--headless", is_flag=True, help="Play a scripted afternoon without pages, and judge it.")
@click.option(
    "--seconds",
    type=click.IntRange(LEAST_S, 3600),
    default=75,
    show_default=True,
    help="How long the scripted afternoon lasts.",
)
@click.option("--report", "report_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the report here.")
@click.option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True, help="Of the demo page.")
@click.option(
    "--walk", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A recorded walk for one shopper."
)
@click.option(
    "--adverts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Recorded advertisements for the strangers' phones, as JSON lines.",
)
@click.option(
    "--state", type=click.Path(file_okay=False, path_type=Path), help="Keep files here, not in a temporary place."
)
@click.option("--cut-after", type=click.IntRange(1), default=3600, hidden=True, help="Break the afternoon off.")
@click.option("--keep", is_flag=True, help="Leave the files behind when the demo ends.")
@click.option("--foreign", type=click.Path(dir_okay=False, path_type=Path), hidden=True, help="What strangers sent.")
def command(
    *,
    headless: bool,
    seconds: int,
    report_file: Path | None,
    port: int,
    walk: Path | None,
    adverts: Path | None,
    cut_after: int,
    state: Path | None,
    keep: bool,
    foreign: Path | None,
) -> None:
    """A shop with head office, store, simulated radio and simulated phones; Ctrl-C ends all of it.

    Without --headless it prints one address to open. Files go to a temporary directory that is removed at the end.
    """
    began = time.time()
    _need_extra()
    if state is not None and state.is_dir() and any(state.iterdir()):
        click.echo(f"regulars demo: {state} is not empty: remove it or choose another with --state.", err=True)
        sys.exit(2)
    folder = state or Path(tempfile.mkdtemp(prefix="regulars-demo-"))
    shop = DemoShop(Place(folder), walk=walk, adverts=adverts)
    try:
        if headless:
            outcome = asyncio.run(_afternoon(shop, seconds, cut_after))
            _tell(outcome, report_file, foreign)
            code = 1 if outcome.reasons else 0
        else:
            code = asyncio.run(_page(shop, port, began))
    except SoloError as error:
        click.echo(f"regulars demo: {error}", err=True)
        keep = keep or error.exit_code == 3  # noqa: PLR2004 - the sentence names a log that must still be there
        code = error.exit_code
    except KeyboardInterrupt:
        code = 0
    finally:
        if keep:
            click.echo(f"The demo's files are in {folder}.", err=True)
        elif state is None:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code)


def _need_extra() -> None:
    """What the simulator and the demo's own clients import comes with the extra `demo`."""
    missing = [name for name in ("bumble", "websocket") if find_spec(name) is None]
    if missing:
        click.echo(
            f"regulars demo: {' and '.join(missing)} not installed: run `make demo`, or pip install 'regulars[demo]'.",
            err=True,
        )
        sys.exit(3)


async def _afternoon(shop: DemoShop, seconds: int, cut_s: int) -> Outcome:
    stop = _signals()
    try:
        await shop.open()
        click.echo(f"The shop is open; the afternoon takes {seconds} s.", err=True)
        playing = asyncio.create_task(play(shop, seconds, cut_s))
        keeping = asyncio.create_task(shop.keep_open())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({playing, keeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            keeping.result()
        if not playing.done():
            playing.cancel()
            raise KeyboardInterrupt
        return playing.result()
    finally:
        await shop.close()


async def _page(shop: DemoShop, port: int, began: float) -> int:
    stop = _signals()
    listener = listening(port)
    url = f"http://127.0.0.1:{port}"
    shop.origin = url
    try:
        opening = asyncio.create_task(shop.open())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            opening.cancel()
            return 0
        opening.result()
        serving = asyncio.create_task(serve(shop, listener, lambda: _announce(url, began), stop))
        keeping = asyncio.create_task(shop.keep_open())
        await asyncio.wait({serving, keeping}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            keeping.result()
        await serving
        keeping.cancel()
    finally:
        listener.close()
        await shop.close()
    return 0


def _signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _announce(url: str, began: float) -> None:
    """`make demo` says when it began, so that the time includes the installation."""
    with suppress(ValueError):
        began = min(began, float(os.environ.get(_STARTED_BY_MAKE, began)))
    click.echo(f"\n  {url}\n")
    click.echo(
        f"First page in {time.time() - began:.1f} s. Open it and follow the tour; Ctrl-C ends everything.", err=True
    )


def _tell(outcome: Outcome, report_file: Path | None, foreign: Path | None) -> None:
    presence = outcome.report["presence"]
    click.echo(f"Presence settings used: {json.dumps(presence)}", err=True)
    for reason in outcome.reasons:
        click.echo(f"- {reason}", err=True)
    if report_file is not None:
        report_file.write_text(written(outcome.report), encoding="utf-8")
    else:
        click.echo(written(outcome.report))
    if foreign is not None:
        foreign.write_text(json.dumps(outcome.foreign), encoding="utf-8")
    click.echo(outcome.line)
