"""Bringing files into head office: all of them in one transaction, or, with one mistake in any of them, none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from hq.core.audit import COMMAND, Entry
from hq.core.imports import MOST_MISTAKES, Batch, Importer, RowMistake, read_file, read_picture
from hq.errors import Unknown
from hq.service.members import MemberDesk
from hq.service.office import Office
from hq.service.pictures import PictureDesk, copied
from hq.service.registry import RegistryDesk
from wire.raster import Unusable

if TYPE_CHECKING:
    from hq.adapters.store_sql import Change, View


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`applied` is False for a dry run and whenever there is a mistake."""

    counts: dict[str, int]
    mistakes: tuple[RowMistake, ...]
    applied: bool


class _Undone(Exception):
    pass


class ImportDesk:
    def __init__(self, office: Office, members: MemberDesk, registry: RegistryDesk, pictures: PictureDesk) -> None:
        self._office = office
        self._members = members
        self._registry = registry
        self._pictures = pictures

    def files(
        self,
        texts: Sequence[tuple[str, str]],
        now: float,
        *,
        dry_run: bool,
        pictures: Iterable[tuple[PurePath, bytes]] = (),
    ) -> ImportReport:
        """`texts` and `pictures` are (name, content). A dry run does everything but keep it."""
        # Reading takes longest and needs no lock: the service beside us can write meanwhile.
        batch = self._office.store.read(lambda view: self._read(view, texts, now))
        self._read_pictures(batch, pictures, now, dry_run=dry_run)
        if not batch.mistakes:
            try:
                self._office.store.change(lambda change: self._apply(change, batch, now, dry_run=dry_run))
            except _Undone:
                return ImportReport(batch.counts, tuple(batch.mistakes), applied=False)
        return ImportReport(batch.counts, tuple(batch.mistakes), applied=not batch.mistakes)

    def _read(self, view: "View", texts: Sequence[tuple[str, str]], now: float) -> Batch:
        merchant_id = self._office.merchant_id

        def ref_for(loyalty_number: str) -> str:
            known = view.profile_by_loyalty(merchant_id, loyalty_number) if loyalty_number else None
            return self._office.new_id() if known is None else known.member_ref

        batch, importer = Batch(), Importer(merchant_id, ref_for, int(now))
        for name, text in texts:
            read_file(batch, name, text, importer)
        self._check(view, batch)
        return batch

    def _read_pictures(
        self, batch: Batch, pictures: Iterable[tuple[PurePath, bytes]], now: float, *, dry_run: bool
    ) -> None:
        """One after the other: thousands of them would not fit in memory. What no article shows in the end goes."""
        for file, octets in pictures:
            try:
                name = copied(octets)[0] if dry_run or batch.mistakes else self._pictures.keep(octets, now)
            except Unusable as unusable:
                read_picture(batch, file, None, unusable.flaw)
            else:
                read_picture(batch, file, name)
            if len(batch.mistakes) >= MOST_MISTAKES:
                return

    def _check(self, view: "View | Change", batch: Batch) -> None:
        shops = {shop.store_id for shop in view.shops(self._office.merchant_id)}
        for store_id, variant_id in batch.stock:
            if store_id not in shops:
                key = ("stock", f"{store_id}/{variant_id}")
                batch.mistake(key, "This store is not here.", "Add it first: regulars hq add-store.")
        for member_ref in sorted(view.erased_among(self._office.merchant_id, list(batch.profiles))):
            batch.mistake(("profiles", member_ref), "This member was erased, and stays so.", "Leave the line out.")
        numbers: dict[str, str] = {}
        for member_ref, profile in batch.profiles.items():
            number = profile.loyalty_number
            holder = view.profile_by_loyalty(self._office.merchant_id, number) if number else None
            taken = numbers.setdefault(number, member_ref) != member_ref if number else False
            if taken or (holder is not None and holder.member_ref != member_ref):
                batch.mistake(("profiles", member_ref), "This loyalty number is another member's.", "Correct it.")

    def _apply(self, change: "Change", batch: Batch, now: float, *, dry_run: bool) -> None:
        self._check(change, batch)  # again: somebody may have written since
        if not batch.mistakes:
            self._save(change, batch, now)
        if batch.mistakes or dry_run:
            raise _Undone

    def _save(self, change: "Change", batch: Batch, now: float) -> None:
        if batch.products:
            self._registry.save_products(change, tuple(batch.products.values()))
        if batch.stock:
            self._registry.save_stock(change, tuple(batch.stock.values()))
        for product_id, name in sorted(batch.pictures.items()):
            try:
                self._pictures.show(change, product_id, name)
            except Unknown:
                remedy = "Call the file like the article's product_id, or import the article first."
                batch.mistake(("pictures", product_id), "There is no article of this name.", remedy)
        change.note(self._office.merchant_id, Entry(now, COMMAND, "office.import"))
        if batch.profiles:
            self._members.merge_profiles(change, tuple(batch.profiles.values()), now)
