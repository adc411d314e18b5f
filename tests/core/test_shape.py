"""The fast check lets nothing pass that the models refuse, and says where something is wrong without repeating it."""

import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from simulator.shop.people import goods, people, shelves
from wire.product import Product, Stock
from wire.profile import Profile
from wire.shape import Malformed, Shape
from wire.sync import PhoneCommand

COMMAND = PhoneCommand(command_id="c", member_ref="m", kind="hide", fact="sizes", at=1.5, expires_at=2)
SAMPLES: list[BaseModel] = [*people(3, 12), *goods(3, 3), *shelves(3, 2), COMMAND]
WRONG: list[Any] = [None, True, 1, -1, 1.5, 10**10, 2**70, "", "x" * 300, "Ünïcode\n", [], ["x"], {}, {"de": 1}]


def mutated(value: Any, data: st.DataObject) -> Any:
    """One place of it is something else, or has gone, or has company."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(value)))
        if data.draw(st.integers(0, 5)) == 0:
            return {key: one for key, one in value.items() if key != name}
        return {**value, name: mutated(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], mutated(value[at], data), *value[at + 1 :]]
    if isinstance(value, str) and data.draw(st.booleans()):
        return value + data.draw(st.sampled_from(["\n", "0", "é"]))
    return data.draw(st.sampled_from(WRONG))


@pytest.mark.parametrize("model", [Profile, Product, Stock, PhoneCommand])
def test_whatever_head_office_writes_passes(model: type[BaseModel]) -> None:
    shape = Shape(model)
    for sample in SAMPLES:
        if isinstance(sample, model):
            assert not isinstance(shape.read(sample.model_dump_json().encode()), Malformed)
    assert shape.unknown == 0


@given(st.sampled_from(SAMPLES), st.data())
def test_whatever_passes_here_is_what_the_model_takes(sample: BaseModel, data: st.DataObject) -> None:
    raw = json.dumps(mutated(sample.model_dump(mode="json"), data)).encode()
    found = Shape(type(sample)).read(raw)
    if isinstance(found, Malformed):
        return
    model = type(sample).model_validate_json(raw)
    for name in type(model).model_fields:
        assert type(getattr(model, name)) is type(getattr(found, name)) or isinstance(
            getattr(model, name), BaseModel | tuple | frozenset | dict | float
        )
    if isinstance(model, Profile):
        assert (model.member_ref, model.loyalty_number) == (found.member_ref, found.loyalty_number)
        assert (model.consent is None) == (found.consent is None)
        if model.consent is not None:
            assert (model.consent.given_at, model.consent.key_id) == (found.consent.given_at, found.consent.key_id)


@given(st.sampled_from(SAMPLES), st.binary(max_size=20), st.integers(0, 2000))
def test_noise_is_malformed_and_never_an_error(sample: BaseModel, noise: bytes, cut: int) -> None:
    raw = sample.model_dump_json().encode()
    found = Shape(type(sample)).read(raw[:cut] + noise)
    if not isinstance(found, Malformed):
        type(sample).model_validate_json(raw[:cut] + noise)


def test_a_wrong_type_is_named_by_its_place_and_not_by_what_stands_there() -> None:
    fields = SAMPLES[0].model_dump(mode="json")
    fields["consent"]["given_at"] = "Anna Beispiel"
    said = str(Shape(Profile).read(json.dumps(fields).encode()))
    assert said.startswith("$.consent.given_at is not what this version expects")
    assert "Anna" not in said


@pytest.mark.parametrize(
    "name", ["A" * 32, "g" + "0" * 31, "0" * 31 + "-", "0" * 16 + " " + "0" * 15, "0" * 31, "٠" * 32]
)
def test_a_name_of_other_signs_than_hex_digits_is_refused(name: str) -> None:
    fields = SAMPLES[0].model_dump(mode="json") | {"member_ref": name}
    assert Shape(Profile).read(json.dumps(fields).encode()) == Malformed("$.member_ref")
    assert Shape(Profile).read(json.dumps({**fields, "mood": 1}).encode()) == Malformed("$.member_ref")


class Inner(BaseModel):
    ref: Annotated[str, Field(pattern=r"^[0-9a-f]{4}$")]


class Outer(BaseModel):
    ref: Annotated[str, Field(pattern=r"^[0-9a-f]{4}$")]
    inner: Inner


@pytest.mark.parametrize(
    ("ref", "inner", "place"), [("zzzz", "00af", "$.ref"), ("00af", "zzzz", "$.inner.ref"), ("00af", "00af", "")]
)
def test_hex_digits_are_asked_for_however_deep(ref: str, inner: str, place: str) -> None:
    found = Shape(Outer).read(json.dumps({"ref": ref, "inner": {"ref": inner}}).encode())
    assert found == Malformed(place) if place else not isinstance(found, Malformed)


def test_fields_of_a_newer_version_are_ignored_and_counted_however_deep() -> None:
    fields = SAMPLES[0].model_dump(mode="json")
    fields |= {"mood": 1, "shoe_laces": {"colour": "red"}}
    fields["consent"]["witness"] = []
    fields["sizes"] = [{"value": {"category": "coat", "size": "38", "fit": "slim"}, "source": "web", "observed_at": 1}]
    shape = Shape(Profile)
    found = shape.read(json.dumps(fields).encode())
    assert not isinstance(found, Malformed)
    assert (found.member_ref, shape.unknown) == (fields["member_ref"], 4)


def test_a_body_that_is_newer_and_wrong_is_wrong() -> None:
    fields = {**SAMPLES[0].model_dump(mode="json"), "mood": 1, "rev": "one"}
    assert Shape(Profile).read(json.dumps(fields).encode()) == Malformed("$.rev")
    with pytest.raises(ValidationError):
        Profile.model_validate_json(json.dumps({**fields, "rev": "x"}))
