"""The boards a scanner node may be: how each is wired to its network, and how much of the time it can listen.

A board is added here, with the source of its wiring, and nowhere else.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Link(StrEnum):
    ETHERNET = "ethernet"
    WIFI = "wifi"


@dataclass(frozen=True, slots=True)
class Board:
    """`chip` and `wiring` are lines of ESPHome YAML; `wiring` is empty on Wi-Fi."""

    name: str
    link: Link
    chip: tuple[str, ...]
    wiring: tuple[str, ...] = ()

    @property
    def usual_share(self) -> float:
        """Of the time that it listens, unless the store says otherwise."""
        return ETHERNET_SHARE if self.link is Link.ETHERNET else WIFI_SHARE


# 300 of 320 ms: the pair that Bermuda's author found to hold on every chip he tried
# (github.com/agittins/bermuda/discussions/739).
ETHERNET_SHARE: Final = 300 / 320
# Below this an Ethernet node wastes what its cable was paid for: nothing else wants its radio.
LEAST_ETHERNET_SHARE: Final = 0.9
# One antenna for Bluetooth and Wi-Fi. Nodes that listened all the time did not get into their Wi-Fi at all
# (github.com/esphome/bluetooth-proxies/issues/67); half leaves either side its turn. The upper limit is our caution.
WIFI_SHARE: Final = 160 / 320
MOST_WIFI_SHARE: Final = 0.75

BOARDS: Final = {
    board.name: board
    for board in (
        # Olimex ESP32-POE-ISO hardware, pin list: clock out on GPIO17, PHY power on GPIO12.
        Board(
            "esp32-poe-iso",
            Link.ETHERNET,
            ("board: esp32-poe-iso",),
            (
                "type: LAN8720",
                "mdc_pin: GPIO23",
                "mdio_pin: GPIO18",
                "clk:",
                "  pin: GPIO17",
                "  mode: CLK_OUT",
                "phy_addr: 0",
                "power_pin:",
                "  number: GPIO12",
                "  ignore_strapping_warning: true",
            ),
        ),
        # Wireless-Tag WT32-ETH01 data sheet: an oscillator feeds GPIO0 and is switched by GPIO16.
        Board(
            "wt32-eth01",
            Link.ETHERNET,
            ("board: wt32-eth01",),
            (
                "type: LAN8720",
                "mdc_pin: GPIO23",
                "mdio_pin: GPIO18",
                "clk:",
                "  pin: GPIO0",
                "  mode: CLK_EXT_IN",
                "phy_addr: 1",
                "power_pin: GPIO16",
            ),
        ),
        # Waveshare ESP32-S3-ETH (also with PoE module), schematic: W5500 on SPI.
        Board(
            "esp32-s3-eth",
            Link.ETHERNET,
            ("variant: esp32s3", "flash_size: 16MB"),
            (
                "type: W5500",
                "clk_pin: GPIO13",
                "mosi_pin: GPIO11",
                "miso_pin: GPIO12",
                "cs_pin: GPIO14",
                "interrupt_pin: GPIO10",
                "reset_pin: GPIO9",
            ),
        ),
        Board("esp32-s3-devkitc-1", Link.WIFI, ("board: esp32-s3-devkitc-1",)),
        Board("esp32-c3-devkitm-1", Link.WIFI, ("board: esp32-c3-devkitm-1",)),
        Board("esp32dev", Link.WIFI, ("board: esp32dev",)),
    )
}
