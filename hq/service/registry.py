"""What the people at head office do: stores, enrolment codes, the catalogue, and following a withdrawal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from hq.core.audit import COMMAND, Actor, Entry
from hq.core.codes import ENROL_CODE_LENGTH, ENROL_CODE_LIFETIME_S, code_from, code_hash
from hq.core.registry import Device, Shop, Withdrawal, is_store_id
from hq.errors import BadInput, Conflict, Unknown
from hq.service.office import Office
from wire.product import Product, Stock

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change

_U32: Final = 2**32


@dataclass(frozen=True, slots=True)
class EnrolCode:
    code: str
    expires_at: float


class RegistryDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    def open(self, merchant_name: str, *, everywhere: bool = True) -> None:
        """Makes the database ready; the epoch names this life of it, for ever.

        `everywhere`: members without a home store are in every store's scope, not in none.
        """
        office = self._office

        def work(change: "Change") -> tuple[str, bool]:
            change.add_merchant(office.merchant_id, merchant_name)
            change.put_meta("epoch", office.random_octets(6).hex())
            is_new = change.set_everywhere(office.merchant_id, everywhere=everywhere)
            return change.meta("epoch") or "", is_new

        office.epoch, is_new = office.store.change(work)
        if is_new:
            self._rescope_home("")

    def add_shop(
        self, store_id: str, name: str, number: int | None, timezone: str, now: float, *, by: Actor = COMMAND
    ) -> Shop:
        if not is_store_id(store_id):
            raise BadInput("A store's id is lower case letters, digits and hyphens.", "For example: de-0042.")
        if not name.strip() or not name.isprintable():
            raise BadInput("A store's name is empty or not plain text.", "Give what shoppers and staff call it.")
        if number is not None and not 0 < number < _U32:
            raise BadInput("A store's number is 1 to 4294967295.", "Give another number.")
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise BadInput("This time zone is not known.", "For example: Europe/Berlin.") from None
        merchant_id = self._office.merchant_id

        def work(change: "Change") -> Shop:
            shop = Shop(store_id, merchant_id, number or change.next_store_number(), name, timezone, now)
            there = change.shop(store_id)
            if there is not None and _same(there, shop, number):
                return there
            if not change.add_shop(shop):
                raise Conflict("A store with this id or number is there already.", "Give another id or number.")
            change.note(merchant_id, Entry(now, by, "store.add", store_id))
            change.raise_counter("feed")
            return shop

        shop = self._office.store.change(work)
        self._fill(shop)
        return shop

    def set_near(self, store_id: str, near: Sequence[str], now: float, *, by: Actor = COMMAND) -> tuple[str, ...]:
        """The stores that also hold those who are at home in `store_id`; replaces the list."""
        merchant_id = self._office.merchant_id
        wanted = sorted(set(near) - {store_id})

        def work(change: "Change") -> None:
            known = {shop.store_id for shop in change.shops(merchant_id)}
            if not {store_id, *wanted} <= known:
                raise Unknown("There is no such store.", "See `regulars hq stores`.")
            change.set_neighbours(merchant_id, store_id, wanted)
            change.note(merchant_id, Entry(now, by, "store.near", store_id))

        self._office.store.change(work)
        self._rescope_home(store_id)
        return tuple(wanted)

    def enrol_code(self, store_id: str, now: float, *, by: Actor = COMMAND) -> EnrolCode:
        code = EnrolCode(code_from(self._office.random_octets(ENROL_CODE_LENGTH)), now + ENROL_CODE_LIFETIME_S)

        def work(change: "Change") -> None:
            if change.shop(store_id) is None:
                raise Unknown("There is no such store.", "See `regulars hq stores`.")
            change.put_enrol_code(code_hash(code.code), store_id, code.expires_at)
            change.note(self._office.merchant_id, Entry(now, by, "store.enrol_code", store_id))

        self._office.store.change(work)
        return code

    def put_products(self, products: Sequence[Product], entry: Entry | None = None) -> int:
        """`entry`: who did it, for the audit log."""

        def work(change: "Change") -> int:
            if entry is not None:
                self._office.note_write(change, entry)
            return self.save_products(change, products)

        return self._office.store.change(work)

    def save_products(self, change: "Change", products: Sequence[Product]) -> int:
        merchant_id = self._office.merchant_id
        for product_id, rev in change.save_products(merchant_id, products).items():
            change.put(merchant_id, "product", product_id, rev)
        return len(products)

    def put_stock(self, stock: Sequence[Stock], entry: Entry | None = None) -> int:
        """`entry`: who did it, for the audit log."""

        def work(change: "Change") -> int:
            if entry is not None:
                self._office.note_write(change, entry)
            return self.save_stock(change, stock)

        return self._office.store.change(work)

    def save_stock(self, change: "Change", stock: Sequence[Stock]) -> int:
        merchant_id = self._office.merchant_id
        known = {shop.store_id for shop in change.shops(merchant_id)}
        if not {line.store_id for line in stock} <= known:
            raise Unknown("The stock names a store that is not here.", "Add it first: regulars hq add-store.")
        for (store_id, variant_id), rev in change.save_stock(merchant_id, stock).items():
            change.put(merchant_id, "stock", variant_id, rev, store_id=store_id)
        return len(stock)

    def devices(self) -> tuple[Device, ...]:
        """All that were ever enrolled, with how far they are, their clocks and alarms."""
        return self._office.store.read(lambda view: view.devices(self._office.merchant_id))

    def revoke_device(self, device_id: str, now: float, *, by: Actor = COMMAND) -> None:
        """It is refused from its next request on; what it holds ends with its lease."""
        self._change_device(
            device_id, "store.revoke_device", lambda change: change.revoke_device(device_id, now), now, by
        )

    def settle_device(self, device_id: str, now: float, *, by: Actor = COMMAND) -> None:
        """Only one machine has this device's key any more, somebody made sure: whoever speaks next goes on.

        A second one that is still there is found again. Without an alarm nothing happens.
        """
        self._change_device(device_id, "store.settle_device", lambda change: change.settle_clash(device_id), now, by)

    def _change_device(
        self, device_id: str, action: str, work: Callable[["Change"], bool], now: float, by: Actor
    ) -> None:
        if device_id not in {device.device_id for device in self.devices()}:
            raise Unknown("There is no such device.", "See `regulars hq devices`.")

        def changed(change: "Change") -> None:
            if work(change):
                change.note(self._office.merchant_id, Entry(now, by, action, device_id))
                change.raise_counter("device")

        self._office.store.change(changed)
        self._office.known.forget()

    def withdrawal(self, seq: int) -> Withdrawal:
        """Which devices proved it, and which may still hold the member, their leases' ends included."""
        found = self._office.store.read(lambda view: view.withdrawal(seq))
        if found is not None and found.merchant_id == self._office.merchant_id:
            return found.of_holders(self._office.lease_s)
        raise Unknown("There is no such withdrawal.", "Give the seq that the withdrawal answered.")

    def _fill(self, shop: Shop) -> None:
        """In chunks: a large merchant's profiles in one transaction would hold up everybody else's."""
        done: tuple[str, str] | None = ("", "")
        while done is not None:
            after = done
            done = self._office.store.change(partial(_fill_chunk, shop, after))

    def _rescope_home(self, store_id: str) -> None:
        """Chunk by chunk, as above: the members who are at home there may be in other stores now."""
        last: str | None = ""
        while last is not None:
            after = last
            last = self._office.store.change(partial(_rescope_chunk, self._office.merchant_id, store_id, after))


def _same(there: Shop, wanted: Shop, number: int | None) -> bool:
    """Whether the request was sent before: the same store as it was made then."""
    return (there.merchant_id, there.name, there.timezone) == (
        wanted.merchant_id,
        wanted.name,
        wanted.timezone,
    ) and number in {None, there.number}


def _fill_chunk(shop: Shop, after: tuple[str, str], change: "Change") -> tuple[str, str] | None:
    return change.fill_scope(shop.merchant_id, shop.store_id, after)


def _rescope_chunk(merchant_id: str, store_id: str, after: str, change: "Change") -> str | None:
    members = change.at_home(merchant_id, store_id, after)
    for member_ref in members:
        change.rescope(merchant_id, member_ref)
    return members[-1] if members else None
