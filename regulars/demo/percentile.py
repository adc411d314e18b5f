"""n, p50, p95, p99 and max of a row of measurements."""

from collections.abc import Sequence
from math import ceil
from typing import Final

_SHARES: Final = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


def summary(measured: Sequence[float], digits: int = 3) -> dict[str, float | int | None]:
    """Nearest rank: a value that was measured, never one between two. None where nothing was."""
    ranked = sorted(measured)
    if not ranked:
        return {"n": 0, **dict.fromkeys((*_SHARES, "max"), None)}
    ranks = {name: ranked[ceil(share * len(ranked)) - 1] for name, share in _SHARES.items()}
    return {"n": len(ranked), **{name: round(value, digits) for name, value in (ranks | {"max": ranked[-1]}).items()}}
