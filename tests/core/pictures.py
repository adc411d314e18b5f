"""Pictures to try things with: one of a camera, and one that would fill the memory of whoever reads it."""

import zlib
from functools import cache
from io import BytesIO
from struct import pack
from typing import Any

from PIL import Image


def photograph(width: int, height: int, kind: str = "JPEG", **about: Any) -> bytes:
    """`about` are Pillow's own options: exif, comment, icc_profile."""
    to = BytesIO()
    _noise().resize((width, height)).save(to, kind, **about)
    return to.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of some hundred octets that says it has so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))

    head = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@cache
def _noise() -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise((64, 64), sigma) for sigma in (20, 60, 90)])
