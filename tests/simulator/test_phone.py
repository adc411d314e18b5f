"""When a phone speaks, what it says, and when it keeps silent."""

import pytest

from simulator.advertisement import parse_fields
from simulator.phone import Answer, Carrier, Habits, Mode
from tests.simulator.stage import NOON, SECRET, Stage
from wire import rst1


def body_of(data: bytes) -> rst1.Body | None:
    """The body in any of the three carriers, as a store finds it."""
    fields = parse_fields(data)
    for octets in fields.service_data.values():
        return rst1.parse_body(octets)
    uuid = bytes.fromhex(fields.service_uuids[0].replace("-", ""))
    return rst1.parse_body(uuid.removeprefix(rst1.IOS_PREFIX))


@pytest.mark.parametrize("carrier", Carrier)
def test_every_carrier_bears_the_tag_of_this_store_and_instant(carrier: Carrier) -> None:
    stage = Stage()
    stage.phone(Habits(carrier)).move((5.0, 5.0))
    key = rst1.day_key(SECRET, 4711, int(NOON) // rst1.DAY_S)
    (body,) = {body_of(packet.data) for packet in stage.hear_for(10.0)}
    assert body is not None
    assert body.tag == rst1.tag_at(key, int(NOON))


def test_it_speaks_four_times_a_second_with_a_little_delay() -> None:
    stage = Stage()
    stage.phone().move((5.0, 5.0))
    assert 37 <= len(stage.hear_for(10.0)) <= 41


def test_a_phone_outside_every_zone_is_silent() -> None:
    stage = Stage()
    phone = stage.phone()
    for point in (None, (5.0, -20.0)):
        phone.move(point)
        assert stage.hear_for(5.0) == []


def test_a_phone_on_the_street_is_weaker_than_one_at_the_window() -> None:
    stage = Stage()
    levels = []
    for point in ((1.0, 0.5), (1.0, -1.5)):
        stage.phone(name=f"at {point}").move(point)
        stage.hear_for(2.0)
        levels.append(stage.ears["s1"].heard[-1][1])
    assert levels[0] - levels[1] > 12


def test_token_and_address_turn_over_at_the_quarter_hour() -> None:
    stage = Stage()
    stage.phone().move((5.0, 5.0))
    before = stage.hear_for(899.0)
    after = stage.hear_for(2.0)[-1]
    assert len({packet.address for packet in before}) == len({packet.data for packet in before}) == 1
    assert after.address != before[0].address
    assert after.data != before[0].data


def test_the_address_may_turn_over_some_seconds_after_the_token() -> None:
    stage = Stage()
    stage.phone(Habits(address_lag_s=5.0)).move((5.0, 5.0))
    stage.hear_for(5.5)
    pairs = {(packet.address, packet.data) for packet in stage.hear_for(900.0)}
    assert len(pairs) == 3
    assert len({address for address, _ in pairs}) == len({data for _, data in pairs}) == 2


def test_a_locked_android_phone_speaks_four_times_less() -> None:
    stage = Stage()
    phone = stage.phone()
    phone.move((5.0, 5.0))
    phone.is_locked = True
    stage.hear_for(1.0)
    assert 9 <= len(stage.hear_for(10.0)) <= 11


def test_a_locked_iphone_is_silent_and_speaks_again_when_unlocked() -> None:
    stage = Stage()
    phone = stage.phone(Habits(Carrier.IOS))
    phone.move((5.0, 5.0))
    phone.is_locked = True
    assert stage.hear_for(5.0) == []
    phone.is_locked = False
    assert stage.hear_for(5.0)


@pytest.mark.parametrize(("mode", "bits"), [(Mode.STORED, 0), (Mode.PHONE, 1), (Mode.SCREEN, 2), (Mode.ADVICE, 3)])
def test_the_mode_travels_in_two_bits(mode: Mode, bits: int) -> None:
    stage = Stage()
    phone = stage.phone()
    phone.move((5.0, 5.0))
    phone.set_mode(mode)
    body = body_of(stage.hear_for(1.0)[-1].data)
    assert body is not None
    assert body.mode_bits == bits


def test_an_invisible_phone_is_silent_at_once() -> None:
    stage = Stage()
    phone = stage.phone()
    phone.move((5.0, 5.0))
    assert stage.hear_for(1.0)
    phone.set_mode(Mode.INVISIBLE)
    assert stage.hear_for(60.0) == []


def test_a_phone_whose_owner_withdrew_speaks_tokens_of_another_epoch() -> None:
    stage = Stage()
    phone = stage.phone()
    phone.move((5.0, 5.0))
    before = stage.hear_for(1.0)[-1].data
    phone.set_epoch(1)
    assert stage.hear_for(1.0)[-1].data != before


def test_a_phone_that_distrusts_the_store_says_nothing_more_in_any_visit() -> None:
    stage = Stage()
    phone = stage.phone()
    phone.move((5.0, 5.0))
    phone.answer = Answer.DISTRUSTS
    phone.move(None)
    phone.move((5.0, 5.0))
    phone.set_mode(Mode.ADVICE)
    assert stage.hear_for(60.0) == []


def test_a_new_visit_and_a_new_mode_ask_for_a_new_answer() -> None:
    stage = Stage()
    phone = stage.phone()
    phone.move((5.0, 5.0))
    phone.answer = Answer.ANSWERED
    phone.set_mode(Mode.ADVICE)
    assert phone.answer is Answer.NONE
    phone.answer = Answer.ANSWERED
    phone.move(None)
    phone.move((5.0, 5.0))
    assert phone.answer.value == "none"


def test_a_phone_that_was_switched_off_is_never_heard_again() -> None:
    stage = Stage()
    phone = stage.phone()
    phone.move((5.0, 5.0))
    phone.switch_off()
    assert stage.hear_for(60.0) == []


def test_a_phone_that_walks_out_is_heard_until_the_street_ends() -> None:
    stage = Stage()
    phone = stage.phone()
    phone.move((5.0, 5.0))
    phone.walk(((5.0, -3.0), (5.0, -20.0)), 1.0)
    assert stage.hear_for(8.0)
    stage.hear_for(2.0)
    assert stage.hear_for(30.0) == []


def test_the_same_seed_makes_the_same_packets_at_the_same_instants() -> None:
    def afternoon(seed: int) -> list[object]:
        stage = Stage(seed)
        stage.phone().walk(((1.0, 1.0), (9.0, 9.0)), 1.0)
        stage.hear_for(20.0)
        return list(stage.ears["s2"].heard)

    assert afternoon(3) == afternoon(3) != afternoon(4)
