"""Bodies under a dictionary: small, bounded, and readable for as long as their dictionary is known."""

from statistics import mean

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from simulator.shop.dictionary import trained
from simulator.shop.people import people
from tests.core.newer import NEWER, newer
from wire import dictionary
from wire.dictionary import BODY_LIMIT, CURRENT, DICTIONARY_LIMIT, SHIPPED, Dictionaries, UnknownDictionary

ELSEWHERE = 4_711  # a merchant whose members no dictionary was trained on


def profiles(count: int, seed: int = ELSEWHERE) -> list[bytes]:
    return [one.model_dump_json().encode() for one in people(seed, count)]


def under(octets: bytes, raw: bytes) -> bytes:
    return zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(octets)).compress(raw)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5))
def test_what_goes_in_comes_out(raws: list[bytes]) -> None:
    assert list(map(bytes, Dictionaries().all_unpacked([dictionary.packed(raw) for raw in raws]))) == raws


def test_a_profile_of_a_merchant_it_has_never_seen_takes_less_than_a_quarter() -> None:
    raws = profiles(200)
    assert mean(len(dictionary.packed(raw)) for raw in raws) < 0.25 * mean(map(len, raws))


def test_the_shipped_dictionary_is_nearly_as_good_as_one_made_for_todays_profiles() -> None:
    """A field that a profile gains makes the script's dictionary another one, while the one in use stays what it is."""
    raws, anew = profiles(200), trained()
    assert trained() == anew
    shipped = dictionary.shipped_octets(CURRENT)
    assert mean(len(under(shipped, raw)) for raw in raws) < 1.05 * mean(len(under(anew, raw)) for raw in raws)


def test_bodies_from_before_there_was_a_dictionary_are_readable() -> None:
    assert Dictionaries().unpacked(zstandard.compress(b"{}")) == b"{}"


def test_every_dictionary_that_was_ever_shipped_is_still_there_under_its_own_number() -> None:
    for number in SHIPPED:
        assert dictionary.shipped(number).dict_id() == number


def test_a_newer_dictionary_is_learned_and_the_older_bodies_stay_readable() -> None:
    raws = profiles(2)
    bodies = [dictionary.packed(raws[0]), under(newer(), raws[1]), zstandard.compress(b"{}")]
    with pytest.raises(UnknownDictionary):
        Dictionaries().all_unpacked(bodies)
    learned = Dictionaries({NEWER: newer()})
    assert list(map(bytes, learned.all_unpacked(bodies))) == [*raws, b"{}"]
    assert learned.ids == {CURRENT, NEWER}


@pytest.mark.parametrize("octets", [b"", b"none", bytes(DICTIONARY_LIMIT + 1)])
def test_what_is_no_dictionary_is_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match="dictionary"):
        Dictionaries({NEWER: octets})


def test_a_body_that_would_unpack_to_too_much_is_refused_before_it_is_unpacked() -> None:
    for declared in (True, False):
        bomb = zstandard.ZstdCompressor(write_content_size=declared).compress(bytes(BODY_LIMIT + 1))
        with pytest.raises(ValueError, match="a body would unpack to more"):
            Dictionaries().unpacked(bomb)


@given(st.data())
def test_a_torn_body_is_refused(data: st.DataObject) -> None:
    body = dictionary.packed(b'{"schema_version": 1}' * 3)
    with pytest.raises(ValueError, match="a body"):
        Dictionaries().unpacked(body[: data.draw(st.integers(0, len(body) - 1))])


SIZES = [1, 255, 256, 65_791, 65_792, BODY_LIMIT]  # where a frame writes its length in one octet more


@given(st.lists(st.sampled_from(SIZES), min_size=1, max_size=4), st.sampled_from([CURRENT, NEWER]))
def test_many_at_once_are_what_each_is_alone(sizes: list[int], number: int) -> None:
    dictionaries = Dictionaries({NEWER: newer()})
    raws = [b"%0*d" % (size, size) for size in sizes]
    bodies = [dictionary.packed(raw) if number == CURRENT else under(newer(), raw) for raw in raws]
    assert dictionaries.all_unpacked(bodies) == [dictionaries.unpacked(body) for body in bodies] == raws
