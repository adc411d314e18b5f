"""From a store's plan to the configuration of what hangs on its walls: scanner nodes, beacons and the Raspberry Pi.

Values in, texts out: nothing here reads a clock, a file or the network. Only `secrets.yaml` holds secrets.
"""

from firmware_config.boards import BOARDS, Board
from firmware_config.mistakes import mistakes
from firmware_config.plan import Beacon, Node, Pi, StorePlan
from firmware_config.tree import SECRETS, needs_wifi, secrets_yaml, texts

__all__ = [
    "BOARDS",
    "SECRETS",
    "Beacon",
    "Board",
    "Node",
    "Pi",
    "StorePlan",
    "mistakes",
    "needs_wifi",
    "secrets_yaml",
    "texts",
]
