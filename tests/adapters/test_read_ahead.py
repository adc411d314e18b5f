"""Pages are read ahead in their order, one at most waits, and nobody is left reading."""

import threading
from collections.abc import Iterator

import pytest

from edge.adapters.read_ahead import ReadAhead
from edge.errors import HqUnreachable
from tests.core.pages import DICTIONARIES, page, put
from tests.core.store import ANNA, profile
from wire.page import Page

PAGE = page(put(profile()))
LIMIT_S = 10.0


class Line:
    """Pages as a line gives them; `asked` is how many were begun, `closed` is set when nobody reads it any more."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self.asked = 0
        self.closed = threading.Event()
        self._count, self._error = count, error

    def pages(self) -> Iterator[Page]:
        try:
            for _ in range(self._count):
                self.asked += 1
                yield PAGE
            if self._error is not None:
                raise self._error
        finally:
            self.closed.set()


def reading(line: Line) -> ReadAhead:
    return ReadAhead(line.pages(), lambda: DICTIONARIES)


def test_every_page_comes_once_with_what_its_bodies_say() -> None:
    with reading(Line(5)) as ahead:
        found = list(ahead)
    assert [one for one, _ in found] == [PAGE] * 5
    assert all(read is not None and read.holder == ANNA for _, bodies in found for read in bodies.read)


def test_what_the_line_raises_comes_behind_the_pages_before_it() -> None:
    with reading(Line(2, HqUnreachable("http://hq.test", "gone"))) as ahead:
        pages = iter(ahead)
        assert [next(pages)[0], next(pages)[0]] == [PAGE, PAGE]
        with pytest.raises(HqUnreachable):
            next(pages)


def test_who_leaves_early_leaves_nobody_reading() -> None:
    line = Line(1_000)
    with reading(line) as ahead:
        next(iter(ahead))
    assert line.closed.wait(LIMIT_S)
    assert line.asked <= 4


def test_a_page_that_is_still_being_written_lets_only_one_wait() -> None:
    line = Line(1_000)
    with reading(line) as ahead:
        pages = iter(ahead)
        next(pages)
        assert not line.closed.wait(0.5)
        assert line.asked <= 3
