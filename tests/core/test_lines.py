"""Every line that the store sends exists in both languages, with the parameters it is sent with."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import display
from edge.core.card import staff_card
from edge.core.phone import phone_view
from tests.core.members import NOW, anna, scope_of, shop, visit
from tests.core.populations import population
from wire.event import EventType

CORE = Path(__file__).parents[2] / "edge" / "core"
SENT_AS = re.compile(r"^(reason|fact|hint|why|error)\.[a-z_]+$")


def sentences(key: str, lang: str) -> list[str]:
    """The forms of one line: its sentence or its plurals, and the short one (display/shared/i18n.js)."""
    catalogue = display.messages(lang)
    return [catalogue[form] for form in (key, f"{key}.other", f"{key}.short") if form in catalogue]


def literal_keys() -> set[str]:
    """Message keys as they stand in the code of the core."""
    found: set[str] = set()
    for path in CORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SENT_AS.match(node.value):
                found.add(node.value)
    return found


@pytest.mark.parametrize("lang", display.LANGUAGES)
def test_every_key_in_the_core_is_in_the_catalogue(lang: str) -> None:
    keys = literal_keys() - set(get_args(EventType))
    assert len(keys) > 30
    assert {key for key in keys if not sentences(key, lang)} == set()


@pytest.mark.parametrize("lang", display.LANGUAGES)
def test_every_line_that_is_sent_fills_its_sentence(lang: str) -> None:
    lines = list(_lines(_views()))
    assert len({line["key"] for line in lines}) > 15
    for line in lines:
        filled = {name for name, value in line["params"].items() if value != ""}
        # The page counts minutes, and says the short form where a word is missing.
        filled |= {"count"} if "minutes" in filled else set()
        needed = [set(re.findall(r"{(\w+)", sentence)) for sentence in sentences(line["key"], lang)]
        assert any(names <= filled for names in needed), line


def _views() -> list[dict[str, Any]]:
    found = []
    people = [(shop(), anna(complaint_open=None), visit()), (shop(), anna(), visit(help_asked_at=NOW))]
    people += [
        (here, one.profile, one.visit) for seed in range(40) for here, folk in [population(seed)] for one in folk
    ]
    for here, profile, made in people:
        scope = scope_of(profile, made)
        card = staff_card(made, profile, scope, here, NOW, escalate_after_s=240)
        view = phone_view(made, profile, scope, here, NOW, card=card, theme=None)
        found += [one.model_dump() for one in (card, view) if one is not None]
    return found


def _lines(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.keys() == {"key", "params"}:
            yield value
        for one in value.values():
            yield from _lines(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _lines(one)
