"""Whatever is known of whom, and whatever they chose: a finished view carries nothing that the truth table forbids."""

from collections.abc import Iterator, Mapping

import pytest

from edge.core.card import staff_card
from edge.core.checkin import may_be_found
from edge.core.phone import phone_view
from edge.core.picks import Picks
from edge.core.screen import NEUTRAL, ScreenState, advance, screen_view, shopper
from edge.core.shop import Shop
from tests.core import truth_table
from tests.core.populations import NOW, Person, population, wide_open
from wire.cards import ScreenView, StaffCard

POPULATIONS = 10_000
BATCH = 1_250
NEVER = ("member_ref", "loyalty")  # no view at all
# The complaint and what staff write are notes; an article that a member has a price for is known by that price.
COVERED_BY = {"complaint": "notes", "written": "notes"}


def carried(json: str, one: Person) -> set[str]:
    """The facts of this person that the text gives away."""
    return carried_words(json, one.canaries)


def carried_words(json: str, canaries: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {COVERED_BY.get(fact, fact) for fact, words in canaries.items() if any(word in json for word in words)}


def card_of(shop: Shop, one: Person) -> StaffCard | None:
    return staff_card(one.visit, one.profile, one.scope, shop, NOW, escalate_after_s=240)


def staff_leaks(shop: Shop, one: Person) -> set[str]:
    card = card_of(shop, one)
    if card is None:
        return set()
    found = carried(card.model_dump_json(), one) | {"presence"}
    found |= {"waiting"} if card.waiting or card.reason.key == "reason.waiting" else set()
    found |= {"language"} if card.language else set()
    found |= {"looks"} if card.looks else set()
    return found - truth_table.staff_may_see(one.situation)


def phone_leaks(shop: Shop, one: Person) -> set[str]:
    card = card_of(shop, one)
    view = phone_view(one.visit, one.profile, one.scope, shop, NOW, card=card, theme=None)
    if view is None:
        return set()
    found = carried(view.model_dump_json(), one) | {"mode"} | ({"mirror"} if view.mirror else set())
    return found - truth_table.phone_may_see(one.situation)


def pick_list_leaks(shop: Shop, one: Person) -> set[str]:
    """A line holds the reservation and nothing else of this person."""
    found = carried(picks_of(shop, one), one)
    return found - ({"reservations"} if truth_table.pick_list_may_hold(one.situation) else set())


def picks_of(shop: Shop, one: Person) -> str:
    picks = Picks(lambda _member, _now: one.profile)
    picks.look([one.profile.member_ref], NOW)
    return picks.card(shop, NOW).model_dump_json()


def screen_of(shop: Shop, people: list[Person]) -> ScreenView:
    """The screen once everybody has stood there long enough for any theme to show."""
    found = {one.visit.visit_id: shopper(one.profile, one.scope, NOW) for one in people}
    shoppers = {visit_id: one for visit_id, one in found.items() if one is not None}
    state = advance(ScreenState(), shoppers, shop, NOW - 10, delay_s=2.0)
    return screen_view(advance(state, shoppers, shop, NOW, delay_s=2.0), "screen", shop, "https://hq/phone", NOW)


def screen_leaks(shop: Shop, people: list[Person]) -> set[str]:
    view = screen_of(shop, people)
    without_general = view.model_copy(update={"general": ()}).model_dump_json()
    leaks: set[str] = set()
    for one in people:
        leaks |= carried(view.model_dump_json(), one) - {"likes"}
        leaks |= carried(without_general, one) - truth_table.screen_may_see(one.situation)
    return leaks


@pytest.mark.parametrize("batch", range(0, POPULATIONS, BATCH))
def test_no_view_carries_a_fact_that_the_truth_table_forbids(batch: int) -> None:
    for seed in range(batch, batch + BATCH):
        shop, people = population(seed)
        for one in people:
            assert not staff_leaks(shop, one), (seed, one.situation)
            assert not phone_leaks(shop, one), (seed, one.situation)
            assert not pick_list_leaks(shop, one), (seed, one.situation)
            assert may_be_found(one.profile, NOW) <= truth_table.name_search_may_find(one.situation), seed
        assert not screen_leaks(shop, people), seed


def test_the_search_finds_every_private_fact_once_the_gate_is_gone() -> None:
    staff, phone = set[str](), set[str]()
    for seed in range(100):
        shop, people = population(seed)
        opened = [wide_open(one) for one in people]
        staff |= set[str]().union(*(staff_leaks(shop, one) for one in opened))
        phone |= set[str]().union(*(phone_leaks(shop, one) for one in opened))
    assert staff >= truth_table.PRIVATE | {"presence", "waiting"}
    assert phone >= truth_table.PRIVATE - {"language", "looks"} | {"mirror", "access_log"}


def test_the_search_finds_a_theme_that_nobody_allowed() -> None:
    found = [screen_leaks(shop, [wide_open(one) for one in people[:1]]) for shop, people in _first(100)]
    assert {"likes"} in found


def test_every_view_is_seen_at_its_fullest_somewhere() -> None:
    """Without this, a gate that lets nothing through would pass the search above."""
    fullest = set[str]()
    themes = 0
    for shop, people in _first(300):
        themes += screen_of(shop, people).theme != NEUTRAL
        for one in people:
            card = card_of(shop, one)
            fullest |= set() if card is None else carried(card.model_dump_json(), one)
    assert fullest >= truth_table.PRIVATE - {"language", "looks"}
    assert themes > 0


def test_nothing_ever_names_a_member() -> None:
    for shop, people in _first(100):
        for one in map(wide_open, people):
            card = card_of(shop, one)
            view = phone_view(one.visit, one.profile, one.scope, shop, NOW, card=card, theme=None)
            text = "" if view is None else view.model_dump_json()
            assert not any(word in text for fact in NEVER for word in one.canaries[fact])


def test_the_pick_list_holds_what_it_may() -> None:
    people = [(shop, one) for shop, found in _first(60) for one in found]
    allowed = [pair for pair in people if truth_table.pick_list_may_hold(pair[1].situation)]
    for shop, one in allowed:
        assert carried(picks_of(shop, one), one) == {"reservations"}
    assert 0 < len(allowed) < len(people)


def _first(count: int) -> Iterator[tuple[Shop, list[Person]]]:
    return map(population, range(count))
