"""Stock of neighbouring stores, as an article on a card or in a search tells it."""

from dataclasses import replace

from edge.core.card import owned_items
from edge.core.inputs import Commanded
from edge.core.nearby import STORES, NearLine, elsewhere
from edge.core.screen import ScreenState, screen_view
from edge.core.search import Catalogue
from edge.core.shop import Shop, Wearer, item, wearer
from tests.core.members import NOW as MEMBERS_NOW
from tests.core.members import anna, article, seen
from tests.core.store import NOW, TABLET, Neighbours, Store, product
from wire.cards import Line, PublicItem
from wire.live import Command

COAT = article("coat", "36 38 40")


def line(store: str, size: str, pieces: int = 1, counted_at: int = 100, article_id: str = "coat") -> NearLine:
    return NearLine(store, f"Store {store}", f"{article_id}-{size}", pieces, counted_at)


def test_each_store_is_told_once_with_its_sizes_in_the_articles_order() -> None:
    lines = (line("b", "40"), line("a", "38", 2), line("b", "36", 3))
    found = elsewhere(COAT, Neighbours(lines))
    assert [(one.store_name, list(one.sizes.items())) for one in found] == [
        ("Store b", [("36", 3), ("40", 1)]),
        ("Store a", [("38", 2)]),
    ]


def test_who_has_the_customers_size_comes_first() -> None:
    lines = (line("a", "36", 9), line("b", "38"), line("c", "40", 4))
    assert [one.store_id for one in elsewhere(COAT, Neighbours(lines), "38", every_size=True)] == ["b", "a", "c"]
    assert [(one.store_id, one.sizes) for one in elsewhere(COAT, Neighbours(lines), "38")] == [("b", {"38": 1})]


def test_a_store_with_nothing_is_not_told_and_there_are_never_many() -> None:
    lines = tuple(line(str(number), "38", number) for number in range(9))
    found = elsewhere(COAT, Neighbours(lines))
    assert [one.store_id for one in found] == ["8", "7", "6"]
    assert len(found) == STORES


def test_a_store_is_as_old_as_the_oldest_of_its_numbers() -> None:
    (found,) = elsewhere(COAT, Neighbours((line("a", "36", counted_at=500), line("a", "38", counted_at=300))))
    assert found.counted_at == 300


def test_two_variants_of_one_size_are_counted_together() -> None:
    twin = COAT.variants[0].model_copy(update={"variant_id": "x"})
    twins = COAT.model_copy(update={"variants": (*COAT.variants, twin)})
    lines = (line("a", "36"), NearLine("a", "Store a", "x", 2, 100))
    assert elsewhere(twins, Neighbours(lines))[0].sizes == {"36": 3}


def test_an_article_tells_what_hangs_here_apart_from_what_hangs_elsewhere() -> None:
    shop = Shop("s", "Shop", {"coat": COAT}, {}, NOW, nearby=Neighbours((line("a", "38", 2),)))
    found = item(shop, COAT, Wearer({"shirt": "38"}, {}), Line(key="why.found"))
    assert (found.in_my_size, found.stock) == (0, ())
    assert [one.sizes for one in found.elsewhere] == [{"38": 2}]


def test_a_search_in_my_size_asks_for_a_piece_here_whatever_others_have() -> None:
    store = Store()
    store.nearby.lines = tuple(NearLine("a", "Kiel", f"coat-{number}-m", 9, 100) for number in range(5))
    search = Command(key="k0000001", name="search", terms=(("coat-1",),), size="M")
    answer = store.do(Commanded("c", TABLET, search))[-1].ack.body
    assert [one["elsewhere"][0]["store_name"] for one in answer["items"]] == ["Kiel"]
    assert answer["items"][0]["stock"][0]["pieces"] == 2
    gone = Command(key="k0000002", name="search", terms=(("coat-1",),), size="XL")
    assert store.do(Commanded("c", TABLET, gone))[-1].ack.body["count"] == 0


def test_a_public_screen_knows_no_other_store() -> None:
    assert "elsewhere" not in PublicItem.model_fields
    products = {str(number): product(number) for number in range(4)}
    shop = Shop("s", "Shop", products, Store().replica.stock(), NOW, nearby=Neighbours((line("a", "m"),)))
    assert "Store a" not in screen_view(ScreenState(), "window", shop, "http://hq", NOW).model_dump_json()


def test_a_store_without_neighbours_says_nothing_about_them() -> None:
    shop = Shop("s", "Shop", {"coat": COAT}, {}, NOW)
    assert item(shop, COAT, Wearer({}, {}), Line(key="why.found")).elsewhere == ()


def test_a_card_tells_what_fits_and_a_search_everything() -> None:
    lines = (line("a", "36"), line("a", "38", 2), line("b", "36"))
    shop = Shop("s", "Shop", {"coat": COAT}, {}, NOW, nearby=Neighbours(lines))
    mine = Wearer({"shirt": "38"}, {})
    on_card = item(shop, COAT, mine, Line(key="why.saved")).elsewhere
    in_search = Catalogue().found(shop, mine, [["coat"]])[0][0].elsewhere
    assert [one.sizes for one in on_card] == [{"38": 2}]
    assert [one.sizes for one in in_search] == [{"36": 1, "38": 2}, {"36": 1}]


def test_what_she_owns_already_is_looked_for_nowhere() -> None:
    shop = Shop("s", "Shop", {"boots": article("boots", "38")}, {}, NOW)
    near = replace(shop, nearby=Neighbours((line("a", "38", article_id="boots"),)))
    owner = anna(owned=(seen("boots"),))
    (owned,) = owned_items(owner, wearer(owner, MEMBERS_NOW), near, MEMBERS_NOW)
    assert owned.elsewhere == ()
