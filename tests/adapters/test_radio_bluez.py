"""The radio thread over the simulated shop, through bleak: members are told, strangers counted, faults survived."""

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import pytest

from edge.adapters.checkin_gatt import CheckIn
from edge.adapters.radio_bluez import Radio, RadioInput
from edge.core.challenge import Challenges
from edge.core.identity import TokenTable, build_table
from edge.core.inputs import Answered, Contested, Heard, ScannerChanged
from edge.settings import ScannerSettings
from simulator.air import Transmitter
from simulator.backend import BleakScannerSimulated
from simulator.packet import Packet
from simulator.peripheral import SimulatedPeripheral
from simulator.phone import Answer, Carrier, Habits, Membership, Mode
from simulator.propagation import Spot
from simulator.venue import Radios, Venue
from tests.simulator.stage import SECRET, open_shop, until
from wire import rst1

SCANNERS = [ScannerSettings(id=name, zone="room", source="simulator") for name in ("s1", "s2")]
STORE = 4711


Kind = TypeVar("Kind", Heard, Answered, Contested, ScannerChanged)


class Told:
    """A state queue with a limited room."""

    def __init__(self, room: int = 10_000) -> None:
        self.inputs: list[RadioInput] = []
        self._room = room

    def __call__(self, told: RadioInput) -> bool:
        if len(self.inputs) >= self._room:
            return False
        self.inputs.append(told)
        return True

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [told for told in self.inputs if isinstance(told, kind)]


def radio_in(radios: Radios, told: Told) -> Radio:
    options = {scanner: {"simulated": {"hci": endpoint}} for scanner, endpoint in radios.scanners.items()}
    radio = Radio(SCANNERS, told, backend=BleakScannerSimulated, backend_options=options)
    radio.use(todays_table())
    return radio


