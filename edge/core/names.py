"""Names as people type them: without accents, case and marks, so that "mueller" and "muller" find Müller."""

import unicodedata
from typing import Final

# How Germans write what a keyboard lacks; both ways must find the same person.
_WRITTEN: Final = str.maketrans(
    {"ä": "a", "ö": "o", "ü": "u", "ß": "ss", "ı": "i", "ø": "o", "ł": "l", "æ": "ae", "đ": "d"}
)
_SPELLED: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def folded(name: str) -> tuple[str, ...]:
    """The words of a name in the form in which they are compared."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_WRITTEN))
    kept = "".join(sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign))
    for spelled, written in _SPELLED:
        kept = kept.replace(spelled, written)
    return tuple(kept.split())
