"""Scanners on the network: the radio thread, aioesphomeapi and a node's own side of the encrypted API."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.adapters.node_keys import node_keys
from edge.adapters.radio_bluez import Radio, RadioInput
from edge.core.identity import build_table
from edge.core.inputs import Heard, ScannerChanged
from edge.errors import SettingsError
from edge.settings import ScannerSettings
from edge.settings_file import parse_settings
from tests.contract.esphome_node import KEY, FakeNode
from tests.simulator.stage import until
from wire import node_key, rst1

DAY_KEY = bytes(range(16))
ADDRESS = 0xC05453310002
OTHER_KEY = base64.b64encode(bytes(32)).decode()
BEACON = bytes.fromhex("0201061aff4c000215") + bytes(20) + b"\xc5"
Story = Callable[[FakeNode, Radio, list[RadioInput]], Awaitable[None]]


def tell(story: Story, fake: FakeNode, *, key: str | None = KEY, marks: frozenset[bytes] = frozenset()) -> None:
    async def play() -> None:
        await fake.switch_on()
        told: list[RadioInput] = []

        def tell_service(each: RadioInput) -> bool:
            told.append(each)
            return True

        scanner = ScannerSettings(id="s1", zone="room", source=f"esphome:127.0.0.1:{fake.port}")
        radio = Radio([scanner], tell_service, node_keys={} if key is None else {"s1": key}, canaries={"s1": marks})
        radio.use(build_table([("anna", int(time.time()) // rst1.DAY_S, DAY_KEY)], time.time()))
        radio.start()
        try:
            await story(fake, radio, told)
        finally:
            assert await asyncio.to_thread(radio.stop)
            await fake.switch_off()

    asyncio.run(play())


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.adapters.radio_bluez._FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr("edge.adapters.radio_bluez._LOOK_EVERY_S", 0.05)


def health(radio: Radio) -> str:
    return radio.status().scanners["s1"].health


def fault(radio: Radio) -> str:
    return radio.status().scanners["s1"].fault


def token() -> bytes:
    return rst1.service_data_16(rst1.body_at(DAY_KEY, int(time.time())))


def test_a_member_near_a_node_is_heard_by_that_scanner() -> None:
    async def story(fake: FakeNode, radio: Radio, told: list[RadioInput]) -> None:
        await until(lambda: fake.listeners == 1)
        fake.hear(ADDRESS, -58, token())
        await until(lambda: any(isinstance(each, Heard) for each in told))
        (heard,) = [each for each in told if isinstance(each, Heard)]
        assert (heard.member_ref, heard.scanner, heard.rssi_dbm) == ("anna", "s1", -58)
        assert health(radio) == "ok"

    tell(story, FakeNode())


def test_strangers_and_broken_packets_raise_one_number() -> None:
    async def story(fake: FakeNode, radio: Radio, told: list[RadioInput]) -> None:
        await until(lambda: fake.listeners == 1)
        for payload in (b"", b"\xff", bytes(31), BEACON, rst1.service_data_16(rst1.body_at(bytes(16), 0))):
            fake.hear(ADDRESS, -58, payload)
        await until(lambda: radio.status().foreign == 5)
        assert [each for each in told if isinstance(each, Heard)] == []

    tell(story, FakeNode())


def test_a_node_that_loses_power_is_away_and_heard_again_when_it_is_back() -> None:
    async def story(fake: FakeNode, radio: Radio, told: list[RadioInput]) -> None:
        await until(lambda: fake.listeners == 1)
        await fake.switch_off()
        await until(lambda: health(radio) == "away")
        await fake.switch_on()
        await until(lambda: fake.listeners == 1, 8)
        await until(lambda: health(radio) == "ok")
        assert [each.health for each in told if isinstance(each, ScannerChanged)] == ["ok", "away", "ok"]

    tell(story, FakeNode())


@pytest.mark.parametrize(
    ("fake", "key", "said"),
    [
        (FakeNode(OTHER_KEY), KEY, "another key"),
        (FakeNode(None), KEY, "without encryption"),
        (FakeNode(features=1), KEY, "no Bluetooth proxy"),
        (FakeNode(), None, "secrets.toml"),
    ],
    ids=["wrong key", "in the clear", "no proxy", "no keys"],
)
def test_a_node_that_cannot_be_used_is_told_in_one_sentence(fake: FakeNode, key: str | None, said: str) -> None:
    async def story(fake: FakeNode, radio: Radio, _: list[RadioInput]) -> None:
        await until(lambda: said in fault(radio), 8)
        assert health(radio) == "away"
        assert fake.listeners == 0

    tell(story, fake, key=key)


def test_a_node_that_is_not_there_is_tried_again_with_growing_pauses() -> None:
    async def story(fake: FakeNode, radio: Radio, _: list[RadioInput]) -> None:
        await fake.switch_off()
        await until(lambda: "does not answer" in fault(radio), 8)

    tell(story, FakeNode())


def test_a_node_that_hears_only_its_beacon_is_not_deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.adapters.radio_bluez._DEAF_BESIDE_A_BEACON_S", 0.4)

    async def story(fake: FakeNode, radio: Radio, told: list[RadioInput]) -> None:
        await until(lambda: fake.listeners == 1)
        for _ in range(10):
            fake.hear(ADDRESS, -58, BEACON)
            await asyncio.sleep(0.1)
            assert health(radio) == "ok"
        await until(lambda: health(radio) == "deaf")
        fake.hear(ADDRESS, -58, BEACON)
        await until(lambda: health(radio) == "ok")

    tell(story, FakeNode(), marks=frozenset({bytes(20)}))


def test_a_beacon_with_an_empty_battery_does_not_make_its_scanner_deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.core.canary.SILENT_AFTER_S", 0.3)

    async def story(fake: FakeNode, radio: Radio, _: list[RadioInput]) -> None:
        await until(lambda: fake.listeners == 1)
        for _second in range(8):
            fake.hear(ADDRESS, -58, token())
            await asyncio.sleep(0.1)
        await until(lambda: "battery" in fault(radio))
        assert health(radio) == "ok"

    tell(story, FakeNode(), marks=frozenset({bytes(20)}))


def test_the_address_of_nobody_is_written_the_way_bleak_does() -> None:
    from edge.adapters.radio_esphome import written  # noqa: PLC0415 - loads what only nodes need

    assert written(ADDRESS) == "C0:54:53:31:00:02"


STORE = {
    "store": {"number": 1, "id": "de-1", "name": "Test"},
    "zone": [{"id": "room", "rect": [0, 0, 5, 5]}],
    "scanner": [
        {"id": "s1", "zone": "room", "source": "esphome:node.local"},
        {"id": "s2", "zone": "room", "source": "bluez"},
    ],
    "hq": {"url": "http://127.0.0.1:1"},
}


def test_keys_are_those_that_the_firmware_was_made_with(tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").write_text(f'site = "{"ab" * 32}"\n')
    keys = node_keys(tmp_path / "secrets.toml", parse_settings(STORE, tmp_path))
    assert keys == {"s1": node_key.api_key(b"\xab" * 32, "de-1", "s1")}


def test_without_the_file_there_are_no_keys(tmp_path: Path) -> None:
    assert node_keys(tmp_path / "secrets.toml", parse_settings(STORE, tmp_path)) == {}


@pytest.mark.parametrize("text", ["", 'site = "ab"', 'site = "a secret word', "site = 7"])
def test_a_secret_that_is_none_is_told_without_repeating_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.toml").write_text(text)
    with pytest.raises(SettingsError) as told:
        node_keys(tmp_path / "secrets.toml", parse_settings(STORE, tmp_path))
    assert "64 hexadecimal digits" in str(told.value)
    assert "word" not in str(told.value)
