"""Files of profiles, products and stock: read whole or not at all, every mistake with its line and what to do.

JSON: one object with lists under `profiles`, `products`, `stock`, each entry in the shape of `wire`. CSV: the header
says which of the three it is; lists are separated by `|`. An import never brings a consent: only a member gives one.
A picture is a file of its own, called like its article.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import PurePath
from typing import Final, Literal

from pydantic import BaseModel, ValidationError

from hq.core.pictures import FLAWS
from wire.product import Product, Stock
from wire.profile import Profile
from wire.raster import Flaw

Kind = Literal["profiles", "products", "stock"]
MOST_MISTAKES: Final = 100
_MODELS: Final[Mapping[str, type[BaseModel]]] = {"profiles": Profile, "products": Product, "stock": Stock}
_KEYS: Final = {"profiles": "member_ref", "products": "product_id", "stock": "variant_id"}
_PROFILE_LISTS: Final = ("brands_liked", "brands_disliked", "categories_liked", "colours")
# Where the model's own sentence would not help.
_SAID: Final = {
    ("products", "image"): (
        "A picture is named by its sha256; addresses are not fetched.",
        "Leave the field out, and import the picture's own file, called like the article: ARTICLE.jpg.",
    )
}


@dataclass(frozen=True, slots=True)
class RowMistake:
    """`line` counts from 1; `field` may be empty. The value itself is not repeated: it may be a name."""

    file: str
    line: int
    field: str
    detail: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" + (f" {self.field}" if self.field else "")
        return f"{where}: {self.detail} {self.remedy}"


@dataclass(slots=True)
class Batch:
    """What the files hold, and where each entry came from."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    stock: dict[tuple[str, str], Stock] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)  # product_id -> name
    places: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    mistakes: list[RowMistake] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "profiles": len(self.profiles),
            "products": len(self.products),
            "stock": len(self.stock),
            "pictures": len(self.pictures),
        }

    def mistake(self, key: tuple[str, str], detail: str, remedy: str) -> None:
        """About an entry that was read well, but contradicts what is in the database."""
        file, line = self.places[key]
        self.mistakes.append(RowMistake(file, line, "", detail, remedy))


class _Torn(ValueError):
    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line = line


@dataclass(frozen=True, slots=True)
class Importer:
    """`new_ref` gives the member_ref for a loyalty number whose row has none; `now` dates what has no date."""

    merchant_id: str
    new_ref: Callable[[str], str]
    now: int


def read_file(batch: Batch, name: str, text: str, importer: Importer) -> None:
    """Adds one file to `batch`."""
    rows = _csv_rows(text, importer.now) if name.lower().endswith(".csv") else _json_rows(text)
    try:
        for kind, line, row in rows:
            if len(batch.mistakes) >= MOST_MISTAKES:
                return
            _read_row(batch, name, kind, line, _completed(kind, row, importer))
    except _Torn as torn:
        batch.mistakes.append(RowMistake(name, torn.line, "", str(torn), "Nothing was imported."))


def read_picture(batch: Batch, file: PurePath, name: str | None, flaw: Flaw | None = None) -> None:
    """Adds one picture to `batch`: `name` of the copy that was made of it, or why it is none."""
    product_id = file.stem
    first = batch.places.get(("pictures", product_id))
    if flaw is not None:
        batch.mistakes.append(RowMistake(str(file), 1, "", *FLAWS[flaw]))
    elif first is not None:
        detail = f"The article has a picture already, from {first[0]}."
        batch.mistakes.append(RowMistake(str(file), 1, "", detail, "Keep one."))
    elif name is not None:
        batch.places["pictures", product_id] = (str(file), 1)
        batch.pictures[product_id] = name


def _completed(kind: Kind, row: object, importer: Importer) -> object:
    if not isinstance(row, dict):
        return row
    whole: dict[str, object] = {**row, "merchant_id": importer.merchant_id}
    if kind == "profiles":
        whole["consent"] = None
        if not whole.get("member_ref"):
            whole["member_ref"] = importer.new_ref(str(whole.get("loyalty_number") or ""))
    return whole


