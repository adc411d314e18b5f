"""HCI packets as bytes, checked against Bumble's own reading of them."""

import pytest
from bumble import hci as bumble_hci

from simulator import hci

REPORT = hci.Report(hci.ADV_IND, is_random=True, address=bytes(range(1, 7)), data=b"\x02\x01\x06", rssi_dbm=-71)


def test_bumble_reads_our_report_as_we_meant_it() -> None:
    event = bumble_hci.HCI_Packet.from_bytes(hci.pack_report(REPORT))
    assert isinstance(event, bumble_hci.HCI_LE_Advertising_Report_Event)
    (found,) = event.reports
    assert (found.rssi, bytes(found.address), found.data) == (-71, REPORT.address, REPORT.data)


def test_we_read_our_own_report() -> None:
    assert hci.parse_reports(hci.pack_report(REPORT)) == [REPORT]


@pytest.mark.parametrize("length", range(3, len(hci.pack_report(REPORT))))
def test_a_truncated_report_is_no_report(length: int) -> None:
    assert hci.parse_reports(hci.pack_report(REPORT)[:length]) == []


def test_packets_are_cut_from_a_stream_however_it_is_split() -> None:
    stream = hci.pack_report(REPORT) + hci.pack_command(hci.RESET) + hci.pack_report(REPORT)
    for size in (1, 2, 7, len(stream)):
        framer = hci.Framer()
        packets = [packet for at in range(0, len(stream), size) for packet in framer.feed(stream[at : at + size])]
        assert b"".join(packets) == stream
        assert len(packets) == 3


def test_a_stream_of_something_else_is_refused() -> None:
    with pytest.raises(hci.BrokenStream):
        list(hci.Framer().feed(b"GET / HTTP/1.1"))
