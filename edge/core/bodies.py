"""What the bodies of a page say, before anything is known of the replica: unpacked, every field checked.

Needs nothing but the page and the dictionaries. Of each body only what the replica asks for is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Struct

from edge.core.names import folded
from wire.dictionary import Dictionaries, UnknownDictionary
from wire.page import Gone, Put
from wire.product import Product, Stock
from wire.profile import Profile
from wire.shape import Malformed, Shape
from wire.sync import PhoneCommand, RecordKind

Body = Profile | Product | Stock | PhoneCommand

MODELS: Final[Mapping[RecordKind, type[Profile] | type[Product] | type[Stock] | type[PhoneCommand]]] = {
    "profile": Profile,
    "product": Product,
    "stock": Stock,
    "command": PhoneCommand,
}
_NAMES: Final[Mapping[RecordKind, str]] = {
    "profile": "member_ref",
    "product": "product_id",
    "stock": "variant_id",
    "command": "command_id",
}
# 128 kB of JSON: stays in a small core's cache.
_UNPACKED_AT_ONCE: Final = 64


# Structs for the reason that `wire.page.Put` is one.
class Kept(Struct, frozen=True, gc=False):
    """What the replica has under a key: a row or a tombstone (`body` None) of one revision."""

    rev: int
    body: bytes | None = None
    loyalty: str = ""
    words: str = ""  # of a name, each behind a space: what staff search by
    reserving: bool = False
    until: float | None = None


class Read(Struct, frozen=True, gc=False):
    """The row of a body that is as it should be; of a profile also whose receipt it brings, under which key, of when.

    Not the receipt itself: a page's would be a thousand times what is asked of it. `command` is a command's.
    """

    row: Kept
    holder: str = ""  # empty: a profile without a receipt
    key_id: str = ""
    given_at: int = 0
    command: PhoneCommand | None = None


@dataclass(frozen=True, slots=True)
class Bodies:
    """`read` has a place for each record of the page; None for a tombstone and for what cannot be taken."""

    read: Sequence[Read | None]
    unlearned: int = 0  # bodies under a dictionary that is not known here
    malformed: tuple[str, ...] = ()  # `kind` and place of what was not what it should be
    unknown: int = 0  # fields that only a newer version knows


def read_bodies(records: Sequence[Put | Gone], dictionaries: Dictionaries) -> Bodies:
    """A few at a time, so that what is unpacked is looked at before it has left a core's cache."""
    reading = _Reading(dictionaries)
    read: list[Read | None] = []
    for start in range(0, len(records), _UNPACKED_AT_ONCE):
        read += reading.some(records[start : start + _UNPACKED_AT_ONCE])
    return Bodies(read, reading.unlearned, tuple(reading.malformed), reading.unknown)


def found_by(profile: Any) -> tuple[str, str, bool]:  # noqa: ANN401 - a Profile, or what was checked to be one
    """By what staff find a member: loyalty number, words of the name, whether something is reserved."""
    words = " ".join(("", *folded(profile.name or profile.alias)))
    return profile.loyalty_number, words, bool(profile.reservations)


class _Reading:
    def __init__(self, dictionaries: Dictionaries) -> None:
        self._dictionaries = dictionaries
        self._shapes = {kind: Shape(model) for kind, model in MODELS.items()}
        self.unlearned = 0
        self.malformed: list[str] = []

    @property
    def unknown(self) -> int:
        return sum(shape.unknown for shape in self._shapes.values())

    def some(self, records: Sequence[Put | Gone]) -> Sequence[Read | None]:
        """In their order."""
        puts = [record for record in records if isinstance(record, Put)]
        read = [
            None if raw is None else self._read(put, raw) for put, raw in zip(puts, self._unpacked(puts), strict=True)
        ]
        if len(puts) == len(records):
            return read
        following = iter(read)
        return [next(following) if isinstance(record, Put) else None for record in records]

    def _read(self, put: Put, raw: bytes) -> Read | None:
        kind = put.kind
        shaped = self._shapes[kind].read(raw)
        if isinstance(shaped, Malformed):
            self.malformed.append(f"{kind} {shaped.place}")
            return None
        if getattr(shaped, _NAMES[kind]) != put.key:
            self.malformed.append(f"{kind} $.{_NAMES[kind]}")
            return None
        if kind == "profile":
            row, consent = Kept(put.rev, put.body, *found_by(shaped)), shaped.consent
            return Read(row) if consent is None else Read(row, consent.member_ref, consent.key_id, consent.given_at)
        if kind == "command":
            return Read(Kept(put.rev, put.body, until=shaped.expires_at), command=PhoneCommand.model_validate_json(raw))
        return Read(Kept(put.rev, put.body))

    def _unpacked(self, puts: Sequence[Put]) -> Sequence[bytes | None]:
        try:
            return self._dictionaries.all_unpacked([put.body for put in puts])
        except ValueError:
            return [self._unpacked_alone(put.kind, put.body) for put in puts]

    def _unpacked_alone(self, kind: RecordKind, body: bytes) -> bytes | None:
        try:
            return self._dictionaries.unpacked(body)
        except UnknownDictionary:
            self.unlearned += 1
        except ValueError:
            self.malformed.append(f"{kind} $")
        return None
