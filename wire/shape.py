"""Whether a body is what its model says, a few times faster than the model itself: for pages with thousands of them.

Nothing is written twice: the checks are derived from the pydantic models, and whatever passes here passes there
(`tests/core/test_shape.py` looks for a counter-example). A body with fields that this version does not know is read
without them, and they are counted.
"""

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import annotated_types
import msgspec
import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

# msgspec quotes what it found in some of its messages, and it may be a name: the place alone is passed on.
_PLACE: Final = re.compile(r"at `(\$[^`]*)`")
# A pattern is a call of Python's `re`, a seventh of all that a profile's check takes. Of so many hex digits, as every
# profile has them in its name, only the number is asked there, and the digits here.
_HEX: Final = re.compile(r"\^\[0-9a-f\]\{(\d+)\}\$")
_DIGITS: Final = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Malformed:
    """`place` is a JSON path; what stands there is never repeated."""

    place: str

    def __str__(self) -> str:
        return f"{self.place} is not what this version expects there: send it again as its model says"


class Shape:
    """One model's check; `unknown` counts the fields that were ignored so far."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.unknown = 0
        self._model = model
        self._decode = _decoder(model, strict=True).decode
        self._hex = [name for name, field in model.model_fields.items() if _hex_digits(field)]

    def read(self, raw: bytes) -> Any | Malformed:  # noqa: ANN401 - a struct with the model's attributes
        try:
            found = self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = self._read_slowly(raw)
            if isinstance(found, Malformed):
                return found
        for name in self._hex:
            if getattr(found, name).strip(_DIGITS):
                return Malformed(f"$.{name}")
        return found

    def _read_slowly(self, raw: bytes) -> Any | Malformed:  # noqa: ANN401 - as above
        """Wrong, or of a newer version: the second is found by reading it without what is not known here."""
        try:
            found = _decoder(self._model, strict=False).decode(raw)
            self.unknown += _unknown(self._model, orjson.loads(raw))
        except (msgspec.DecodeError, UnicodeDecodeError, orjson.JSONDecodeError) as error:
            place = _PLACE.search(str(error))
            return Malformed(place[1] if place else "$")
        return found


@cache
def _decoder(model: type[BaseModel], *, strict: bool) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_struct(model, strict=strict, is_read_by_shape=True))


@cache
def _struct(model: type[BaseModel], *, strict: bool, is_read_by_shape: bool = False) -> type[msgspec.Struct]:
    fields = [
        _digits_field(name, digits)
        if is_read_by_shape and (digits := _hex_digits(field))
        else _field(name, field, strict=strict)
        for name, field in model.model_fields.items()
    ]
    # gc=False: they refer to nothing that refers back, and a page's worth of them would keep the collector busy.
    return msgspec.defstruct(model.__name__, fields, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=strict)


def _field(name: str, field: FieldInfo, *, strict: bool) -> tuple[str, Any] | tuple[str, Any, Any]:
    kind = _constrained(_kind(field.annotation, strict=strict), field.metadata)
    if field.is_required():
        return name, kind
    default = field.get_default(call_default_factory=True)
    return name, kind, msgspec.field(default=None if isinstance(default, BaseModel) else default)


def _digits_field(name: str, digits: int) -> tuple[str, Any]:
    """Which digits they are is asked by `Shape.read`, which looks at a body's own fields and no deeper."""
    return name, Annotated[str, msgspec.Meta(min_length=digits, max_length=digits)]


def _hex_digits(field: FieldInfo) -> int:
    """How many of them a field must have and nothing else; 0: it is something else, or may be left out."""
    patterns = [getattr(one, "pattern", None) for one in field.metadata]
    found = _HEX.fullmatch(patterns[0] or "") if len(patterns) == 1 and field.is_required() else None
    return int(found[1]) if found else 0


def _kind(annotation: Any, *, strict: bool) -> Any:  # noqa: ANN401 - types as values
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _constrained(_kind(arguments[0], strict=strict), arguments[1:])
    if origin in {Union, types.UnionType}:
        return Union[tuple(_kind(one, strict=strict) for one in arguments)]  # noqa: UP007 - built, not written
    if (origin is tuple and arguments[-1] is Ellipsis) or origin is frozenset:
        # Whatever it becomes, in JSON it is a list, and one that is only looked at need not become anything.
        return types.GenericAlias(list, (_kind(arguments[0], strict=strict),))
    if origin is dict:
        return types.GenericAlias(dict, (arguments[0], _kind(arguments[1], strict=strict)))
    if origin is Literal or annotation in {str, int, float, bool, type(None)}:
        return annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _struct(annotation, strict=strict)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation
    raise TypeError(f"{annotation} has no check yet: add it here")


def _constrained(kind: Any, constraints: Any) -> Any:  # noqa: ANN401 - types as values
    limits: dict[str, Any] = {}
    for one in _flat(constraints):
        if isinstance(one, annotated_types.Ge):
            limits["ge"] = one.ge
        elif isinstance(one, annotated_types.Le):
            limits["le"] = one.le
        elif isinstance(one, annotated_types.MaxLen):
            limits["max_length"] = one.max_length
        elif getattr(one, "pattern", None):
            # Python's `$` lets a line end pass, pydantic's does not.
            limits["pattern"] = re.sub(r"\$$", r"\\Z", one.pattern)
        else:
            raise TypeError(f"{one} has no check yet: add it here")
    return Annotated[kind, msgspec.Meta(**limits)] if limits else kind


def _flat(constraints: Any) -> Iterator[Any]:  # noqa: ANN401 - types as values
    """`Field(ge=0)` inside a type is not taken apart by pydantic."""
    for one in constraints:
        yield from one.metadata if isinstance(one, FieldInfo) else (one,)


def _unknown(annotation: Any, value: Any) -> int:  # noqa: ANN401 - JSON beside its type
    """How many fields in `value` the type does not have, however deep."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not isinstance(value, Mapping):
            return 0
        known = annotation.model_fields
        return sum(_unknown(known[name].annotation, one) if name in known else 1 for name, one in value.items())
    if origin in {tuple, frozenset} and isinstance(value, list):
        return sum(_unknown(arguments[0], one) for one in value)
    if origin is dict and isinstance(value, Mapping):
        return sum(_unknown(arguments[1], one) for one in value.values())
    if origin in {Union, types.UnionType, Annotated}:
        return max(_unknown(one, value) for one in arguments)
    return 0