def _read_row(batch: Batch, name: str, kind: Kind, line: int, row: object) -> None:
    try:
        entry = _MODELS[kind].model_validate_json(json.dumps(row))
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            path = ".".join(map(str, fault["loc"]))
            detail, remedy = _SAID.get((kind, path), (f"{fault['msg']}.", "Correct the field."))
            batch.mistakes.append(RowMistake(name, line, path, detail, remedy))
        return
    key = getattr(entry, _KEYS[kind])
    place = (kind, f"{entry.store_id}/{key}" if isinstance(entry, Stock) else key)
    if place in batch.places:
        first = batch.places[place]
        batch.mistakes.append(
            RowMistake(name, line, _KEYS[kind], f"It is there already, from {first[0]}:{first[1]}.", "Keep one.")
        )
        return
    batch.places[place] = (name, line)
    if isinstance(entry, Profile):
        batch.profiles[key] = entry
    elif isinstance(entry, Product):
        batch.products[key] = entry
    elif isinstance(entry, Stock):
        batch.stock[entry.store_id, key] = entry


def _json_rows(text: str) -> Iterator[tuple[Kind, int, object]]:
    """(kind, line, entry) while reading: a whole-document parse would not know the lines."""
    reader = _JsonReader(text)
    reader.take("{")
    while not reader.at("}"):
        kind = reader.value()
        if kind not in _MODELS:
            raise _Torn(reader.line, 'A list is not called "profiles", "products" or "stock".')
        reader.take(":")
        reader.take("[")
        while not reader.at("]"):
            reader.skip()
            line = reader.line
            yield kind, line, reader.value()  # type: ignore[misc]
            reader.comma("]")
        reader.take("]")
        reader.comma("}")


class _JsonReader:
    def __init__(self, text: str) -> None:
        self._text, self._at, self.line = text, 0, 1
        self._decoder = json.JSONDecoder()

    def skip(self) -> None:
        start = self._at
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        self.line += self._text.count("\n", start, self._at)

    def at(self, mark: str) -> bool:
        self.skip()
        if self._at >= len(self._text):
            raise _Torn(self.line, "The file ends too early.")
        return self._text[self._at] == mark

    def take(self, mark: str) -> None:
        if not self.at(mark):
            raise _Torn(self.line, f"A {mark} is missing here.")
        self._at += 1

    def comma(self, end: str) -> None:
        if not self.at(end):
            self.take(",")

    def value(self) -> object:
        self.skip()
        start = self._at
        try:
            value, self._at = self._decoder.raw_decode(self._text, start)
        except ValueError as error:
            line = self.line + (self._text.count("\n", start, getattr(error, "pos", start)))
            raise _Torn(line, f"This is not JSON: {getattr(error, 'msg', error)}.") from None
        self.line += self._text.count("\n", start, self._at)
        return value


def _csv_rows(text: str, now: int) -> Iterator[tuple[Kind, int, object]]:
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")), delimiter=_delimiter(text), strict=True)
    columns = set(reader.fieldnames or ())
    kinds: tuple[tuple[Kind, set[str]], ...] = (
        ("stock", {"store_id", "variant_id", "pieces"}),
        ("products", {"product_id", "brand", "price_cents"}),
        ("profiles", {"alias"}),
    )
    kind = next((kind for kind, needed in kinds if needed <= columns), None)
    if kind is None:
        raise _Torn(1, "The header fits neither stock, products nor profiles.")
    line = 1
    try:
        for row in reader:
            line = reader.line_num
            if None in row or None in row.values():
                raise _Torn(line, "This line has more or fewer columns than the header.")
            yield kind, line, _shaped(kind, {k: v.strip() for k, v in row.items() if v.strip()}, now)
    except csv.Error as error:
        raise _Torn(line + 1, f"This is not CSV: {error}.") from None


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return ";" if header.count(";") > header.count(",") else ","


def _shaped(kind: Kind, row: dict[str, str], now: int) -> dict[str, object]:
    shaped: dict[str, object] = dict(row)
    if kind == "stock":
        shaped.setdefault("counted_at", now)
    elif kind == "products":
        shaped.setdefault("garment", row.get("category", ""))
        shaped["name"] = {lang: row[f"name_{lang}"] for lang in ("de", "en") if f"name_{lang}" in row}
        shaped["variants"] = [_variant(text) for text in _listed(row.get("variants", ""))]
    else:
        for column in _PROFILE_LISTS:
            shaped[column] = [_observed(word, now) for word in _listed(row.get(column, ""))]
        sizes = (text.partition(":") for text in _listed(row.get("sizes", "")))
        shaped["sizes"] = [_observed({"category": category, "size": size}, now) for category, _, size in sizes]
        if "tier" in row:
            shaped["tier"] = _observed(row["tier"], now)
    return shaped


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def _variant(text: str) -> dict[str, str]:
    variant_id, _, rest = text.partition(":")
    size, _, gtin = rest.partition(":")
    return {"variant_id": variant_id, "size": size, "gtin": gtin}


def _observed(value: object, now: int) -> dict[str, object]:
    return {"value": value, "source": "import", "observed_at": now}
