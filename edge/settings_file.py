"""store.toml as a file: read, checked as a whole, and shown again with every default.

All mistakes are reported together, each with its place and its remedy.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from edge.errors import SettingsError
from edge.settings import Settings


def load_settings(path: Path, *, needs_hq: bool = True) -> Settings:
    """Raises SettingsError with every mistake of the file. What works on recordings needs no [hq]."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            path, [f"cannot be read ({error.strerror}): name the store's file with --config."]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(path, [f"is not TOML ({error}): correct that place."]) from None
    if not needs_hq:
        tables.setdefault("hq", {"url": "http://localhost"})
    return _from_folder(parse_settings(tables, path), path.parent)


def _from_folder(settings: Settings, folder: Path) -> Settings:
    if not settings.presence.calibration:
        return settings
    presence = settings.presence.model_copy(update={"calibration": str(folder / settings.presence.calibration)})
    return settings.model_copy(update={"presence": presence})


def parse_settings(tables: Mapping[str, Any], path: Path) -> Settings:
    """`path` only names the file in the mistakes. Raises SettingsError."""
    # Before the model, which stops at the first table that is wrong in itself: all mistakes are told together.
    mistakes = [*_repeated(tables), *_strange_zones(tables)]
    try:
        settings = Settings.model_validate(tables)
    except ValidationError as error:
        mistakes[:0] = [sentence for details in error.errors() for sentence in _sentences(details, tables)]
    else:
        if not mistakes:
            return settings
    raise SettingsError(path, mistakes)


def described(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """(place, value with secrets masked, description) of every setting, in the order of the model."""
    yield from _described(settings, "")


def _described(table: BaseModel, place: str) -> Iterator[tuple[str, str, str]]:
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        here = f"{place}.{name}" if place else name
        if isinstance(value, BaseModel):
            yield from _described(value, here)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for one in value:
                yield from _described(one, f"{here}[{getattr(one, 'id', '')}]")
        else:
            yield here, _shown(value), field.description or ""


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else '""'
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(one) for one in value)}]"
    if isinstance(value, str):
        return f'"{value}"'
    return "unset" if value is None else str(value)


_REPEATABLE: Final = ("zone", "scanner", "screen", "tablet", "beacon")


def _repeated(tables: Mapping[str, Any]) -> Iterator[str]:
    for table in _REPEATABLE:
        ids = [str(one["id"]) for one in _entries(tables, table) if "id" in one]
        for name in sorted({one for one in ids if ids.count(one) > 1}):
            yield f'[[{table}]]: id "{name}" is used twice; give each its own.'


def _strange_zones(tables: Mapping[str, Any]) -> Iterator[str]:
    known = {str(zone["id"]) for zone in _entries(tables, "zone") if "id" in zone}
    choice = ", ".join(sorted(known))
    for table in ("scanner", "screen", "tablet", "beacon"):
        for one in _entries(tables, table):
            zone = one.get("zone") or ""
            if zone and str(zone) not in known:
                name = one.get("id", "without id")
                yield f'[[{table}]] {name}: zone "{zone}" is not in the file; use one of {choice}.'


def _entries(tables: Mapping[str, Any], table: str) -> list[Mapping[str, Any]]:
    """The tables of that name, whatever else the file got wrong."""
    found = tables.get(table, ())
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _sentences(details: ErrorDetails, tables: Mapping[str, Any]) -> list[str]:
    kind = details["type"]
    if kind == "plan":
        return [f"{details['msg']}."]
    place = _place(details["loc"], tables)
    if kind == "missing":
        return [f"{place} is missing: add it."]
    if kind == "extra_forbidden":
        return [f"{place} is not a setting: remove it or correct its spelling."]
    found = "" if isinstance(details["input"], dict) else f"found {str(details['input'])[:40]!r}; "
    return [f"{place}: {found}{_remedy(details)}."]


def _remedy(details: ErrorDetails) -> str:
    message = details["msg"]
    if details["type"] == "string_pattern_mismatch":
        return f"write {_FORMS.get(str(details['loc'][-1]), 'letters, digits, - and _, at most 40')}"
    if details["type"] in {"shape", "place", "timezone", "window"}:
        return message
    if details["type"] in _NUMBERS:
        return f"write a {_NUMBERS[details['type']]}"
    message = message.replace("Input should be greater", "write a number greater")
    message = message.replace("Input should be less", "write a number less")
    return message.replace("Input should be ", "write ").replace("String should have", "write")


_NUMBERS: Final = {
    "int_parsing": "whole number", "int_type": "whole number", "int_from_float": "whole number",
    "float_parsing": "number", "float_type": "number",
}  # fmt: skip


_FORMS: Final = {
    "source": "bluez, bluez:AA:BB:CC:DD:EE:FF, esphome:HOST, replay or simulator",
    "url": "scheme and host without a path, like https://hq.example",
}


def _place(loc: Sequence[int | str], tables: Mapping[str, Any]) -> str:
    """`[store] number`, `[[zone]] coats rect`: as a reader of the file would point at it."""
    head, *rest = loc
    if not rest:
        return f"[{head}]"
    if not isinstance(rest[0], int):
        return f"[{head}] {'.'.join(map(str, rest))}"
    entry = tables[str(head)][rest[0]]
    name = entry.get("id") if isinstance(entry, dict) else None
    return " ".join([f"[[{head}]]", str(name or f"number {rest[0] + 1}"), *(str(part) for part in rest[1:])])
