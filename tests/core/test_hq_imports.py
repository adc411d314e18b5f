"""Reading files: what a row becomes, and what is said about one that cannot be read."""

import json

import pytest

from hq.core.imports import Batch, Importer, read_file

IMPORTER = Importer("house", lambda number: f"{number:0>32}", 1_000)
STOCK = {"store_id": "de-1", "variant_id": "v1", "pieces": 3, "counted_at": 5}


def read(name: str, text: str) -> Batch:
    batch = Batch()
    read_file(batch, name, text, IMPORTER)
    return batch


def test_stock_comes_from_a_semicolon_file_as_spreadsheets_write_it() -> None:
    batch = read("s.csv", "\ufeffstore_id;variant_id;pieces;shelf\nde-1;v1;3;A 4\nde-1;v2;0;\n")
    assert batch.mistakes == []
    assert batch.stock["de-1", "v1"].shelf == "A 4"
    assert batch.stock["de-1", "v2"].counted_at == 1_000


def test_a_profile_row_becomes_facts_with_their_source() -> None:
    batch = read("p.csv", "loyalty_number,alias,brands_liked,sizes\n77,Anna,Elm|Nord,coat:38|shoe:39\n")
    [profile] = batch.profiles.values()
    assert profile.member_ref == f"{77:0>32}"
    assert [fact.value for fact in profile.brands_liked] == ["Elm", "Nord"]
    assert profile.sizes[1].value.size == "39"
    assert profile.brands_liked[0].source == "import"


def test_a_product_row_lists_its_variants() -> None:
    header = "product_id,brand,category,garment,name_de,name_en,colour,price_cents,variants"
    batch = read("c.csv", f"{header}\np1,Elm,coat,coat,Mantel,Coat,navy,19900,v1:38:4006381333931|v2:40\n")
    assert batch.mistakes == []
    product = batch.products["p1"]
    assert product.name == {"de": "Mantel", "en": "Coat"}
    assert [(v.variant_id, v.size, v.gtin) for v in product.variants] == [
        ("v1", "38", "4006381333931"),
        ("v2", "40", ""),
    ]


def test_an_article_is_drawn_as_its_category_when_the_file_names_no_garment() -> None:
    header = "product_id,brand,category,name_de,name_en,colour,price_cents,variants"
    batch = read("c.csv", f"{header}\np1,Elm,coat,Mantel,Coat,navy,19900,v1:38\n")
    assert batch.mistakes == []
    assert batch.products["p1"].garment == "coat"


def test_a_consent_in_a_file_is_not_taken() -> None:
    entry = {"member_ref": "ab" * 16, "alias": "Anna", "consent": {"purposes": ["recognise"]}}
    batch = read("p.json", json.dumps({"profiles": [entry]}))
    assert batch.profiles["ab" * 16].consent is None


def test_every_mistake_names_its_line_and_not_its_value() -> None:
    rows = [STOCK, {**STOCK, "variant_id": "v2", "pieces": -1}, {"store_id": "secret-name"}]
    batch = read("s.json", json.dumps({"stock": rows}, indent=1))
    assert [(m.line, m.field) for m in batch.mistakes] == [
        (9, "pieces"), (15, "variant_id"), (15, "pieces"), (15, "counted_at"),
    ]  # fmt: skip
    assert "secret-name" not in " ".join(map(str, batch.mistakes))


def test_the_same_key_twice_is_a_mistake_that_names_both_lines() -> None:
    batch = read("s.json", '{"stock": [\n' + json.dumps(STOCK) + ",\n" + json.dumps(STOCK) + "\n]}")
    [mistake] = batch.mistakes
    assert mistake.line == 3
    assert "s.json:2" in mistake.detail


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.json", "", 1),
        ("a.json", '{"stock": [', 1),
        ("a.json", '{"stock":\n [{"a": }]}', 2),
        ("a.json", '{"people": []}', 1),
        ("a.json", "[]", 1),
        ("a.csv", "a,b\n1,2\n", 1),
        ("a.csv", "store_id,variant_id,pieces\nde-1,v1\n", 2),
        ("a.csv", 'store_id,variant_id,pieces\nde-1,"v1,2\n', 2),
    ],
)
def test_a_torn_file_is_one_mistake_at_its_line(name: str, text: str, line: int) -> None:
    batch = read(name, text)
    assert [mistake.line for mistake in batch.mistakes] == [line]
    assert batch.stock == {}


def test_a_file_full_of_mistakes_ends_after_a_hundred() -> None:
    lines = "".join(f"de-1,v{number},x\n" for number in range(1_000))
    assert len(read("s.csv", "store_id,variant_id,pieces\n" + lines).mistakes) == 100
