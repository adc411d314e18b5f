"""The demo's shop: what is committed is what the script writes, and it hangs together."""

import json
import tomllib
from pathlib import Path

import pytest

from edge.settings_file import parse_settings
from regulars.demo.opening import members, products
from simulator.shop import generate, shelf
from simulator.shop.members import Member
from wire.product import Stock
from wire.views import Mode


@pytest.mark.parametrize("name", ["products.json", "stock.json", "members.json"])
def test_the_committed_file_is_what_the_script_writes(name: str, tmp_path: Path) -> None:
    generate.write(tmp_path)
    assert shelf(name).read_text("utf-8") == (tmp_path / name).read_text("utf-8")


def test_the_range_looks_like_a_shop() -> None:
    articles = products()
    assert 180 <= len(articles) <= 220
    assert len({article.product_id for article in articles}) == len(articles)
    assert {"coat", "dress", "shoes", "jeans"} <= {article.category for article in articles}
    assert all({"de", "en"} <= article.name.keys() for article in articles)


def test_a_cut_price_names_the_lowest_of_thirty_days() -> None:
    cut = [article for article in products() if article.was_cents is not None]
    assert cut
    assert all(
        article.lowest_30d_cents is not None and article.lowest_30d_cents >= article.price_cents for article in cut
    )


def test_some_sizes_are_missing_but_not_what_was_reserved() -> None:
    pieces = {one.variant_id: one.pieces for one in _stock()}
    held = [f"{held.product_id}-{held.size}" for member in members() for held in member.reservations]
    assert 0.1 < sum(count == 0 for count in pieces.values()) / len(pieces) < 0.3
    assert held
    assert all(pieces[variant_id.lower()] > 0 for variant_id in held)


def test_members_know_only_articles_of_the_range() -> None:
    known = {article.product_id for article in products()}
    for member in members():
        named = {*member.viewed, *member.wishlist, *member.owned, *member.member_prices}
        assert named | {held.product_id for held in member.reservations} <= known


def test_members_cover_every_mode_and_a_consent_that_is_over() -> None:
    everybody = members()
    assert len(everybody) >= 14
    assert {member.standing_mode for member in everybody} == set(Mode)
    assert any(member.consent_over for member in everybody)
    assert any("staff" not in member.purposes for member in everybody)
    assert any(member.complaint for member in everybody)


def test_anna_wears_38_and_has_a_camel_coat_put_by() -> None:
    anna = next(member for member in members() if member.key == "anna")
    assert anna.sizes["coat"] == "38"
    assert [held.product_id for held in anna.reservations] == ["coat-lene-camel"]


def test_the_floor_plan_is_a_store_toml() -> None:
    tables = tomllib.loads(shelf("store.toml").read_text("utf-8"))
    settings = parse_settings({**tables, "hq": {"url": "http://127.0.0.1:1"}}, Path("store.toml"))
    assert settings.store.number == 4711
    assert {scanner.source for scanner in settings.scanner} == {"simulator"}
    assert {"floor", "entrance", "vestibule", "fitting", "outside"} == {zone.kind for zone in settings.zone}


def _stock() -> list[Stock]:
    return [Stock.model_validate(one) for one in json.loads(shelf("stock.json").read_text("utf-8"))]


def test_a_member_file_with_an_unknown_word_is_refused() -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        Member.model_validate({"key": "x", "name": "x", "alias": "x", "standing_mode": "phone", "shoe": "38"})
