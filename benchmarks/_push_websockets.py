"""`websockets`' half of `push.py`: runs in .venv-rivals and is asked as `_push_ours.py` is.

It is handed its text ready but for number and instant, so it pays for no JSON.
"""

import asyncio
import json
import sys
import time

from websockets.asyncio.server import ServerConnection, broadcast, serve

clients: set[ServerConnection] = set()


async def greet(client: ServerConnection) -> None:
    clients.add(client)
    await client.send("joined")
    try:
        await client.wait_closed()
    finally:
        clients.discard(client)


async def emit(text: str, rate: float, seconds: float) -> None:
    began, spent, emits = time.monotonic(), time.process_time(), round(rate * seconds)
    for n in range(emits):
        await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
        broadcast(clients, text.replace("INSTANT", repr(time.monotonic())).replace("-1", str(n), 1))
    await asyncio.sleep(0.5)
    print(json.dumps({"emits": emits, "cpu_s": time.process_time() - spent}), flush=True)


async def main() -> None:
    patch = json.loads(sys.stdin.readline())
    patch["seq"], patch["set"]["t"] = -1, 0
    text = f'42["patch",{json.dumps(patch, separators=(",", ":"))}]'.replace('"t":0', '"t":INSTANT')
    async with serve(greet, "127.0.0.1", 0, compression=None, ping_interval=10, ping_timeout=10) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            _, rate, seconds = line.split()
            await emit(text, float(rate), float(seconds))


asyncio.run(main())
