"""How strong a phone is heard: log-distance path loss, the body that carries it, walls, shadowing and fading.

It knows no packet and no clock. Each pair of transmitter and scanner draws from a random stream of its own, so that
what one phone sounds like does not depend on how many others speak in between.
"""

import math
import random
from dataclasses import dataclass, field
from typing import Final

from simulator.floor import Point3

# A phone in a hand or a pocket; scanners are given with their own height.
PHONE_HEIGHT_M: Final = 1.1
STRONGEST_DBM: Final = -20
# Below half a metre the log model promises more than any receiver reports.
_NEAREST_M: Final = 0.5


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a transmitter is; `heading_rad` is where its bearer looks, None when nobody carries it."""

    x: float
    y: float
    heading_rad: float | None = None
    indoors: bool = True


@dataclass(frozen=True, slots=True)
class Propagation:
    """Constants of one shop. Defaults give -59 dBm at 1 m in the open and about -80 dBm through a body at 8 m."""

    at_1m_dbm: float = -59.0  # the usual calibration of a phone's beacon
    exponent: float = 2.0  # free space is 2; furnished shops measure 1.8 to 2.4
    body_db: float = 9.0  # a body between phone and scanner costs 11 dB and more in the worst place
    wall_db: float = 12.0  # shop window and wall; less and passers-by sound like customers
    shadow_db: float = 3.0  # shelves: changes over seconds
    shadow_memory: float = 0.9  # share of the shadow kept from one packet to the next
    fading_db: float = 2.5  # multipath: every packet its own
    loss: float = 0.05  # collisions on a busy channel
    sensitivity_dbm: float = -96.0  # what a Raspberry Pi's radio still decodes


@dataclass(slots=True)
class RadioPath:
    """One transmitter as one scanner hears it."""

    rng: random.Random
    shadow_db: float = field(default=0.0)


def open_path(seed: int, transmitter: str, scanner: str, propagation: Propagation) -> RadioPath:
    """The same seed and names give the same sequence of readings."""
    rng = random.Random(f"{seed}/{transmitter}/{scanner}")
    return RadioPath(rng, rng.gauss(0.0, propagation.shadow_db))


def receive(path: RadioPath, spot: Spot, scanner: Point3, propagation: Propagation) -> int | None:
    """RSSI in dBm of the next packet on this path; None when it is not heard."""
    _advance_shadow(path, propagation)
    fading = path.rng.gauss(0.0, propagation.fading_db)
    lost = path.rng.random() < propagation.loss
    level = mean_dbm(spot, scanner, propagation) + path.shadow_db + fading
    if lost or level < propagation.sensitivity_dbm:
        return None
    return min(STRONGEST_DBM, round(level))


def mean_dbm(spot: Spot, scanner: Point3, propagation: Propagation) -> float:
    """Level without any chance in it."""
    dx, dy, dz = scanner[0] - spot.x, scanner[1] - spot.y, scanner[2] - PHONE_HEIGHT_M
    distance = max(_NEAREST_M, math.hypot(dx, dy, dz))
    level = propagation.at_1m_dbm - 10.0 * propagation.exponent * math.log10(distance)
    if spot.heading_rad is not None:
        # Carried in front: full view ahead, the whole body in the way behind.
        level -= propagation.body_db * (1.0 - math.cos(math.atan2(dy, dx) - spot.heading_rad)) / 2.0
    if not spot.indoors:
        level -= propagation.wall_db
    return level


def _advance_shadow(path: RadioPath, propagation: Propagation) -> None:
    kept = propagation.shadow_memory
    path.shadow_db = kept * path.shadow_db + math.sqrt(1.0 - kept * kept) * path.rng.gauss(0.0, propagation.shadow_db)
