"""`regulars solo`: head office and store for one shop, on this machine."""

import asyncio
import signal
import sys
from pathlib import Path

import click

from edge.adapters.symptoms import running
from edge.errors import SettingsError
from regulars.solo.door import PairingRefused, StoreDoor
from regulars.solo.errors import SoloError
from regulars.solo.processes import Place, admin_token
from regulars.solo.shop import SoloShop, next_steps


@click.command(name="solo")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Where the shop keeps everything; made when it is not there.",
)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Of the store's pages; 0: as in store.toml.")
def command(*, state: Path, port: int) -> None:
    """One shop without a head office elsewhere: runs both sides here, and starts again what falls.

    The first start writes STATE/store.toml for you to change.
    """
    try:
        sys.exit(asyncio.run(_run(SoloShop(Place(state), port))))
    except (SoloError, SettingsError) as error:
        click.echo(f"regulars solo: {error}", err=True)
        sys.exit(error.exit_code)


async def _run(shop: SoloShop) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    try:
        opening = asyncio.create_task(shop.open())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            opening.cancel()
            return 0
        opening.result()
        click.echo(await asyncio.to_thread(_what_to_do, shop))
        keeping = asyncio.create_task(shop.keep_open())
        await asyncio.wait({keeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            keeping.result()
        keeping.cancel()
    finally:
        await shop.close()
    return 0


def _what_to_do(shop: SoloShop) -> str:
    door = StoreDoor(shop.store_url, admin_token(shop.place.store))
    try:
        tablets = [door.page("tablet", tablet.id) for tablet in shop.settings.tablet]
        screens = [door.page("screen", screen.id) for screen in shop.settings.screen]
    except PairingRefused as refusal:
        click.echo(f"regulars solo: no pairing code: {refusal}", err=True)
        tablets, screens = [], []
    found = running(shop.store_url)
    hears = found is not None and any(scanner.health == "ok" for scanner in found.scanners.values())
    return next_steps(shop, tablets, screens, hears=hears)
