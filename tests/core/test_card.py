"""The staff card: what is on it, in which order it asks for attention, and what age does to a fact."""

from typing import Any

import pytest

from edge.core.card import DEFAULT_FACTS, ordered, quiet_card, staff_card
from edge.core.shop import Shop
from edge.errors import SettingsError
from tests.core.members import DAY_S, NOW, anna, must, nobody_special, reservation, scope_of, seen, shop, visit
from tests.core.store import settings
from wire.cards import StaffCard
from wire.profile import Profile, Size
from wire.views import Assurance, Mode


def card_of(profile: Profile, here: Shop | None = None, **visit_fields: Any) -> StaffCard | None:
    made = visit(**visit_fields)
    return staff_card(made, profile, scope_of(profile, made), here or shop(), NOW, escalate_after_s=240)


def card(profile: Profile | None = None, here: Shop | None = None, **visit_fields: Any) -> StaffCard:
    return must(card_of(profile or anna(), here, **visit_fields))


def keys(lines: Any) -> list[str]:
    return [line.key for line in lines]


def test_who_only_wants_the_phone_or_a_screen_has_no_card() -> None:
    assert card_of(anna(standing_mode=Mode.PHONE)) is None
    assert card_of(anna(standing_mode=Mode.SCREEN)) is None
    assert quiet_card(2).count == 2


def test_advice_without_proof_is_an_unnamed_customer_with_a_reservation() -> None:
    found = card(assurance=Assurance.HEARD)
    assert (found.alias, found.name, found.reason.key, found.waiting) == ("", "", "reason.waiting", True)
    assert not any([found.facts, found.reservations, found.sizes, found.seen, found.looks, found.notes])
    assert found.purposes == ()
    assert found.hint is None


def test_an_unnamed_customer_without_a_reservation_is_just_here() -> None:
    assert card(anna(reservations=()), assurance=Assurance.HEARD).reason.key == "reason.here"


def test_a_card_says_who_where_since_when_and_how_sure() -> None:
    found = card()
    assert (found.alias, found.name, found.zone_name) == ("Anna B.", "Anna Beispiel", "Coats")
    assert (found.arrived_at, found.last_heard_at, found.as_of) == (NOW - 60, NOW - 1, NOW - 5)
    assert found.purposes == ("measure", "recognise", "screen", "staff", "web_history")


def test_a_complaint_comes_before_any_selling() -> None:
    found = card()
    assert found.reason.key == "reason.complaint"
    assert found.facts[0].key == "fact.complaint"
    assert found.hint is not None
    assert found.hint.kind == "complaint"


def test_asking_for_help_comes_before_everything() -> None:
    assert card(help_asked_at=NOW - 5).reason.key == "reason.help"


def test_the_three_facts_are_reservation_size_and_likes_unless_chosen_otherwise() -> None:
    plain = anna(complaint_open=None)
    assert keys(card(plain).facts) == ["fact.reserved", "fact.size", "fact.likes"]
    here = visit()
    chosen = staff_card(
        here, plain, scope_of(plain), shop(), NOW, escalate_after_s=240, choice=("dislikes", "tier", "note")
    )
    assert keys(must(chosen).facts) == ["fact.dislikes", "fact.tier", "fact.note"]


def test_the_three_facts_are_chosen_in_store_toml() -> None:
    assert settings().card.facts == DEFAULT_FACTS
    assert settings(card={"facts": ["tier", "note"]}).card.facts == ("tier", "note")
    with pytest.raises(SettingsError, match="card"):
        settings(card={"facts": ["income"]})


def test_facts_that_are_not_known_make_room_for_others() -> None:
    assert keys(card(anna(complaint_open=None, reservations=(), sizes=())).facts)[1:] == ["fact.dislikes", "fact.saved"]
    assert card(nobody_special()).facts == ()


def test_the_size_that_is_shown_first_is_the_one_for_what_is_reserved() -> None:
    sizes = (seen(Size(category="shirt", size="M"), 0), seen(Size(category="coat", size="38"), 300))
    facts = {line.key: line.params for line in card(anna(complaint_open=None, sizes=sizes)).facts}
    assert facts["fact.size"] == {"category": "coat", "size": "38"}


def test_a_stale_fact_is_greyed_and_drives_nothing() -> None:
    old = anna(complaint_open=seen("Long ago.", 200), sizes=(seen(Size(category="coat", size="38"), 600),))
    found = card(old)
    assert [mark.stale for mark in found.sizes] == [True]
    assert found.notes[0].stale
    assert found.reason.key == "reason.reservation"
    assert "fact.size" not in keys(found.facts)
    assert all(item.my_size == "" for item in [*found.seen, *found.looks])


