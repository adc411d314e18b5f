"""Which pictures a store holds: those of its own articles, first of what hangs here, within the room there is.

Numbers of octets and instants come from outside. A picture makes room for one that matters more, never for its like:
a catalogue that is larger than the room would otherwise be fetched for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wire.product import Product, Stock

# What the sizes of one photograph take, before it is known.
EXPECTED_OCTETS: Final = 100_000
# Asked again after a minute, ten and an hour, then a day later: a picture that head office lacks costs a request a day.
AGAIN_S: Final = (60.0, 600.0, 3_600.0, 86_400.0)
_OLD: Final = 0  # of an article that head office took out of the catalogue
_KNOWN: Final = 1
_HERE: Final = 2


@dataclass(frozen=True, slots=True)
class Copy:
    """What lies here of one picture, all its sizes together; `used_at` is when a page last asked."""

    octets: int
    used_at: float


class Tries:
    """Pictures that could not be had, and when to ask for them again."""

    def __init__(self) -> None:
        self._failed: dict[str, tuple[int, float]] = {}

    def failed(self, name: str, now: float) -> None:
        times = self._failed.get(name, (0, 0.0))[0]
        self._failed[name] = times + 1, now + AGAIN_S[min(times, len(AGAIN_S) - 1)]

    def had(self, name: str) -> None:
        self._failed.pop(name, None)

    def may(self, name: str, now: float) -> bool:
        return self._failed.get(name, (0, 0.0))[1] <= now

    def keep(self, names: Mapping[str, int]) -> None:
        """Forgets those that no article shows any more."""
        self._failed = {name: found for name, found in self._failed.items() if name in names}


def wanted(products: Mapping[str, Product], stock: Mapping[str, Stock]) -> dict[str, int]:
    """Name -> how much it matters, in the order in which to fetch: what hangs here, newest first, then the rest."""
    shown = [product for product in products.values() if product.image is not None]
    shown.sort(key=lambda product: product.product_id)
    shown.sort(key=lambda product: product.launched_on, reverse=True)
    found: dict[str, int] = {}
    for matters in (_HERE, _KNOWN):
        for product in shown:
            name = product.image or ""
            if name not in found and (matters == _KNOWN or _hangs_here(product, stock)):
                found[name] = matters
    return found


def next_one(wanted: Mapping[str, int], held: Mapping[str, Copy], room: int, tries: Tries, now: float) -> str | None:
    """The first that is not here, may be asked for and would find room."""
    for name, matters in wanted.items():
        if name not in held and tries.may(name, now):
            # Sorted by how much they matter: what finds no room for this one finds none for those behind it.
            return name if leaving(matters, EXPECTED_OCTETS, wanted, held, room) is not None else None
    return None


def leaving(
    matters: int, octets: int, wanted: Mapping[str, int], held: Mapping[str, Copy], room: int
) -> Sequence[str] | None:
    """Who leaves for a newcomer of that weight; None when it finds no room."""
    excess = sum(copy.octets for copy in held.values()) + octets - room
    if excess <= 0:
        return ()
    gone: list[str] = []
    for name in _least_first(wanted, held):
        if wanted.get(name, _OLD) >= matters:
            return None
        gone.append(name)
        excess -= held[name].octets
        if excess <= 0:
            return gone
    return None


def surplus(wanted: Mapping[str, int], held: Mapping[str, Copy], room: int) -> Sequence[str]:
    """Who leaves because the room has become smaller."""
    excess = sum(copy.octets for copy in held.values()) - room
    gone: list[str] = []
    for name in _least_first(wanted, held) if excess > 0 else ():
        gone.append(name)
        excess -= held[name].octets
        if excess <= 0:
            break
    return gone


def _least_first(wanted: Mapping[str, int], held: Mapping[str, Copy]) -> list[str]:
    """Least important, then longest unused."""
    return sorted(held, key=lambda name: (wanted.get(name, _OLD), held[name].used_at, name))


def _hangs_here(product: Product, stock: Mapping[str, Stock]) -> bool:
    held = (stock.get(variant.variant_id) for variant in product.variants)
    return any(one is not None and one.pieces > 0 for one in held)
