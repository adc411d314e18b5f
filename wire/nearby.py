"""What lies in the neighbouring stores of the same merchant: what a store asks head office, and what it is answered.

The stock of a store has its place in that store's own feed; a neighbour reads the same places with a cursor of its own
for each neighbour. So a merchant of two thousand stores writes no row more, and a store that gains a neighbour fetches
that one from its beginning.
"""

from typing import Annotated, Final

import zstandard
from pydantic import BaseModel, ConfigDict, Field

from wire.sync import CURSOR_LENGTH

NEARBY_TYPE: Final = "application/vnd.regulars.nearby"
# So many lines are 35 kB under zstd and less than a tenth of a second of head office's time; more come with the next
# answer.
LINES: Final = 5_000
# A store reads what is a walk or a tram away. Twelve stores of 30,000 variants are 12 MB on its card.
MOST_STORES: Final = 12
_UNPACKED_LIMIT: Final = 4 * 1024 * 1024


_Cursor = Annotated[str, Field(max_length=CURSOR_LENGTH)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class NearbyAsk(_Message):
    """`after`: for each neighbour the `cursor` of its last answer; a neighbour that is missing is told from nothing."""

    after: Annotated[dict[Annotated[str, Field(max_length=40)], _Cursor], Field(max_length=100)] = {}


class NearStore(_Message):
    """`lines` are (variant_id, pieces, counted_at). `anew`: what is known of this store is replaced, not added to."""

    store_id: str
    name: str
    cursor: str
    anew: bool = False
    lines: tuple[tuple[str, int, int], ...] = ()


class NearbyReply(_Message):
    """`near` names all neighbours there are: of any other, nothing is kept. `more` lines wait."""

    near: tuple[str, ...]
    stores: tuple[NearStore, ...] = ()
    more: bool = False


def pack_nearby(reply: NearbyReply) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(reply.model_dump_json().encode())


def unpack_nearby(octets: bytes) -> NearbyReply:
    """Raises ValueError for what is torn, too large or something else."""
    try:
        if not 0 < zstandard.frame_content_size(octets) <= _UNPACKED_LIMIT:
            raise ValueError("the answer about neighbours is too large or does not say its size")
        return NearbyReply.model_validate_json(zstandard.ZstdDecompressor().decompress(octets))
    except zstandard.ZstdError as error:
        raise ValueError(f"the answer about neighbours is not whole: {error}") from None
