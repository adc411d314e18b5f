"""Pictures of articles: brought in by the merchant's systems, fetched by stores, shown on shoppers' phones."""

from typing import TYPE_CHECKING

from hq.core.audit import COMMAND, Actor, Entry
from hq.core.pictures import PHONE_PX, refusal
from hq.errors import Unknown
from hq.service.office import Office
from wire.picture import is_picture_name, picture_name
from wire.raster import Unusable, master, scaled

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change


class PictureDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def put(self, product_id: str, octets: bytes, now: float, *, by: Actor = COMMAND) -> str:
        """The name of our copy, which the article shows from now on. Raises BadInput and Unknown."""
        try:
            name, copy, small = copied(octets)
        except Unusable as unusable:
            raise refusal(unusable.flaw) from None

        def work(change: "Change") -> None:
            self.show(change, product_id, name)
            change.save_picture(self._office.merchant_id, name, copy, small, now)
            self._office.note_write(change, Entry(now, by, "catalogue.picture", product_id))

        self._office.store.change(work)
        return name

    def keep(self, octets: bytes, now: float) -> str:
        """Our copy, which no article shows yet; its name. Raises Unusable."""
        name, copy, small = copied(octets)
        merchant_id = self._office.merchant_id
        self._office.store.change(lambda change: change.save_picture(merchant_id, name, copy, small, now))
        return name

    def show(self, change: "Change", product_id: str, name: str) -> None:
        """The article shows this picture; an empty name: none. Raises Unknown."""
        rev = change.set_image(self._office.merchant_id, product_id, name)
        if rev is None:
            raise Unknown("There is no such article.", "Send the article first, then its picture.")
        change.put(self._office.merchant_id, "product", product_id, rev)

    def take_away(self, product_id: str, now: float, *, by: Actor = COMMAND) -> None:
        """Raises Unknown."""

        def work(change: "Change") -> None:
            self.show(change, product_id, "")
            self._office.note_write(change, Entry(now, by, "catalogue.no_picture", product_id))

        self._office.store.change(work)

    def of(self, name: str, *, small: bool = False) -> bytes:
        """Our copy, or its size for phones. Raises Unknown."""
        merchant_id = self._office.merchant_id
        found = None
        if is_picture_name(name):
            found = self._office.store.read(
                lambda view: view.small_picture(merchant_id, name) if small else view.picture(merchant_id, name)
            )
        if found is None:
            raise Unknown("There is no such picture.", "Ask for one that an article of the feed names.")
        return found


def copied(octets: bytes) -> tuple[str, bytes, bytes]:
    """(name, our copy, its size for phones). Raises Unusable."""
    copy = master(octets)
    return picture_name(copy), copy, scaled(copy, (PHONE_PX,))[PHONE_PX]