def todays_table() -> TokenTable:
    now = time.time()
    days = [int(now) // rst1.DAY_S + away for away in (-1, 0, 1)]
    return build_table([("m1", day, rst1.day_key(SECRET, STORE, day)) for day in days], now)


def reports_reach(radio: Radio, count: int) -> bool:
    return all(scanner.reports >= count for scanner in radio.status().scanners.values())


def in_shop(story: Callable[[Venue, Radios, Radio, Told], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with open_shop() as (venue, radios):
            told = Told()
            radio = radio_in(radios, told)
            radio.start()
            try:
                await until(lambda: len(told.of(ScannerChanged)) == 2)
                await story(venue, radios, radio, told)
            finally:
                assert await asyncio.to_thread(radio.stop)

    asyncio.run(tell())


@pytest.mark.parametrize("carrier", list(Carrier))
def test_a_member_is_heard_by_both_scanners_on_every_carrier(carrier: Carrier) -> None:
    async def story(venue: Venue, radios: Radios, radio: Radio, told: Told) -> None:
        phone = venue.add_phone(Membership("m1", SECRET), Habits(carrier, interval_s=0.05))
        phone.move((2.0, 2.0))
        phone.set_mode(Mode.SCREEN)
        await until(lambda: {heard.scanner for heard in told.of(Heard)} == {"s1", "s2"})
        assert {heard.member_ref for heard in told.of(Heard)} == {"m1"}
        assert told.of(Heard)[-1].mode_bits == 2
        near, far = (max(h.rssi_dbm for h in told.of(Heard) if h.scanner == name) for name in ("s1", "s2"))
        assert near > far

    in_shop(story)


def test_a_member_is_told_at_most_twice_a_second_and_scanner() -> None:
    async def story(venue: Venue, radios: Radios, radio: Radio, told: Told) -> None:
        venue.add_phone(Membership("m1", SECRET), Habits(interval_s=0.02)).move((2.0, 2.0))
        await until(lambda: radio.status().scanners["s1"].reports >= 60)
        heard = [heard for heard in told.of(Heard) if heard.scanner == "s1"]
        assert len(heard) <= 2 + 2 * (heard[-1].at - heard[0].at)

    in_shop(story)


def test_a_member_without_a_key_here_is_a_stranger() -> None:
    async def story(venue: Venue, radios: Radios, radio: Radio, told: Told) -> None:
        venue.add_phone(Membership("m2", bytes(32)), Habits(interval_s=0.02)).move((2.0, 2.0))
        await until(lambda: radio.status().foreign >= 20)
        assert told.of(Heard) == []

    in_shop(story)


def test_foreign_and_broken_frames_are_counted_in_one_number_and_kept_nowhere() -> None:
    frames = [b"", b"\xff\xff", bytes((30, 0xFF, 1)), bytes.fromhex("0bff4c001006") + b"STRANGER", bytes(31)]

    async def story(venue: Venue, radios: Radios, radio: Radio, told: Told) -> None:
        for n in range(200):
            address = b"\x11\x22\x33\x44" + n.to_bytes(2, "big")
            venue.air.transmit(Transmitter("stranger", Spot(2.0, 2.0)), Packet(address, frames[n % len(frames)]))
        await until(lambda: radio.status().foreign == 400)
        assert told.of(Heard) == []
        contest = radio._identity._contest
        assert (contest._tags, contest._told) == ({}, {})
        assert vars(radio._identity._digest) == {"_tallies": {}}

    in_shop(story)


def test_a_tag_repeated_from_another_address_is_contested() -> None:
    async def story(venue: Venue, radios: Radios, radio: Radio, told: Told) -> None:
        now, clock = time.time(), [0.0]
        radio._clock = lambda: now + clock[0]
        payload = rst1.service_data_128(rst1.body_at(rst1.day_key(SECRET, STORE, int(now) // rst1.DAY_S), int(now)))
        for second in range(12):
            clock[0] = second
            for address in (b"\x01" * 6, b"\x02" * 6):
                venue.air.transmit(Transmitter("phone", Spot(2.0, 2.0)), Packet(address, payload))
            await until(partial(reports_reach, radio, 2 * second + 2))
        assert [contested.member_ref for contested in told.of(Contested)] == ["m1"]

    in_shop(story)


def test_a_full_queue_costs_readings_not_the_thread() -> None:
    async def tell() -> None:
        async with open_shop() as (venue, radios):
            radio = radio_in(radios, Told(room=3))
            radio.start()
            venue.add_phone(Membership("m1", SECRET), Habits(interval_s=0.02)).move((2.0, 2.0))
            await until(lambda: radio.status().dropped >= 2)
            assert await asyncio.to_thread(radio.stop)

    asyncio.run(tell())


def test_a_phone_that_answers_the_challenge_is_answered_on_the_same_thread() -> None:
    async def tell() -> None:
        async with open_shop() as (venue, radios):
            told = Told()
            radio = radio_in(radios, told)
            check_in = CheckIn(
                SimulatedPeripheral(radios.peripheral), Challenges(STORE), lambda: radio.table, radio.post
            )
            radio.accompany(check_in.run)
            radio.start()
            await until(lambda: check_in.is_up)
            phone = venue.add_phone(Membership("m1", SECRET))
            phone.set_mode(Mode.ADVICE)
            venue.equip(phone)
            phone.move((2.0, 2.0))
            await until(lambda: phone.answer is Answer.ANSWERED, within_s=15)
            assert [(a.member_ref, a.mode_bits) for a in told.of(Answered)] == [("m1", 3)]
            assert await asyncio.to_thread(radio.stop)
            assert not check_in.is_up

    asyncio.run(tell())


def test_an_iphone_in_a_pocket_is_never_heard_and_answers_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.central._SECOND_ANSWER_AFTER_S", 0.5)

    async def tell() -> None:
        async with open_shop() as (venue, radios):
            told = Told()
            radio = radio_in(radios, told)
            challenges = Challenges(STORE, "s1")
            check_in = CheckIn(SimulatedPeripheral(radios.peripheral), challenges, lambda: radio.table, radio.post)
            radio.accompany(check_in.run)
            radio.start()
            await until(lambda: check_in.is_up)
            phone = venue.add_phone(Membership("m1", SECRET), Habits(carrier=Carrier.IOS))
            phone.is_locked = True
            venue.equip(phone)
            phone.move((2.0, 2.0))
            await until(lambda: len(told.of(Answered)) == 2, within_s=15)
            assert {answered.scanner for answered in told.of(Answered)} == {"s1"}
            assert told.of(Heard) == []
            assert await asyncio.to_thread(radio.stop)

    asyncio.run(tell())


def test_start_does_not_wait_for_radios_that_are_not_there_and_stop_is_prompt() -> None:
    told = Told()
    options = {"s1": {"simulated": {"hci": "127.0.0.1:9"}}}
    radio = Radio(SCANNERS[:1], told, backend=BleakScannerSimulated, backend_options=options)
    began = time.monotonic()
    radio.start()
    assert time.monotonic() - began < 0.5
    assert radio.status().scanners["s1"].health == "away"
    began = time.monotonic()
    assert radio.stop()
    assert time.monotonic() - began < 1.0
    assert "radio" not in [thread.name for thread in threading.enumerate()]


def test_a_scanner_that_comes_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.adapters.radio_bluez._FIRST_PAUSE_S", 0.05)

    async def tell() -> None:
        async with open_shop() as (_venue, radios):
            told = Told()
            options = {"s1": {"simulated": {"hci": "127.0.0.1:9"}}}
            radio = Radio(SCANNERS[:1], told, backend=BleakScannerSimulated, backend_options=options)
            radio.start()
            await until(lambda: "refused" in radio.status().scanners["s1"].fault)
            options["s1"]["simulated"]["hci"] = radios.scanners["s1"]
            await until(lambda: radio.status().scanners["s1"].health == "ok")
            assert told.of(ScannerChanged) == [ScannerChanged("s1", "ok")]
            assert await asyncio.to_thread(radio.stop)

    asyncio.run(tell())


def test_a_scanner_that_goes_deaf_is_told_and_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.adapters.radio_bluez._REOPEN_AFTER_S", 0.1)
    monkeypatch.setattr("edge.adapters.radio_bluez._DEAF_AFTER_S", 0.4)
    monkeypatch.setattr("edge.adapters.radio_bluez._LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("edge.adapters.radio_bluez._FIRST_PAUSE_S", 0.05)

    async def story(venue: Venue, radios: Radios, radio: Radio, told: Told) -> None:
        await until(lambda: ScannerChanged("s1", "deaf") in told.inputs)
        told.inputs.clear()
        venue.add_phone(Membership("m1", SECRET), Habits(interval_s=0.02)).move((2.0, 2.0))
        await until(lambda: ScannerChanged("s1", "ok") in told.inputs)
        assert radio.status().scanners["s1"].fault == ""

    in_shop(story)


def test_reports_a_second_are_counted() -> None:
    async def story(venue: Venue, radios: Radios, radio: Radio, told: Told) -> None:
        venue.add_phone(Membership("m1", SECRET), Habits(interval_s=0.02)).move((2.0, 2.0))
        await until(lambda: radio.status().scanners["s1"].reports_per_s > 1)

    in_shop(story)


@pytest.mark.parametrize(
    ("source", "remedy"), [("simulator", "regulars demo"), ("esphome:zone1.local", "secrets.toml")]
)
def test_a_source_that_cannot_be_opened_says_what_to_do(source: str, remedy: str) -> None:
    radio = Radio([ScannerSettings(id="s1", zone="room", source=source)], Told())
    radio.start()
    asyncio.run(until(lambda: radio.status().scanners["s1"].fault != "not started yet"))
    assert remedy in radio.status().scanners["s1"].fault
    assert radio.stop()


def test_without_bluetooth_the_service_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
    radio = Radio([ScannerSettings(id="s1", zone="room", source="bluez:B8:27:EB:00:00:01")], Told())
    radio.start()
    asyncio.run(until(lambda: "is bluetoothd running" in radio.status().scanners["s1"].fault))
    assert radio.stop()
    gc.collect()  # a socket left open would be a warning, and warnings are errors here
