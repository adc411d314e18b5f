"""The feed's page format: what goes in comes out, and a torn page is refused whole."""

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from wire.sync import FeedPage, Gone, Put, Revocation, pack_page, unpack_page

keys = st.text(min_size=1, max_size=20)
puts = st.builds(
    Put,
    kind=st.sampled_from(["profile", "product", "stock", "command"]),
    key=keys,
    rev=st.integers(0, 2**40),
    body=st.dictionaries(keys, st.integers(-(2**53), 2**53) | keys, max_size=4),
)
gones = st.builds(Gone, kind=st.sampled_from(["profile", "product"]), key=keys, rev=st.integers(0, 2**40))
revocations = st.builds(
    Revocation,
    seq=st.integers(1, 2**40),
    member_ref=keys,
    kind=st.sampled_from(["withdraw", "erase"]),
    at=st.floats(0, 2e9),
)
pages = st.builds(
    FeedPage,
    epoch=keys,
    now=st.floats(0, 2e9),
    cursor=keys,
    revoke_cursor=st.integers(0, 2**40),
    revocations=st.lists(revocations, max_size=3).map(tuple),
    records=st.lists(puts | gones, max_size=6).map(tuple),
)


@given(pages)
def test_a_page_comes_out_as_it_went_in(page: FeedPage) -> None:
    assert unpack_page(pack_page(page)) == page


@given(pages, st.data())
def test_a_page_torn_anywhere_is_refused_whole(page: FeedPage, data: st.DataObject) -> None:
    octets = pack_page(page)
    cut = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises(ValueError, match="page"):
        unpack_page(octets[:cut])


@pytest.mark.parametrize("raw", [b"", b"\0\0", b"\0\0\0\x09{}", b"\0\0\0\x02[]"])
def test_a_page_whose_records_do_not_fill_their_lengths_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="the page"):
        unpack_page(zstandard.compress(raw))


def test_a_page_that_would_unpack_without_end_is_refused() -> None:
    zeros = b"\0" * (65 * 1024 * 1024)
    for declared in (True, False):
        bomb = zstandard.ZstdCompressor(write_content_size=declared).compress(zeros)
        with pytest.raises(ValueError, match="page"):
            unpack_page(bomb)


def test_a_field_that_a_newer_head_office_adds_is_ignored() -> None:
    page = FeedPage.model_validate({"epoch": "e", "now": 1, "cursor": "e.1.k", "revoke_cursor": 0, "news": "later"})
    assert page.cursor == "e.1.k"
