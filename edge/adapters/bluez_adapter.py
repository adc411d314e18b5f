"""Which hciN an adapter is today: BlueZ numbers adapters in the order they appear, so store.toml names their MAC."""

import sys
from collections.abc import Mapping
from typing import Any, Final

ADAPTER_INTERFACE: Final = "org.bluez.Adapter1"


class AdapterMissing(Exception):
    """BlueZ has no such adapter."""


async def adapter_name(mac: str) -> str:
    """`hci0` for the adapter with this MAC, for the first one when `mac` is empty. The caller limits the time.

    Raises AdapterMissing, or what D-Bus raises when bluetoothd is not there.
    """
    name = named_adapter(await _managed_objects(), mac)
    if name is None:
        raise AdapterMissing(mac)
    return name


def named_adapter(objects: Mapping[str, Mapping[str, Mapping[str, Any]]], mac: str) -> str | None:
    """From BlueZ' object tree (path -> interface -> property, unpacked)."""
    for path, interfaces in sorted(objects.items()):
        adapter = interfaces.get(ADAPTER_INTERFACE)
        if adapter is not None and (not mac or str(adapter.get("Address", "")).upper() == mac.upper()):
            return path.rpartition("/")[2]
    return None


async def _managed_objects() -> dict[str, dict[str, dict[str, Any]]]:
    if sys.platform != "linux":
        raise AdapterMissing("BlueZ runs on Linux only")
    # Installed on Linux only (pyproject.toml).
    from dbus_fast import BusType, Message, MessageType, unpack_variants  # noqa: PLC0415
    from dbus_fast.aio import MessageBus  # noqa: PLC0415

    bus = MessageBus(bus_type=BusType.SYSTEM)
    try:
        await bus.connect()
        reply = await bus.call(
            Message(
                destination="org.bluez",
                path="/",
                interface="org.freedesktop.DBus.ObjectManager",
                member="GetManagedObjects",
            )
        )
        if reply.message_type is MessageType.ERROR:
            raise AdapterMissing("bluetoothd does not answer")
        objects: dict[str, dict[str, dict[str, Any]]] = unpack_variants(reply.body[0])
        return objects
    finally:
        bus.disconnect()
