"""The store as a peripheral on BlueZ: the challenge's three characteristics, the service on air, and the iBeacon.

It decides nothing: the callbacks do. BlueZ names a connection by an object path that contains the phone's address; it
is kept for as long as the connection lasts and shown to nobody. Fits the port that `checkin_gatt` declares.
"""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Annotated, Any, Final

from dbus_fast import DBusError, Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusDict, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from edge.adapters import bluez_bus
from edge.adapters.bluez_adapter import ADAPTER_INTERFACE, AdapterMissing, named_adapter
from edge.adapters.bluez_advertisement import Advertisement, advertise, beacon
from edge.adapters.bluez_bus import BluezRefused, call
from wire import gatt

_GATT_MANAGER: Final = "org.bluez.GattManager1"
_DEVICE: Final = "org.bluez.Device1"
# Twice as long as BlueZ needs on an emulated processor.
_HANG_UP_WITHIN_S: Final = 0.4

ReadCallback = Callable[[str], bytes]
WriteCallback = Callable[[str, bytes], None]
EndCallback = Callable[[str], None]
Octets = Annotated[bytes, DBusSignature("ay")]
Texts = Annotated[list[str], DBusSignature("as")]


class _Service(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.bluez.GattService1")

    @dbus_property(PropertyAccess.READ)
    def UUID(self) -> DBusStr:  # noqa: N802 - BlueZ' names, here and below
        return str(gatt.SERVICE)

    @dbus_property(PropertyAccess.READ)
    def Primary(self) -> DBusBool:  # noqa: N802
        return True


class _Characteristic(ServiceInterface):
    """`answer` serves reads, `take` serves writes; both get BlueZ' path of the phone."""

    def __init__(
        self,
        uuid: str,
        service: str,
        *,
        answer: Callable[[str], bytes] | None = None,
        take: Callable[[str, bytes], None] | None = None,
    ) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self._uuid = uuid
        self._service = service
        self._answer = answer
        self._take = take

    @dbus_property(PropertyAccess.READ)
    def UUID(self) -> DBusStr:  # noqa: N802
        return self._uuid

    @dbus_property(PropertyAccess.READ)
    def Service(self) -> DBusObjectPath:  # noqa: N802
        return self._service

    @dbus_property(PropertyAccess.READ)
    def Flags(self) -> Texts:  # noqa: N802
        return ["read"] if self._answer else ["write"]

    @dbus_method()
    def ReadValue(self, options: DBusDict) -> Octets:  # noqa: N802
        phone = _phone(options)
        if self._answer is None:
            raise DBusError("org.bluez.Error.NotPermitted", "write only")
        try:
            return self._answer(phone)
        except Exception as error:
            raise DBusError("org.bluez.Error.Failed", "refused") from error

    @dbus_method()
    def WriteValue(self, value: Octets, options: DBusDict) -> None:  # noqa: N802
        phone = _phone(options)
        if self._take is None:
            raise DBusError("org.bluez.Error.NotPermitted", "read only")
        try:
            self._take(phone, bytes(value))
        except Exception as error:
            raise DBusError("org.bluez.Error.Failed", "refused") from error


def _phone(options: Mapping[str, Variant]) -> str:
    """BlueZ' path of the phone. Every value fits one packet, so whoever asks for a later part is no app of ours."""
    if "offset" in options and options["offset"].value:
        raise DBusError("org.bluez.Error.InvalidOffset", "read from the start")
    if "device" not in options:
        raise DBusError("org.bluez.Error.Failed", "nobody asks")
    return str(options["device"].value)


class BluezPeripheral:
    """The challenge service on the adapter with this MAC, the first one when empty, for the store with this number."""

    def __init__(self, mac: str, store: int) -> None:
        self._mac = mac
        self._store = store
        self._open = AsyncExitStack()
        self._names = itertools.count(1)
        self._connections: dict[str, str] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self._bus: MessageBus | None = None
        self._adapter = ""
        self._is_lost = asyncio.Event()

    async def start(
        self,
        on_read_challenge: ReadCallback,
        on_write_response: WriteCallback,
        on_read_ack: ReadCallback,
        on_disconnect: EndCallback,
    ) -> None:
        """Serve and advertise. Callbacks run on this loop; one that raises answers the phone with an ATT error.

        Raises AdapterMissing, BluezRefused, OSError or TimeoutError; `stop` cleans up after that too.
        """
        self._on_disconnect = on_disconnect
        self._is_lost.clear()
        bus = self._bus = await self._open.enter_async_context(bluez_bus.system_bus())
        self._open.callback(self._end_all)
        try:
            tree = await bluez_bus.objects(bus)
        except BluezRefused:
            raise AdapterMissing("bluetoothd does not answer") from None
        name = named_adapter(tree, self._mac)
        if name is None:
            raise AdapterMissing(self._mac)
        self._adapter = f"/org/bluez/{name}"
        if not tree[self._adapter][ADAPTER_INTERFACE].get("Powered", True):
            await bluez_bus.put(bus, self._adapter, ADAPTER_INTERFACE, "Powered", Variant("b", True))
        await self._watch(bus)
        self._export(bus, on_read_challenge, on_write_response, on_read_ack)
        await call(bus, self._adapter, _GATT_MANAGER, "RegisterApplication", "oa{sv}", [_ROOT, {}])
        await advertise(bus, self._adapter, _ON_AIR, Advertisement(services=[str(gatt.SERVICE)]))
        # A controller with room for one advertisement still serves phones that are awake.
        with suppress(BluezRefused):
            await advertise(bus, self._adapter, _BEACON, beacon(self._store))

    async def stop(self) -> None:
        """Hang up on everybody and leave the air; also fine when the radio went away before."""
        bus = self._bus
        self._bus = None
        try:
            if bus is not None and bus.connected:
                with suppress(BluezRefused, TimeoutError, EOFError, OSError):
                    async with asyncio.timeout(_HANG_UP_WITHIN_S):
                        await asyncio.gather(*(self._hang_up(bus, phone) for phone in list(self._connections)))
        finally:
            # Closing the line takes the service and both advertisements away with it.
            await self._open.aclose()

    async def wait_lost(self) -> None:
        """Until the adapter or bluetoothd is gone: then the service has to be started anew."""
        await self._is_lost.wait()

    def _export(self, bus: MessageBus, challenge: ReadCallback, respond: WriteCallback, ack: ReadCallback) -> None:
        service = f"{_ROOT}/service"
        bus.export(service, _Service())
        characteristics = {
            "challenge": _Characteristic(
                str(gatt.CHALLENGE), service, answer=lambda phone: challenge(self._name(phone))
            ),
            "response": _Characteristic(
                str(gatt.RESPONSE), service, take=lambda phone, octets: respond(self._name(phone), octets)
            ),
            "ack": _Characteristic(str(gatt.ACKNOWLEDGEMENT), service, answer=lambda phone: ack(self._name(phone))),
        }
        for name, characteristic in characteristics.items():
            bus.export(f"{service}/{name}", characteristic)

    async def _watch(self, bus: MessageBus) -> None:
        bus.add_message_handler(self._see)
        bus_gone = f"type='signal',interface='{bluez_bus.DAEMON}',member='NameOwnerChanged',arg0='{bluez_bus.BLUEZ}'"
        removed = f"type='signal',interface='{bluez_bus.OBJECT_MANAGER}',member='InterfacesRemoved'"
        for rule in (bus_gone, f"{removed},arg0path='{self._adapter}/'", f"{removed},arg0path='{self._adapter}'"):
            await bluez_bus.listen(bus, rule)
        powered = f"type='signal',interface='{bluez_bus.PROPERTIES}',member='PropertiesChanged',path='{self._adapter}'"
        await bluez_bus.listen(bus, powered)

    def _name(self, phone: str) -> str:
        """The connection's opaque name; the first request of a connection gives it one."""
        name = self._connections.get(phone)
        if name is None:
            name = self._connections[phone] = f"c{next(self._names)}"
            self._do(self._follow(phone))
        return name

    async def _follow(self, phone: str) -> None:
        """Hear of its end: of this phone alone, for BlueZ tells every packet of every stranger in the same way."""
        bus = self._bus
        if bus is None:
            return
        try:
            await bluez_bus.listen(bus, _rule(phone))
            is_connected = bool(await bluez_bus.get(bus, phone, _DEVICE, "Connected"))
        except (BluezRefused, TimeoutError):
            is_connected = False
        if not is_connected:
            self._end(phone)

    async def _hang_up(self, bus: MessageBus, phone: str) -> None:
        await call(bus, phone, _DEVICE, "Disconnect")
        self._end(phone)

    def _see(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.body[0] == bluez_bus.BLUEZ:
            self._lose()
        elif message.member == "InterfacesRemoved":
            if message.body[0] == self._adapter:
                self._lose()
            elif _DEVICE in message.body[1]:
                self._end(str(message.body[0]))
        elif message.member == "PropertiesChanged":
            self._see_change(str(message.path), message.body)

    def _see_change(self, path: str, body: list[Any]) -> None:
        changed = body[1]
        if path == self._adapter and "Powered" in changed and not changed["Powered"].value:
            self._lose()
        elif "Connected" in changed and not changed["Connected"].value:
            self._end(path)

    def _lose(self) -> None:
        self._end_all()
        self._is_lost.set()

    def _end_all(self) -> None:
        for phone in list(self._connections):
            self._end(phone)

    def _end(self, phone: str) -> None:
        name = self._connections.pop(phone, None)
        if name is None:
            return
        self._on_disconnect(name)
        if self._bus is not None and self._bus.connected:
            self._do(_unfollow(self._bus, phone))

    def _do(self, chore: Any) -> None:  # noqa: ANN401 - any coroutine
        task = asyncio.get_running_loop().create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


_ROOT: Final = "/org/regulars/checkin"
_ON_AIR: Final = "/org/regulars/advertisement/service"
_BEACON: Final = "/org/regulars/advertisement/beacon"


def _rule(phone: str) -> str:
    return f"type='signal',interface='{bluez_bus.PROPERTIES}',member='PropertiesChanged',path='{phone}'"


async def _unfollow(bus: MessageBus, phone: str) -> None:
    with suppress(BluezRefused, TimeoutError, EOFError, OSError):
        await bluez_bus.unlisten(bus, _rule(phone))