def test_sizes_likes_and_dislikes_carry_source_and_age() -> None:
    found = card()
    assert [(mark.label, mark.value, mark.source) for mark in found.sizes] == [("coat", "38", "web")]
    assert {(mark.label, mark.value) for mark in found.likes} == {("brand", "Nord"), ("category", "coat")}
    assert {(mark.label, mark.value) for mark in found.dislikes} == {("brand", "Grell"), ("colour", "neon")}
    assert all(mark.observed_at == int(NOW - DAY_S) for mark in [*found.sizes, *found.likes])


def test_a_reservation_shows_its_room_its_shelf_and_the_members_price() -> None:
    (held,) = card().reservations
    assert (held.room, held.size, held.step) == ("2", "38", "reserved")
    assert (held.item.member_price_cents, held.item.in_my_size, held.item.shelf) == (199_00, 2, "B3")
    assert [shelf.size for shelf in held.item.stock] == ["36", "38", "40"]


def test_a_reservation_that_ran_out_or_is_done_is_none() -> None:
    over = (reservation("coat", held_until=int(NOW)), reservation("shirt", step="bought"))
    found = card(anna(reservations=over))
    assert found.reservations == ()
    assert not found.waiting


def test_a_reserved_article_that_this_store_does_not_know_is_left_out() -> None:
    assert card(anna(reservations=(reservation("elsewhere"),))).reservations == ()


def test_saved_comes_before_viewed_and_each_article_once() -> None:
    found = card(anna(wishlist=(seen("scarf"),), viewed=(seen("scarf", 0), seen("shirt", 3), seen("boots", 2))))
    assert [(item.product_id, item.reason and item.reason.key) for item in found.seen] == [
        ("scarf", "why.saved"),
        ("boots", "why.viewed"),
        ("shirt", "why.viewed"),
    ]


def test_a_price_for_members_that_is_no_better_is_not_shown() -> None:
    same = anna(member_prices=tuple(one.model_copy(update={"price_cents": 299_00}) for one in anna().member_prices))
    assert card(same).reservations[0].item.member_price_cents is None


def test_the_looks_repeat_nothing_that_is_already_on_the_card() -> None:
    found = card()
    shown = {item.product_id for item in found.seen} | {held.item.product_id for held in found.reservations}
    assert found.looks
    assert not shown & {item.product_id for item in found.looks}


def test_nobody_is_approached_at_the_door() -> None:
    hint = card(state="arriving").hint
    assert hint is not None
    assert hint.kind == "none"


def test_a_hint_that_was_put_aside_makes_way_for_the_next() -> None:
    hint = card(dismissed=frozenset({"complaint"})).hint
    assert hint is not None
    assert hint.kind == "reservation"


def test_an_unclaimed_row_escalates_and_a_claimed_one_does_not() -> None:
    plain = anna(complaint_open=None, reservations=())
    late = card(plain, arrived_at=NOW - 240)
    assert (late.escalated, late.reason.key, late.reason.params) == (True, "reason.unserved", {"minutes": 4})
    assert not card(plain, arrived_at=NOW - 239).escalated
    assert not card(plain, arrived_at=NOW - 900, claimed_by="Blue").escalated


def test_asked_for_help_first_then_reservations_then_who_waits_longest_then_who_is_served() -> None:
    plain = anna(reservations=(), complaint_open=None)
    rows = [
        card(anna(), visit_id="served", claimed_by="Blue", arrived_at=NOW - 900),
        card(plain, visit_id="new", arrived_at=NOW - 10),
        card(plain, visit_id="long", arrived_at=NOW - 500),
        card(anna(), visit_id="reserved", arrived_at=NOW - 5),
        card(plain, visit_id="help", arrived_at=NOW - 1, help_asked_at=NOW),
        card(plain, visit_id="helped", arrived_at=NOW - 950, help_asked_at=NOW, claimed_by="Blue"),
    ]
    placed = ordered(rows)
    assert [row.id for row in placed] == ["help", "reserved", "long", "new", "helped", "served"]
    assert [row.order for row in placed] == [0, 1, 2, 3, 4, 5]


def test_a_fitting_room_is_the_reason_once_they_are_in_it() -> None:
    found = card(anna(complaint_open=None), state="fitting")
    assert (found.reason.key, found.reason.params) == ("reason.fitting", {"room": "2"})


def test_what_somebody_wishes_for_and_we_have_is_the_reason_before_what_they_looked_at() -> None:
    plain = anna(reservations=(), complaint_open=None)
    assert card(plain).reason.key == "reason.wish"
    assert card(anna(reservations=(), complaint_open=None, wishlist=())).reason.key == "reason.viewed"
    assert card(nobody_special()).reason.key == "reason.arrived"
