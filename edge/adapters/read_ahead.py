"""A snapshot's pages, received and read on a thread of their own while the page before is planned and written.

Reading a page takes as long as writing one, and SQLite writes it without Python's lock: side by side both take half.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Self

from edge.core.bodies import Bodies, read_bodies
from wire.dictionary import Dictionaries
from wire.page import Page

# One being written, one that waits, one being read: 6 MB of a Pi's memory.
_WAITING: Final = 1
_LOOK_S: Final = 0.2

ReadPage = tuple[Page, Bodies]


class ReadAhead:
    """Iterate over it inside `with`. Raises what `pages` raises, in its place; leaving early reads nothing more.

    Its thread ends with the page that it is at: at the latest when the line's time limit is over.
    """

    def __init__(self, pages: Iterator[Page], dictionaries: Callable[[], Dictionaries]) -> None:
        self._pages, self._dictionaries = pages, dictionaries
        self._read: queue.Queue[ReadPage | Exception | None] = queue.Queue(_WAITING)
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync-snapshot", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()

    def __iter__(self) -> Iterator[ReadPage]:
        while (found := self._read.get()) is not None:
            if isinstance(found, Exception):
                raise found
            yield found

    def _run(self) -> None:
        try:
            for page in self._pages:
                if not self._hand_over((page, read_bodies(page.records, self._dictionaries()))):
                    return
        except Exception as error:  # noqa: BLE001 - raised where the page is asked for
            self._hand_over(error)
        else:
            self._hand_over(None)
        finally:
            close: Callable[[], None] = getattr(self._pages, "close", _nothing)
            close()

    def _hand_over(self, found: ReadPage | Exception | None) -> bool:
        """Whether it was taken, or at least still may be."""
        while not self._left.is_set():
            with suppress(queue.Full):
                self._read.put(found, timeout=_LOOK_S)
                return True
        return False


def _nothing() -> None:
    """An iterator that is no generator holds nothing open."""
