"""The answer about neighbours on its way."""

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from wire.nearby import NearbyReply, NearStore, pack_nearby, unpack_nearby

REPLY = NearbyReply(
    near=("de-2",), stores=(NearStore(store_id="de-2", name="Kiel", cursor="e.1.", lines=(("v", 2, 9),)),)
)


def test_what_is_packed_is_unpacked() -> None:
    assert unpack_nearby(pack_nearby(REPLY)) == REPLY


@given(st.binary(max_size=60), st.integers(0, 200))
def test_what_is_torn_or_something_else_is_refused(octets: bytes, cut: int) -> None:
    for torn in (octets, pack_nearby(REPLY)[: min(cut, len(pack_nearby(REPLY)) - 1)], zstandard.compress(octets)):
        with pytest.raises(ValueError):
            unpack_nearby(torn)


def test_an_answer_without_end_is_not_unpacked() -> None:
    with pytest.raises(ValueError, match="too large"):
        unpack_nearby(zstandard.compress(bytes(5 * 1024 * 1024)))
