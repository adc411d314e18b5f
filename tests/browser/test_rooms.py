"""The client's bookkeeping: numbered messages in, cards out, and a question whenever a number is missing."""

from typing import Any

import pytest

from tests.browser.conftest import Open

pytestmark = pytest.mark.needs("chromium")

RUN = """async (steps) => {
  const { Rooms } = await import("/display/shared/rooms.js");
  const rooms = new Rooms();
  const asked = steps.map(([message, now]) => rooms.apply(message, now)).filter(Boolean);
  return { asked, seqs: rooms.seqs, at: [0, 29_999, 30_000].map((now) => rooms.cards(now).map((card) => card.id)) };
}"""


@pytest.fixture
def rooms(open_page: Open) -> Any:
    page = open_page("/leave")
    return lambda *messages: page.evaluate(RUN, [[message, 0] for message in messages])


def snapshot(seq: int, *ids: str, epoch: str = "e1") -> dict[str, Any]:
    shown = [{"id": card} for card in ids]
    return {"v": 1, "event": "snapshot", "room": "staff", "seq": seq, "epoch": epoch, "cards": shown, "ttl_s": 30}


def upsert(seq: int, card: str) -> dict[str, Any]:
    return {"v": 1, "event": "upsert", "room": "staff", "seq": seq, "card": {"id": card}, "ttl_s": 60}


def remove(seq: int, card: str) -> dict[str, Any]:
    return {"v": 1, "event": "remove", "room": "staff", "seq": seq, "id": card}


def test_changes_in_order_are_applied(rooms: Any) -> None:
    found = rooms(snapshot(3, "a"), upsert(4, "b"), remove(5, "a"))
    assert (found["at"][0], found["seqs"], found["asked"]) == (["b"], {"staff": 5}, [])


def test_a_gap_is_asked_about_and_nothing_is_guessed(rooms: Any) -> None:
    found = rooms(snapshot(3, "a"), upsert(5, "b"))
    assert found["asked"] == [{"room": "staff", "epoch": "e1", "seq": 3}]
    assert found["at"][0] == ["a"]


def test_a_message_that_comes_twice_counts_once(rooms: Any) -> None:
    found = rooms(snapshot(3, "a"), remove(4, "a"), upsert(4, "a"), upsert(3, "a"))
    assert (found["at"][0], found["asked"]) == ([], [])


def test_a_replay_closes_the_gap(rooms: Any) -> None:
    replay = {
        "v": 1,
        "event": "replay",
        "room": "staff",
        "seq": 5,
        "epoch": "e1",
        "changes": [upsert(4, "b"), upsert(5, "c")],
    }
    found = rooms(snapshot(3, "a"), upsert(5, "c"), replay)
    assert (found["at"][0], found["seqs"]) == (["a", "b", "c"], {"staff": 5})


def test_a_replay_of_another_epoch_is_not_believed(rooms: Any) -> None:
    replay = {"v": 1, "event": "replay", "room": "staff", "seq": 4, "epoch": "e2", "changes": [upsert(4, "b")]}
    found = rooms(snapshot(3, "a"), replay)
    assert found["asked"] == [{"room": "staff", "epoch": "", "seq": 0}]


def test_a_snapshot_of_a_new_epoch_replaces_everything(rooms: Any) -> None:
    found = rooms(snapshot(300, "a", "b"), snapshot(1, "c", epoch="e2"))
    assert (found["at"][0], found["seqs"]) == (["c"], {"staff": 1})


def test_a_patch_of_an_unknown_card_asks_for_the_whole(rooms: Any) -> None:
    patch = {"v": 1, "event": "patch", "room": "staff", "seq": 4, "id": "ghost", "set": {"zone": "men"}, "ttl_s": 30}
    assert rooms(snapshot(3, "a"), patch)["asked"] == [{"room": "staff", "epoch": "", "seq": 0}]


def test_a_card_is_gone_at_its_time_to_live(rooms: Any) -> None:
    assert rooms(snapshot(3, "a"), upsert(4, "b"))["at"] == [["a", "b"], ["a", "b"], ["b"]]


def test_a_message_of_another_version_is_ignored(rooms: Any) -> None:
    found = rooms(snapshot(3, "a"), {**upsert(4, "b"), "v": 2})
    assert (found["at"][0], found["asked"]) == (["a"], [])
