"""What a store may know of its neighbours: stock of the same merchant, never anything of a person."""

from typing import TYPE_CHECKING

from hq.core.changes import Place, cursor_text, parse_cursor
from hq.core.registry import Device
from hq.service.office import Office
from wire.nearby import LINES, MOST_STORES, NearbyAsk, NearbyReply, NearStore

if TYPE_CHECKING:
    from hq.adapters.store_sql import View


class NearbyDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def nearby(self, device: Device, ask: NearbyAsk) -> NearbyReply:
        """What changed in each neighbour after its cursor; one of another life of the database begins from nothing."""

        def work(view: "View") -> NearbyReply:
            newest, left = view.counters()["feed"], LINES
            near = view.near_stores(device.merchant_id, device.store_id, MOST_STORES)
            told: list[NearStore] = []
            for store_id, name in near:
                if left <= 0:
                    break
                after = ask.after.get(store_id, "")
                told.append(self._of(view, device, (store_id, name), after, newest=newest, limit=left))
                left -= len(told[-1].lines)
            return NearbyReply(near=tuple(store_id for store_id, _ in near), stores=tuple(told), more=left <= 0)

        return self._office.store.read(work)

    def _of(
        self, view: "View", device: Device, store: tuple[str, str], cursor: str, *, newest: int, limit: int
    ) -> NearStore:
        store_id, name = store
        place = self._place(cursor, newest)
        lines = view.stock_after(device.merchant_id, store_id, place or Place(0), limit)
        after = lines[-1].place if len(lines) >= limit else Place(newest)
        return NearStore(
            store_id=store_id,
            name=name,
            cursor=cursor_text(self._office.epoch, after),
            anew=place is None,
            lines=tuple(line[1:] for line in lines),
        )

    def _place(self, cursor: str, newest: int) -> Place | None:
        parsed = parse_cursor(cursor)
        if parsed is None or parsed[0] != self._office.epoch or parsed[1].seq > newest:
            return None
        return parsed[1]
