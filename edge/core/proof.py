"""Whether head office signed a receipt: the one gate between a profile in the replica and a view.

A signature costs more than all else that is done for a profile on its way in (Ed25519: some 100 us here, ten times
that on a small Pi), and of a hundred thousand profiles in a replica a few hundred are looked at in a day. So a receipt
is verified when its profile is first read, and remembered as long as it stays exactly the same
(docs/decisions/0008).
"""

from typing import TYPE_CHECKING, Final

from wire.receipt import ConsentReceipt, verified

if TYPE_CHECKING:
    from collections.abc import Collection

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# More than are in the largest shop in a day; 2 MB when full.
REMEMBERED: Final = 4_096


class Proof:
    """Head office's keys, by id. One that is replaced leaves its memory behind."""

    def __init__(self, keys: "Collection[tuple[str, Ed25519PublicKey]]" = ()) -> None:
        self._keys = tuple(keys)
        self._proven: dict[str, ConsentReceipt] = {}
        self.key_ids = frozenset(key_id for key_id, _ in self._keys)

    def holds(self, receipt: ConsentReceipt, member_ref: str) -> bool:
        """Whether this receipt is head office's word on this member."""
        if receipt.member_ref != member_ref:
            return False
        if self._proven.get(member_ref) == receipt:
            return True
        if not verified(receipt, self._keys):
            return False
        if len(self._proven) >= REMEMBERED:
            self._proven.clear()
        self._proven[member_ref] = receipt
        return True
