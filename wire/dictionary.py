"""Bodies as they are stored and sent: JSON under a zstd dictionary that both sides know.

A profile shares its words with every other profile, so a dictionary of them takes it from 2 kB to some 430 octets. A
frame names its dictionary, so bodies of older ones stay readable for as long as their file lies in `dictionaries`:
files are added there and never changed. They are trained on made-up members (`simulator.shop.dictionary`), never on
real ones: a dictionary is full of its samples, and this one is in a public repository.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import zstandard

# zstd leaves 32,768 to 2**31 to private use; below 65,536 the number costs two octets in every frame.
CURRENT: Final = 40_001
SHIPPED: Final = (CURRENT,)
# A profile with 100 viewed articles is 12 kB, a catalogue entry with 500 variants 30 kB: nothing honest is larger.
BODY_LIMIT: Final = 256 * 1024
# What head office may teach a store: its own are 16 kB.
DICTIONARY_LIMIT: Final = 256 * 1024
# 3 is where the dictionary, not the search, does the work: 19 saves another 14 % and takes 100 times as long.
LEVEL: Final = 3
# The magic number, and a descriptor: one segment, its length in two octets and its dictionary in two.
_SHORT_FRAME: Final = bytes.fromhex("28b52ffd62")


class UnknownDictionary(ValueError):
    """The sender's is newer: boot at head office to learn it."""


class Dictionaries:
    """The dictionaries known here, by id. Safe to share between threads: only the frozen dictionaries are kept."""

    def __init__(self, known: Mapping[int, bytes] | None = None) -> None:
        """Raises ValueError for what is not the dictionary that its id says."""
        self._known = {number: _loaded(number, octets) for number, octets in (known or {}).items()}

    @property
    def ids(self) -> frozenset[int]:
        return frozenset({*self._known, *SHIPPED})

    def unpacked(self, body: bytes) -> bytes:
        """Raises ValueError for a body that is torn, too large or under a dictionary that is not known here."""
        return self.all_unpacked([body])[0]

    def all_unpacked(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Raises ValueError as `unpacked` does, and then nothing of any."""
        number = _dictionary_of_all(bodies)
        try:
            if number is None:
                return [self._decompressor(_dictionary_of(body)).decompress(body) for body in bodies]
            decompress = self._decompressor(number).decompress
            return [decompress(body) for body in bodies]
        except zstandard.ZstdError as error:
            raise ValueError(f"a body is not whole: {error}") from None

    def _decompressor(self, number: int) -> zstandard.ZstdDecompressor:
        return zstandard.ZstdDecompressor(dict_data=self._dictionary(number) if number else None)

    def _dictionary(self, number: int) -> zstandard.ZstdCompressionDict:
        found = self._known.get(number)
        return shipped(number) if found is None else found


def packed(octets: bytes) -> bytes:
    """Under the current dictionary."""
    return zstandard.ZstdCompressor(dict_data=_compressing()).compress(octets)


def shipped_octets(number: int) -> bytes:
    """A dictionary's file; what head office sends a store that lacks it. Raises UnknownDictionary."""
    if number not in SHIPPED:
        raise UnknownDictionary(f"dictionary {number} is not known here: boot at head office to learn it")
    return (files("wire") / "dictionaries" / f"{number}.zdict").read_bytes()


@cache
def shipped(number: int) -> zstandard.ZstdCompressionDict:
    return _loaded(number, shipped_octets(number))


@cache
def _compressing() -> zstandard.ZstdCompressionDict:
    dictionary = _loaded(CURRENT, shipped_octets(CURRENT))
    dictionary.precompute_compress(level=LEVEL)
    return dictionary


def _loaded(number: int, octets: bytes) -> zstandard.ZstdCompressionDict:
    if len(octets) > DICTIONARY_LIMIT:
        raise ValueError(f"dictionary {number} is larger than {DICTIONARY_LIMIT} octets")
    dictionary = zstandard.ZstdCompressionDict(octets)
    if dictionary.dict_id() != number:
        raise ValueError(f"dictionary {number} is not the one that it says")
    return dictionary


def _dictionary_of_all(bodies: Sequence[bytes]) -> int | None:
    """The one that all of them are under, when their beginnings say that and no more need be looked at; else None.

    So it is with a page of profiles: each is one segment whose length is written in two octets, and so no larger than
    65,791, and whose dictionary is written in two octets (RFC 8878, 3.1.1.1).
    """
    beginnings = {body[: len(_SHORT_FRAME) + 2] for body in bodies}
    if len(beginnings) != 1:
        return None
    (beginning,) = beginnings
    number = int.from_bytes(beginning[len(_SHORT_FRAME) :], "little")
    return number if number and beginning.startswith(_SHORT_FRAME) else None


def _dictionary_of(body: bytes) -> int:
    """0: none. Its size is looked at here, before anything is unpacked."""
    try:
        frame = zstandard.get_frame_parameters(body)
    except zstandard.ZstdError as error:
        raise ValueError(f"a body is not whole: {error}") from None
    if not 0 < frame.content_size <= BODY_LIMIT:  # one that does not say its size has the largest number there is
        raise ValueError(f"a body would unpack to more than {BODY_LIMIT} octets, or does not say to how many")
    return frame.dict_id
