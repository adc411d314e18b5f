"""A dictionary that a later version of head office might bring."""

from functools import cache

import zstandard

from simulator.shop.people import people
from wire.dictionary import CURRENT

NEWER = CURRENT + 900


@cache
def newer() -> bytes:
    samples: list[bytes | bytearray | memoryview] = [one.model_dump_json().encode() for one in people(1, 300)]
    return zstandard.train_dictionary(4_096, samples, dict_id=NEWER, level=3).as_bytes()
