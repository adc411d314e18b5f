"""What of a store's file matters to its firmware."""

import re
from dataclasses import dataclass
from typing import Final

from firmware_config.boards import BOARDS, Board

# ESPHome's own rule for a node's name; it becomes a label in DNS.
NODE_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,29}[a-z0-9])?")
_ADDRESS: Final = re.compile(r"[0-9.]+")


@dataclass(frozen=True, slots=True)
class Node:
    """An ESPHome scanner. `host` is what the service connects to; `place` says where it hangs."""

    id: str
    host: str
    place: str
    board: Board
    interval_ms: int
    window_ms: int

    @property
    def name(self) -> str:
        return node_name(self.id, self.host)

    @property
    def share(self) -> float:
        """Of the time that it listens."""
        return self.window_ms / self.interval_ms


@dataclass(frozen=True, slots=True)
class Beacon:
    id: str
    place: str
    uuid: str
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Pi:
    """`adapters` are the addresses of its Bluetooth adapters as far as the file names them."""

    adapters: tuple[str, ...]
    uses_internal_bluetooth: bool
    keeps_wifi: bool
    watchdog_s: int


@dataclass(frozen=True, slots=True)
class StorePlan:
    id: str
    name: str
    nodes: tuple[Node, ...]
    beacons: tuple[Beacon, ...]
    pi: Pi


def node_name(scanner_id: str, host: str) -> str:
    """The first label of the host, so that HOST.local finds it; the scanner's id where the host is an IP address."""
    label = scanner_id.replace("_", "-") if _ADDRESS.fullmatch(host) else host.partition(".")[0]
    return label.lower()


def usual_window_ms(board_name: str, interval_ms: int) -> int:
    """KeyError for a board that is not in BOARDS."""
    return int(interval_ms * BOARDS[board_name].usual_share)
