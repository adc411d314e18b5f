"""The store's process in the demo: `python -m regulars.demo.store`. The real store, with simulated radio handed in.

This is the whole difference between the demo's store and one that hears: another backend class for bleak, and another
peripheral for the challenge.
"""

import argparse
import json
from pathlib import Path

from edge.main import run
from edge.settings_file import load_settings
from simulator.backend import BleakScannerSimulated
from simulator.peripheral import SimulatedPeripheral


def main() -> None:
    """Runs until a signal ends it."""
    parser = argparse.ArgumentParser(prog="regulars.demo.store")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--radios", required=True, help="JSON as the simulator prints it when it is ready")
    chosen = parser.parse_args()
    radios = json.loads(chosen.radios)
    run(
        load_settings(chosen.config),
        chosen.state,
        port=chosen.port,
        scanner_backend=BleakScannerSimulated,
        backend_options={scanner: {"simulated": {"hci": address}} for scanner, address in radios["scanners"].items()},
        peripheral=SimulatedPeripheral(radios["peripheral"]),
    )


if __name__ == "__main__":
    main()
