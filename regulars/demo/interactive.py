"""`regulars demo`: the shop, its page, and one line with the address."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from regulars.demo.opening import members, products
from regulars.demo.page import Streams, make_app
from regulars.demo.pictures import Pictures
from regulars.demo.shop import DemoShop
from regulars.demo.stage import DemoStage


class _Server(uvicorn.Server):
    """Signals belong to the command, not to the web server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them."""
        yield


async def serve(shop: DemoShop, listener: socket.socket, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """`shop` is open; returns when `stop` is set. `ready` is called when the page can be opened."""
    streams = Streams()
    stage = DemoStage(shop, streams, asyncio.get_running_loop())
    await stage.prepare()
    pictures = Pictures(shop.office, products(), members())
    pictures.start()
    app = make_app(stage, streams, (shop.store_url, shop.office.url))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    ready()
    try:
        await stop.wait()
    finally:
        # All at once: the page's server takes a moment to end, and so may the shop.
        server.should_exit = True
        streams.end()
        await asyncio.gather(
            asyncio.to_thread(pictures.stop),
            shop.close(),
            asyncio.wait({serving}, timeout=1.5),
            asyncio.to_thread(stage.close),
        )
        serving.cancel()
