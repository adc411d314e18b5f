"""The system bus as the store speaks it: one connection per purpose, every call limited in time, errors by name only.

What a D-Bus error says in words is dropped: it can quote the address of a stranger's device.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from dbus_fast import BusType, Message, MessageType, Variant, unpack_variants
from dbus_fast.aio import MessageBus

BLUEZ: Final = "org.bluez"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER: Final = "org.freedesktop.DBus.ObjectManager"
DAEMON: Final = "org.freedesktop.DBus"

# bluetoothd answers in milliseconds; switching an adapter on takes a USB stick up to two seconds, and a machine that is
# starting has other things to do.
CALL_WITHIN_S: Final = 6.0
_GOODBYE_WITHIN_S: Final = 0.3


class BluezRefused(Exception):
    """An error reply; `error` is its D-Bus name."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@asynccontextmanager
async def system_bus() -> AsyncIterator[MessageBus]:
    """A connection of its own; raises OSError or TimeoutError when there is no bus."""
    bus = MessageBus(bus_type=BusType.SYSTEM)
    try:
        async with asyncio.timeout(CALL_WITHIN_S):
            await bus.connect()
        yield bus
    finally:
        is_open = bus.connected
        bus.disconnect()
        if is_open:
            # It only says goodbye; the socket is closed when the daemon has said it too.
            with suppress(Exception):
                async with asyncio.timeout(_GOODBYE_WITHIN_S):
                    await bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # dbus-fast leaves it unannotated


async def call(  # noqa: PLR0917 - the fields of a D-Bus call, in the order everybody writes them
    bus: MessageBus,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    body: list[Any] | None = None,
    *,
    to: str = BLUEZ,
    within_s: float = CALL_WITHIN_S,
) -> list[Any]:
    """The reply's values, unpacked. Raises BluezRefused and TimeoutError."""
    message = Message(
        destination=to, path=path, interface=interface, member=member, signature=signature, body=body or []
    )
    async with asyncio.timeout(within_s):
        reply = await bus.call(message)
    if reply.message_type is MessageType.ERROR:
        raise BluezRefused(str(reply.error_name))
    return [unpack_variants(value) for value in reply.body]


async def objects(bus: MessageBus) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """BlueZ' object tree: path -> interface -> property."""
    (tree,) = await call(bus, "/", OBJECT_MANAGER, "GetManagedObjects")
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = tree
    return found


async def get(bus: MessageBus, path: str, interface: str, name: str) -> Any:  # noqa: ANN401 - D-Bus is typed at run time
    """One property."""
    (value,) = await call(bus, path, PROPERTIES, "Get", "ss", [interface, name])
    return value


async def put(bus: MessageBus, path: str, interface: str, name: str, value: Variant) -> None:
    """Set one property."""
    await call(bus, path, PROPERTIES, "Set", "ssv", [interface, name, value])


async def listen(bus: MessageBus, rule: str) -> None:
    """Have the daemon pass on the signals that match."""
    await call(bus, "/org/freedesktop/DBus", DAEMON, "AddMatch", "s", [rule], to=DAEMON)


async def unlisten(bus: MessageBus, rule: str) -> None:
    """The reverse of `listen`."""
    await call(bus, "/org/freedesktop/DBus", DAEMON, "RemoveMatch", "s", [rule], to=DAEMON)
