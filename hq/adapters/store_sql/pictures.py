"""Pictures of a merchant's articles, each once, under the name that follows from what it is."""

from sqlalchemy import Connection, delete, exists, select

from hq.adapters.store_sql.rows import inserted
from hq.adapters.store_sql.tables import PICTURE, PRODUCT


class PictureReads:
    _c: Connection

    def picture(self, merchant_id: str, name: str) -> bytes | None:
        """Head office's copy."""
        return self._picture(merchant_id, name, is_small=False)

    def small_picture(self, merchant_id: str, name: str) -> bytes | None:
        return self._picture(merchant_id, name, is_small=True)

    def _picture(self, merchant_id: str, name: str, *, is_small: bool) -> bytes | None:
        column = PICTURE.c.small if is_small else PICTURE.c.octets
        query = select(column).where(PICTURE.c.merchant_id == merchant_id, PICTURE.c.name == name)
        return self._c.execute(query).scalar()


class PictureWrites(PictureReads):
    def save_picture(self, merchant_id: str, name: str, octets: bytes, small: bytes, now: float) -> None:
        row = {"merchant_id": merchant_id, "name": name, "added_at": now, "small": small, "octets": octets}
        inserted(self._c, PICTURE, row)

    def drop_unused_pictures(self, before: float, limit: int) -> int:
        """Those that no article shows and that came before then."""
        key = (PICTURE.c.merchant_id, PICTURE.c.name)
        shown = exists().where(PRODUCT.c.merchant_id == PICTURE.c.merchant_id, PRODUCT.c.image == PICTURE.c.name)
        unused = self._c.execute(select(*key).where(PICTURE.c.added_at < before, ~shown).limit(limit)).all()
        for merchant_id, name in unused:
            self._c.execute(delete(PICTURE).where(PICTURE.c.merchant_id == merchant_id, PICTURE.c.name == name))
        return len(unused)
