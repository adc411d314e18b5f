"""The public screen: what it may show, and that nobody can be told apart by watching it change."""

from dataclasses import replace
from random import Random

from edge.core.screen import NEUTRAL, ScreenState, Shopper, advance, chosen, screen_view, shopper
from tests.core.members import NOW, RANGE, anna, article, scope_of, seen, shop, visit
from wire.cards import ScreenView, Theme
from wire.product import Product
from wire.views import Assurance, Mode

COATS = Theme(kind="category", value="coat")
COAT, NORD, SHIRT = ("category", "coat"), ("brand", "Nord"), ("category", "shirt")
SHIRTS = tuple(article(f"shirt{number}") for number in range(4))
HERE = shop((*RANGE, *SHIRTS))


def liking(*themes: tuple[str, str], without: str = "") -> Shopper:
    return Shopper(dict.fromkeys(themes, 1.0), frozenset({without} - {""}))


def after(state: ScreenState, shoppers: dict[str, Shopper], now: float = NOW + 100) -> ScreenState:
    """Once everybody named has been there for long."""
    return advance(advance(state, shoppers, HERE, now - 50, 2.0), shoppers, HERE, now, 2.0)


def view(state: ScreenState, products: tuple[Product, ...] = (*RANGE, *SHIRTS)) -> ScreenView:
    return screen_view(state, "window", shop(products), "https://hq/phone", NOW)


def test_one_person_moves_the_theme_after_a_while_and_not_before() -> None:
    first = advance(ScreenState(), {"a": liking(COAT)}, HERE, NOW, delay_s=3.0)
    assert first.theme == NEUTRAL
    assert advance(first, {"a": liking(COAT)}, HERE, NOW + 2.9, delay_s=3.0).theme == NEUTRAL
    shown = advance(first, {"a": liking(COAT)}, HERE, NOW + 3, delay_s=3.0)
    assert (shown.theme, shown.changed_at) == (COATS, NOW + 3)


def test_who_is_not_in_screen_mode_moves_nothing() -> None:
    for profile, here in (
        (anna(standing_mode=Mode.PHONE), visit()),
        (anna(standing_mode=Mode.SCREEN), visit(assurance=Assurance.HEARD)),
        (anna(standing_mode=Mode.SCREEN, hidden=frozenset({"theme"})), visit()),
    ):
        assert shopper(profile, scope_of(profile, here), NOW) is None


def test_a_theme_comes_from_likes_alone_never_from_browsing_or_a_reservation() -> None:
    profile = anna(standing_mode=Mode.SCREEN, brands_liked=(), categories_liked=())
    found = shopper(profile, scope_of(profile), NOW)
    assert found is not None
    assert found.themes == {}


def test_who_hides_the_likes_moves_nothing_by_them() -> None:
    profile = anna(standing_mode=Mode.SCREEN, hidden=frozenset({"likes"}))
    found = shopper(profile, scope_of(profile), NOW)
    assert found is not None
    assert found.themes == {}


def test_a_stale_like_moves_nothing() -> None:
    profile = anna(standing_mode=Mode.SCREEN, brands_liked=(seen("Nord", 400),), categories_liked=())
    found = shopper(profile, scope_of(profile), NOW)
    assert found is not None
    assert found.themes == {}


def test_several_people_see_what_two_have_in_common_or_nothing_of_theirs() -> None:
    assert chosen({"a": liking(COAT, NORD), "b": liking(COAT)}, HERE) == COATS
    assert chosen({"a": liking(COAT), "b": liking(SHIRT)}, HERE) == NEUTRAL
    assert chosen({"a": liking(COAT), "b": liking(SHIRT), "c": liking(COAT)}, HERE) == COATS


def test_a_brand_that_anybody_present_dislikes_does_not_come() -> None:
    assert chosen({"a": liking(NORD), "b": liking(NORD), "c": liking(without="Nord")}, HERE) == NEUTRAL


def test_a_theme_that_only_a_few_articles_carry_would_point_at_one_person() -> None:
    assert chosen({"a": liking(("category", "scarf"))}, HERE) == NEUTRAL
    assert chosen({"a": liking(("brand", "Sued"))}, HERE) == NEUTRAL


