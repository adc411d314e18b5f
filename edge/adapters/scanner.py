"""What every kind of scanner says when it cannot be used or goes away: one sentence, without any address."""

from typing import Protocol


class ScannerUnusable(Exception):
    """The scanner cannot be opened as it is configured; one sentence with the remedy."""


class ScannerLost(Exception):
    """A scanner that was open went away; what happened."""


class Line(Protocol):
    """What a scan stands on while it is open: an adapter, or a node's connection."""

    @property
    def thinned(self) -> str:
        """Why its reports are thinned out; empty when they are not."""

    @property
    def loss(self) -> str:
        """Why it is to be opened anew; empty as long as it is there."""
