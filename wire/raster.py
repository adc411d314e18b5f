"""The pixels of a picture: head office's copy of whatever was brought in, and the store's sizes of that copy.

Two rules about what may live here. Nothing is decoded before its size is known from its first octets. And nothing but
the pixels goes on: what a camera wrote beside them (place, owner, a preview of what was cut away) is left behind.
Loading this module loads Pillow, some 7 MB; `wire.picture` does not.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Final, Literal

from PIL import Image, ImageOps, WebPImagePlugin  # noqa: F401 - the last one makes Pillow know the format

from wire.picture import MASTER_LIMIT, MASTER_PX, SIZES, UPLOAD_LIMIT, UPLOAD_PIXELS

Flaw = Literal["strange", "long", "large", "broken"]
_UPLOADS: Final = ("JPEG", "PNG", "WEBP")
# Above 80 the file grows faster than anybody sees; below 70 knitwear turns to mush.
_QUALITY: Final = 80
# Pillow's readers have no error of their own: a damaged file fails wherever its reader stood.
_BROKEN: Final = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error,
    zlib.error,
)  # fmt: skip
_BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class Unusable(ValueError):
    """Why it is no picture for us: `strange` to us, `long` in octets, `large` in pixels, or `broken`."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw: Flaw = flaw


def master(octets: bytes) -> bytes:
    """Head office's copy of a JPEG, PNG or WebP: upright, at most `MASTER_PX`, WebP. Raises Unusable."""
    return _written(_read(octets, UPLOAD_LIMIT, UPLOAD_PIXELS, _UPLOADS), MASTER_PX)


def scaled(copy: bytes, sizes: Sequence[int] = SIZES) -> Mapping[int, bytes]:
    """The store's sizes of head office's copy, never larger than it is. Raises Unusable."""
    image = _read(copy, MASTER_LIMIT, MASTER_PX * MASTER_PX, ("WEBP",))
    found: dict[int, bytes] = {}
    for size in sorted(sizes, reverse=True):
        found[size] = _written(image, size)  # made smaller in place: each from the one before
    return found


def _read(octets: bytes, limit: int, pixels: int, formats: tuple[str, ...]) -> Image.Image:
    if len(octets) > limit:
        raise Unusable("long")
    try:
        opened = Image.open(BytesIO(octets), formats=formats)
    except _BOMBS:
        raise Unusable("large") from None
    except _BROKEN:
        raise Unusable("strange") from None
    if opened.width * opened.height > pixels:
        raise Unusable("large")
    try:
        opened.draft("RGB", (MASTER_PX * 2, MASTER_PX * 2))  # a JPEG of a camera is read at a half or a quarter
        mode = "RGBA" if opened.has_transparency_data else "RGB"
        image = opened if opened.mode == mode else opened.convert(mode)  # not twice in memory
        image.load()
        with suppress(*_BROKEN):  # notes about how it was held that cannot be read: it stays as it lies
            ImageOps.exif_transpose(image, in_place=True)
    except _BOMBS:
        raise Unusable("large") from None
    except _BROKEN:
        raise Unusable("broken") from None
    return image


def _written(image: Image.Image, longest: int) -> bytes:
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    to = BytesIO()
    image.save(to, "WEBP", quality=_QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return to.getvalue()
