"""Fetching pictures from a head office that has them, lacks them, sends something else, or is away."""

from pathlib import Path
from typing import Any

import pytest

from edge.adapters.picture_files import PictureFiles
from edge.adapters.picture_sync import LOOK_S, PictureSync
from edge.core.pictures import AGAIN_S
from edge.errors import HqRefused, HqUnreachable
from tests.core.pictures import bomb, photograph
from tests.core.store import NOW, product
from wire.picture import picture_name
from wire.raster import master

RED, BLUE = (master(photograph(300, height)) for height in (200, 201))


class Office:
    """Head office as far as pictures go."""

    def __init__(self) -> None:
        self.time = NOW
        self.sent: dict[str, bytes | Exception] = {picture_name(one): one for one in (RED, BLUE)}
        self.asked: list[str] = []

    def now(self) -> float:
        return self.time

    def picture(self, name: str) -> bytes:
        self.asked.append(name)
        found = self.sent.get(name, HqRefused("http://hq", 404, "There is no such picture."))
        if isinstance(found, Exception):
            raise found
        return found


class Stand:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.articles = {"0": product(0)}
        self.office, self.told, self.seconds = Office(), 0, 0.0
        self.files = PictureFiles(folder, 10**7, self.office.now, spare=0)
        self.takes = True
        monkeypatch.setattr("edge.adapters.picture_sync.time.monotonic", lambda: self.seconds)
        office: Any = self.office
        self.sync = PictureSync(office, self.files, lambda: (self.articles, {}), self._hear)

    def _hear(self) -> bool:
        self.told += self.takes
        return self.takes

    def show(self, *pictures: bytes) -> None:
        numbered = enumerate(map(picture_name, pictures))
        self.articles = {str(number): product(number).model_copy(update={"image": name}) for number, name in numbered}


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    return Stand(tmp_path / "pictures", monkeypatch)


def test_what_the_catalogue_shows_is_fetched_one_by_one_and_told_together(stand: Stand) -> None:
    stand.show(RED, BLUE)
    for _ in range(2):
        stand.sync.turn()
    assert (len(stand.files.names()), stand.told, stand.sync.missing) == (2, 0, 0)
    assert stand.sync.turn() == LOOK_S
    assert stand.told == 1
    stand.sync.turn()
    assert (stand.told, len(stand.office.asked)) == (1, 2)


def test_during_a_long_fetch_pages_hear_now_and_then(stand: Stand) -> None:
    stand.show(RED, BLUE)
    stand.seconds = 100.0
    stand.sync.turn()
    assert stand.told == 1


def test_news_that_were_not_taken_are_told_again(stand: Stand) -> None:
    stand.show(RED)
    stand.sync.turn()
    stand.takes = False
    stand.sync.turn()
    stand.takes = True
    stand.sync.turn()
    assert stand.told == 1


@pytest.mark.parametrize(
    "sent",
    [
        HqRefused("http://hq", 404, "There is no such picture."),
        BLUE,
        b"not an image",
        b"x" * 1_000_001,
        bomb(50_000, 50_000),
    ],
)
def test_what_is_no_picture_is_left_and_asked_for_later(stand: Stand, sent: bytes | Exception) -> None:
    stand.show(RED, BLUE)
    stand.office.sent[picture_name(RED)] = sent
    for _ in range(4):
        stand.sync.turn()
    assert stand.files.names() == {picture_name(BLUE)}
    assert stand.office.asked.count(picture_name(RED)) == 1
    stand.office.sent[picture_name(RED)] = RED
    stand.office.time += AGAIN_S[0]
    stand.sync.turn()
    assert len(stand.files.names()) == 2


def test_head_offices_own_name_for_something_else_is_refused_even_when_it_decodes_to_a_bomb(stand: Stand) -> None:
    bad = bomb(50_000, 50_000)
    stand.show(bad)
    stand.office.sent[picture_name(bad)] = bad
    stand.sync.turn()
    assert stand.files.names() == frozenset()


@pytest.mark.parametrize("away", [HqUnreachable("http://hq", "x"), HqRefused("http://hq", 503, "x")])
def test_a_line_that_is_down_is_nobody_s_failure(stand: Stand, away: Exception) -> None:
    stand.show(RED)
    stand.office.sent[picture_name(RED)] = away
    with pytest.raises(HqUnreachable):
        stand.sync.turn()
    stand.office.sent[picture_name(RED)] = RED
    stand.sync.turn()
    assert stand.files.names() == {picture_name(RED)}


def test_a_picture_that_was_damaged_here_is_fetched_again(stand: Stand) -> None:
    stand.show(RED)
    stand.sync.turn()
    stand.files.drop(picture_name(RED))
    stand.sync.turn()
    assert stand.files.names() == {picture_name(RED)}
    assert len(stand.office.asked) == 2
