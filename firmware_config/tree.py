"""The folder that `regulars firmware build` writes: a text for each thing to set up, and a page that says how."""

import json
from collections.abc import Callable
from typing import Final

from firmware_config import beacons, boot
from firmware_config.boards import Link
from firmware_config.esphome import node_yaml, secret_name
from firmware_config.plan import Node, StorePlan

SECRETS: Final = "esphome/secrets.yaml"


def texts(store: StorePlan) -> dict[str, str]:
    """Path below the folder -> text. None of them holds a secret; `secrets_yaml` does."""
    return {
        "README.md": guide(store),
        **{f"esphome/{node.name}.yaml": node_yaml(node, store) for node in store.nodes},
        "beacons/beacons.csv": beacons.beacons_csv(store),
        "beacons/beacons.json": beacons.beacons_json(store),
        "beacons/beacons.md": beacons.beacons_table(store),
        "pi/config.txt": boot.config_txt(store.pi),
        "pi/cmdline-append.txt": boot.cmdline_txt(),
        "pi/bluetooth-main.conf": boot.bluetooth_conf(),
        "pi/99-regulars-bluetooth.rules": boot.udev_rules(),
        "pi/10-regulars-watchdog.conf": boot.watchdog_conf(store.pi),
    }


def secrets_yaml(
    store: StorePlan,
    *,
    api_key: Callable[[Node], str],
    update_password: Callable[[Node], str],
    wifi: tuple[str, str] | None,
) -> str:
    """What the nodes' `!secret` refer to; for a file that only its owner may read. `wifi` is (network, password)."""
    values = {}
    for node in store.nodes:
        values[f"{secret_name(node)}_api_key"] = api_key(node)
        values[f"{secret_name(node)}_update_password"] = update_password(node)
    if wifi is not None:
        values["wifi_ssid"], values["wifi_password"] = wifi
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
    return "# Keep it as you keep the shop's keys: it opens every scanner node.\n" + "".join(lines)


def needs_wifi(store: StorePlan) -> bool:
    return any(node.board.link is Link.WIFI for node in store.nodes)


def guide(store: StorePlan) -> str:
    rows = "".join(
        f"| {node.id} | {node.place} | {node.board.name} | {node.board.link} | {node.share:.0%} | "
        f"`esphome run esphome/{node.name}.yaml` |\n"
        for node in store.nodes
    )
    adapters = ", ".join(store.pi.adapters) or "the default one"
    return f"""\
# Setting up {store.name} ({store.id})

Made by `regulars firmware build` from store.toml: change it there and build again.

## Scanner nodes
The first time by USB cable, later over the network. `esphome/secrets.yaml` holds their keys: not into a repository,
not into an e-mail.

| scanner | where | board | link | listens | command |
| --- | --- | --- | --- | --- | --- |
{rows}
## Beacons
{len(store.beacons)}, in `beacons/beacons.md`.

## Raspberry Pi
Bluetooth adapters: {adapters}.

| file | goes to |
| --- | --- |
| `pi/config.txt` | append to /boot/firmware/config.txt |
| `pi/cmdline-append.txt` | append to the one line of /boot/firmware/cmdline.txt |
| `pi/bluetooth-main.conf` | /etc/bluetooth/main.conf |
| `pi/99-regulars-bluetooth.rules` | /etc/udev/rules.d/ |
| `pi/10-regulars-watchdog.conf` | /etc/systemd/system.conf.d/ |

Then restart it.
"""
