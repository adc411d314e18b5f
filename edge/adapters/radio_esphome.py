"""A scanner on the network: an ESPHome node that passes on every advertisement as it was on air (a Bluetooth proxy).

Its API is encrypted with the node's own key (wire.node_key); a node that speaks in the clear is refused, or anybody in
the shop's network could say who is there. Every call has a time limit, and the connection is watched.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aioesphomeapi.client import APIClient
from aioesphomeapi.core import (
    APIConnectionError,
    EncryptionPlaintextAPIError,
    InvalidEncryptionKeyAPIError,
    ResolveAPIError,
)
from aioesphomeapi.model import BluetoothProxyFeature

from edge.adapters.scanner import ScannerUnusable

PORT: Final = 6053
# A node on a full network answers in a tenth of this; the pause before the next try comes on top.
_CONNECT_WITHIN_S: Final = 8.0
_LEAVE_WITHIN_S: Final = 0.5
# A node without power says nothing. Twice this without an answer, and it counts as gone.
_KEEP_ALIVE_S: Final = 5.0

# The address is the number that the node sends; most are strangers', so nobody writes it out before it is needed.
Hear = Callable[[int, int, bytes], None]


class Node:
    """One node while it is connected. `loss` says why it is to be opened anew, empty as long as it is there."""

    thinned: Final = ""

    def __init__(self) -> None:
        self.loss = ""

    async def lose(self, expected: bool) -> None:  # noqa: FBT001 - aioesphomeapi's callback
        """The connection ended, by us or by the node."""
        del expected
        self.loss = "the node closed the connection"


@asynccontextmanager
async def connected(where: str, key: str, hear: Hear) -> AsyncIterator[Node]:
    """`where` is HOST or HOST:PORT; `hear` gets address, RSSI and payload of every advertisement until the end.

    Raises ScannerUnusable.
    """
    # Its messages quote hosts and, at debug level, whole packets; what matters becomes the scanner's fault.
    logging.getLogger("aioesphomeapi").setLevel(logging.CRITICAL)
    host, _, port = where.partition(":")
    node = Node()
    client = APIClient(
        host, int(port or PORT), client_info="regulars", noise_psk=key, keepalive=_KEEP_ALIVE_S, provide_time=False
    )
    try:
        await _connect(client, node)
        client.subscribe_bluetooth_le_raw_advertisements(lambda response: _pass_on(response, hear))
        yield node
    finally:
        with suppress(APIConnectionError, TimeoutError):
            async with asyncio.timeout(_LEAVE_WITHIN_S):
                await client.disconnect()
        with suppress(APIConnectionError):
            await client.disconnect(force=True)


async def _connect(client: APIClient, node: Node) -> None:
    try:
        async with asyncio.timeout(_CONNECT_WITHIN_S):
            await client.connect(node.lose, login=True, log_errors=False)
            device = await client.device_info()
    except EncryptionPlaintextAPIError:
        raise ScannerUnusable("the node speaks without encryption: flash it with `regulars firmware build`") from None
    except InvalidEncryptionKeyAPIError:
        raise ScannerUnusable(
            "the node has another key: build its firmware from this store.toml and secrets.toml, and flash it"
        ) from None
    except ResolveAPIError:
        raise ScannerUnusable("no node has this name: write its address into store.toml, or switch it on") from None
    except (APIConnectionError, OSError, TimeoutError):
        raise ScannerUnusable("the node does not answer: give it power and network") from None
    if not device.bluetooth_proxy_feature_flags & BluetoothProxyFeature.RAW_ADVERTISEMENTS:
        raise ScannerUnusable("the node is no Bluetooth proxy: flash it with `regulars firmware build`")


def _pass_on(response: Any, hear: Hear) -> None:  # noqa: ANN401 - protobuf's classes are made at run time
    for advertisement in response.advertisements:
        hear(advertisement.address, advertisement.rssi, advertisement.data)


def written(address: int) -> str:
    """As bleak writes it: AA:BB:CC:DD:EE:FF."""
    return address.to_bytes(6, "big").hex(":").upper()
