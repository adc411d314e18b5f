"""In the test machine: one radio, from a serial port to the kernel. Ends when it is killed, and the radio is gone then.

Only the standard library, so that it starts in half a second on an emulated processor.
"""

import contextlib
import os
import select
import struct
import sys

_VHCI_CREATE_LE_AND_CLASSIC = b"\xff\x00"
# After the packet type: length of the header, and how its length field is packed and where.
_HEADERS = {1: (3, "<B", 2), 2: (4, "<H", 2), 3: (3, "<B", 2), 4: (2, "<B", 1), 5: (4, "<H", 2)}


def main(path: str) -> None:
    """`path` is the serial port that the radio is behind."""
    port = os.open(path, os.O_RDWR)
    kernel = os.open("/dev/vhci", os.O_RDWR)
    os.write(kernel, _VHCI_CREATE_LE_AND_CLASSIC)
    os.read(kernel, 4)
    buffer = bytearray()
    while True:
        readable, _, _ = select.select([kernel, port], [], [])
        if kernel in readable:
            os.write(port, os.read(kernel, 4096))
        if port in readable:
            octets = os.read(port, 65_536)
            if not octets:
                return
            buffer += octets
            while packet := _next(buffer):
                # The kernel takes nothing from a radio that rfkill switched off, and hears it again later.
                with contextlib.suppress(OSError):
                    os.write(kernel, packet)


def _next(buffer: bytearray) -> bytes:
    """The first whole packet, taken out of the buffer; the kernel wants them one by one."""
    header = _HEADERS.get(buffer[0]) if buffer else None
    if buffer and header is None:
        sys.exit(f"no HCI packet begins with {buffer[0]:#04x}")
    if header is None or len(buffer) < 1 + header[0]:
        return b""
    size, packing, offset = header
    (length,) = struct.unpack_from(packing, buffer, 1 + offset)
    end = 1 + size + length
    if len(buffer) < end:
        return b""
    packet = bytes(buffer[:end])
    del buffer[:end]
    return packet


if __name__ == "__main__":
    main(sys.argv[1])
