"""How long a store may use personal data without head office: from its last word to the end of the lease."""

from typing import Final

DAY_S: Final = 86_400


def lease_end(confirmed_at: float, policy_days: int, granted_s: float) -> float:
    """The shorter of what the store's policy takes and what head office grants; the past before its first word."""
    return confirmed_at + min(policy_days * DAY_S, granted_s) if confirmed_at else 0.0
