"""A recording instead of radios: advertisements as JSON lines, taken through the same identity as live ones.

One line: `{"t": unix seconds, "scanner": "s1", "address": "C0:...", "rssi_dbm": -61, "data": "02011a..."}`, where
`data` is the whole advertisement in hex. Lines are sorted by `t`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.core.advertisement import token_in_payload
from edge.core.identity import Identity
from edge.core.inputs import Contested, Heard
from edge.errors import UsageError


@dataclass(frozen=True, slots=True)
class Packet:
    """One advertisement, heard by one scanner."""

    at: float
    scanner: str
    address: str
    rssi_dbm: int
    payload: bytes


class RecordingMistake(UsageError):
    def __init__(self, path: Path, line: int, reason: str) -> None:
        self.line = line
        super().__init__(f"{path}, line {line}: {reason}: correct or remove that line.")


def read_recording(path: Path) -> Iterator[Packet]:
    """Raises RecordingMistake at the first broken line, and UsageError when the file cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from _packets(path, file)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name a recording that exists.") from None


def replayed(packets: Iterable[Packet], identity: Identity) -> Iterator[Heard | Contested]:
    """What the radio thread would have told the service; `identity` holds the table and counts strangers."""
    for packet in packets:
        body = token_in_payload(packet.payload)
        bodies = () if body is None else (body,)
        yield from identity.hear(packet.scanner, packet.address, packet.rssi_dbm, bodies, packet.at)


def _packets(path: Path, lines: Iterable[str]) -> Iterator[Packet]:
    last_at = float("-inf")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            packet = _packet(json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            raise RecordingMistake(path, number, f"not a recorded advertisement ({type(error).__name__})") from None
        if packet.at < last_at:
            raise RecordingMistake(path, number, "earlier than the line before")
        last_at = packet.at
        yield packet


def _packet(line: dict[str, object]) -> Packet:
    """Raises KeyError, TypeError or ValueError for a line of another shape."""
    at, rssi_dbm, data = line["t"], line["rssi_dbm"], line["data"]
    if not isinstance(at, int | float) or not isinstance(rssi_dbm, int) or not isinstance(data, str):
        raise TypeError
    return Packet(float(at), str(line["scanner"]), str(line["address"]), rssi_dbm, bytes.fromhex(data))
