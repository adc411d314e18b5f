"""What a sender without a key can bring about, from the packet on air to a real service's views: nothing personal.

Time is simulated. Anna is a member with open consents; the spoofer has recorded whatever her phone ever said.
"""

import itertools
import random
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest

from edge.core.advertisement import token_in_payload
from edge.core.challenge import Challenges
from edge.core.effects import PostPhone, Record, Send
from edge.core.identity import Identity, build_table
from edge.core.inputs import Contested, Heard, Tick
from tests.core.store import ANNA, BEN, NOW, Store, profile
from wire import rst1
from wire.views import Mode

STORE: Final = 4711
NUMBER_OF: Final = {ANNA: 1, BEN: 2}
PLACES: Final = {"s-coats": (0.0, 0.0, 2.5), "s-rooms": (20.0, 0.0, 2.5)}
# What a card may hold of somebody whom nobody has proved to be anybody.
UNNAMED: Final = {
    *("id", "kind", "mode", "state", "zone", "zone_name", "arrived_at", "last_heard_at", "assurance", "via", "order"),
    *("reason", "waiting", "help_asked_at", "claimed_by", "escalated", "as_of", "decided_at"),
}
UNNAMED_PHONE: Final = {
    *("visit_id", "store_id", "store_name", "mode", "standing_mode", "modes_open", "assurance", "state", "arrived_at"),
    *("help_asked_at", "decided_at", "offline_since"),
}


def secret(member: str) -> bytes:
    return bytes([NUMBER_OF[member]]) * 32


