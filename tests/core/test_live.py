"""Rooms of the live protocol: any drop, reorder, cut or restart ends with the client showing the server's state."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.core.live import QUIET_FIELDS, TTL_S, Room
from wire.cards import QuietCard, StatusCard
from wire.live import RING_LENGTH, Patch, Remove, Replay, Snapshot, Upsert

NOW = 1_790_000_000.0
Message = Snapshot | Replay | Upsert | Patch | Remove


def status(name: str = "Shop", since: float | None = None) -> StatusCard:
    return StatusCard(store_id="s", store_name=name, offline_since=since)


def test_a_new_card_is_sent_whole_and_then_only_what_changed() -> None:
    room = Room("staff", "e")
    first, second = room.put(status("A"), NOW), room.put(status("B"), NOW)
    assert isinstance(first, Upsert)
    assert isinstance(second, Patch)
    assert (first.seq, second.seq, second.set) == (1, 2, {"store_name": "B"})


def test_a_card_that_did_not_change_is_not_sent() -> None:
    room = Room("staff", "e")
    room.put(status(), NOW)
    assert room.put(status(), NOW) is None
    assert room.seq == 1


def test_a_card_is_renewed_whole_before_clients_forget_it() -> None:
    room = Room("staff", "e")
    room.put(status(), NOW)
    assert room.due(NOW + 14) == []
    renewed = room.due(NOW + 15)
    assert [upsert.seq for upsert in renewed] == [2]
    assert room.due(NOW + 16) == []


def test_a_removed_card_leaves_the_ring_so_that_no_late_client_is_sent_it() -> None:
    room = Room("staff", "e")
    room.put(QuietCard(count=1), NOW)
    room.put(status("Anna was here"), NOW)
    room.remove("status", NOW)
    answer = room.subscribe("e", 1, NOW)
    assert isinstance(answer, Snapshot)
    assert "Anna" not in answer.model_dump_json()
    assert "Anna" not in repr(vars(room))


def test_removing_what_is_not_there_says_nothing() -> None:
    assert Room("staff", "e").remove("status", NOW) is None


def test_a_client_of_another_start_of_the_service_gets_everything() -> None:
    room = Room("staff", "new")
    room.put(status(), NOW)
    assert isinstance(room.subscribe("old", 1, NOW), Snapshot)


def test_a_client_that_missed_more_than_the_ring_holds_gets_everything() -> None:
    room = Room("staff", "e")
    for count in range(RING_LENGTH + 2):
        room.put(QuietCard(count=count), NOW)
    assert isinstance(room.subscribe("e", 1, NOW), Snapshot)
    assert isinstance(room.subscribe("e", 3, NOW), Replay)


def test_a_client_that_may_have_forgotten_a_card_by_itself_gets_everything() -> None:
    room = Room("staff", "e")
    room.put(status("A"), NOW)
    room.put(status("B"), NOW + 14)
    assert isinstance(room.subscribe("e", 1, NOW + 14), Replay)
    assert isinstance(room.subscribe("e", 1, NOW + 15), Snapshot)


def test_a_client_from_the_future_gets_everything() -> None:
    room = Room("staff", "e")
    room.put(status(), NOW)
    assert isinstance(room.subscribe("e", 7, NOW), Snapshot)
    assert isinstance(room.subscribe("e", -1, NOW), Snapshot)


@dataclass
class Client:
    """The rules of display/shared/rooms.js: never guess around a number, forget at the time to live."""

    epoch: str = ""
    seq: int | None = None
    cards: dict[str, tuple[dict[str, Any], float]] = field(default_factory=dict)

    def take(self, message: Message, now: float) -> tuple[str, int] | None:
        """Returns what to ask for, epoch and seq, when a number was missing."""
        if isinstance(message, Snapshot):
            self.epoch, self.seq = message.epoch, message.seq
            self.cards = {str(card["id"]): (dict(card), now + message.ttl_s) for card in message.cards}
            return None
        if isinstance(message, Replay):
            asked = [("", 0)] if message.epoch != self.epoch else [self.take(one, now) for one in message.changes]
            return ("", 0) if any(asked) else None
        return self._change(message, now)

    def shown(self, now: float) -> dict[str, dict[str, Any]]:
        self.cards = {card_id: held for card_id, held in self.cards.items() if held[1] > now}
        return {card_id: card for card_id, (card, _) in self.cards.items()}

    def _change(self, change: Upsert | Patch | Remove, now: float) -> tuple[str, int] | None:
        self.shown(now)
        if self.seq is None or (isinstance(change, Patch) and change.id not in self.cards and change.seq > self.seq):
            return "", 0
        if change.seq <= self.seq:
            return None
        if change.seq > self.seq + 1:
            return self.epoch, self.seq
        self.seq = change.seq
        if isinstance(change, Upsert):
            self.cards[str(change.card["id"])] = (dict(change.card), now + change.ttl_s)
        elif isinstance(change, Patch):
            self.cards[change.id] = (self.cards[change.id][0] | change.set, now + change.ttl_s)
        else:
            self.cards.pop(change.id, None)
        return None


class Line(RuleBasedStateMachine):
    """A room, a client, and between them a line that loses, reorders and is cut."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.starts = NOW, 1
        self.room = Room("staff", "epoch-1")
        self.client = Client()
        self.line: list[Message] = []
        self.cut = True
        self.connect()

    @rule(name=st.sampled_from("AB"), since=st.sampled_from([None, 1.0]))
    def put_status(self, name: str, since: float | None) -> None:
        self._send(self.room.put(status(name, since), self.now))

    @rule(count=st.integers(0, 3))
    def put_quiet(self, count: int) -> None:
        self._send(self.room.put(QuietCard(count=count), self.now))

    @rule(card_id=st.sampled_from(["quiet", "status"]))
    def remove(self, card_id: str) -> None:
        self._send(self.room.remove(card_id, self.now))

    @rule(seconds=st.integers(1, 12))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            for upsert in self.room.due(self.now):
                self._send(upsert)

    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        if not self.line:
            return
        lost = self.line.pop(data.draw(st.integers(0, len(self.line) - 1)))
        # The answer to a new connection is the first thing on it: TCP loses that only together with the connection.
        if isinstance(lost, Snapshot | Replay):
            self.cut_off()

    @rule(data=st.data())
    def reorder(self, data: st.DataObject) -> None:
        self.line = data.draw(st.permutations(self.line))

    @rule()
    def deliver(self) -> None:
        if self.line:
            self._deliver(self.line.pop(0))

    @rule()
    def cut_off(self) -> None:
        self.line, self.cut = [], True

    @rule()
    def connect(self) -> None:
        self.line, self.cut = [], False
        self._ask(self.client.epoch, self.client.seq or 0)

    @rule()
    def restart(self) -> None:
        self.starts += 1
        self.room = Room("staff", f"epoch-{self.starts}")
        self.cut_off()

    @invariant()
    def nothing_is_shown_that_was_not_sent_within_its_time_to_live(self) -> None:
        assert all(until - self.now <= TTL_S for _, until in self.client.cards.values())

    def teardown(self) -> None:
        """Once the line works again, one renewal period is enough."""
        if self.cut:
            self.connect()
        for _ in range(TTL_S):
            self.wait(1)
            while self.line:
                self._deliver(self.line.pop(0))
        shown = self.client.shown(self.now)
        assert _loud(shown) == _loud({str(card["id"]): dict(card) for card in self._truth()})

    def _truth(self) -> tuple[dict[str, Any], ...]:
        answer = self.room.subscribe("", 0, self.now)
        assert isinstance(answer, Snapshot)
        return answer.cards

    def _deliver(self, message: Message) -> None:
        asked = self.client.take(message, self.now)
        if asked is not None:
            self._ask(*asked)

    def _ask(self, epoch: str, seq: int) -> None:
        self._send(self.room.subscribe(epoch, seq, self.now))

    def _send(self, message: Message | None) -> None:
        if message is not None and not self.cut:
            self.line.append(message)


def _loud(cards: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {card_id: {k: v for k, v in card.items() if k not in QUIET_FIELDS} for card_id, card in cards.items()}


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
