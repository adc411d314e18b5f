"""Which pictures a store fetches, keeps and lets go, as numbers."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.inputs import FeedApplied, GoodsChanged, Tick
from edge.core.pictures import AGAIN_S, EXPECTED_OCTETS, Copy, Tries, leaving, next_one, surplus, wanted
from edge.core.shop import Shop, public_item
from tests.core.store import NOW, Store, product
from wire.product import Product, Stock

PLENTY = 10**9


def shown(number: int, image: str, launched_on: str = "2026-01-01") -> Product:
    return product(number).model_copy(update={"image": image, "launched_on": launched_on})


def stock(*numbers: int) -> dict[str, Stock]:
    lines = (Stock(store_id="s", variant_id=f"coat-{number}-m", pieces=1, counted_at=0) for number in numbers)
    return {line.variant_id: line for line in lines}


def of(*products: Product) -> dict[str, Product]:
    return {one.product_id: one for one in products}


def test_what_hangs_here_comes_first_and_the_newest_of_it() -> None:
    range_ = of(shown(1, "old", "2025-01-01"), shown(2, "elsewhere"), shown(3, "new", "2026-09-01"), product(4))
    assert list(wanted(range_, stock(1, 3))) == ["new", "old", "elsewhere"]


def test_one_picture_of_two_articles_is_wanted_once() -> None:
    assert list(wanted(of(shown(1, "a"), shown(2, "a")), stock(2))) == ["a"]


def test_what_is_here_is_not_fetched_again() -> None:
    both = wanted(of(shown(1, "a"), shown(2, "b")), {})
    assert next_one(both, {}, PLENTY, Tries(), NOW) == "a"
    assert next_one(both, {"a": Copy(1, NOW)}, PLENTY, Tries(), NOW) == "b"
    assert next_one(both, {"a": Copy(1, NOW), "b": Copy(1, NOW)}, PLENTY, Tries(), NOW) is None


def test_a_picture_that_cannot_be_had_is_asked_for_less_and_less_and_keeps_nobody_waiting() -> None:
    both, tries, now = wanted(of(shown(1, "a"), shown(2, "b")), {}), Tries(), NOW
    for pause_s in (*AGAIN_S, AGAIN_S[-1]):
        tries.failed("a", now)
        assert next_one(both, {}, PLENTY, tries, now + pause_s - 1) == "b"
        now += pause_s
        assert next_one(both, {}, PLENTY, tries, now) == "a"
    tries.had("a")
    tries.failed("a", now)
    assert tries.may("a", now + AGAIN_S[0])


def test_an_article_that_went_takes_its_failures_along() -> None:
    tries = Tries()
    tries.failed("a", NOW)
    tries.keep({})
    assert tries.may("a", NOW)


def test_a_newcomer_takes_the_room_of_what_matters_less_and_was_used_longest_ago() -> None:
    names = wanted(of(shown(1, "here"), shown(2, "known")), stock(1))
    held = {"known": Copy(50, NOW), "gone": Copy(50, NOW - 5), "longer gone": Copy(50, NOW - 9)}
    assert leaving(names["here"], 50, names, held, room=150) == ["longer gone"]
    assert leaving(names["here"], 150, names, held, room=150) == ["longer gone", "gone", "known"]
    assert leaving(names["known"], 150, names, held, room=150) is None


def test_a_catalogue_larger_than_the_room_is_not_fetched_for_ever() -> None:
    range_ = of(*(shown(number, f"p{number}") for number in range(9)))
    names, held, tries, fetched = wanted(range_, stock(*range(9))), dict[str, Copy](), Tries(), 0
    room = 3 * EXPECTED_OCTETS
    while (name := next_one(names, held, room, tries, NOW)) is not None:
        held[name], fetched = Copy(EXPECTED_OCTETS, NOW), fetched + 1
        assert fetched <= 3


def test_a_disk_that_fills_takes_the_least_of_them_first() -> None:
    names = wanted(of(shown(1, "here"), shown(2, "known")), stock(1))
    held = {"here": Copy(10, NOW - 9), "known": Copy(10, NOW), "gone": Copy(10, NOW)}
    assert surplus(names, held, 30) == []
    assert surplus(names, held, 15) == ["gone", "known"]
    assert surplus(names, held, 0) == ["gone", "known", "here"]


@given(
    st.dictionaries(st.integers(0, 20), st.integers(1, 99)), st.integers(0, 900), st.integers(1, 99), st.integers(0, 2)
)
def test_who_leaves_is_enough_and_matters_less(copies: dict[int, int], room: int, octets: int, matters: int) -> None:
    held = {str(name): Copy(size, float(size % 7)) for name, size in copies.items()}
    names = {name: 1 + int(name) % 2 for name in held if int(name) % 3}
    gone = leaving(matters, octets, names, held, room)
    if gone is not None:
        assert sum(copy.octets for name, copy in held.items() if name not in gone) + octets <= room
        assert all(names.get(name, 0) < matters for name in gone)


def test_a_page_hears_only_of_pictures_that_are_here() -> None:
    here, away = shown(1, "a" * 64), shown(2, "b" * 64)
    shop = Shop("s", "Shop", of(here, away), {}, NOW, pictures={"a" * 64})
    assert [public_item(shop, one).image for one in (here, away, product(3))] == ["a" * 64, None, None]


def test_every_page_is_told_when_pictures_came() -> None:
    store = Store()
    store.replica.articles = of(shown(1, "a" * 64))
    store.do(Tick())
    assert "a" * 64 not in str(store.do(FeedApplied(catalogue=True)))
    store.pictures.here = frozenset({"a" * 64})
    assert "a" * 64 in str(store.do(GoodsChanged()))
