"""Staff are not measured: whoever does what on whichever tablet, the store writes down and reports the same.

Not a list of forbidden columns but a comparison: a shift is played twice, the second time with the tablets dealt
otherwise. What is equal in both cannot tell who worked, however it is joined, counted or timed.
"""

from random import Random
from typing import Any

import pytest

from edge.core.effects import Acknowledge, Keep, Record, Reply, Send
from edge.core.inputs import Answered, Commanded, Device
from edge.core.shift import NAMES, Shift
from edge.core.visit import kept
from tests.core.store import ANNA, BEN, NOW, Store, profile
from wire.live import Command

TABLETS = [Device(f"tablet-{name}", "tablet") for name in ("north", "south", "till", "stock")]
NAMES_OF_DEVICES = [one.id for one in TABLETS]
STATES = ("here", "served", "fitting")
STEPS = ("picked", "fitting", "tried", "bought", "returned")
SHIFTS = 200


def shift(seed: int) -> list[tuple[float, int, dict[str, Any]]]:
    """(seconds later, which tablet, what it asks) of one shift."""
    chance = Random(seed)
    asked: list[tuple[float, int, dict[str, Any]]] = []
    for number in range(chance.randint(5, 30)):
        visit_id = f"e1-v{chance.randint(1, 2)}"
        what: dict[str, Any] = chance.choice(
            [
                {"name": "claim", "take_over": chance.random() < 0.5},
                {"name": "release"},
                {"name": "hand_over"},
                {"name": "open_card"},
                {"name": "state", "state": chance.choice(STATES)},
                {"name": "step", "reservation_id": "res-1", "step": chance.choice(STEPS), "reason": "fit"},
                {"name": "note", "label": "gift", "text": f"note {number}"},
                {"name": "dismiss_hint", "reason": "done"},
                {"name": "checkin", "loyalty": "Lbb"},
                {"name": "search", "terms": [["coat"]]},
                {"name": "find", "text": "Anna Beispiel"},
            ]
        )
        asked.append((chance.choice([0.5, 2, 30]), chance.randrange(len(TABLETS)), {"visit_id": visit_id, **what}))
    return asked


def played(seed: int, order: list[Device]) -> tuple[list[object], list[Any]]:
    """What was written down and reported, and what the tablets were sent."""
    store = Store(profile(), profile(BEN, reservations=()))
    for member in (ANNA, BEN):
        store.walk(member)
        store.do(Answered(member, 0, store.now))
    effects: list[Any] = []
    for number, (later_s, tablet, fields) in enumerate(shift(seed)):
        effects += store.wait(later_s)
        command = Command.model_validate({"key": f"key-{number:05d}", **fields})
        effects += store.do(Commanded("c", order[tablet], command))
    sent = [one for one in effects if isinstance(one, Send | Reply | Acknowledge)]
    return [_written(one) for one in effects if not isinstance(one, Send | Reply | Acknowledge)], sent


def _written(effect: Any) -> object:
    """As the outbox writes it and head office is sent it: of a visit only what `kept` leaves."""
    if isinstance(effect, Record):
        return (effect.type, effect.at, effect.visit_id, effect.member_ref, effect.body, _facts(effect.facts))
    return _facts(effect.facts) if isinstance(effect, Keep) else effect


def _facts(facts: Any) -> list[object]:
    return [kept(fact.visit) if hasattr(fact, "visit") else fact for fact in facts]


@pytest.mark.parametrize("batch", range(0, SHIFTS, 50))
def test_what_is_written_is_the_same_whichever_tablet_did_it(batch: int) -> None:
    for seed in range(batch, batch + 50):
        dealt = TABLETS[:]
        Random(seed).shuffle(dealt)
        assert played(seed, TABLETS)[0] == played(seed, dealt)[0], seed


def test_neither_tablets_nor_their_animals_are_in_anything_written() -> None:
    for seed in range(40):
        text = str(played(seed, TABLETS)[0])
        assert not any(word in text for word in (*NAMES_OF_DEVICES, *NAMES)), seed


def test_the_tablets_themselves_do_see_who_serves() -> None:
    """Without this, a shift in which nobody does anything would pass the tests above."""
    text = "".join(str(played(seed, TABLETS)[1]) for seed in range(10))
    assert any(f"'{name}'" in text for name in NAMES)
    assert not any(name in text for name in NAMES_OF_DEVICES)


def test_the_animals_are_dealt_anew_every_day() -> None:
    shift = Shift("e1", lambda now: now + 86_400)
    names = [shift.name_of("t1", NOW + day * 86_400) for day in range(8)]
    assert shift.name_of("t1", NOW + 7.5 * 86_400) == names[-1]
    assert len(set(names)) > 3


def test_no_two_tablets_bear_one_name_however_many_there_are() -> None:
    shift = Shift("e1", lambda now: now + 86_400)
    assert len({shift.name_of(f"t{number}", NOW) for number in range(60)}) == 60
