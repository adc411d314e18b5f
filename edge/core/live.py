"""One room of the live protocol: what its clients show, made right by numbers.

Knows cards and sequence numbers; refuses to know sockets, clients and what a card means. Owned by the state thread.
The ring holds changes for clients that were cut off shortly; a card that is removed leaves the ring too, so that a
withdrawn member is in no memory that a late client could be sent.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from wire.cards import Card
from wire.live import RING_LENGTH, CardBody, Change, Patch, Remove, Replay, Snapshot, Upsert

# Long enough to survive a reconnect, short enough that a tablet carried out of reach forgets within half a minute.
TTL_S: Final = 30
# They change with every packet or poll; alone they are not worth a message and travel with the next renewal.
QUIET_FIELDS: Final = frozenset({"last_heard_at", "as_of", "decided_at"})


@dataclass(slots=True)
class _Held:
    sent: CardBody
    newest: CardBody
    sent_at: float


@dataclass(slots=True)
class _Past:
    """A change as it was sent; `change` is None once the card it carried has been removed."""

    seq: int
    at: float
    card_id: str
    change: Change | None


class Room:
    """`epoch` names one start of the service; instants are unix seconds."""

    def __init__(self, name: str, epoch: str, ttl_s: int = TTL_S) -> None:
        self.name = name
        self.epoch = epoch
        self.ttl_s = ttl_s
        self.seq = 0
        self._held: dict[str, _Held] = {}
        self._ring: deque[_Past] = deque(maxlen=RING_LENGTH)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(self._held)

    def put(self, card: Card, now: float) -> Upsert | Patch | None:
        """The message that makes every client show `card`; None when they already do."""
        body: CardBody = card.model_dump(mode="json")
        held = self._held.get(card.id)
        if held is None:
            return self._upsert(card.id, body, now)
        held.newest = body
        changed = {name: value for name, value in body.items() if held.sent.get(name) != value}
        if not changed.keys() - QUIET_FIELDS:
            return None
        self._held[card.id] = _Held(body, body, now)
        patch = Patch(room=self.name, seq=self._next(), ttl_s=self.ttl_s, id=card.id, set=changed)
        self._ring.append(_Past(patch.seq, now, card.id, patch))
        return patch

    def remove(self, card_id: str, now: float) -> Remove | None:
        """The message that makes every client forget the card; None when it is not there."""
        if self._held.pop(card_id, None) is None:
            return None
        for past in self._ring:
            if past.card_id == card_id:
                past.change = None
        removal = Remove(room=self.name, seq=self._next(), id=card_id)
        self._ring.append(_Past(removal.seq, now, card_id, removal))
        return removal

    def due(self, now: float) -> list[Upsert]:
        """Renewals, whole cards, of what would otherwise run out at the clients; ask at least every five seconds."""
        stale = [card_id for card_id, held in self._held.items() if now - held.sent_at >= self.ttl_s / 2]
        return [self._upsert(card_id, self._held[card_id].newest, now) for card_id in stale]

    def subscribe(self, epoch: str, seq: int, now: float) -> Snapshot | Replay:
        """What a client lacks that last saw `seq` of `epoch` ("" and 0: nothing)."""
        missed = self._missed(epoch, seq, now)
        if missed is None:
            return self._snapshot()
        return Replay(room=self.name, seq=self.seq, epoch=self.epoch, changes=missed)

    def _upsert(self, card_id: str, body: CardBody, now: float) -> Upsert:
        self._held[card_id] = _Held(body, body, now)
        upsert = Upsert(room=self.name, seq=self._next(), ttl_s=self.ttl_s, card=body)
        self._ring.append(_Past(upsert.seq, now, card_id, upsert))
        return upsert

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _snapshot(self) -> Snapshot:
        cards = tuple(held.sent for held in self._held.values())
        return Snapshot(room=self.name, seq=self.seq, epoch=self.epoch, cards=cards, ttl_s=self.ttl_s)

    def _missed(self, epoch: str, seq: int, now: float) -> tuple[Change, ...] | None:
        """None when only a snapshot is right: another epoch, too long ago, or a removed card in between.

        Too long ago is half a TTL after the client's last number: from then on it may have dropped a card by itself,
        and a patch would find nothing to change.
        """
        if epoch != self.epoch or not 0 < seq <= self.seq:
            return None
        last = next((past for past in self._ring if past.seq == seq), None)
        if last is None or now - last.at >= self.ttl_s / 2:
            return None
        later = [past.change for past in self._ring if past.seq > seq]
        changes = tuple(change for change in later if change is not None)
        return changes if len(changes) == len(later) else None
