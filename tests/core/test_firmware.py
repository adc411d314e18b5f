"""What firmware is made of: the mistakes it names, and what every node's configuration holds and never holds."""

import re
from dataclasses import replace
from typing import Any, Final

import pytest

import firmware_config as firmware
from firmware_config.boards import LEAST_ETHERNET_SHARE, Link
from firmware_config.esphome import node_yaml
from firmware_config.plan import node_name, usual_window_ms
from wire import node_key

SITE: Final = bytes(range(32))
NODE: Final = firmware.Node("coats-1", "regulars-coats.local", "Coats", firmware.BOARDS["esp32-poe-iso"], 320, 300)
STORE: Final = firmware.StorePlan(
    "de-0042",
    "Shop",
    (NODE,),
    (firmware.Beacon("door", "Door", "6f1d0f31-9a33-4d1e-8c5b-7a2e1f3d4c5b", 4711, 1),),
    firmware.Pi((), uses_internal_bluetooth=False, keeps_wifi=False, watchdog_s=15),
)


def scanner(**changes: object) -> dict[str, Any]:
    return {"id": "coats-1", "source": "esphome:regulars-coats.local", "board": "esp32-poe-iso", **changes}


def mistakes(*scanners: dict[str, Any], beacons: tuple[dict[str, Any], ...] = ()) -> list[str]:
    return firmware.mistakes({"scanner": list(scanners), "beacon": list(beacons)})


def test_a_plain_node_has_no_mistakes() -> None:
    assert mistakes(scanner()) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"board": "esp9000"}, 'board "esp9000" is not known; use one of esp32-poe-iso'),
        ({"board": ""}, "board is missing; use one of esp32-poe-iso"),
        (
            {"window_ms": 30},
            "window_ms = 30 of 320 is 9% of the time; on Ethernet nothing else wants the radio, write 300",
        ),
        (
            {"board": "esp32dev", "window_ms": 320},
            "is 100% of the time; Wi-Fi shares the radio and breaks off, write 160",
        ),
        ({"source": "esphome:Under_Score.local"}, 'no node can be called "under_score"'),
        ({"source": f"esphome:{'long' * 9}.local"}, "at most 31 long"),
        ({"source": "bluez"}, 'board is for nodes with source = "esphome:HOST"; remove it'),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place_and_remedy(change: dict[str, Any], sentence: str) -> None:
    [told] = mistakes(scanner(**change))
    assert told.startswith("[[scanner]] coats-1: ")
    assert sentence in told
    assert told.endswith(".")
    assert "\n" not in told


def test_two_scanners_cannot_be_the_same_node() -> None:
    [told] = mistakes(scanner(), scanner(id="coats-2"))
    assert told == '[[scanner]]: coats-1 and coats-2 are both the node "regulars-coats"; give each its own host.'


def test_two_beacons_cannot_say_the_same() -> None:
    [told] = mistakes(beacons=({"id": "door", "minor": 1}, {"id": "back", "minor": 1}))
    assert told.startswith("[[beacon]]: door and back have the same minor 1;")


@pytest.mark.parametrize(
    "odd", [None, "x", 3, [3], [[]], {}, [{"source": 3}], [{"source": "esphome:", "window_ms": "x"}]]
)
def test_tables_of_any_other_shape_never_raise(odd: object) -> None:
    assert isinstance(firmware.mistakes({"scanner": odd, "beacon": odd}), list)


@pytest.mark.parametrize("board", firmware.BOARDS.values(), ids=firmware.BOARDS)
def test_every_board_listens_as_long_as_its_link_allows(board: firmware.Board) -> None:
    share = usual_window_ms(board.name, 320) / 320
    assert share >= LEAST_ETHERNET_SHARE if board.link is Link.ETHERNET else share == 0.5
    assert mistakes(scanner(board=board.name)) == []


@pytest.mark.parametrize("board", firmware.BOARDS.values(), ids=firmware.BOARDS)
def test_every_node_writes_interval_and_window_and_opens_no_door(board: firmware.Board) -> None:
    yaml = node_yaml(replace(NODE, board=board), STORE)
    assert "    interval: 320ms\n    window: 300ms\n" in yaml
    assert "bluetooth_proxy:\n  active: false\n" in yaml
    assert "safe_mode:\n" in yaml
    assert not re.search(r"^\s*(web_server|captive_portal|ap|improv_\w+):", yaml, re.MULTILINE)
    secrets = re.findall(r"^\s*(?:key|ssid|password): (.*)$", yaml, re.MULTILINE)
    assert len(secrets) == (2 if board.link is Link.ETHERNET else 4)
    assert all(value.startswith("!secret ") for value in secrets)


def test_a_shop_without_a_canary_waits_longer_before_it_calls_a_node_deaf() -> None:
    assert "  - interval: 5min\n" in node_yaml(NODE, STORE)
    assert "  - interval: 60min\n" in node_yaml(NODE, replace(STORE, beacons=()))


def test_a_node_is_named_as_its_host_or_after_its_scanner_where_that_is_an_address() -> None:
    assert node_name("coats-1", "Node-7.shop.example") == "node-7"
    assert node_name("Coats_1", "192.0.2.31") == "coats-1"


def test_a_quote_in_a_zone_s_name_stays_inside_its_string() -> None:
    yaml = node_yaml(replace(NODE, place='Coats "big"\\'), STORE)
    assert '  friendly_name: "coats-1 (Coats \\"big\\"\\\\)"\n' in yaml


def test_each_node_has_its_own_keys() -> None:
    keys = {
        node_key.api_key(site, store, node)
        for site in (SITE, bytes(32))
        for store in ("de-0042", "de-0043")
        for node in ("coats-1", "coats-2")
    }
    assert len(keys) == 8
    assert node_key.update_password(SITE, "de-0042", "coats-1") not in "".join(keys)


# Computed with `openssl dgst -mac HMAC`; a change here would lock every installed node out.
def test_a_key_stays_what_it_was() -> None:
    assert node_key.api_key(SITE, "de-0042", "coats-1") == "Ct7eKhxJY5VM12Sb7lQx5iXvm0UnsAMShfHrRLx3Ihk="
    assert node_key.update_password(SITE, "de-0042", "coats-1") == "956a0c05513a203f2727041a"
