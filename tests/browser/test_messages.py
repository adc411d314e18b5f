"""One catalogue, two languages, and neither a text that nobody says nor a key that nobody wrote."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import display
from tests.require import ROOT

MODULES = [path for path in (ROOT / "display").rglob("*.js") if "vendor" not in path.parts]
# Said by the server (wire.cards.Line, wire.live.Ack, problem+json, the export page): in no module of the pages.
FROM_SERVER = ("reason.", "fact.", "hint.", "why.", "error.", "export.")
# Words of closed lists and texts by kind: the key is put together in the module.
BUILT = re.compile(r"`([a-z_]+(?:\.[a-z_]+)*\.)\$\{")
LISTS = re.compile(r"""\bword\("([a-z_]+)"|(?:label|value): "([a-z_]+)" ?\}""")
KEY = re.compile(r"""["`]([a-z_]+(?:\.[a-z0-9_-]+)+)["`]|\bt\("([a-z]+)"\)""")
# Endings that the page adds: two plural forms, the shorter form for a lacking parameter, the explanation of a title.
ENDING = re.compile(r"\.(one|other|short|what)$")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def keys(source: str) -> set[str]:
    return {one or other for one, other in KEY.findall(source)}


def used() -> Iterator[str]:
    for path in MODULES:
        for call in re.findall(r"\bt\((?:[^()]|\([^()]*\))*\)", text(path)):
            yield from (key for key in keys(call) if not key.endswith((".js", ".json")))


def built() -> tuple[str, ...]:
    """The beginnings of keys that a module completes, `mode.` of t(`mode.${mode}`)."""
    found = {"language.", "pair.", "size.", "tier.", "tour."} | {
        start for path in MODULES for start in BUILT.findall(text(path))
    }
    found |= {f"{one or other}." for path in MODULES for one, other in LISTS.findall(text(path))}
    return tuple(found - {""})


def test_both_languages_have_the_same_keys() -> None:
    assert set(display.messages("de")) == set(display.messages("en"))


def test_both_languages_take_the_same_parameters() -> None:
    def parameters(said: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", said))

    german, english = display.messages("de"), display.messages("en")
    assert [key for key in german if parameters(german[key]) != parameters(english[key])] == []


def test_every_key_that_a_page_says_is_written() -> None:
    known = display.messages("de")
    missing = {key for key in used() if key not in known and f"{key}.other" not in known}
    assert missing == set()


def test_no_text_is_written_that_nobody_says() -> None:
    literals = {key for path in MODULES for key in keys(text(path))}
    said = literals | {f"{page}.title" for page in display.PAGES}
    beginnings = (*FROM_SERVER, *built())
    spare = [key for key in display.messages("de") if ENDING.sub("", key) not in said]
    assert [key for key in spare if not key.startswith(beginnings) and key not in said] == []


def test_the_server_says_nothing_that_the_catalogue_lacks() -> None:
    known = display.messages("de")
    files = [path for side in ("edge", "hq") for path in (ROOT / side).rglob("*.py")]
    says = {
        line or error
        for path in files
        for line, error in re.findall(r'key="([a-z_]+\.[a-z_]+)"|"(error\.[a-z_]+)"', text(path))
    }
    assert {key for key in says if key not in known and f"{key}.other" not in known} == set()


def test_no_text_is_left_in_the_other_language() -> None:
    german, english = display.messages("de"), display.messages("en")
    same = {key for key in german if german[key] == english[key] and " " in german[key]}
    assert same <= {"mark.origin"}


def test_catalogues_are_sorted_alike_so_that_they_can_be_read_side_by_side() -> None:
    first, second = (json.loads(text(ROOT / f"display/shared/messages.{lang}.json")) for lang in display.LANGUAGES)
    assert list(first) == list(second)
