"""The next best action: the order of the rules, and that nothing is an answer."""

from edge.core import hints
from edge.core.card import reservation_lines
from edge.core.rank import ranked
from edge.core.shop import Shop, wearer
from tests.core.members import NOW, anna, nobody_special, reservation, seen, shop
from wire.cards import Hint
from wire.profile import Profile, Size


def offered(profile: Profile, here: Shop | None = None) -> list[Hint]:
    here = here or shop()
    held = reservation_lines(profile, wearer(profile, NOW), here, NOW)
    return list(hints.offers(profile, held, ranked(profile, here, NOW, count=4), here, NOW))


def kinds(profile: Profile, here: Shop | None = None) -> list[str]:
    return [hint.kind for hint in offered(profile, here)]


def test_what_went_wrong_then_what_was_promised_then_what_was_wished_then_what_might_please() -> None:
    known = anna(sizes=(seen(Size(category="coat", size="38")), seen(Size(category="scarf", size="one"))))
    assert kinds(known) == ["complaint", "reservation", "wish", "look"]


def test_nothing_known_is_nothing_to_do() -> None:
    assert kinds(nobody_special()) == []
    assert hints.NOTHING.kind == "none"


def test_an_old_complaint_is_not_brought_up_again() -> None:
    assert "complaint" not in kinds(anna(complaint_open=seen("Long ago.", 181)))


def test_a_reservation_that_is_being_tried_on_needs_no_fetching() -> None:
    assert "reservation" not in kinds(anna(reservations=(reservation("coat", step="fitting"),)))


def test_a_wish_is_only_offered_in_a_size_that_is_known_and_here() -> None:
    wish = nobody_special(wishlist=(seen("coat"),), sizes=(seen(Size(category="coat", size="38")),))
    found = [hint for hint in offered(wish) if hint.kind == "wish"]
    assert [hint.line.params for hint in found] == [{"product": "coat", "size": "38", "shelf": "B3"}]
    assert "wish" not in kinds(wish, shop(gone=frozenset({"coat-38"})))
    assert "wish" not in kinds(wish.model_copy(update={"sizes": ()}))


def test_a_wish_of_a_brand_that_is_disliked_by_now_is_not_offered() -> None:
    wish = nobody_special(
        wishlist=(seen("coat"),), sizes=(seen(Size(category="coat", size="38")),), brands_disliked=(seen("Nord"),)
    )
    assert "wish" not in kinds(wish)


def test_a_suggestion_that_is_a_guess_says_why() -> None:
    known = anna(sizes=(seen(Size(category="coat", size="38")), seen(Size(category="scarf", size="one"))))
    whys = {hint.kind: hint.why.key for hint in offered(known) if hint.why is not None}
    assert whys == {"wish": "why.saved", "look": "why.brand"}
