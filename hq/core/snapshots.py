"""All that a store may hold, sorted: in which stretches a snapshot reads it, and in which buckets two sides compare."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, get_args

from wire.page import digest
from wire.sync import Bucket, RecordKind

# In the order of their names, which is the order of a snapshot.
KINDS: Final[tuple[RecordKind, ...]] = tuple(sorted(get_args(RecordKind)))
# Commands are void after two minutes and are sent again by nobody.
COMPARED: Final[tuple[RecordKind, ...]] = ("product", "profile", "stock")
# What one difference costs: half a megabyte to fetch; and a replica of 100,000 rows compares in 100 lines of JSON.
BUCKET_ROWS: Final = 1_000
# Over a slow line that reads a page every second, a store with 100,000 rows is done; the next request goes on.
SNAPSHOT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Keys of one kind after `after` and up to `upto`; empty: from the first, to the last."""

    kind: RecordKind
    after: str = ""
    upto: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """One row as it is compared: its revision in this store's scope and the `sum8` of its body."""

    key: str
    rev: int
    sum8: int


def is_place(text: str) -> bool:
    """Whether `wire.page.place` may have written it; the empty one is before everything, or behind it."""
    kind, colon, _ = text.partition(":")
    return not text or (kind in KINDS and colon == ":" and "\0" not in text)


def stretches(after: str, upto: str) -> tuple[Stretch, ...]:
    """What lies between two places (`is_place`). An empty key in `upto` is the end of its kind."""
    first, last = _spot(after), _spot(upto)
    first_kind, last_kind = first[0] or KINDS[0], last[0] or KINDS[-1]
    return tuple(
        Stretch(kind, first[1] if kind == first[0] else "", last[1] if kind == last[0] else "")
        for kind in KINDS
        if first_kind <= kind <= last_kind
    )


def buckets(kind: RecordKind, rows: Iterable[Total]) -> tuple[Bucket, ...]:
    """`rows` come sorted. There is always one, so that a store that holds what it should not finds that out."""
    assert kind != "command"  # noqa: S101 - see COMPARED
    found: list[Bucket] = []
    some: list[Total] = []
    for row in rows:
        if len(some) == BUCKET_ROWS:
            found.append(Bucket(kind=kind, upto=some[-1].key, count=len(some), digest=summed(some)))
            some = []
        some.append(row)
    return (*found, Bucket(kind=kind, count=len(some), digest=summed(some)))


def summed(rows: Iterable[Total]) -> int:
    return digest((row.rev, row.sum8) for row in rows)


def _spot(text: str) -> tuple[str, str]:
    kind, _, key = text.partition(":")
    return kind, key
