"""The articles' pictures come to the open shop one after the other, first those of what its members looked at.

Beside everything else: 200 drawings are a minute and a half of one core, so they are made with half of its time and
behind whoever else wants it.
"""

import os
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from regulars.solo.office import Office, OfficeRefused
from simulator.shop.members import Member
from simulator.shop.photographs import photograph
from wire.product import Product

_NICE: Final = 15


class Pictures:
    """`start` returns at once; `stop` waits for the drawing at hand."""

    def __init__(self, office: Office, articles: Sequence[Product], members: Iterable[Member]) -> None:
        self._office, self._articles = office, ordered(articles, members)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(3.0)

    def _run(self) -> None:
        with suppress(OSError, AttributeError):  # only Linux gives each thread a place of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        for article in self._articles:
            began = time.monotonic()
            with suppress(OfficeRefused):  # it was closed, or is being restarted: then this one stays drawn
                self._office.put_picture(article.product_id, photograph(article))
            if self._stopping.wait(time.monotonic() - began):
                return


def ordered(articles: Sequence[Product], members: Iterable[Member]) -> list[Product]:
    """What members reserved, saved, viewed and own comes first, then the newest."""
    wanted: dict[str, None] = {}
    for member in members:
        reserved = (held.product_id for held in member.reservations)
        wanted |= dict.fromkeys((*reserved, *member.wishlist, *member.viewed, *member.owned))
    places = {product_id: place for place, product_id in enumerate(wanted)}
    newest = sorted(articles, key=lambda one: one.launched_on, reverse=True)
    return sorted(newest, key=lambda one: places.get(one.product_id, len(places)))
