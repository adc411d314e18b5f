"""The beacon plan: what to set in each beacon's own app, for a person (Markdown) and for a tool (CSV, JSON)."""

import csv
import io
import json
from typing import Final

from firmware_config.plan import StorePlan

# Apple's iBeacon profile asks for 100 ms; one packet in three serves a wake-up as well and triples the battery.
INTERVAL_MS: Final = 300
# Heard all over a room, and not far beyond its door.
TX_POWER_DBM: Final = -4
# What a phone a metre away reads at that power; measure once per model of beacon, the app's distance depends on it.
MEASURED_POWER_DBM: Final = -63
_COLUMNS: Final = ("id", "place", "uuid", "major", "minor", "interval_ms", "tx_power_dbm", "measured_power_dbm")


def beacon_rows(store: StorePlan) -> list[dict[str, str | int]]:
    return [
        dict(
            zip(
                _COLUMNS,
                (
                    beacon.id,
                    beacon.place,
                    beacon.uuid,
                    beacon.major,
                    beacon.minor,
                    INTERVAL_MS,
                    TX_POWER_DBM,
                    MEASURED_POWER_DBM,
                ),
                strict=True,
            )
        )
        for beacon in store.beacons
    ]


def beacons_csv(store: StorePlan) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(beacon_rows(store))
    return text.getvalue()


def beacons_json(store: StorePlan) -> str:
    return json.dumps({"store": store.id, "beacons": beacon_rows(store)}, indent=1, ensure_ascii=False) + "\n"


def beacons_table(store: StorePlan) -> str:
    rows = "".join(
        f"| {row['id']} | {row['place']} | {row['major']} | {row['minor']} | |\n" for row in beacon_rows(store)
    )
    uuids = ", ".join(sorted({beacon.uuid for beacon in store.beacons}))
    return f"""\
# Beacons of {store.name}

They wake the app at the door, and tell a deaf scanner from an empty shop. For each, in its maker's app: type iBeacon,
UUID `{uuids or "-"}`, every {INTERVAL_MS} ms, power {TX_POWER_DBM} dBm (at one metre {MEASURED_POWER_DBM} dBm),
connecting locked with a password of your own.

| beacon | where | major | minor | set on, by |
| --- | --- | --- | --- | --- |
{rows}"""
