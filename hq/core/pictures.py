"""What head office says of a file that it cannot take as a picture."""

from collections.abc import Mapping
from typing import Final

from hq.errors import BadInput
from wire.picture import UPLOAD_LIMIT, UPLOAD_PIXELS
from wire.raster import Flaw

# The one size of head office's own page for shoppers: a tile on a phone, two or three device pixels to one of CSS.
PHONE_PX: Final = 480
# What nobody shows is kept for a day: an import brings pictures first and says then which article has which.
UNUSED_S: Final = 86_400.0
FLAWS: Final[Mapping[Flaw, tuple[str, str]]] = {
    "strange": ("This is not a JPEG, PNG or WebP picture.", "Save it as one of these."),
    "long": (f"This picture is larger than {UPLOAD_LIMIT >> 20} MiB.", "Save it smaller."),
    "large": (f"This picture has more than {UPLOAD_PIXELS // 10**6} million pixels.", "Save it smaller."),
    "broken": ("This picture is damaged.", "Save it once more, and send the whole file."),
}


def refusal(flaw: Flaw) -> BadInput:
    return BadInput(*FLAWS[flaw], key=f"error.picture_{flaw}")
