"""The shopper's page: controls first, then what is mine here, and the very card that staff see."""

from typing import Any

from edge.core.card import staff_card
from edge.core.phone import phone_view
from tests.core.members import NOW, anna, consent, scope_of, shop, visit
from wire.cards import AccessEntry, PhoneView, Theme
from wire.profile import Profile
from wire.receipt import Purpose
from wire.views import Assurance, Mode

COATS = Theme(kind="category", value="coat")


def view_of(profile: Profile, theme: Theme | None = None, **visit_fields: Any) -> PhoneView | None:
    here = visit(**visit_fields)
    scope = scope_of(profile, here)
    card = staff_card(here, profile, scope, shop(), NOW, escalate_after_s=240)
    return phone_view(here, profile, scope, shop(), NOW, card=card, theme=theme)


def view(profile: Profile | None = None, theme: Theme | None = None, **visit_fields: Any) -> PhoneView:
    found = view_of(profile or anna(), theme, **visit_fields)
    assert found is not None
    return found


def test_the_mirror_is_the_very_card_that_staff_see() -> None:
    here = visit()
    card = staff_card(here, anna(), scope_of(anna()), shop(), NOW, escalate_after_s=240)
    assert card is not None
    mirror = view().mirror
    assert mirror is not None
    assert mirror.model_dump_json() == card.model_dump_json()


def test_there_is_nothing_to_mirror_where_staff_see_a_count() -> None:
    assert view(anna(standing_mode=Mode.PHONE)).mirror is None


def test_a_tag_that_was_only_heard_shows_the_controls_and_nothing_else() -> None:
    log = (AccessEntry(at=NOW, role="staff", what="card"),)
    found = view(assurance=Assurance.HEARD, access_log=log)
    assert found.modes_open == tuple(Mode)
    assert not any([found.reservations, found.list, found.member_prices, found.mirror, found.access_log])


def test_nobody_without_consent_has_a_page() -> None:
    assert view_of(anna(consent=consent(expires_at=int(NOW)))) is None


def test_the_list_is_what_was_saved_and_viewed_in_my_size() -> None:
    found = view(anna(standing_mode=Mode.PHONE))
    assert [item.product_id for item in found.list] == ["scarf", "shirt"]
    assert [held.item.my_size for held in found.reservations] == ["38"]


def test_browsing_is_not_shown_without_consent_to_it() -> None:
    without = anna(consent=consent(purposes=frozenset(Purpose) - {Purpose.WEB_HISTORY}))
    assert view(without).list == ()


def test_member_prices_are_those_of_what_is_here() -> None:
    assert [(item.product_id, item.member_price_cents) for item in view().member_prices] == [("coat", 199_00)]


def test_only_modes_that_the_consents_allow_can_be_chosen() -> None:
    some = anna(consent=consent(purposes=frozenset({Purpose.RECOGNISE, Purpose.STAFF})))
    assert view(some).modes_open == (Mode.INVISIBLE, Mode.PHONE, Mode.ADVICE)
    every = anna(consent=consent(purposes=frozenset({Purpose.RECOGNISE, Purpose.SCREEN})))
    assert view(every).modes_open == (Mode.INVISIBLE, Mode.PHONE, Mode.SCREEN)


def test_who_may_move_a_screen_is_told_what_it_shows() -> None:
    assert view(theme=COATS).screen_theme == COATS
    assert view(anna(standing_mode=Mode.PHONE), theme=COATS).screen_theme is None


def test_who_opened_my_card_and_what_i_hid_is_on_my_page() -> None:
    log = (AccessEntry(at=NOW, role="staff", what="card"),)
    found = view(anna(hidden=frozenset({"tier", "alias"})), access_log=log)
    assert found.access_log == log
    assert found.hidden == ("alias", "tier")
