"""Fetches pictures: one at a time, with half of the line at most.

A store without them works: pages draw the article instead. So nobody waits for this, and what fails is tried
again later, less and less often.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from edge.adapters.hq_http import HqClient
from edge.adapters.picture_files import PictureFiles
from edge.core import pictures
from edge.core.pictures import Tries
from edge.errors import HqRefused
from wire.picture import picture_name
from wire.product import Product, Stock

# How soon a new article's picture is looked for; looking costs nothing when the catalogue is the same.
LOOK_S: Final = 2.0
# Every card is made anew when pictures came, so they are told together.
TELL_S: Final = 15.0
# About this one picture; every other answer is about the store or the line.
_OF_THE_PICTURE: Final = frozenset({400, 404, 410})

_log = structlog.get_logger("pictures")


class PictureSync:
    """`catalogue` gives the articles and the stock here, the same objects until they change.

    `told` hears of news, and says whether it took them.
    """

    def __init__(
        self,
        client: HqClient,
        files: PictureFiles,
        catalogue: Callable[[], tuple[Mapping[str, Product], Mapping[str, Stock]]],
        told: Callable[[], bool],
    ) -> None:
        self._client, self._files, self._catalogue, self._told = client, files, catalogue, told
        self._tries = Tries()
        self._seen: tuple[Mapping[str, Product], Mapping[str, Stock]] | None = None
        self._wanted: Mapping[str, int] = {}
        self._shown = files.names()
        self._told_at = 0.0

    @property
    def missing(self) -> int:
        """Pictures of the catalogue that are not here."""
        return len(self._wanted.keys() - self._files.names())

    def turn(self) -> float:
        """One picture at most; after how many seconds to call again. Raises HqUnreachable, OSError."""
        now = self._client.now()
        self._look()
        room = self._files.room()
        for surplus in pictures.surplus(self._wanted, self._files.held(), room):
            self._files.drop(surplus)
        name = pictures.next_one(self._wanted, self._files.held(), room, self._tries, now)
        if name is None:
            self._tell(is_all=True)
            return LOOK_S
        began = time.monotonic()
        self._fetch(name, room, now)
        self._tell(is_all=False)
        return time.monotonic() - began

    def _look(self) -> None:
        seen = self._catalogue()
        if self._seen is None or any(new is not old for new, old in zip(seen, self._seen, strict=True)):
            self._seen, self._wanted = seen, pictures.wanted(*seen)
            self._tries.keep(self._wanted)

    def _fetch(self, name: str, room: int, now: float) -> None:
        """Raises HqUnreachable when it is not about this picture, and OSError."""
        try:
            made = _made(name, self._client.picture(name))
        except HqRefused as refused:
            if refused.status not in _OF_THE_PICTURE:
                raise
            made = f"head office answers {refused.status}"
        if isinstance(made, str):
            _log.warning("picture.refused", picture=name[:12], reason=made, remedy="bring it in again at head office")
            self._tries.failed(name, now)
        else:
            self._keep(name, made, room)

    def _keep(self, name: str, scaled: Mapping[int, bytes], room: int) -> None:
        octets, held = sum(map(len, scaled.values())), self._files.held()
        gone = pictures.leaving(self._wanted[name], octets, self._wanted, held, room)
        if gone is None:
            self._tries.failed(name, self._client.now())
            return
        for other in gone:
            self._files.drop(other)
        self._files.keep(name, scaled)
        self._tries.had(name)

    def _tell(self, *, is_all: bool) -> None:
        names, now = self._files.names(), time.monotonic()
        if names is not self._shown and (is_all or now - self._told_at >= TELL_S) and self._told():
            self._shown, self._told_at = names, now


def _made(name: str, octets: bytes) -> Mapping[int, bytes] | str:
    """Its sizes, or why there are none."""
    # Loaded with the first picture: 7 MB that a store without any has no use for.
    from wire import raster  # noqa: PLC0415

    if picture_name(octets) != name:
        return "it is another than its name says"
    try:
        return raster.scaled(octets)
    except raster.Unusable as unusable:
        return f"it is {unusable.flaw}"
