"""On air with BlueZ: advertisements as D-Bus objects, for the store's service and beacon and for `regulars phone`.

BlueZ keeps an advertisement for as long as the connection to the bus that brought it lives.
"""

import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Final

from dbus_fast import PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusDict, DBusSignature, DBusStr, DBusUInt16, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from edge.adapters.bluez_bus import BluezRefused, call
from wire import gatt

_MANAGER: Final = "org.bluez.LEAdvertisingManager1"
# A phone looks for the service for five seconds; at 100 ms it hears it at once. The kernel gives two seconds to each of
# the two advertisements in turn where the controller can send only one. BlueZ' own default is 1.28 s.
_INTERVAL_MS: Final = 100
_APPLE: Final = 0x004C
_IBEACON: Final = b"\x02\x15"
# What an iPhone measures at one metre of a common USB adapter; the app only asks whether the beacon is there.
_AT_1M_DBM: Final = -59

Texts = Annotated[list[str], DBusSignature("as")]
Companies = Annotated[dict[int, Variant], DBusSignature("a{qv}")]


class Advertisement(ServiceInterface):
    """org.bluez.LEAdvertisement1, connectable and general discoverable, with one of the three kinds of content.

    Raises nothing; BlueZ refuses what does not fit into 31 bytes.
    """

    def __init__(
        self,
        *,
        services: list[str] | None = None,
        service_data: Mapping[str, bytes] | None = None,
        company_data: Mapping[int, bytes] | None = None,
        interval_ms: int = _INTERVAL_MS,
    ) -> None:
        super().__init__("org.bluez.LEAdvertisement1")
        self._services = services or []
        self._service_data = service_data or {}
        self._company_data = company_data or {}
        self._interval_ms = interval_ms

    @dbus_method()
    def Release(self) -> None:  # noqa: N802 - BlueZ' names, here and below
        pass

    @dbus_property(PropertyAccess.READ)
    def Type(self) -> DBusStr:  # noqa: N802
        return "peripheral"

    @dbus_property(PropertyAccess.READ)
    def Discoverable(self) -> DBusBool:  # noqa: N802
        return True

    @dbus_property(PropertyAccess.READ)
    def ServiceUUIDs(self) -> Texts:  # noqa: N802
        return self._services

    @dbus_property(PropertyAccess.READ)
    def ServiceData(self) -> DBusDict:  # noqa: N802
        return {uuid: Variant("ay", octets) for uuid, octets in self._service_data.items()}

    @dbus_property(PropertyAccess.READ)
    def ManufacturerData(self) -> Companies:  # noqa: N802
        return {company: Variant("ay", octets) for company, octets in self._company_data.items()}

    @dbus_property(PropertyAccess.READ)
    def MinInterval(self) -> DBusUInt32:  # noqa: N802
        return self._interval_ms

    @dbus_property(PropertyAccess.READ)
    def MaxInterval(self) -> DBusUInt32:  # noqa: N802
        return self._interval_ms

    @dbus_property(PropertyAccess.READ)
    def Duration(self) -> DBusUInt16:  # noqa: N802
        """Seconds on air before the next advertisement has its turn, where they must take turns."""
        return 1


def beacon(store: int, minor: int = 0) -> Advertisement:
    """The iBeacon that wakes the app: one UUID for all stores, the store's number modulo 65536 as major."""
    content = _IBEACON + gatt.BEACON.bytes + struct.pack(">HHb", store % 0x1_0000, minor, _AT_1M_DBM)
    return Advertisement(company_data={_APPLE: content})


async def advertise(bus: MessageBus, adapter: str, path: str, advertisement: Advertisement) -> None:
    """Put it on air until it is withdrawn or the bus is left. Raises BluezRefused and TimeoutError."""
    bus.export(path, advertisement)
    try:
        await call(bus, adapter, _MANAGER, "RegisterAdvertisement", "oa{sv}", [path, {}])
    except (BluezRefused, TimeoutError):
        bus.unexport(path, advertisement)
        raise


async def withdraw(bus: MessageBus, adapter: str, path: str) -> None:
    """Take it off the air again; fine when it was not there."""
    with suppress(BluezRefused, TimeoutError):
        await call(bus, adapter, _MANAGER, "UnregisterAdvertisement", "o", [path])
    bus.unexport(path)
