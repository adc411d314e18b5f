"""The air of one shop: who hears which advertisement, how strongly, and who is connected to whom.

Bumble's LocalLink shares every packet with every controller at once and knows no place. Here each advertisement is
heard by each scanner with its own RSSI or not at all, and phones that own a controller are only woken for what a
phone's scan filter would let through: the store's own service.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bumble import core, ll
from bumble import hci as bumble_hci
from bumble.controller import Controller
from bumble.link import LocalLink

from simulator.controller import RadioController
from simulator.floor import Point3, ScannerSite
from simulator.packet import Packet
from simulator.propagation import Propagation, RadioPath, Spot, open_path, receive


class Ear(Protocol):
    """Something in the store that receives."""

    def hear(self, packet: Packet, rssi_dbm: int) -> None:
        """Take one packet; must not block."""


@dataclass(frozen=True, slots=True)
class Transmitter:
    """Who sends: a name for its radio paths, and where it is."""

    name: str
    spot: Spot


# The store's own radio hangs over the door.
_STORE_HEIGHT_M: Final = 2.0

SpotFinder = Callable[[], Spot | None]


class Air(LocalLink):
    """A LocalLink in which distance matters. Ears are the store's scanners; controllers connect with each other."""

    def __init__(self, seed: int = 1, propagation: Propagation | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # Bumble leaves it unannotated
        self.seed = seed
        self.propagation = propagation or Propagation()
        self.sent = 0
        self._ears: dict[str, tuple[Point3, Ear]] = {}
        self._paths: dict[str, dict[str, RadioPath]] = {}
        self._spots: dict[str, SpotFinder] = {}

    def attach_ear(self, site: ScannerSite, ear: Ear) -> None:
        """One ear per scanner id; a second one takes its place."""
        self._ears[site.scanner_id] = (site.position, ear)

    def place_controller(self, controller: Controller, find_spot: SpotFinder) -> None:
        """Tell where a controller is, so that its own advertisements have a strength; None is out of reach."""
        self._spots[controller.name] = find_spot

    def forget(self, transmitter: str) -> None:
        """Drop the radio paths of somebody who will not speak again."""
        self._paths.pop(transmitter, None)
        self._spots.pop(transmitter, None)

    def transmit(self, transmitter: Transmitter, packet: Packet) -> None:
        """One advertisement on all three channels: each scanner hears it once or not."""
        self.sent += 1
        paths = self._paths.setdefault(transmitter.name, {})
        for scanner_id, (position, ear) in self._ears.items():
            path = paths.get(scanner_id)
            if path is None:
                path = paths[scanner_id] = open_path(self.seed, transmitter.name, scanner_id, self.propagation)
            rssi_dbm = receive(path, transmitter.spot, position, self.propagation)
            if rssi_dbm is not None:
                ear.hear(packet, rssi_dbm)

    def replay(self, scanner_id: str, packet: Packet, rssi_dbm: int) -> None:
        """One advertisement heard by one scanner with a recorded strength."""
        self.sent += 1
        ear = self._ears.get(scanner_id)
        if ear is not None:
            ear[1].hear(packet, rssi_dbm)

    # What Bumble's controllers call.

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        """From a controller: connection requests to whom they name, advertisements to scanners and listening phones."""
        if isinstance(packet, ll.AdvInd):
            self._advertise(sender_controller, packet)
            return
        # At once, not in the loop's next turn: two phones that answer the same advertisement must find one store, or
        # the second believes in a connection that nobody holds.
        for controller in list(self.controllers):
            if controller is not sender_controller:
                controller.on_ll_advertising_pdu(packet)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: bumble_hci.Address,
        transport: core.PhysicalTransport,
        data: bytes,
    ) -> None:
        """Name the sender by the address its connection was made with.

        Bumble 0.0.236 always names it by its present random address: a phone that turned its address over while
        connected, or a host that connects from its public one, would have every packet dropped.
        """
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection is not None and receiver is not None:
            asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)

    def send_ll_control_pdu(
        self, sender_address: bumble_hci.Address, receiver_address: bumble_hci.Address, packet: ll.ControlPdu
    ) -> None:
        """A peer that left the air misses the packet; Bumble raises instead and leaves the connection half closed."""
        if self.find_le_controller(receiver_address) is not None:
            super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def _advertise(self, sender: Controller, pdu: ll.AdvInd) -> None:
        spot = self._spot_of(sender)
        if spot is None:
            return
        address = pdu.advertiser_address
        packet = Packet(
            bytes(address),
            bytes(pdu.data),
            is_random=address.address_type != bumble_hci.Address.PUBLIC_DEVICE_ADDRESS,
            is_connectable=True,
            scan_response=bytes(sender.le_legacy_advertiser.scan_response_data),
        )
        self.transmit(Transmitter(sender.name, spot), packet)
        loop = asyncio.get_running_loop()
        for controller in self.controllers:
            is_listening = controller.le_scan_enable or controller.pending_le_connection is not None
            if controller is not sender and controller.name in self._spots and is_listening:
                loop.call_soon(self._reach, controller, sender, packet, pdu)

    def _spot_of(self, controller: Controller) -> Spot | None:
        find_spot = self._spots.get(controller.name)
        return find_spot() if find_spot else None

    def _reach(self, controller: Controller, sender: Controller, packet: Packet, pdu: ll.AdvInd) -> None:
        store, receiver = self._spot_of(sender), self._spot_of(controller)
        if store is None or receiver is None or not sender.le_legacy_advertiser.enabled:
            return
        paths = self._paths.setdefault(controller.name, {})
        path = paths.get("store")
        if path is None:
            path = paths["store"] = open_path(self.seed, controller.name, "store", self.propagation)
        # Radio paths are the same both ways, so the store is heard as it would hear the phone.
        rssi_dbm = receive(path, receiver, (store.x, store.y, _STORE_HEIGHT_M), self.propagation)
        if rssi_dbm is not None:
            if isinstance(controller, RadioController):
                controller.hear(packet, rssi_dbm)
            controller.on_ll_advertising_pdu(pdu)
