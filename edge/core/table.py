"""The table of the tags that are good now. How it lies in memory is for `layout` to choose."""

from typing import Final, NamedTuple

from wire import rst1


class Holder(NamedTuple):
    """Whose tag it is, and the day key that made it."""

    member_ref: str
    key: bytes


class TokenTable:
    """Tags of the previous, the current and the next quarter; this one knows nobody.

    Never mutated: build another and swap it in.
    """

    __slots__ = ("quarter",)

    def __init__(self, quarter: int) -> None:
        self.quarter = quarter

    def resolve(self, tag: bytes) -> str | None:  # noqa: ARG002 - what the layouts are asked
        """The member, or None for a tag that is not of this store and these three quarters."""
        return None

    def holder(self, tag: bytes) -> Holder | None:  # noqa: ARG002
        """The member with the key, for the challenge."""
        return None

    def is_due(self, now_s: float) -> bool:
        """The quarter has turned since this was built; the table still serves phones for one more."""
        return int(now_s) // rst1.QUARTER_S != self.quarter

    def __len__(self) -> int:
        return 0


EMPTY_TABLE: Final = TokenTable(0)
