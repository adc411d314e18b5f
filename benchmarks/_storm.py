"""What `crowd.py` sets on the store, in a process of its own: `_storm.py PORT SECONDS` or, with no time, until killed.

Three hundred tablets with a good token that connect, are let in, drop and try again as soon as the page would; somebody
who was let in and never reads; and somebody who sends a frame of 100 MB before saying who they are, again and again.
"""

import json
import random
import selectors
import socket
import struct
import sys
import threading
import time
from contextlib import suppress

from _clients import Client, Crowd  # type: ignore[import-not-found]  # beside this file

from tests.flow.live_store import TOKEN
from tests.flow.test_live_limits import connected, refuse_huge_frame

CLIENTS = 300
# As display/shared/live.js tries again.
AGAIN_S = (0.25, 0.6)


def main() -> None:
    port, end = int(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    threading.Thread(target=_frames, args=(port, end), daemon=True).start()
    asleep = connected(port)
    asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    told = _reconnect(port, end)
    asleep.close()
    print(json.dumps(told))


def _frames(port: int, end: float) -> None:
    while time.monotonic() < end:
        with suppress(OSError, struct.error):
            refuse_huge_frame(port)
        time.sleep(1)


def _reconnect(port: int, end: float) -> dict[str, int]:
    chance = random.Random(1)
    tries = joined = 0
    with selectors.EpollSelector() as selector:
        crowd = Crowd(port, "40" + json.dumps({"token": TOKEN, "proto": 1}), selector)
        due: list[tuple[float, int]] = [(0.0, number) for number in range(CLIENTS)]
        tablets: dict[int, Client] = {}
        while time.monotonic() < end:
            now = time.monotonic()
            for number in [number for at, number in due if at <= now]:
                with suppress(OSError):
                    tablets[number] = crowd.open(f"X-Forwarded-For: 10.1.{number // 250}.{number % 250}\r\n")
                    tries += 1
            due = [(at, number) for at, number in due if at > now]
            crowd.pump(0.01)
            for number, tablet in list(tablets.items()):
                if tablet.is_joined or not tablet.is_open:
                    joined += tablet.is_joined
                    crowd.close(tablet)
                    crowd.clients.remove(tablet)
                    del tablets[number]
                    due.append((time.monotonic() + chance.uniform(*AGAIN_S), number))
        crowd.end()
    return {"tries": tries, "joined": joined}


main()
