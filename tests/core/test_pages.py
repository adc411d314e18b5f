"""The feed's page format: what goes in comes out, and a torn page is refused whole."""

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from wire.page import PAGE_LIMIT, Gone, Page, PageHeader, Put, Trailer, digest, pack_page, sum8, unpack_page
from wire.sync import Revocation

keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20) | st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
puts = st.builds(
    Put,
    kind=st.sampled_from(["profile", "product", "stock", "command"]),
    key=keys,
    rev=st.integers(0, 2**40),
    body=st.binary(max_size=40),
)
gones = st.builds(Gone, kind=st.sampled_from(["profile", "product"]), key=keys, rev=st.integers(0, 2**40))
revocations = st.builds(
    Revocation,
    seq=st.integers(1, 2**40),
    member_ref=keys,
    kind=st.sampled_from(["withdraw", "erase"]),
    at=st.floats(0, 2e9),
)
headers = st.builds(
    PageHeader,
    epoch=keys,
    now=st.floats(0, 2e9),
    cursor=keys,
    revoke_cursor=st.integers(0, 2**40),
    revocations=st.lists(revocations, max_size=3).map(tuple),
    trailer=st.none() | st.builds(Trailer, count=st.integers(0, 9), digest=st.integers(0, 2**64 - 1), after=keys),
)
pages = st.builds(Page, header=headers, records=st.lists(puts | gones, max_size=6).map(tuple))


@given(pages)
def test_a_page_comes_out_as_it_went_in(page: Page) -> None:
    assert unpack_page(pack_page(page)) == page


@given(pages, st.data())
def test_a_page_torn_anywhere_is_refused_whole(page: Page, data: st.DataObject) -> None:
    octets = pack_page(page)
    cut = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises(ValueError, match="page"):
        unpack_page(octets[:cut])


@pytest.mark.parametrize("raw", [b"", b"\0\0", b"\0\0\0\x09{}", b"\0\0\0\x02[]"])
def test_a_page_whose_chunks_do_not_fill_their_lengths_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="the page"):
        unpack_page(raw)


def test_a_record_that_is_shorter_than_its_own_head_is_refused() -> None:
    for short in (b"\1", b"\1\0" + bytes(8) + b"\0\x09key"):
        with pytest.raises(ValueError, match="the page ends inside"):
            unpack_page(with_one_record(short))


def test_a_header_that_would_unpack_without_end_is_refused() -> None:
    zeros = b"\0" * (5 * 1024 * 1024)
    for declared in (True, False):
        bomb = zstandard.ZstdCompressor(write_content_size=declared).compress(zeros)
        with pytest.raises(ValueError, match="page"):
            unpack_page(len(bomb).to_bytes(4, "big") + bomb)


def test_a_page_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(ValueError, match="larger than"):
        unpack_page(bytes(PAGE_LIMIT + 1))


def test_what_a_newer_head_office_adds_is_passed_over_and_counted() -> None:
    header = PageHeader.model_validate({**EMPTY.header.model_dump(), "news": "later"})
    record = b"\x63\0" + bytes(8) + b"\0\3keybody"
    assert unpack_page(with_one_record(record, header)) == Page(EMPTY.header, strange=1)


def test_a_member_ref_travels_in_half_its_letters() -> None:
    short, long = (len(pack_page(Page(EMPTY.header, (Gone("profile", key, 1),)))) for key in ("a" * 32, "g" * 32))
    assert long - short == 16


@given(st.lists(st.tuples(st.integers(0, 2**40), st.binary(max_size=9)), min_size=1, max_size=5), st.data())
def test_a_digest_knows_any_row_that_is_lost_or_altered(rows: list[tuple[int, bytes]], data: st.DataObject) -> None:
    def of(some: list[tuple[int, bytes]]) -> int:
        return digest((rev, sum8("key", body)) for rev, body in some)

    at = data.draw(st.integers(0, len(rows) - 1))
    rev, body = rows[at]
    assert of(rows[::-1]) == of(rows)
    assert of(rows[:at] + rows[at + 1 :]) != of(rows)
    assert of([*rows[:at], (rev, body + b"."), *rows[at + 1 :]]) != of(rows)
    assert of([*rows[:at], (rev + 1, body), *rows[at + 1 :]]) != of(rows)


def test_what_follows_the_last_record_is_not_part_of_a_page() -> None:
    with pytest.raises(ValueError, match="the page goes on"):
        unpack_page(pack_page(EMPTY) + b"more")


def with_one_record(record: bytes, header: PageHeader | None = None) -> bytes:
    empty = pack_page(Page(header or EMPTY.header))
    return empty[:-4] + b"\0\0\0\1" + len(record).to_bytes(4, "big") + record


EMPTY = Page(PageHeader(epoch="e", now=1, cursor="e.1.k", revoke_cursor=0))
