"""One scanner node's ESPHome configuration, with its reasons beside it.

It names its secrets (`!secret`) and holds none, so it may be printed, compared and kept anywhere.
"""

import json
from collections.abc import Iterable
from typing import Final

from firmware_config.boards import Link
from firmware_config.plan import Node, StorePlan

# A shop is never silent for so long while a canary beacon stands in it (200 to 1,000 ms between its packets).
DEAF_AFTER_WITH_BEACON: Final = "5min"
# Without one, an empty shop at night is as silent as a deaf node: restart seldom.
DEAF_AFTER_WITHOUT_BEACON: Final = "60min"

_NODE: Final = """\
# Scanner {id} of store {store}: {place}.
# Made by `regulars firmware build` from store.toml: change it there, not here.
esphome:
  name: {name}
  friendly_name: {friendly_name}
  project:
    name: regulars.scanner
    version: "1"

esp32:
{chip}
  framework:
    type: esp-idf

# Nothing leaves by the serial port: whoever unplugs a node reads no log.
logger:
  level: WARN
  baud_rate: 0

# Noise with a key of this node alone. Without the store's service for a quarter of an hour it starts anew.
api:
  encryption:
    key: !secret {secret}_api_key
  reboot_timeout: 15min

ota:
  - platform: esphome
    password: !secret {secret}_update_password

# After ten failed starts it waits for an update instead of trying for ever.
safe_mode:
  num_attempts: 10

{network}

# Written out, because ESPHome's own values listen for a tenth of the time. {share_reason}
esp32_ble_tracker:
  scan_parameters:
    interval: {interval_ms}ms
    window: {window_ms}ms
    active: false
    continuous: true
  on_ble_advertise:
    - then:
        - lambda: "id(advertisements_heard) += 1;"

# Raw advertisements to the store, and no connections to anybody.
bluetooth_proxy:
  active: false

# A radio that hears nothing at all for {deaf_after} is stuck. {deaf_reason}
globals:
  - id: advertisements_heard
    type: uint32_t
    restore_value: false
    initial_value: "0"
interval:
  - interval: {deaf_after}
    then:
      - if:
          condition:
            lambda: "return id(advertisements_heard) == 0;"
          then:
            - button.press: restart_node
      - globals.set:
          id: advertisements_heard
          value: "0"
button:
  - platform: restart
    id: restart_node
    name: Restart
"""

_ETHERNET: Final = """\
ethernet:
{wiring}
  use_address: {host}"""

_WIFI: Final = """\
# No access point of its own: a node that lost its Wi-Fi opens no door. Power saving stays on, Bluetooth needs the gaps.
wifi:
  ssid: !secret wifi_ssid
  password: !secret wifi_password
  use_address: {host}
  reboot_timeout: 15min"""


def node_yaml(node: Node, store: StorePlan) -> str:
    deaf_after = DEAF_AFTER_WITH_BEACON if store.beacons else DEAF_AFTER_WITHOUT_BEACON
    return _NODE.format(
        id=node.id,
        store=store.id,
        place=node.place,
        name=node.name,
        friendly_name=json.dumps(f"{node.id} ({node.place})", ensure_ascii=False),
        chip=_indented(node.board.chip),
        secret=secret_name(node),
        network=_network(node),
        share_reason=_share_reason(node),
        interval_ms=node.interval_ms,
        window_ms=node.window_ms,
        deaf_after=deaf_after,
        deaf_reason=(
            "The canary beacon keeps an empty shop from looking like one."
            if store.beacons
            else "No [[beacon]] in store.toml: an empty shop looks the same, so it waits long."
        ),
    )


def secret_name(node: Node) -> str:
    return node.name.replace("-", "_")


def _network(node: Node) -> str:
    if node.board.link is Link.WIFI:
        return _WIFI.format(host=node.host)
    return _ETHERNET.format(wiring=_indented(node.board.wiring), host=node.host)


def _share_reason(node: Node) -> str:
    if node.board.link is Link.WIFI:
        return f"{node.share:.0%} here: Wi-Fi needs the same antenna."
    return f"{node.share:.0%} here: on Ethernet nothing else wants the radio."


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
