"""What hangs in the neighbouring stores of the same merchant, for whoever asks about one article.

Pieces and instants come as head office last told them, also while it is away: a page says how old they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from wire.cards import ElsewhereStock
from wire.product import Product

# As many lines as fit under an article; the fourth store is one nobody sends a customer to.
STORES: Final = 3


@dataclass(frozen=True, slots=True)
class NearLine:
    """Pieces of one variant in one neighbouring store; `counted_at` as the merchant's own system says (unix s)."""

    store_id: str
    store_name: str
    variant_id: str
    pieces: int
    counted_at: int


class Nearby(Protocol):
    def near(self, variant_ids: Sequence[str]) -> Sequence[NearLine]: ...


class NoNeighbours:
    def near(self, variant_ids: Sequence[str]) -> Sequence[NearLine]:  # noqa: ARG002 - whatever is asked
        return ()


def elsewhere(
    product: Product, nearby: Nearby, size: str = "", *, every_size: bool = False
) -> tuple[ElsewhereStock, ...]:
    """The stores that have it in `size`, or, without one or for `every_size`, by size and those with `size` first.

    `counted_at` is the oldest of what is told of a store: no age is younger than any of its numbers.
    """
    size_of = {variant.variant_id: variant.size for variant in product.variants}
    by_store: dict[str, list[NearLine]] = {}
    for line in nearby.near(tuple(size_of)):
        told = size_of.get(line.variant_id)
        if line.pieces > 0 and told is not None and (every_size or not size or told == size):
            by_store.setdefault(line.store_id, []).append(line)
    found = [_of_store(lines, size_of) for lines in by_store.values()]
    found.sort(key=lambda one: (size not in one.sizes, -sum(one.sizes.values()), one.store_name, one.store_id))
    return tuple(found[:STORES])


def _of_store(lines: Iterable[NearLine], size_of: dict[str, str]) -> ElsewhereStock:
    known = {line.variant_id: line for line in lines}
    in_order = [known[variant_id] for variant_id in size_of if variant_id in known]
    sizes: dict[str, int] = {}
    for line in in_order:
        size = size_of[line.variant_id]
        sizes[size] = sizes.get(size, 0) + line.pieces
    return ElsewhereStock(
        store_id=in_order[0].store_id,
        store_name=in_order[0].store_name,
        sizes=sizes,
        counted_at=min(line.counted_at for line in in_order),
    )
