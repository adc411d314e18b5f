"""Every room of the live protocol and what hangs in it: staff cards in their order, the count, the status, the screens.

Turns cards into numbered messages; which cards exist and what they say is decided elsewhere.
"""

from collections.abc import Iterable, Iterator

from edge.core.card import ordered, quiet_card
from edge.core.effects import Reply, Send
from edge.core.inputs import Device
from edge.core.live import Room
from wire.cards import Card, PickCard, ScreenView, StaffCard, StatusCard
from wire.live import Hello

STAFF = "staff"


def screen_room(screen_id: str) -> str:
    return f"screen:{screen_id}"


class Rooms:
    """`epoch` names one start of the service; instants are unix seconds."""

    def __init__(self, epoch: str, screen_ids: Iterable[str]) -> None:
        names = [STAFF, *map(screen_room, screen_ids)]
        self._rooms = {name: Room(name, epoch) for name in names}
        self._cards: dict[str, StaffCard] = {}
        self._quiet: frozenset[str] = frozenset()
        self._renewed_at = 0.0

    @property
    def cards(self) -> dict[str, StaffCard]:
        """By visit id, each at its place in the list."""
        return self._cards

    def staff(
        self, cards: dict[str, StaffCard], quiet: Iterable[str], gone: Iterable[str], now: float
    ) -> Iterator[Send]:
        """New `cards`, visits that only count, and visits of which staff know nothing any more."""
        counted = frozenset(quiet)
        forgotten = {visit_id for visit_id in (*gone, *counted) if visit_id in self._cards}
        # Removals first: a list that moves up before the gone row is taken out would show it a moment longer.
        for visit_id in forgotten:
            del self._cards[visit_id]
            yield from self._removed(visit_id, now)
        yield from self._listed(cards, now)
        self._quiet = (self._quiet | counted) - set(gone) - set(cards)
        yield from self._put(STAFF, quiet_card(len(self._quiet)), now)

    def picks(self, card: PickCard, now: float) -> Iterator[Send]:
        yield from self._put(STAFF, card, now)

    def status(self, card: StatusCard, now: float) -> Iterator[Send]:
        yield from self._put(STAFF, card, now)

    def screen(self, view: ScreenView, now: float) -> Iterator[Send]:
        yield from self._put(screen_room(view.screen_id), view, now)

    def renewals(self, now: float) -> Iterator[Send]:
        """At most once a second: what would run out at the clients."""
        if now - self._renewed_at < 1:
            return
        self._renewed_at = now
        for room in self._rooms.values():
            yield from (Send(room.name, message) for message in room.due(now))

    def replies(self, client: str, device: Device, hello: Hello, now: float) -> Iterator[Reply]:
        """Which rooms a device is in follows from what it is; a screen that store.toml no longer has is in none."""
        room = self._rooms.get(STAFF if device.kind == "tablet" else screen_room(device.id))
        if room is not None:
            yield Reply(client, room.subscribe(hello.epoch, hello.seq.get(room.name, 0), now))

    def _listed(self, cards: dict[str, StaffCard], now: float) -> Iterator[Send]:
        before = {visit_id: card.order for visit_id, card in self._cards.items()}
        self._cards = {card.id: card for card in ordered((self._cards | cards).values())}
        for visit_id, card in self._cards.items():
            if visit_id in cards or before.get(visit_id) != card.order:
                yield from self._put(STAFF, card, now)

    def _put(self, name: str, card: Card, now: float) -> Iterator[Send]:
        message = self._rooms[name].put(card, now)
        if message is not None:
            yield Send(name, message)

    def _removed(self, card_id: str, now: float) -> Iterator[Send]:
        message = self._rooms[STAFF].remove(card_id, now)
        if message is not None:
            yield Send(STAFF, message)
