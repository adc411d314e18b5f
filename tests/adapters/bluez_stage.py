"""A bluetoothd for tests: adapters and devices on a D-Bus of its own, so that bleak's BlueZ path runs for real."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from dbus_fast import DBusError, Message, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusDict, DBusInt16, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""

Uuids = Annotated[list[str], DBusSignature("as")]


class MonitorManager(ServiceInterface):
    """What an adapter has when bluetoothd runs with -E."""

    def __init__(self) -> None:
        super().__init__("org.bluez.AdvertisementMonitorManager1")
        self.monitors: list[str] = []

    @dbus_method()
    def RegisterMonitor(self, application: DBusObjectPath) -> None:  # noqa: N802
        self.monitors.append(application)


class GattManager(ServiceInterface):
    """Where the store's service is registered."""

    def __init__(self) -> None:
        super().__init__("org.bluez.GattManager1")
        self.applications: list[str] = []

    @dbus_method()
    def RegisterApplication(self, application: DBusObjectPath, options: DBusDict) -> None:  # noqa: N802
        self.applications.append(application)


class AdvertisingManager(ServiceInterface):
    """A controller that can send so many advertisements."""

    def __init__(self) -> None:
        super().__init__("org.bluez.LEAdvertisingManager1")
        self.room = 2
        self.advertisements: list[str] = []

    @dbus_method()
    def RegisterAdvertisement(self, advertisement: DBusObjectPath, options: DBusDict) -> None:  # noqa: N802
        if len(self.advertisements) == self.room:
            raise DBusError("org.bluez.Error.NotPermitted", "Maximum advertisements reached")
        self.advertisements.append(advertisement)


class Adapter(ServiceInterface):
    def __init__(self, mac: str) -> None:
        super().__init__("org.bluez.Adapter1")
        self.mac = mac
        self.monitoring = MonitorManager()
        self.gatt = GattManager()
        self.advertising = AdvertisingManager()
        self.is_powered = True
        self.is_blocked = False
        self.is_hanging = False
        self.refuses_until_switched = False
        self.starts = 0
        self.switched: list[bool] = []
        self.filters: dict[str, Any] = {}
        self.is_discovering = False

    @dbus_property(access=PropertyAccess.READ)
    def Address(self) -> DBusStr:  # noqa: N802 - BlueZ' name
        return self.mac

    @dbus_property()
    def Powered(self) -> DBusBool:  # noqa: N802
        return self.is_powered

    @Powered.setter
    def _power(self, is_on: DBusBool) -> None:
        if is_on and self.is_blocked:
            raise DBusError("org.bluez.Error.Blocked", "rfkill")
        self.is_powered = is_on
        self.switched.append(is_on)

    def switch_off(self) -> None:
        """As rfkill does."""
        self.is_powered = False
        self.is_blocked = True
        self.emit_properties_changed({"Powered": False})

    @dbus_method()
    async def SetDiscoveryFilter(self, filters: DBusDict) -> None:  # noqa: N802
        while self.is_hanging:  # noqa: ASYNC110 - a hanging bluetoothd has no event
            await asyncio.sleep(0.01)
        self.filters = {name: variant.value for name, variant in filters.items()}

    @dbus_method()
    def StartDiscovery(self) -> None:  # noqa: N802
        if self.refuses_until_switched and not self.switched:
            raise DBusError("org.bluez.Error.InProgress", "the scan of another life")
        self.is_discovering = True
        self.starts += 1

    @dbus_method()
    def StopDiscovery(self) -> None:  # noqa: N802
        self.is_discovering = False


