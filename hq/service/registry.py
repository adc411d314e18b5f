"""What the people at head office do: stores, enrolment codes, the catalogue, and following a withdrawal."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from hq.core.codes import ENROL_CODE_LENGTH, ENROL_CODE_LIFETIME_S, code_from, code_hash
from hq.core.erasure import RETENTION
from hq.core.registry import Shop, Withdrawal, is_store_id
from hq.errors import BadInput, Conflict, Unknown
from hq.service.office import Office
from wire.product import Product, Stock

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change

_U32: Final = 2**32
_LAPSED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class EnrolCode:
    code: str
    expires_at: float


class RegistryDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def open(self, merchant_name: str) -> None:
        """Makes the database ready; the epoch names this life of it, for ever."""
        office = self._office

        def work(change: "Change") -> str:
            change.add_merchant(office.merchant_id, merchant_name)
            change.put_meta("epoch", office.random_octets(6).hex())
            return change.meta("epoch") or ""

        office.epoch = office.store.change(work)

    def add_shop(self, store_id: str, name: str, number: int | None, timezone: str, now: float) -> Shop:
        if not is_store_id(store_id):
            raise BadInput("A store's id is lower case letters, digits and hyphens.", "For example: de-0042.")
        if number is not None and not 0 < number < _U32:
            raise BadInput("A store's number is 1 to 4294967295.", "Give another number.")
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise BadInput("This time zone is not known.", "For example: Europe/Berlin.") from None
        merchant_id = self._office.merchant_id

        def work(change: "Change") -> Shop:
            shop = Shop(store_id, merchant_id, number or change.next_store_number(), name, timezone, now)
            if not change.add_shop(shop):
                raise Conflict("A store with this id or number is there already.", "Give another id or number.")
            change.raise_counter("feed")
            return shop

        shop = self._office.store.change(work)
        self._fill(shop, now)
        return shop

    def enrol_code(self, store_id: str, now: float) -> EnrolCode:
        code = EnrolCode(code_from(self._office.random_octets(ENROL_CODE_LENGTH)), now + ENROL_CODE_LIFETIME_S)

        def work(change: "Change") -> None:
            if change.shop(store_id) is None:
                raise Unknown("There is no such store.", "See `regulars hq add-store`.")
            change.put_enrol_code(code_hash(code.code), store_id, code.expires_at)

        self._office.store.change(work)
        return code

    def put_products(self, products: Sequence[Product]) -> int:
        return self._office.store.change(lambda change: self.save_products(change, products))

    def save_products(self, change: "Change", products: Sequence[Product]) -> int:
        merchant_id = self._office.merchant_id
        for product_id, rev in change.save_products(merchant_id, products).items():
            change.put(merchant_id, "product", product_id, rev)
        return len(products)

    def put_stock(self, stock: Sequence[Stock]) -> int:
        return self._office.store.change(lambda change: self.save_stock(change, stock))

    def save_stock(self, change: "Change", stock: Sequence[Stock]) -> int:
        merchant_id = self._office.merchant_id
        known = {shop.store_id for shop in change.shops(merchant_id)}
        if not {line.store_id for line in stock} <= known:
            raise Unknown("The stock names a store that is not here.", "Add it first: regulars hq add-store.")
        for (store_id, variant_id), rev in change.save_stock(merchant_id, stock).items():
            change.put(merchant_id, "stock", variant_id, rev, store_id=store_id)
        return len(stock)

    def withdrawal(self, seq: int) -> Withdrawal:
        found = self._office.store.read(lambda view: view.withdrawal(seq))
        if found is None:
            raise Unknown("There is no such withdrawal.", "Give the seq that the withdrawal answered.")
        return found

    def purge(self, now: float) -> int:
        """Deletes what has had its time; how many rows went."""

        def work(change: "Change") -> int:
            change.drop_from_scope("command", change.lapsed_commands(now))
            for profile in change.lapsed_profiles(now, _LAPSED_AT_ONCE):
                change.close_recognition(profile.member_ref)
                change.gone(profile.merchant_id, "profile", profile.member_ref, profile.rev)
            return sum(change.purge(rule, now) for rule in RETENTION)

        return self._office.store.change(work)

    def _fill(self, shop: Shop, now: float) -> None:
        """In chunks: a large merchant's profiles in one transaction would hold up everybody else's."""
        done: tuple[str, str] | None = ("", "")
        while done is not None:
            after = done
            done = self._office.store.change(partial(_fill_chunk, shop, now, after))


def _fill_chunk(shop: Shop, now: float, after: tuple[str, str], change: "Change") -> tuple[str, str] | None:
    return change.fill_scope(shop.merchant_id, shop.store_id, now, after)