def test_when_somebody_leaves_the_screen_goes_neutral_and_stays_so() -> None:
    both = after(ScreenState(), {"a": liking(COAT), "b": liking(COAT)})
    assert both.theme == COATS
    alone = advance(both, {"a": liking(COAT)}, HERE, NOW + 101, 2.0)
    assert alone.theme == NEUTRAL
    assert advance(alone, {"a": liking(COAT)}, HERE, NOW + 900, 2.0).theme == NEUTRAL


def test_the_next_arrival_starts_it_again() -> None:
    state = replace(ScreenState(), present=frozenset({"a"}))
    assert after(state, {"a": liking(COAT), "c": liking(COAT)}).theme == COATS


def test_a_withdrawal_takes_the_theme_away_at_once() -> None:
    shown = after(ScreenState(), {"a": liking(COAT)})
    assert shown.theme == COATS
    assert advance(shown, {}, HERE, NOW + 101, 2.0).theme == NEUTRAL


def test_hiding_the_likes_takes_the_theme_away_at_once() -> None:
    shown = after(ScreenState(), {"a": liking(COAT)})
    assert advance(shown, {"a": liking()}, HERE, NOW + 101, 2.0).theme == NEUTRAL


def test_nothing_about_who_stays_or_goes_can_be_read_from_a_leaving() -> None:
    """For any two groups that looked the same, the screen after one has left looks the same, then and later."""
    chance = Random(3)
    for _ in range(300):
        worlds = [{who: any_shopper(chance) for who in "abc"} for _ in range(2)]
        states = [after(ScreenState(), world) for world in worlds]
        if states[0].theme != states[1].theme:
            continue
        gone = chance.choice("abc")
        for later_s in (1, 10, 600):
            left = [
                advance(state, {who: one for who, one in world.items() if who != gone}, HERE, NOW + 100 + later_s, 2.0)
                for state, world in zip(states, worlds, strict=True)
            ]
            assert view(left[0]).model_dump() == view(left[1]).model_dump()
            states = left
            worlds = [{who: one for who, one in world.items() if who != gone} for world in worlds]


def any_shopper(chance: Random) -> Shopper:
    return liking(*(theme for theme in (COAT, NORD, SHIRT) if chance.random() < 0.5))


def test_at_least_half_of_what_is_shown_is_general() -> None:
    themed = view(after(ScreenState(), {"a": liking(COAT)}))
    assert themed.themed
    assert len(themed.general) >= len(themed.themed)
    small = view(ScreenState(theme=COATS), RANGE[:2])
    assert len(small.general) >= len(small.themed)


def test_the_general_half_is_the_same_whoever_stands_there() -> None:
    assert view(ScreenState()).general == view(ScreenState(theme=COATS)).general


def test_rare_articles_and_those_that_are_not_here_never_come() -> None:
    rare = (article("rare", category="coat", rare=True), *RANGE)
    out = shop(rare, gone=frozenset({"coat2-36", "coat2-38", "coat2-40"}))
    shown = screen_view(ScreenState(theme=COATS), "window", out, "u", NOW)
    assert not {"rare", "coat2"} & {item.product_id for item in (*shown.themed, *shown.general)}


def test_a_price_cut_is_announced_only_with_the_lowest_price_of_thirty_days() -> None:
    told = article("told", was_cents=399_00, lowest_30d_cents=349_00)
    untold = article("untold", was_cents=399_00)
    items = {item.product_id: item for item in view(ScreenState(), (told, untold)).general}
    assert (items["told"].was_cents, items["told"].lowest_30d_cents) == (399_00, 349_00)
    assert (items["untold"].was_cents, items["untold"].lowest_30d_cents) == (None, None)


def test_people_who_keep_coming_do_not_put_the_theme_off_for_ever() -> None:
    state, shoppers = ScreenState(), dict[str, Shopper]()
    for second in range(8):
        shoppers = {**shoppers, f"p{second}": liking(COAT)}
        state = advance(state, shoppers, HERE, NOW + second, delay_s=3.0)
    assert state.theme == COATS
