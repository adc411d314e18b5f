"""Makes `recordings/walk.jsonl`: a shopper strolls through four quarters of a floor, heard by four scanners.

`python -m simulator.recording > simulator/recordings/walk.jsonl` writes it anew; the same seed gives the same file.
"""

import sys
from dataclasses import dataclass
from typing import Final

from simulator.agenda import Agenda
from simulator.air import Air
from simulator.floor import Floor, Point, ScannerSite, Zone
from simulator.packet import Packet
from simulator.phone import Habits, Membership, Phone
from simulator.walk import Reading, RecordedWalk, format_jsonl

_SEED: Final = 20_260_101
_SPEED_MPS: Final = 0.7
# A floor of about 20 m x 17 m, the size of the shops that the product is for.
_FLOOR: Final = Floor(
    store=1,
    name="recording",
    zones=(Zone("floor", "floor", "floor", ((0.0, 0.0), (20.0, 0.0), (20.0, 17.0), (0.0, 17.0))),),
    scanners=(
        ScannerSite("r1", (7.0, 7.0, 1.2)),
        ScannerSite("r2", (7.0, 11.5, 1.2)),
        ScannerSite("r3", (13.0, 12.0, 1.2)),
        ScannerSite("r4", (13.0, 5.5, 1.2)),
    ),
)
_PATH: Final[tuple[Point, ...]] = (
    (10.0, 0.5), (6.0, 3.0), (3.0, 6.5), (4.0, 12.0), (8.0, 15.0), (14.0, 14.5), (17.5, 11.0), (16.0, 6.0),
    (12.0, 3.0), (10.0, 0.5),
)  # fmt: skip


@dataclass(slots=True)
class _Notebook:
    """An ear that writes down what it hears, with the true place of the phone."""

    receiver: str
    agenda: Agenda
    readings: list[Reading]
    phones: list[Phone]

    def hear(self, packet: Packet, rssi_dbm: int) -> None:
        del packet
        now = self.agenda.now
        pose = self.phones[0].movement.pose_at(now)
        if pose is not None:
            self.readings.append(Reading(now, self.receiver, rssi_dbm, pose.point))


def record_walk() -> RecordedWalk:
    """The walk, from simulated instants only: it takes no time and always comes out the same."""
    agenda, air = Agenda(0.0), Air(_SEED)
    readings: list[Reading] = []
    phones: list[Phone] = []
    for site in _FLOOR.scanners:
        air.attach_ear(site, _Notebook(site.scanner_id, agenda, readings, phones))
    membership = Membership("recording", bytes(32))
    phone = Phone("shopper", membership, Habits(interval_s=0.5), floor=_FLOOR, air=air, agenda=agenda)
    phones.append(phone)
    walk = phone.walk(_PATH, _SPEED_MPS, leaves=True)
    phone.switch_on()
    agenda.run_until(walk.ends_at)
    began = readings[0].at_s
    moved = (Reading(reading.at_s - began, reading.receiver, reading.rssi_dbm, reading.point) for reading in readings)
    return RecordedWalk({site.scanner_id: site.position for site in _FLOOR.scanners}, tuple(moved))


if __name__ == "__main__":
    sys.stdout.write(format_jsonl(record_walk()))
