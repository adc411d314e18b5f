"""Ports on loopback: a free one, and whether one is ours to take."""

import errno
import socket

from regulars.solo.errors import PortTaken


def free_ports(count: int) -> list[int]:
    """Ports that are free now; all held at once, so that no two are the same."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def listening(port: int) -> socket.socket:
    """A listening socket on loopback. Raises PortTaken."""
    # Without the protocol named, asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise PortTaken(port) from None
        raise
    listener.setblocking(False)
    return listener
