"""`nearby.db` and the one who fills it: what is asked, kept, replaced, lost and fetched again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.ballast import Ballast
from edge.adapters.nearby_sqlite import NearbyFile
from edge.adapters.nearby_sync import ASK_S, OLDER_S, WHOLE_S, NearbySync
from edge.adapters.store_sqlite import DatabaseError
from edge.errors import HqRefused, HqUnreachable, StateDirError
from tests.core.store import FILE_KEY, NOW
from wire.nearby import NearbyAsk, NearbyReply, NearStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nearby.db"


@pytest.fixture
def file(path: Path) -> Iterator[NearbyFile]:
    file = opened(path)
    yield file
    file.close()


def opened(path: Path, key: bytes = FILE_KEY) -> NearbyFile:
    return NearbyFile(path, key, Ballast(path.parent, size=1, spare=1))


def told(store_id: str, lines: dict[str, int], *, anew: bool = False, cursor: str = "e.1.") -> NearStore:
    name = f"Store {store_id}"
    return NearStore(
        store_id=store_id, name=name, cursor=cursor, anew=anew, lines=tuple((v, n, 100) for v, n in lines.items())
    )


def reply(*stores: NearStore, near: tuple[str, ...] = ("a", "b"), more: bool = False) -> NearbyReply:
    return NearbyReply(near=near, stores=stores, more=more)


def here(file: NearbyFile, *variants: str) -> set[tuple[str, str, int]]:
    return {(line.store_id, line.variant_id, line.pieces) for line in file.near(variants)}


def test_what_neighbours_have_is_there_after_a_restart(path: Path, file: NearbyFile) -> None:
    assert file.apply(reply(told("a", {"x": 2, "y": 1}), told("b", {"x": 4})))
    file.close()
    again = opened(path)
    assert here(again, "x", "y") == {("a", "x", 2), ("a", "y", 1), ("b", "x", 4)}
    assert again.near(["x"])[0].store_name in {"Store a", "Store b"}
    assert again.cursors() == {"a": "e.1.", "b": "e.1."}
    again.close()


def test_what_changed_replaces_what_was_known_and_what_is_gone_goes(file: NearbyFile) -> None:
    file.apply(reply(told("a", {"x": 2, "y": 1})))
    assert here(file, "x", "y") == {("a", "x", 2), ("a", "y", 1)}
    assert file.apply(reply(told("a", {"x": 0, "y": 3})))
    assert here(file, "x", "y") == {("a", "y", 3)}
    assert not file.apply(reply(told("a", {}, cursor="e.9.")))
    assert file.cursors()["a"] == "e.9."


def test_a_store_that_is_told_anew_keeps_nothing_of_before(file: NearbyFile) -> None:
    file.apply(reply(told("a", {"x": 2}), told("b", {"x": 1})))
    file.apply(reply(told("a", {"y": 1}, anew=True)))
    assert here(file, "x", "y") == {("a", "y", 1), ("b", "x", 1)}


def test_a_store_that_is_no_neighbour_any_more_is_forgotten(file: NearbyFile) -> None:
    file.apply(reply(told("a", {"x": 2}), told("b", {"x": 1})))
    assert file.apply(reply(near=("b",)))
    assert here(file, "x") == {("b", "x", 1)}
    assert set(file.cursors()) == {"b"}


def test_a_damaged_file_or_one_of_another_key_is_begun_anew(path: Path, file: NearbyFile) -> None:
    file.apply(reply(told("a", {"x": 2})))
    file.close()
    assert opened_and_closed(path, bytes(32)) == set()
    octets = bytearray(path.read_bytes())
    octets[200:300] = bytes(100)
    path.write_bytes(octets)
    assert opened_and_closed(path) == set()


def opened_and_closed(path: Path, key: bytes = FILE_KEY) -> set[tuple[str, str, int]]:
    file = opened(path, key)
    try:
        return here(file, "x")
    finally:
        file.close()


def test_damage_while_it_is_open_is_an_article_that_hangs_nowhere_until_it_is_mended(
    file: NearbyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.apply(reply(told("a", {"x": 2})))

    class Broken:
        def execute(self, *_: Any) -> Any:
            raise DatabaseError("database disk image is malformed")

        def close(self) -> None:
            pass

    whole, file._reader = file._reader, Broken()  # type: ignore[assignment]
    assert here(file, "x") == set()
    whole.close()
    file.mend()
    assert file.cursors() == {}
    file.apply(reply(told("a", {"x": 3})))
    assert here(file, "x") == {("a", "x", 3)}


def test_a_full_disk_at_the_start_keeps_no_store_from_opening(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise StateDirError(path.parent, "its disk is full: make room")

    monkeypatch.setattr("edge.adapters.nearby_sqlite.opened", full)
    file = opened(path)
    file.apply(reply(told("a", {"x": 2})))
    assert here(file, "x") == {("a", "x", 2)}
    file.close()
    assert not path.exists()


def test_after_its_end_nothing_is_made_anew(path: Path, file: NearbyFile) -> None:
    file.apply(reply(told("a", {"x": 2})))
    file.close()
    file.rebuild()
    assert opened_and_closed(path) == {("a", "x", 2)}


class Office:
    def __init__(self, *answers: NearbyReply | Exception) -> None:
        self.answers, self.asked, self.time = list(answers), list[dict[str, str]](), NOW

    def now(self) -> float:
        return self.time

    def nearby(self, ask: NearbyAsk) -> NearbyReply:
        self.asked.append(ask.after)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Fetch:
    def __init__(self, file: NearbyFile, *answers: NearbyReply | Exception) -> None:
        self.office, self.news, self.takes = Office(*answers), 0, True
        office: Any = self.office
        self.sync = NearbySync(office, file, self._hear)

    def _hear(self) -> bool:
        self.news += self.takes
        return self.takes


def test_all_that_waits_is_fetched_and_told_once(file: NearbyFile) -> None:
    fetch = Fetch(file, reply(told("a", {"x": 1}), more=True), reply(told("a", {"y": 1}), told("b", {})))
    assert fetch.sync.turn() == 0.0
    assert fetch.news == 0
    assert 0.8 * ASK_S <= fetch.sync.turn() <= 1.2 * ASK_S
    assert fetch.news == 1
    assert fetch.office.asked == [{}, {"a": "e.1."}]


def test_nothing_new_is_told_to_nobody(file: NearbyFile) -> None:
    fetch = Fetch(file, reply(told("a", {"x": 1})), reply(told("a", {})))
    fetch.sync.turn()
    fetch.sync.turn()
    assert fetch.news == 1


def test_a_week_without_head_office_changes_nothing_but_the_age(file: NearbyFile) -> None:
    away = HqUnreachable("http://hq", "x")
    fetch = Fetch(file, reply(told("a", {"x": 1})), away, reply(told("a", {"x": 1}, anew=True)))
    fetch.sync.turn()
    fetch.office.time += WHOLE_S
    with pytest.raises(HqUnreachable):
        fetch.sync.turn()
    assert here(file, "x") == {("a", "x", 1)}
    fetch.sync.turn()
    assert fetch.office.asked[-1] == {"a": ""}  # once a week all of it
    assert here(file, "x") == {("a", "x", 1)}


def test_an_older_head_office_is_asked_again_in_an_hour(file: NearbyFile) -> None:
    fetch = Fetch(file, HqRefused("http://hq", 404, "no such address"), HqRefused("http://hq", 401, "revoked"))
    assert fetch.sync.turn() == OLDER_S
    with pytest.raises(HqRefused):
        fetch.sync.turn()
