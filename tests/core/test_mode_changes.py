"""A shopper changes their mind all through a visit: after every change the tablets carry what the truth table allows.

The service itself is driven, so what hangs in the room is judged, not what a function would have returned.
"""

from random import Random
from typing import Any

import pytest

from edge.core.inputs import Answered, Contested, FeedApplied
from tests.core import truth_table
from tests.core.populations import HIDEABLE, canaries, full_profile
from tests.core.store import HUB_KEY, NOW, Store
from tests.core.test_views import carried_words
from tests.core.truth_table import Situation
from wire.profile import Observed, Profile
from wire.receipt import Purpose, signed
from wire.sync import PhoneCommand
from wire.views import Mode

VISITS = 400
BATCH = 100
CHANGES = 8


class Shopper:
    """One member, and in plain words what they chose so far."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.words = canaries(f"{seed}", self.chance)
        self.purposes = frozenset(one for one in Purpose if one is Purpose.RECOGNISE or self.chance.random() < 0.75)
        self.hidden: set[str] = set()
        self.choice: str | None = None
        self.proven = self.contested = False
        self.profile = self._profile()
        self.store = Store(self.profile)
        self.asked = 0

    def _profile(self) -> Profile:
        made = full_profile(self.words, self.purposes, frozenset(), self.chance, valid=True)
        assert made.consent is not None
        receipt = made.consent.model_copy(update={"given_at": int(NOW) - 1000, "expires_at": int(NOW) + 10**6})
        held = made.reservations[0].model_copy(update={"held_until": int(NOW) + 10**6, "product_id": "coat-0"})
        fresh = {"consent": signed(receipt, HUB_KEY, "k1"), "reservations": (held,)}
        for name in ("brands_liked", "brands_disliked", "colours", "sizes", "notes"):
            fresh[name] = tuple(_today(one) for one in getattr(made, name))
        return made.model_copy(update=fresh | {"standing_mode": self.chance.choice(list(Mode)[1:])})

    @property
    def ref(self) -> str:
        return self.profile.member_ref

    def situation(self) -> Situation:
        return Situation(
            purposes={str(one) for one in self.purposes},
            consent_is_valid=True,
            standing_mode=str(self.profile.standing_mode),
            choice=self.choice,
            on_air=None,
            proven=self.proven,
            store_trusts_tags=False,
            contested=self.contested,
            hidden=self.hidden,
        )

    def change(self) -> None:
        """One thing at random; the plain words follow by hand."""
        match self.chance.choice(["mode", "mode", "hide", "answer", "contest"]):
            case "mode":
                self.choice = str(self.chance.choice(list(Mode)[1:]))
                self._ask(kind="mode", mode=self.choice)
            case "hide":
                fact = self.chance.choice(HIDEABLE)
                self.hidden.add(fact)
                self._ask(kind="hide", fact=fact)
            case "answer":
                self.proven, self.contested = True, False
                self.store.do(Answered(self.ref, 0, self.store.now))
            case "contest":
                self.proven, self.contested = False, True
                self.store.do(Contested(self.ref, self.store.now))

    def _ask(self, **fields: Any) -> None:
        self.asked += 1
        now = self.store.now
        command = PhoneCommand.model_validate(
            {"command_id": f"c{self.asked}", "member_ref": self.ref, "at": now, "expires_at": now + 60, **fields}
        )
        self.store.do(FeedApplied(commands=(command,)))

    def card(self) -> str:
        """What hangs in the staff's room of this visit, the pick list left out."""
        cards = self.store.service._views.rooms.cards
        return "".join(card.model_dump_json() for card in cards.values())


def _today(fact: Observed[Any]) -> Observed[Any]:
    return fact.model_copy(update={"observed_at": int(NOW) - 100})


@pytest.mark.parametrize("batch", range(0, VISITS, BATCH))
def test_after_every_change_the_tablets_carry_only_what_is_allowed(batch: int) -> None:
    for seed in range(batch, batch + BATCH):
        shopper = Shopper(seed)
        shopper.store.walk(shopper.ref)
        for _ in range(CHANGES):
            shopper.change()
            allowed = truth_table.staff_may_see(shopper.situation())
            assert carried_words(shopper.card(), shopper.words) <= allowed, (seed, shopper.situation())


def test_at_some_time_the_card_is_full() -> None:
    seen: set[str] = set()
    for seed in range(60):
        shopper = Shopper(seed)
        shopper.store.walk(shopper.ref)
        for _ in range(CHANGES):
            shopper.change()
            seen |= carried_words(shopper.card(), shopper.words)
    assert seen >= {"alias", "name", "sizes", "dislikes", "colours", "notes", "reservations"}
