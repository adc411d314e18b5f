"""What a client received and what it therefore shows: frames folded as the live protocol asks of every client."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Frame:
    """`event` is a live message's name, or `visit` for a phone; `client` e.g. tablet-1, screen:window, phone:anna."""

    at: float
    client: str
    event: str
    body: Body


@dataclass(slots=True)
class Shown:
    """The cards one client shows, with the instant at which it drops each by itself."""

    client: str
    cards: dict[str, dict[str, object]] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)

    def apply(self, frame: Frame) -> None:
        """Any frame of this client."""
        body = frame.body
        match frame.event:
            case "snapshot":
                self.cards.clear()
                for card in _bodies(body.get("cards")):
                    self._put(card, frame.at + _seconds(body))
            case "replay":
                for change in _bodies(body.get("changes")):
                    self.apply(Frame(frame.at, frame.client, str(change["event"]), change))
            case "upsert":
                for card in _bodies([body["card"]]):
                    self._put(card, frame.at + _seconds(body))
            case "patch":
                self._patch(str(body["id"]), body["set"], frame.at + _seconds(body))
            case "remove":
                self.cards.pop(str(body["id"]), None)
            case "visit":
                self.cards = {"visit": dict(body)} if body else {}
                self.until = {"visit": float("inf")}

    def at(self, now: float) -> list[dict[str, object]]:
        """What is on show."""
        return [card for card_id, card in self.cards.items() if self.until.get(card_id, 0) >= now]

    def _put(self, card: Body, until: float) -> None:
        card_id = str(card["id"])
        self.cards[card_id] = dict(card)
        self.until[card_id] = until

    def _patch(self, card_id: str, changed: object, until: float) -> None:
        if card_id in self.cards and isinstance(changed, Mapping):
            self.cards[card_id] |= changed
            self.until[card_id] = until


def moments(frames: Iterable[Frame], start: float, end: float, every_s: float) -> Iterator[tuple[float, Frame | None]]:
    """Every frame at its instant, and ticks between them: a card that should have gone sends no frame."""
    tick = start
    for frame in sorted(frames, key=lambda one: one.at):
        while tick < frame.at:
            yield tick, None
            tick += every_s
        yield frame.at, frame
    while tick <= end:
        yield tick, None
        tick += every_s


def _bodies(found: object) -> Iterator[Body]:
    if isinstance(found, list | tuple):
        for one in found:
            if isinstance(one, Mapping):
                yield one


def _seconds(body: Body) -> float:
    ttl = body.get("ttl_s", 0)
    return float(ttl) if isinstance(ttl, int | float) else 0.0
