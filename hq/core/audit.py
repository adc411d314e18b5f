"""The audit log: who did what, when, to which store or member. It is added to and never changed.

One rule about what may live in an entry: words of this code base, ids, and a member_ref. No name, no address, nothing
that somebody typed. The role or key that acted stands there, since more than one person may hold a role.
"""

from dataclasses import dataclass
from typing import Final, Literal

ActorKind = Literal["account", "key", "state", "command", "device", "member", "anybody"]
Outcome = Literal["done", "refused"]

# Three years, the regular limitation period (§ 195 BGB): as long as somebody may ask who looked or who deleted.
# Shorter leaves a dispute without proof; longer keeps what nobody can claim any more.
AUDIT_KEPT_S: Final = 3 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `id` is an account's, a key's, a device's id, or a member_ref; `role` is empty for all but accounts."""

    kind: ActorKind
    id: str = ""
    role: str = ""

    @property
    def is_program(self) -> bool:
        """What programs write of profiles, articles and stock all day is their work, and would bury who else did."""
        return self.kind == "key"


# Whoever runs `regulars hq` in STATE: its keys lie there, so nobody is asked for a password.
COMMAND: Final = Actor("command")


@dataclass(frozen=True, slots=True)
class Entry:
    """`action` is KIND.VERB (`member.erase`), `object` the id of what it was done to when that is not a member."""

    at: float
    actor: Actor
    action: str
    object: str = ""
    member_ref: str = ""
    outcome: Outcome = "done"


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry as it lies in the log, `n` being its place."""

    n: int
    entry: Entry
