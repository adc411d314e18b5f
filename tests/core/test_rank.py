"""What is shown to a member, in which order, with a reason that can be checked again."""

from random import Random

from edge.core.rank import holds, ranked
from tests.core.members import NOW, RANGE, anna, article, nobody_special, seen, shop
from wire.cards import Item
from wire.product import Product
from wire.profile import MemberPrice, Profile, Size


def looks(profile: Profile, products: tuple[Product, ...] = RANGE, count: int = 9, **how: frozenset[str]) -> list[Item]:
    here = shop(products, how.pop("gone", frozenset()))
    return list(ranked(profile, here, NOW, count=count, **how))


def ids(items: list[Item]) -> list[str]:
    return [item.product_id for item in items]


def test_an_article_without_a_reason_is_not_shown() -> None:
    assert looks(nobody_special()) == []


def test_disliked_brands_and_colours_never_come_up() -> None:
    found = ids(looks(anna()))
    assert "coat2" in found
    assert not {"coat4", "coat5"} & set(found)


def test_a_stale_dislike_no_longer_hides_anything() -> None:
    assert "coat4" in ids(looks(anna(brands_disliked=(seen("Grell", 400),))))


def test_only_what_is_here_in_the_members_size_is_shown() -> None:
    assert "coat2" in ids(looks(anna()))
    assert "coat2" not in ids(looks(anna(), gone=frozenset({"coat2-38"})))
    assert "coat2" in ids(looks(anna(sizes=()), gone=frozenset({"coat2-38"})))


def test_a_stale_size_filters_nothing_and_is_not_named() -> None:
    old = anna(sizes=(seen(Size(category="coat", size="38"), 600),))
    found = looks(old, gone=frozenset({"coat2-38"}))
    assert {item.product_id: item.my_size for item in found}["coat2"] == ""


def test_what_the_member_did_beats_what_the_member_is_like() -> None:
    known = nobody_special(brands_liked=(seen("Nord"),), viewed=(seen("shirt", 0),), wishlist=(seen("boots"),))
    assert ids(looks(known))[:2] == ["boots", "shirt"]


def test_a_view_fades_with_the_weeks() -> None:
    products = (article("new"), article("old"))
    known = nobody_special(viewed=(seen("old", 30), seen("new", 1)))
    assert ids(looks(known, products)) == ["new", "old"]


def test_a_very_old_view_counts_for_nothing() -> None:
    assert looks(nobody_special(viewed=(seen("shirt", 61),))) == []


def test_two_things_in_common_beat_one() -> None:
    products = (article("both", brand="Nord", colour="camel"), article("one", brand="Nord"))
    known = nobody_special(brands_liked=(seen("Nord"),), colours=(seen("camel"),))
    assert ids(looks(known, products)) == ["both", "one"]


def test_an_unsure_like_counts_less() -> None:
    products = (article("sure", brand="A"), article("unsure", brand="B"))
    known = nobody_special(brands_liked=(seen("B", confidence=0.3), seen("A", confidence=0.9)))
    assert ids(looks(known, products)) == ["sure", "unsure"]


def test_what_goes_with_the_reservation_says_so() -> None:
    known = anna(brands_liked=(), categories_liked=(), colours=())
    (trousers,) = [item for item in looks(known) if item.product_id == "trousers"]
    assert trousers.reason is not None
    assert (trousers.reason.key, trousers.reason.params) == ("why.goes_with", {"product": "coat"})


def test_the_reason_is_the_one_that_counted_most() -> None:
    known = nobody_special(
        brands_liked=(seen("Nord"),), member_prices=(MemberPrice(product_id="coat", price_cents=1, until=int(NOW + 9)),)
    )
    (coat,) = [item for item in looks(known) if item.product_id == "coat"]
    assert coat.reason is not None
    assert coat.reason.key == "why.brand"
    assert coat.member_price_cents == 1


def test_a_price_that_ran_out_is_no_reason() -> None:
    known = nobody_special(member_prices=(MemberPrice(product_id="coat", price_cents=1, until=int(NOW)),))
    assert looks(known) == []


def test_new_means_the_last_weeks_and_not_the_next() -> None:
    days = ("2026-09-01", "2026-07-01", "2030-01-01", "soon", "")
    launched = {day: article(f"launched {day}", launched_on=day) for day in days}
    assert {day for day, one in launched.items() if looks(nobody_special(), (one,))} == {"2026-09-01"}


def test_the_list_is_not_four_times_the_same() -> None:
    alike = tuple(article(f"coat{number}", category="coat", brand="Nord", colour="camel") for number in range(5))
    other = article("shoes", category="shoes", brand="Nord")
    known = nobody_special(brands_liked=(seen("Nord"),), categories_liked=(seen("coat"),))
    assert "shoes" in ids(looks(known, (*alike, other), count=4))[:2]


def test_what_is_shown_elsewhere_is_left_out() -> None:
    assert "coat2" not in ids(looks(anna(), without=frozenset({"coat2"})))


def test_every_reason_can_be_checked_again_and_stops_being_true_with_its_fact() -> None:
    profile, here = anna(), shop()
    items = ranked(profile, here, NOW, count=9)
    assert len(items) >= 5
    for item in items:
        assert item.reason is not None
        assert holds(item.reason, here.products[item.product_id], profile, here, NOW)
        assert not holds(item.reason, here.products[item.product_id], nobody_special(), here, NOW)


def test_any_member_in_any_shop_gets_articles_that_pass_every_filter() -> None:
    chance = Random(7)
    for _ in range(200):
        products = tuple(any_article(chance, number) for number in range(12))
        profile, here = any_member(chance), shop(products, frozenset(chance.sample([f"p{n}-38" for n in range(12)], 4)))
        for item in ranked(profile, here, NOW, count=6):
            assert item.reason is not None
            assert holds(item.reason, here.products[item.product_id], profile, here, NOW)
            assert item.brand not in {fact.value for fact in profile.brands_disliked}
            assert sum(shelf.pieces for shelf in item.stock if item.my_size in {"", shelf.size}) > 0


def any_article(chance: Random, number: int) -> Product:
    words = {"brand": chance.choice("ABC"), "category": chance.choice(["coat", "shirt"])}
    return article(f"p{number}", colour=chance.choice(["navy", "camel"]), **words)


def any_member(chance: Random) -> Profile:
    sizes = (seen(Size(category="coat", size="38")),) if chance.random() < 0.5 else ()
    return nobody_special(
        sizes=sizes,
        brands_liked=tuple(seen(brand) for brand in "AB" if chance.random() < 0.5),
        brands_disliked=(seen("C"),) if chance.random() < 0.5 else (),
        colours=(seen("navy"),) if chance.random() < 0.5 else (),
        viewed=tuple(seen(f"p{number}", chance.uniform(0, 80)) for number in chance.sample(range(12), 3)),
    )
