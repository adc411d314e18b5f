"""Trains the dictionary of `wire.dictionary` on made-up members: `python -m simulator.shop.dictionary FILE`.

Two dozen merchants with words of their own, so that it learns the form of a profile and not one shop's brands. The same
octets every time under the same zstandard; a dictionary that is in use is never trained again, it gets a
successor with the next number.
"""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import orjson
import zstandard

from simulator.shop.people import goods, people, shelves
from wire.dictionary import CURRENT, LEVEL
from wire.profile import Profile

# 64 kB saves no octet more on members of another merchant, and travels to every store.
SIZE: Final = 16 * 1024
MERCHANTS: Final = 24


def samples() -> Iterator[bytes]:
    """Mostly profiles, as in a store's replica; articles and stock lines enough to know their form."""
    for seed in range(MERCHANTS):
        for one in chain(people(seed, 40), goods(seed, 8), shelves(seed, 8)):
            fields = one.model_dump(mode="json")
            if isinstance(one, Profile) and one.consent is not None:
                fields["consent"]["purposes"].sort()  # a set has another order in every process
            yield orjson.dumps(fields)


def trained() -> bytes:
    return zstandard.train_dictionary(SIZE, list(samples()), dict_id=CURRENT, level=LEVEL).as_bytes()


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(trained())