def day_key(member: str, at: float, store: int = STORE) -> bytes:
    return rst1.day_key(secret(member), store, int(at) // rst1.DAY_S)


def spoken(member: str = ANNA, at: float = NOW, store: int = STORE, flags: int = 0, tx: int = -59) -> bytes:
    """The whole advertisement that the member's phone sends at that moment in that store."""
    return rst1.service_data_128(rst1.body_at(day_key(member, at, store), int(at), flags, tx))


class Shop:
    """A store from the packet to the views: radio's identity, the challenge, and the service."""

    def __init__(self, **modes: Mode) -> None:
        self.store = Store(profile(mode=modes.get("anna", Mode.ADVICE)), profile(BEN, mode=Mode.ADVICE))
        self.identity = Identity(build_table(self._keys(), NOW), PLACES)
        self.challenges = Challenges(STORE)
        self.effects: list[Any] = []
        self.told: list[Heard | Contested] = []

    def _keys(self) -> Iterable[tuple[str, int, bytes]]:
        today = int(NOW) // rst1.DAY_S
        return [(member, day, day_key(member, day * rst1.DAY_S)) for member in NUMBER_OF for day in (today - 1, today)]

    def hear(self, payload: bytes, address: str = "phone", scanner: str = "s-coats", rssi_dbm: int = -55) -> None:
        body = token_in_payload(payload)
        for told in self.identity.hear(scanner, address, rssi_dbm, (body,) if body else (), self.store.now):
            self.told.append(told)
            self.effects += self.store.do(told)

    def pass_half_a_second(self) -> None:
        self.store.now += 0.5
        self.effects += self.store.do(Tick())

    def hear_for(self, seconds: float, *senders: Mapping[str, Any]) -> None:
        """Each sender is heard twice a second; each is a dict of what `hear` takes."""
        for _ in range(int(2 * seconds)):
            self.pass_half_a_second()
            for sender in senders:
                self.hear(**sender)

    def answer(self, member: str = ANNA, connection: str = "c1") -> None:
        """The member's own phone passes the challenge."""
        key = day_key(member, self.store.now)
        response = self.asked(connection, bytes(8))
        answered = self.respond(connection, rst1.pack_response(key, response, 0, rst1.tag_at(key, int(self.store.now))))
        assert answered

    def asked(self, connection: str, nonce: bytes) -> rst1.Challenge:
        challenge = rst1.parse_challenge(self.challenges.issue(connection, self.store.now, nonce) or b"")
        assert challenge
        return challenge

    def respond(self, connection: str, octets: bytes) -> bool:
        answered = self.challenges.respond(connection, octets, self.store.now, self.identity.table)
        if answered:
            self.effects += self.store.do(answered)
        return answered is not None

    def personal(self) -> list[object]:
        """Every personal value in every view since the last call."""
        effects, self.effects = self.effects, []
        return [value for effect in effects for value in _personal(effect)]


def _personal(effect: Any) -> Iterable[object]:
    if isinstance(effect, PostPhone):
        yield from _beyond(UNNAMED_PHONE, effect.post.view or {})
    if not isinstance(effect, Send):
        return
    message = effect.message.model_dump()
    card = message.get("card") or message.get("set") or {}
    if effect.room == "staff" and card.get("kind", "visit") == "visit":
        yield from _beyond(UNNAMED, card)
    if effect.room.startswith("screen:") and card.get("theme", {}).get("kind", "neutral") != "neutral":
        yield card["theme"]


def _beyond(allowed: set[str], view: Mapping[str, Any]) -> Iterable[object]:
    return [(name, value) for name, value in view.items() if name not in allowed and value]


def arrivals(shop: Shop) -> list[Record]:
    return [one for one in shop.effects if isinstance(one, Record) and one.type == "visit.arrived"]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_the_phone_itself_is_shown_personally_once_it_has_answered(shop: Shop) -> None:
    shop.answer()
    shop.hear_for(8, {"payload": spoken()})
    assert ("alias", "Anna") in shop.personal()


# repeated


def test_a_tag_repeated_in_its_window_is_an_unnamed_customer_at_most(shop: Shop) -> None:
    shop.hear_for(60, {"payload": spoken(), "address": "spoofer"})
    assert len(arrivals(shop)) == 1
    assert shop.personal() == []


def test_a_tag_repeated_beside_its_phone_takes_all_that_is_personal_away(shop: Shop) -> None:
    shop.answer()
    shop.hear_for(8, {"payload": spoken()})
    shop.hear_for(12, {"payload": spoken()}, {"payload": spoken(), "address": "spoofer", "scanner": "s-door"})
    assert any(isinstance(told, Contested) for told in shop.told)
    shop.personal()
    shop.hear_for(30, {"payload": spoken()}, {"payload": spoken(), "address": "spoofer", "scanner": "s-door"})
    assert shop.personal() == []


def test_the_phone_gets_back_what_is_its_own_by_answering(shop: Shop) -> None:
    shop.hear_for(20, {"payload": spoken()}, {"payload": spoken(), "address": "spoofer"})
    assert shop.personal() == []
    shop.answer()
    assert ("alias", "Anna") in shop.personal()


def test_a_spoofer_who_copies_the_address_too_is_noticed_by_two_far_scanners(shop: Shop) -> None:
    shop.answer()
    beside = {"payload": spoken(), "rssi_dbm": -45}
    shop.hear_for(8, beside)
    shop.hear_for(6, beside, {**beside, "scanner": "s-rooms"})
    shop.personal()
    shop.hear_for(30, beside, {**beside, "scanner": "s-rooms"})
    assert shop.personal() == []


def test_what_was_proved_ends_with_the_visit_and_not_with_the_window(shop: Shop) -> None:
    shop.answer()
    shop.hear_for(8, {"payload": spoken()})
    for _ in range(2 * 62):
        shop.pass_half_a_second()
    assert shop.store.service.visits == 0
    shop.personal()
    shop.hear_for(30, {"payload": spoken(), "address": "spoofer"})
    assert shop.personal() == []


@pytest.mark.parametrize(
    "payload",
    [
        spoken(store=4712),
        spoken(at=NOW - rst1.DAY_S),
        spoken(at=NOW + rst1.DAY_S),
        spoken(at=NOW - 2 * rst1.QUARTER_S),
        spoken(at=NOW + 2 * rst1.QUARTER_S),
    ],
    ids=["another store", "yesterday", "tomorrow", "two quarters old", "two quarters ahead"],
)
def test_a_tag_of_elsewhere_or_another_time_is_a_strangers(shop: Shop, payload: bytes) -> None:
    shop.hear_for(30, {"payload": payload})
    assert (shop.identity.foreign, shop.told, shop.store.service.visits) == (60, [], 0)


@pytest.mark.parametrize("skew_s", [-rst1.QUARTER_S, rst1.QUARTER_S])
def test_a_phone_whose_clock_is_a_quarter_off_is_the_same_shopper(shop: Shop, skew_s: int) -> None:
    shop.hear_for(8, {"payload": spoken(at=NOW + skew_s)})
    assert [one.member_ref for one in arrivals(shop)] == [ANNA]


# changed


def test_a_frame_with_any_bit_flipped_shows_nothing_personal(shop: Shop) -> None:
    frame = spoken()
    for bit in range(8 * len(frame)):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 1 << bit % 8
        shop.pass_half_a_second()
        shop.hear(bytes(flipped), address="spoofer")
    assert {told.member_ref for told in shop.told} <= {ANNA}
    assert shop.personal() == []


def test_a_tag_with_any_bit_flipped_is_a_strangers(shop: Shop) -> None:
    for bit in range(64):
        frame = bytearray(spoken())
        frame[22 + bit // 8] ^= 1 << bit % 8
        shop.hear(bytes(frame))
    assert (shop.identity.foreign, shop.told) == (64, [])


def test_the_transmit_power_changes_nothing() -> None:
    def inputs(tx: int) -> list[Heard | Contested]:
        shop = Shop()
        shop.hear_for(8, {"payload": spoken(tx=tx)})
        return shop.told

    assert inputs(-128) == inputs(-1) == inputs(0) == inputs(127) != []


def test_a_wider_mode_wished_by_a_spoofer_opens_nothing() -> None:
    shop = Shop(anna=Mode.PHONE)
    shop.answer()
    shop.hear_for(8, {"payload": spoken()})
    shop.effects.clear()
    shop.hear_for(8, {"payload": spoken(flags=3), "address": "phone"})
    staff = [one for one in shop.effects if isinstance(one, Send) and one.room == "staff"]
    assert not [value for one in staff for value in _personal(one)]


# answered by somebody else


def anna_answers(shop: Shop, challenge: rst1.Challenge) -> bytes:
    key = day_key(ANNA, NOW)
    return rst1.pack_response(key, challenge, 0, rst1.tag_at(key, int(NOW)))


def test_an_answer_that_was_recorded_shows_nothing_personal_again(shop: Shop) -> None:
    answer = anna_answers(shop, shop.asked("phone", b"nonce--1"))
    shop.challenges.issue("spoofer", NOW, b"nonce--2")
    assert not shop.respond("spoofer", answer)  # on another connection
    assert not shop.respond("nobody", answer)  # on one that was never asked
    shop.store.now += 10.5
    assert not shop.respond("phone", answer)  # too late
    shop.hear_for(30, {"payload": spoken(), "address": "spoofer"})
    assert shop.personal() == []


def test_a_nonce_is_good_for_one_answer(shop: Shop) -> None:
    answer = anna_answers(shop, shop.asked("phone", b"nonce--1"))
    assert not shop.respond("phone", bytes(17))
    assert not shop.respond("phone", answer)
    shop.hear_for(30, {"payload": spoken()})
    assert shop.personal() == []


def test_an_answer_for_another_store_or_another_key_is_none(shop: Shop) -> None:
    for key in (day_key(ANNA, NOW, 4712), day_key(ANNA, NOW - rst1.DAY_S), day_key(BEN, NOW), bytes(16)):
        challenge = shop.asked(f"c-{key.hex()}", b"nonce--1")
        tag = rst1.tag_at(day_key(ANNA, NOW), int(NOW))
        assert not shop.respond(f"c-{key.hex()}", rst1.pack_response(key, challenge, 0, tag))
    shop.hear_for(30, {"payload": spoken(), "address": "spoofer"})
    assert shop.personal() == []


# flooded


def ben_walks_in(shop: Shop, flood: Iterable[bytes]) -> float:
    """When Ben arrives, while `flood` is on air at a thousand packets a second for a minute."""
    numbers = itertools.count()
    arrived_at = 0.0
    for half in range(120):
        shop.pass_half_a_second()
        for payload in itertools.islice(flood, 500):
            shop.hear(payload, address=f"spoofer {next(numbers)}")
        if half >= 60:
            shop.hear(spoken(BEN, shop.store.now), address="ben")
        found = arrivals(shop)
        arrived_at = arrived_at or (found[0].at if found else 0.0)
    return arrived_at


def test_a_thousand_random_tags_a_second_show_nothing_and_delay_nobody() -> None:
    chance = random.Random(1)
    bodies = (rst1.Body(chance.randbytes(8), chance.randrange(16), -59) for _ in range(60_000))
    flooded, calm = Shop(), Shop()
    arrived_at = ben_walks_in(flooded, (rst1.service_data_128(rst1.pack_body(body)) for body in bodies))
    assert arrived_at == ben_walks_in(calm, []) > 0
    assert flooded.identity.foreign == 60_000
    assert flooded.told == calm.told
    assert flooded.personal() == []


def test_one_tag_from_a_thousand_addresses_a_second_delays_nobody_else() -> None:
    flooded, calm = Shop(), Shop()
    arrived_at = ben_walks_in(flooded, itertools.repeat(spoken(), 60_000))
    assert [one.member_ref for one in arrivals(flooded)] == [ANNA, BEN]
    assert arrivals(flooded)[1].at == ben_walks_in(calm, [])
    assert arrived_at < arrivals(flooded)[1].at
    assert len([told for told in flooded.told if told.member_ref == ANNA]) <= 2 * 60 + 2
    assert len(flooded.identity._contest._tags) == 2
    assert flooded.personal() == []


def test_a_thousand_wrong_answers_a_second_leave_a_few_conversations(shop: Shop) -> None:
    chance = random.Random(2)
    for number in range(60_000):
        shop.store.now = NOW + number / 1_000
        shop.challenges.issue(f"c{number}", shop.store.now, chance.randbytes(8))
        assert not shop.respond(f"c{number}", b"\x10" + chance.randbytes(16))
    assert len(shop.challenges) <= 16
    assert shop.personal() == []
