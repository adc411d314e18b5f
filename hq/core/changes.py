"""The feed as an index over current state: where a store is, and what one page holds.

A cursor names a place in the order (seq, kind, key). `<epoch>.<seq>.` with an empty rest means "all of seq is seen",
which is how an empty page moves a store forward. Seqs come from one counter that each transaction raises last, so
their order is the order in which changes became visible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from wire.sync import CURSOR_LENGTH, RecordKind

PAGE_ROWS: Final = 2_000
# Revocations are short (some 120 bytes): as many as a page may have, they are still below 1 MB.
PAGE_REVOCATIONS: Final = 5_000
WAIT_S: Final = 25.0
_SEQ_DIGITS: Final = 18  # below 2**63, the largest number either database stores
MOST_SEQ: Final = 10**_SEQ_DIGITS - 1


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Everything up to here is seen; an empty `kind` means all of `seq`."""

    seq: int
    kind: str = ""
    key: str = ""

    @property
    def whole(self) -> bool:
        return not self.kind


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One thing in one store's scope, with the seq of its last change."""

    kind: RecordKind
    key: str
    rev: int
    seq: int
    gone: bool

    @property
    def place(self) -> Place:
        return Place(self.seq, self.kind, self.key)


def cursor_text(epoch: str, place: Place) -> str:
    rest = "" if place.whole else f"{place.kind}:{place.key}"
    return f"{epoch}.{place.seq}.{rest}"


def parse_cursor(text: str) -> tuple[str, Place] | None:
    """(epoch, place), or None for what is not a cursor: half of one, or nothing that `cursor_text` ever wrote."""
    if len(text) > CURSOR_LENGTH or "\0" in text:
        return None
    epoch, dot, rest = text.partition(".")
    seq, second_dot, row = rest.partition(".")
    if not (epoch and dot and second_dot and seq.isascii() and seq.isdigit() and len(seq) <= _SEQ_DIGITS):
        return None
    if not row:
        return epoch, Place(int(seq))
    kind, colon, key = row.partition(":")
    return (epoch, Place(int(seq), kind, key)) if kind in get_args(RecordKind) and colon and key else None


def next_place(rows: Sequence[ScopeRow], limit: int, counter_seq: int) -> Place:
    """Where a store stands after `rows`, of which at most `limit` were asked for, read when the counter was there.

    A page that is not full has seen everything, whoever it concerned: the store moves to the counter, so that
    changes of other stores are not read again with every poll.
    """
    return rows[-1].place if len(rows) >= limit else Place(counter_seq)
