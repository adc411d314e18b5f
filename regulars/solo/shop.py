"""One shop without a head office elsewhere: both sides on this machine, enrolled with each other like strangers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge.settings import Settings
from edge.settings_file import load_settings
from regulars.solo.child import Child
from regulars.solo.errors import OfficePortTaken, PortTaken, SettingsUnfit, StateUnusable, StoreChanged
from regulars.solo.port import listening
from regulars.solo.processes import READY_WITHIN_S, Place, enrol, enrolled_as, head_office, office, store

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})


@dataclass(slots=True)
class SoloShop:
    """`port` 0: the one of store.toml."""

    place: Place
    port: int = 0
    settings: Settings = field(init=False)
    is_new: bool = False
    _children: list[Child] = field(default_factory=list)

    @property
    def store_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def office_url(self) -> str:
        return self.settings.hq.url

    async def open(self) -> None:
        """Returns when both sides are ready. Raises SoloError, or edge's SettingsError for store.toml."""
        self.place.make()
        try:
            self.is_new = write_template(self.place.config)
        except OSError as error:
            raise StateUnusable(self.place.state, error.strerror or type(error).__name__) from None
        self.settings = load_settings(self.place.config)
        was = self._unchanged()
        office_port = _own_port(self.settings.hq.url, self.place.config)
        self.port = self.port or self.settings.web.port
        try:
            listening(office_port).close()
        except PortTaken:
            raise OfficePortTaken(office_port, self.place.config) from None
        listening(self.port).close()
        hub = head_office(self.place, office_port)
        await self._start(hub)
        await hub.wait_ready(READY_WITHIN_S)
        if was is None:
            await enrol(self.place, await asyncio.to_thread(self._register, office_port))
        shop = store(self.place, self.port)
        await self._start(shop)
        await shop.wait_ready(READY_WITHIN_S)

    def _unchanged(self) -> tuple[str, int] | None:
        """What the store was enrolled as. Raises StoreChanged when store.toml says another id or number by now."""
        was, is_now = enrolled_as(self.place), (self.settings.store.id, self.settings.store.number)
        if was is not None and was != is_now:
            raise StoreChanged(self.place.config, _described(was), _described(is_now))
        return was

    async def keep_open(self) -> None:
        """Restarts what falls; raises ShopUnready when something falls too often."""
        await asyncio.gather(*(child.keep_running() for child in self._children))

    async def close(self) -> None:
        """Ends both, within 3 s."""
        await asyncio.gather(*(child.stop() for child in self._children))

    async def _start(self, child: Child) -> None:
        self._children.append(child)
        await child.start()

    def _register(self, office_port: int) -> str:
        desk, shop = office(self.place, office_port), self.settings.store
        desk.add_store(shop.id, shop.number, shop.name, shop.timezone)
        return desk.enrol_code(shop.id)


def write_template(config: Path) -> bool:
    """A first store.toml where there is none; whether it wrote one."""
    if config.exists():
        return False
    try:
        config.write_bytes(files(__package__).joinpath("store.toml").read_bytes())
    except OSError:
        config.unlink(missing_ok=True)  # half a file would be the operator's to mend
        raise
    return True


def next_steps(shop: SoloShop, tablets: Sequence[str], screens: Sequence[str], *, hears: bool = True) -> str:
    """What the operator does now; `tablets` and `screens` are addresses that pair themselves; `hears` any radio."""
    lines = [f"The shop {shop.settings.store.name} is open.", ""]
    if shop.is_new:
        lines.append(f"1. Describe your shop in {shop.place.config}, then start again.")
    lines += [f"Tablet:   {url}" for url in tablets]
    lines += [f"Screen:   {url}" for url in screens]
    lines += [
        f"Join:     {shop.office_url}/join",
        f"Articles: regulars hq import FILE --state {shop.place.head_office}",
        f"Office:   regulars hq admin invite --state {shop.place.head_office}",
    ]
    where = f"--config {shop.place.config} --state {shop.place.store}"
    if not hears:
        lines += ["", f"No radio hears anything yet; loyalty cards work. What is missing: regulars doctor {where}"]
    lines += [
        "",
        "An address with a code opens one device, within ten minutes. A new code:",
        f"regulars edge pair {where} tablet {_first(shop)}",
        "Ctrl-C ends the shop.",
    ]
    return "\n".join(lines)


def _first(shop: SoloShop) -> str:
    return next((tablet.id for tablet in shop.settings.tablet), "ID")


def _described(store: tuple[str, int]) -> str:
    return f'store "{store[0]}" number {store[1]}'


def _own_port(url: str, config: Path) -> int:
    """The port head office has to listen on. Raises SettingsUnfit when store.toml names one elsewhere."""
    parts = urlsplit(url)
    if parts.hostname not in _LOOPBACK or not parts.port:
        raise SettingsUnfit(config, url)
    return parts.port
