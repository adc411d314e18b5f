"""A picture of an article: how it is named, which sizes there are of it, and what bounds it on its way.

It is named by what it is: the sha256 of head office's copy, 64 hex digits. So an address never shows something else
later, a copy can be checked wherever it lies, and a page may keep one for ever.
"""

import re
from hashlib import sha256
from typing import Annotated, Final

from pydantic import Field

PICTURE_TYPE: Final = "image/webp"
# Longest sides in pixels: 84 CSS pixels on a card and 56 in the pick list at three device pixels each; a tile on a
# phone; the front of a screen.
SIZES: Final = (240, 480, 960)
# Of head office's copy: the largest size and a quarter to spare, a tenth of a megabyte of a photograph.
MASTER_PX: Final = 1_200
# Noise at that size is 0.8 MB; what is larger is none of ours.
MASTER_LIMIT: Final = 1_000_000
# Of a file that somebody brings in. 25 megapixels are 100 MB while they are read.
UPLOAD_LIMIT: Final = 8 * 1024 * 1024
UPLOAD_PIXELS: Final = 25_000_000

PictureName = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_NAME: Final = re.compile(r"[0-9a-f]{64}")


def picture_name(octets: bytes) -> str:
    return sha256(octets).hexdigest()


def is_picture_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None
