"""An adapter in the store's hands: switched on, reporting every packet, and missed as soon as it is gone.

The trap: for every discovery the kernel switches the controller's duplicate filter on, so that a phone is reported
about once per scan (2 of 88 packets a second were left). While any advertisement monitor is registered the kernel
leaves the filter off. So a passive monitor is held open for as long as the scan runs. Between two rounds of discovery,
5 of every 15 seconds, it is also what keeps the reports coming.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any, Final

from dbus_fast import Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from edge.adapters import bluez_bus
from edge.adapters.bluez_adapter import ADAPTER_INTERFACE, AdapterMissing, named_adapter
from edge.adapters.bluez_bus import BluezRefused, call

_MANAGER: Final = "org.bluez.AdvertisementMonitorManager1"
# Service-data patterns match nothing from BlueZ 5.69 on; flags do, byte for byte. What phones send: iOS and Android
# say 0x1A, Linux and beacons 0x06 or 0x02. An advertisement without flags is heard during discovery only.
_FLAGS_FIELD: Final = 0x01
_FLAGS_ON_AIR: Final = (0x1A, 0x06, 0x02)
# The kernel needs about a second to take an adapter down and up again.
_DOWN_FOR_S: Final = 0.5

THINNED: Final = (
    "bluetoothd thins out the reports, so zones follow late: start it with -E "
    "(Experimental = true in /etc/bluetooth/main.conf)"
)

_numbers = itertools.count(1)

Patterns = Annotated[list[tuple[int, int, bytes]], DBusSignature("a(yyay)")]


class FlagsMonitor(ServiceInterface):
    """org.bluez.AdvertisementMonitor1. What it finds is not looked at: the scan beside it reports everything."""

    def __init__(self) -> None:
        super().__init__("org.bluez.AdvertisementMonitor1")
        self.is_released = False

    @dbus_method()
    def Release(self) -> None:  # noqa: N802 - BlueZ' names
        """BlueZ gave it up: an adapter was reset, or the patterns do not please it."""
        self.is_released = True

    @dbus_method()
    def Activate(self) -> None:  # noqa: N802
        pass

    @dbus_method()
    def DeviceFound(self, device: DBusObjectPath) -> None:  # noqa: N802
        pass

    @dbus_method()
    def DeviceLost(self, device: DBusObjectPath) -> None:  # noqa: N802
        pass

    @dbus_property(PropertyAccess.READ)
    def Type(self) -> DBusStr:  # noqa: N802
        return "or_patterns"

    @dbus_property(PropertyAccess.READ)
    def Patterns(self) -> Patterns:  # noqa: N802
        return [(0, _FLAGS_FIELD, bytes((flags,))) for flags in _FLAGS_ON_AIR]


class Hold:
    """One adapter while it is held. `name` is hciN; `thinned` says why reports are thinned out, empty when not."""

    def __init__(self, bus: MessageBus, path: str) -> None:
        self.path = path
        self.name = path.rpartition("/")[2]
        self.thinned = ""
        self._bus = bus
        self._loss = ""
        self._monitor: FlagsMonitor | None = None

    @property
    def loss(self) -> str:
        """Why it is to be opened anew, empty as long as it is there."""
        if self._monitor is not None and self._monitor.is_released:
            return "bluetoothd dropped the advertisement monitor"
        return self._loss if self._bus.connected else "the system bus ended"

    async def watch(self) -> None:
        """From now on know of unplugging, switching off and a bluetoothd that ended."""
        bus = self._bus
        bus.add_message_handler(self._see)
        # arg0path, because arg0 compares with texts only and an object's path is none.
        removed = f"type='signal',interface='{bluez_bus.OBJECT_MANAGER}',member='InterfacesRemoved'"
        await bluez_bus.listen(bus, f"{removed},arg0path='{self.path}'")
        await bluez_bus.listen(
            bus, f"type='signal',interface='{bluez_bus.PROPERTIES}',member='PropertiesChanged',path='{self.path}'"
        )
        await bluez_bus.listen(
            bus, f"type='signal',interface='{bluez_bus.DAEMON}',member='NameOwnerChanged',arg0='{bluez_bus.BLUEZ}'"
        )

    async def unfilter(self, *, is_able: bool) -> None:
        """Register the monitor, or say why it cannot be."""
        if not is_able:
            self.thinned = THINNED
            return
        monitor, root = FlagsMonitor(), f"/org/regulars/monitor{next(_numbers)}"
        await call(self._bus, self.path, _MANAGER, "RegisterMonitor", "o", [root])
        # In this order: BlueZ looks at what appears below the path after it was registered.
        self._bus.export(root, monitor)
        self._monitor = monitor

    def _see(self, message: Message) -> bool | None:
        if message.message_type is not MessageType.SIGNAL:
            return None
        if message.member == "NameOwnerChanged" and message.body[0] == bluez_bus.BLUEZ:
            self._loss = "bluetoothd ended"
        elif message.member == "InterfacesRemoved" and message.body[0] == self.path and _is_adapter(message.body[1]):
            self._loss = "the adapter was unplugged"
        elif message.member == "PropertiesChanged" and message.path == self.path and _is_off(message.body):
            self._loss = "the adapter was switched off"
        return None


def _is_adapter(interfaces: list[str]) -> bool:
    return ADAPTER_INTERFACE in interfaces


def _is_off(body: list[Any]) -> bool:
    powered: Variant | None = body[1].get("Powered") if body[0] == ADAPTER_INTERFACE else None
    return powered is not None and not powered.value


class AdapterBlocked(Exception):
    """An rfkill switch keeps it off."""


@asynccontextmanager
async def held(mac: str, *, afresh: bool = False) -> AsyncIterator[Hold]:
    """The adapter with this MAC, the first one when empty; `afresh` switches it off and on before, as it hung.

    Raises AdapterMissing, AdapterBlocked, BluezRefused, OSError, TimeoutError or a DBusFastError.
    """
    async with bluez_bus.system_bus() as bus:
        try:
            tree = await bluez_bus.objects(bus)
        except BluezRefused:
            raise AdapterMissing("bluetoothd does not answer") from None
        name = named_adapter(tree, mac)
        if name is None:
            raise AdapterMissing(mac)
        path = f"/org/bluez/{name}"
        hold = Hold(bus, path)
        await _switch_on(bus, path, is_on=bool(tree[path][ADAPTER_INTERFACE].get("Powered", True)), afresh=afresh)
        await hold.watch()
        await hold.unfilter(is_able=_MANAGER in tree[path])
        yield hold


async def _switch_on(bus: MessageBus, path: str, *, is_on: bool, afresh: bool) -> None:
    if is_on and afresh:
        with suppress(BluezRefused, TimeoutError):
            await bluez_bus.put(bus, path, ADAPTER_INTERFACE, "Powered", Variant("b", False))
        await asyncio.sleep(_DOWN_FOR_S)
        is_on = False
    if not is_on:
        try:
            await bluez_bus.put(bus, path, ADAPTER_INTERFACE, "Powered", Variant("b", True))
        except BluezRefused as refused:
            if refused.error.endswith(".Blocked"):
                raise AdapterBlocked from None
            raise
