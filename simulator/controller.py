"""A Bluetooth controller on the air, with the parts of Bumble 0.0.236 repaired that a scanner or a store would notice.

Repaired: every report said -50 dBm and repeated the advertisement as its own scan response; non-connectable
advertisements never arrived; no duplicate filter; intervals were taken for milliseconds; a cancelled connection
attempt stayed pending; a reset reset nothing. Privacy and extended advertising are switched off, because hosts then
use the legacy commands and events that the rest of this file knows.
"""

import asyncio
from collections import OrderedDict
from typing import Final

from bumble import hci as bumble_hci
from bumble import ll
from bumble.controller import Connection, Controller
from bumble.link import LocalLink

from simulator import hci
from simulator.packet import Packet

# Real filters remember few addresses; one that hears more strangers than this lets duplicates through.
_DUPLICATES_REMEMBERED: Final = 64
_SLOT_MS: Final = 0.625
_NOT_SPOKEN: Final = (
    bumble_hci.LeFeatureMask.LL_PRIVACY
    | bumble_hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
    | bumble_hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
    | bumble_hci.LeFeatureMask.LE_CODED_PHY
)


class RadioController(Controller):
    """One radio chip. `reported` counts the reports given to its host."""

    le_features = Controller.le_features & ~_NOT_SPOKEN

    def __init__(self, name: str, link: LocalLink, public_address: str | None = None) -> None:
        super().__init__(name, link=link, public_address=public_address)
        self.reported = 0
        self._remembered: OrderedDict[bytes, None] = OrderedDict()

    def hear(self, packet: Packet, rssi_dbm: int) -> None:
        """Report an advertisement, and its scan response when scanning actively, if the host asked to hear them."""
        if not self.le_scan_enable or (self.filter_duplicates and self._is_duplicate(packet)):
            return
        if packet.is_connectable:
            event_type = hci.ADV_IND
        else:
            event_type = hci.ADV_NONCONN_IND if packet.scan_response is None else hci.ADV_SCAN_IND
        self._report(hci.Report(event_type, packet.is_random, packet.address, packet.data, rssi_dbm))
        if self.le_scan_type and packet.scan_response is not None:
            answer = hci.Report(hci.SCAN_RSP, packet.is_random, packet.address, packet.scan_response, rssi_dbm)
            self._report(answer)

    def reset(self) -> None:
        """As after power-on: nothing scanned, advertised, connected or awaited. For a host that went away."""
        self.le_scan_enable = False
        self.filter_duplicates = False
        self.pending_le_connection = None
        self.le_legacy_advertiser.stop()
        self._remembered.clear()
        for connection in list(self.le_connections.values()):
            self._hang_up(connection)

    def send_hci_packet(self, packet: bumble_hci.HCI_Packet) -> None:
        """Without Bumble's debug line, which formats every packet even when nobody reads it."""
        self._send(bytes(packet))

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Only the connecting half: reports are made by `hear`."""
        wanted = self.pending_le_connection
        if wanted is not None and wanted.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def on_hci_reset_command(self, command: bumble_hci.HCI_Reset_Command) -> bumble_hci.HCI_StatusReturnParameters:
        """Really reset."""
        self.reset()
        return super().on_hci_reset_command(command)

    def on_hci_le_set_scan_enable_command(
        self, command: bumble_hci.HCI_LE_Set_Scan_Enable_Command
    ) -> bumble_hci.HCI_StatusReturnParameters:
        """A new scan hears every address anew."""
        self._remembered.clear()
        return super().on_hci_le_set_scan_enable_command(command)

    def on_hci_le_set_advertising_parameters_command(
        self, command: bumble_hci.HCI_LE_Set_Advertising_Parameters_Command
    ) -> bumble_hci.HCI_StatusReturnParameters:
        """The command counts slots; the advertiser's timer counts milliseconds."""
        done = super().on_hci_le_set_advertising_parameters_command(command)
        self.le_legacy_advertiser.advertising_interval_min = round(command.advertising_interval_min * _SLOT_MS)
        self.le_legacy_advertiser.advertising_interval_max = round(command.advertising_interval_max * _SLOT_MS)
        return done

    def on_hci_le_create_connection_cancel_command(
        self, command: bumble_hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> bumble_hci.HCI_StatusReturnParameters:
        """The attempt ends, and the host is told so, or it would wait for ever."""
        wanted, self.pending_le_connection = self.pending_le_connection, None
        if wanted is not None:
            self.send_hci_packet(
                bumble_hci.HCI_LE_Connection_Complete_Event(
                    status=bumble_hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                    connection_handle=0,
                    role=bumble_hci.Role.CENTRAL,
                    peer_address_type=wanted.peer_address.address_type,
                    peer_address=wanted.peer_address,
                    connection_interval=0,
                    peripheral_latency=0,
                    supervision_timeout=0,
                    central_clock_accuracy=0,
                )
            )
        return super().on_hci_le_create_connection_cancel_command(command)

    def _report(self, report: hci.Report) -> None:
        self.reported += 1
        self._send(hci.pack_report(report))

    def _send(self, packet: bytes) -> None:
        if self.host is not None:
            asyncio.get_running_loop().call_soon(self.host.on_packet, packet)

    def _hang_up(self, connection: Connection) -> None:
        reason = bumble_hci.HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR
        connection.send_ll_control_pdu(ll.TerminateInd(reason))
        self.le_connections.pop(connection.peer_address, None)

    def _is_duplicate(self, packet: Packet) -> bool:
        key = packet.address + packet.data
        seen = key in self._remembered
        self._remembered[key] = None
        self._remembered.move_to_end(key)
        if len(self._remembered) > _DUPLICATES_REMEMBERED:
            self._remembered.popitem(last=False)
        return seen