class Device(ServiceInterface):
    def __init__(self, adapter_path: str, address: str, service_data: dict[str, bytes], rssi_dbm: int) -> None:
        super().__init__("org.bluez.Device1")
        self.adapter_path = adapter_path
        self.address = address
        self.service_data = service_data
        self.rssi_dbm = rssi_dbm

    @dbus_property(access=PropertyAccess.READ)
    def Adapter(self) -> DBusObjectPath:  # noqa: N802
        return self.adapter_path

    @dbus_property(access=PropertyAccess.READ)
    def Address(self) -> DBusStr:  # noqa: N802
        return self.address

    @dbus_property(access=PropertyAccess.READ)
    def Alias(self) -> DBusStr:  # noqa: N802
        return self.address.replace(":", "-")

    @dbus_property(access=PropertyAccess.READ)
    def UUIDs(self) -> Uuids:  # noqa: N802
        return []

    @dbus_property(access=PropertyAccess.READ)
    def ServiceData(self) -> DBusDict:  # noqa: N802
        return {uuid: Variant("ay", data) for uuid, data in self.service_data.items()}

    @dbus_property(access=PropertyAccess.READ)
    def RSSI(self) -> DBusInt16:  # noqa: N802
        return self.rssi_dbm


class Bluez:
    """What bluetoothd would export; adapters by the number it gave them."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.adapters: dict[str, Adapter] = {}
        self._devices: dict[str, Device] = {}

    def plug_in(self, name: str, mac: str, *, is_experimental: bool = True) -> Adapter:
        """Without `is_experimental` as a bluetoothd that was started without -E."""
        adapter = self.adapters[name] = Adapter(mac)
        self._bus.export(f"/org/bluez/{name}", adapter)
        self._bus.export(f"/org/bluez/{name}", adapter.gatt)
        self._bus.export(f"/org/bluez/{name}", adapter.advertising)
        if is_experimental:
            self._bus.export(f"/org/bluez/{name}", adapter.monitoring)
        return adapter

    def unplug(self, name: str) -> None:
        self._bus.unexport(f"/org/bluez/{name}", self.adapters.pop(name))

    async def ask(self, member: str, signature: str, body: list[Any], *, characteristic: str) -> Message:
        """As bluetoothd passes on what a phone asks of a characteristic."""
        owner = await self._bus.call(
            Message(
                destination="org.freedesktop.DBus", path="/org/freedesktop/DBus", interface="org.freedesktop.DBus",
                member="ListNames",
            )
        )  # fmt: skip
        clients = [name for name in owner.body[0] if name.startswith(":") and name != self._bus.unique_name]
        return await self._bus.call(
            Message(
                destination=clients[-1], path=f"/org/regulars/checkin/service/{characteristic}",
                interface="org.bluez.GattCharacteristic1", member=member, signature=signature, body=body,
            )
        )  # fmt: skip

    async def come(self) -> None:
        """It starts: bluetoothd owns its name."""
        await self._bus.request_name("org.bluez")

    async def go(self) -> None:
        """It ends, and all its adapters with it."""
        await self._bus.release_name("org.bluez")

    def hear(self, name: str, address: str, service_data: dict[str, bytes], rssi_dbm: int) -> None:
        """As bluetoothd tells a packet: a new object first, then a changed RSSI."""
        path = f"/org/bluez/{name}/dev_{address.replace(':', '_')}"
        device = self._devices.get(path)
        if device is None:
            device = self._devices[path] = Device(f"/org/bluez/{name}", address, service_data, rssi_dbm)
            self._bus.export(path, device)
        else:
            device.rssi_dbm = rssi_dbm
            device.emit_properties_changed({"RSSI": rssi_dbm})


@asynccontextmanager
async def open_bluez(folder: Path) -> AsyncIterator[tuple[Bluez, str]]:
    """The pretended bluetoothd and the address of its bus, for DBUS_SYSTEM_BUS_ADDRESS."""
    socket = folder / "bus"
    (folder / "bus.conf").write_text(_BUS.format(socket=socket))
    command = ["dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--print-address"]
    daemon = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        address = (await daemon.stdout.readline()).decode().strip() if daemon.stdout else ""
        bus = await MessageBus(bus_address=address).connect()
        try:
            await bus.request_name("org.bluez")
            yield Bluez(bus), address
        finally:
            bus.disconnect()
    finally:
        daemon.terminate()
        await daemon.wait()
